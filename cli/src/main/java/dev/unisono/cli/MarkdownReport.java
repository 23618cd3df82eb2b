package dev.unisono.cli;

import dev.unisono.engine.assess.AssessedSystem;
import dev.unisono.engine.assess.AssessedTable;
import dev.unisono.engine.assess.Assessment;
import dev.unisono.engine.assess.EntityText;
import dev.unisono.engine.assess.FieldProfile;
import dev.unisono.engine.assess.Finding;
import dev.unisono.engine.assess.Percent;
import dev.unisono.engine.assess.StartingConfig;
import dev.unisono.engine.assess.SuggestedField;
import dev.unisono.spi.SurveyedServer;
import dev.unisono.spi.SurveyedTable;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The report of an assessment in Markdown. Shows no value of a row. For one thread. */
final class MarkdownReport {
  private final StringBuilder out = new StringBuilder();

  private MarkdownReport() {}

  static String of(Assessment assessment, StartingConfig start) {
    MarkdownReport report = new MarkdownReport();
    report.all(assessment, start);
    return report.out.toString();
  }

  private void line(String text) {
    out.append(text).append('\n');
  }

  private void all(Assessment assessment, StartingConfig start) {
    line("# What the systems of " + cell(assessment.file()) + " hold");
    line("");
    line(
        "Looked at on "
            + DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                assessment.at().truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC))
            + ", "
            + Words.number(assessment.sample())
            + " rows of a table at most, each system asked "
            + assessment.loadPercent()
            + " % of the time at most. No value of a row is in this report, but for the words of a suggested `enum`:"
            + " `A` and `a` stand for letters, `9` for digits.");
    line("");
    line("| Grade | System | Kind | Answers in | On the way | Tables | Blockers |");
    line("|---|---|---|--:|---|--:|--:|");
    assessment.systems().forEach(this::row);
    blockers(assessment);
    start(start);
    assessment.systems().forEach(this::system);
  }

  private void row(AssessedSystem system) {
    SurveyedServer server = system.server();
    line(
        "| **"
            + system.grade()
            + "** | "
            + cell(system.name())
            + " | "
            + cell(server == null ? system.connector() : server.product())
            + " | "
            + Words.milliseconds(system.roundTripNanos())
            + " | "
            + cell(server == null ? "not reached" : server.wayText())
            + " | "
            + system.tables().size()
            + (system.tables().size() < system.tableCount() ? " of " + system.tableCount() : "")
            + " | "
            + system.blockers()
            + " |");
  }

  private void blockers(Assessment assessment) {
    line("");
    line("## Blockers");
    line("");
    if (assessment.blockers() == 0) {
      line("None: each table that was looked at can be synced.");
    }
    for (AssessedSystem system : assessment.systems()) {
      system.findings().stream()
          .filter(Finding::blocks)
          .forEach(found -> finding(system.name(), found));
      system
          .unread()
          .forEach(
              one -> finding(system.name() + " " + one.table(), Finding.blocker(one.problem())));
      for (AssessedTable table : system.tables()) {
        table.findings().stream()
            .filter(Finding::blocks)
            .forEach(found -> finding(system.name() + " " + table.name(), found));
      }
    }
  }

  private void finding(String where, Finding found) {
    line(
        "- "
            + (where.isEmpty() ? "" : "**" + cell(where) + "** ")
            + "`"
            + found.problem().code()
            + "` "
            + cell(found.problem().message())
            + " "
            + cell(found.problem().remedy()));
  }

  private void start(StartingConfig start) {
    line("");
    line("## A config to start from");
    line("");
    line(
        "`unisono.yaml` beside this report has "
            + Words.of(start.size(), "sync")
            + "."
            + (start.standing().isEmpty()
                ? " `./unisono check` finds nothing wrong with it."
                : " Before `./unisono check` accepts it, this has to be mended:"));
    line("");
    start.standing().forEach(text -> line("- " + cell(text)));
    if (!start.leftOut().isEmpty()) {
      line(start.standing().isEmpty() ? "Left out:" : "\nLeft out:");
      line("");
      start.leftOut().forEach(text -> line("- " + cell(text)));
    }
  }

  private void system(AssessedSystem system) {
    if (system.tables().isEmpty() && system.findings().stream().allMatch(Finding::blocks)) {
      return; // All there is to say of it stands above.
    }
    line("");
    line("## " + cell(system.name()) + ": " + system.grade());
    line("");
    others(system.findings());
    if (!system.tables().isEmpty()) {
      line("| Grade | Table | Rows | Key | Read | Written | Reading all takes |");
      line("|---|---|--:|---|---|---|--:|");
      system.tables().forEach(this::row);
    }
    system.tables().forEach(this::table);
  }

  private void others(List<Finding> findings) {
    List<Finding> rest = findings.stream().filter(found -> !found.blocks()).toList();
    rest.forEach(found -> finding("", found));
    if (!rest.isEmpty()) {
      line("");
    }
  }

  private void row(AssessedTable table) {
    line(
        "| **"
            + table.grade()
            + "** | "
            + cell(table.name())
            + " | "
            + Words.rows(table.rows(), table.whole())
            + " | "
            + cell(key(table))
            + " | "
            + (table.blocked() ? "no" : "yes")
            + " | "
            + (table.notWritten() == null ? "yes" : "no: `" + table.notWritten().code() + "`")
            + " | "
            + (table.secondsToRead() == 0 ? "–" : Words.about(table.secondsToRead()))
            + " |");
  }

  static String key(AssessedTable table) {
    List<String> key = table.suggested().key();
    return key.isEmpty()
        ? "none"
        : String.join(", ", key) + (table.suggested().keyGuessed() ? " (a guess)" : "");
  }

  private void table(AssessedTable table) {
    line("");
    line("### " + cell(table.name()) + ": " + table.grade());
    line("");
    others(table.findings());
    line(
        Words.number(table.profile().rows())
            + (table.whole() ? " rows, all there are." : " rows were read.")
            + speed(table));
    line("");
    line("| Field | Type | Null | Empty | Different | Outliers | Looks like |");
    line("|---|---|--:|--:|--:|--:|---|");
    for (FieldProfile field : table.profile().fields()) {
      line(
          "| "
              + cell(field.name())
              + " | "
              + cell(type(table, field))
              + " | "
              + Percent.of(field.nullShare())
              + " | "
              + (field.emptyShare() == 0 ? "" : Percent.of(field.emptyShare()))
              + " | "
              + different(field)
              + " | "
              + (field.outlierShare() == 0 ? "" : Percent.of(field.outlierShare()))
              + " | "
              + cell(String.join("; ", field.looks()))
              + " |");
    }
    line("");
    facts(table);
    line("```yaml");
    out.append(EntityText.yaml(table.suggested(), 0));
    line("```");
    for (SuggestedField field : table.suggested().fields()) {
      field.reasons().forEach(reason -> line("- " + cell(field.name()) + ": " + cell(reason)));
    }
  }

  private void facts(AssessedTable table) {
    SurveyedTable found = table.table();
    Stream.of(
            list("unique", found.uniqueKeys().stream().map(key -> String.join(", ", key)).toList()),
            list(
                "refers to",
                found.references().stream()
                    .map(one -> one.table() + " by " + String.join(", ", one.columns()))
                    .toList()))
        .filter(text -> !text.isEmpty())
        .forEach(text -> line("- " + cell(text)));
    line("");
  }

  private static String list(String what, List<String> parts) {
    return parts.isEmpty() ? "" : what + ": " + String.join("; ", parts);
  }

  private static String speed(AssessedTable table) {
    return table.rowsASecond() == 0
        ? ""
        : " Without pauses "
            + Words.number(Math.round(table.rowsASecond()))
            + " rows a second were read.";
  }

  static String different(FieldProfile field) {
    return (field.distinctExact() ? "" : "at least ") + Words.number(field.distinct());
  }

  static String type(AssessedTable table, FieldProfile field) {
    return table.table().columns().stream()
        .filter(column -> column.name().equals(field.name()))
        .map(SurveyedTable.Column::databaseType)
        .filter(type -> !type.isEmpty())
        .collect(Collectors.joining())
        .transform(
            type -> type.isEmpty() ? field.field().type().name().toLowerCase(Locale.ROOT) : type);
  }

  /** A text as Markdown shows it, on one line, within a table as well. */
  private static String cell(String text) {
    return text.replaceAll("\\p{Cntrl}+", " ")
        .replace("\\", "\\\\")
        .replace("|", "\\|")
        .replace("<", "&lt;")
        .replace("*", "\\*")
        .replace("`", "\\`");
  }
}
