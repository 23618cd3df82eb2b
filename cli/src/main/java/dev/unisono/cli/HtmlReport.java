package dev.unisono.cli;

import dev.unisono.engine.assess.AssessedSystem;
import dev.unisono.engine.assess.AssessedTable;
import dev.unisono.engine.assess.Assessment;
import dev.unisono.engine.assess.EntityText;
import dev.unisono.engine.assess.FieldProfile;
import dev.unisono.engine.assess.Finding;
import dev.unisono.engine.assess.Grade;
import dev.unisono.engine.assess.Percent;
import dev.unisono.engine.assess.StartingConfig;
import dev.unisono.engine.assess.SuggestedField;
import dev.unisono.spi.SurveyedServer;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/**
 * The report of an assessment as one page that needs nothing else, light or dark as its reader has
 * it. Shows no value of a row. For one thread.
 */
final class HtmlReport {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --back: #fbfbfa; --card: #fff; --text: #1d2126; --soft: #59626d;
        --line: #d9dde2; --bar: #e6e9ed; --full: #2f6fb4; --empty: #b07a12; --none: #b9c0c8;
        --a: #19713f; --b: #4c7a14; --c: #8a6100; --d: #a84a00; --e: #b3340a; --f: #b3141f; --on: #fff; }
      @media (prefers-color-scheme: dark) { :root { --back: #15181c; --card: #1d2126; --text: #e8eaed;
        --soft: #a3acb7; --line: #363c44; --bar: #2c323a; --full: #6aa9e9; --empty: #d9a441; --none: #4b535d;
        --a: #5fd08d; --b: #a5d061; --c: #e5c04f; --d: #f2a35e; --e: #f58a66; --f: #ff8087; --on: #15181c; } }
      * { box-sizing: border-box; }
      body { margin: 0 auto; max-width: 66rem; padding: 1rem; background: var(--back); color: var(--text);
        font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
      h1 { font-size: 1.6rem; line-height: 1.25; } h2 { margin: 2.5rem 0 .75rem; }
      h3 { margin: 0; font-size: 1.1rem; }
      .soft { color: var(--soft); }
      .systems { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
      .card, details { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
      .card h3 { display: flex; gap: .75rem; align-items: center; } .card p { margin: .5rem 0 0; }
      .grade { display: inline-block; min-width: 2rem; padding: .1rem .4rem; border-radius: .35rem; text-align: center;
        font-weight: 700; color: var(--on); background: var(--f); }
      .grade.A { background: var(--a); } .grade.B { background: var(--b); } .grade.C { background: var(--c); }
      .grade.D { background: var(--d); } .grade.E { background: var(--e); }
      details { margin: .75rem 0; } summary { cursor: pointer; } summary h3 { display: inline; }
      summary .soft { margin-left: .5rem; }
      ul { padding-left: 1.2rem; } li { margin: .3rem 0; }
      code, pre { font: .875rem/1.5 ui-monospace, monospace; }
      pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .35rem; overflow-wrap: normal; }
      .fields { display: grid; grid-template-columns: minmax(6rem, 12rem) 1fr; gap: .35rem .75rem; margin: 1rem 0; }
      .fields > div { min-width: 0; }
      .bar { display: flex; height: .9rem; margin-top: .3rem; background: var(--bar); border-radius: .2rem; overflow: hidden; }
      .bar i { display: block; } .full { background: var(--full); } .empty { background: var(--empty); }
      .none { background: var(--none); }
      .key { display: flex; flex-wrap: wrap; gap: .3rem 1rem; } .key i { display: inline-block; width: .9rem;
        height: .9rem; margin-right: .35rem; border-radius: .2rem; vertical-align: -.1rem; }
      @media (max-width: 40rem) { .fields { grid-template-columns: 1fr; } }
      .looks { font-size: .875rem; color: var(--soft); }
      .wide { overflow-x: auto; overflow-wrap: normal; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
      th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
      td.number, th.number { text-align: right; white-space: nowrap; }
      .BLOCKER { color: var(--f); font-weight: 600; } .WARNING { color: var(--d); font-weight: 600; }
      .NOTE { color: var(--soft); font-weight: 600; }
      a:focus-visible, summary:focus-visible { outline: 3px solid var(--full); outline-offset: 2px; }
      """;

  private final StringBuilder out = new StringBuilder();

  private HtmlReport() {}

  static String of(Assessment assessment, StartingConfig start) {
    HtmlReport report = new HtmlReport();
    report.page(assessment, start);
    return report.out.toString();
  }

  private void line(String markup) {
    out.append(markup).append('\n');
  }

  private void page(Assessment assessment, StartingConfig start) {
    line("<!doctype html>");
    line("<html lang=\"en\"><head><meta charset=\"utf-8\">");
    line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    line("<title>What the systems of " + text(assessment.file()) + " hold</title>");
    line("<style>\n" + STYLE + "</style></head><body><main>");
    line("<h1>What the systems of " + text(assessment.file()) + " hold</h1>");
    line(
        "<p class=\"soft\">Looked at on "
            + DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                assessment.at().truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC))
            + ", "
            + Words.number(assessment.sample())
            + " rows of a table at most, each system asked "
            + assessment.loadPercent()
            + " % of the time at most. No value of a row is on this page, but for the words of a"
            + " suggested <code>enum</code>: <code>A</code> and <code>a</code> stand for letters,"
            + " <code>9</code> for digits.</p>");
    line("<div class=\"systems\">");
    assessment.systems().forEach(this::card);
    line("</div>");
    blockers(assessment);
    start(start);
    assessment.systems().forEach(this::system);
    line("</main></body></html>");
  }

  private static String grade(Grade grade) {
    return "<span class=\"grade " + grade + "\" title=\"grade " + grade + "\">" + grade + "</span>";
  }

  private void card(AssessedSystem system) {
    SurveyedServer server = system.server();
    line("<div class=\"card\"><h3>" + grade(system.grade()) + text(system.name()) + "</h3>");
    line("<p>" + text(server == null ? system.connector() : server.product()) + "</p>");
    line(
        "<p class=\"soft\">"
            + (server == null
                ? "not reached"
                : "answers in "
                    + Words.milliseconds(system.roundTripNanos())
                    + "<br>"
                    + text(server.wayText())
                    + "<br>"
                    + Words.of(system.tables().size(), "table")
                    + (system.tables().size() < system.tableCount()
                        ? " of " + system.tableCount()
                        : ""))
            + "</p>");
    if (system.blockers() > 0) {
      line("<p class=\"BLOCKER\">" + Words.of(system.blockers(), "blocker") + "</p>");
    }
    line("</div>");
  }

  private void blockers(Assessment assessment) {
    line("<h2>Blockers</h2>");
    if (assessment.blockers() == 0) {
      line("<p>None: each table that was looked at can be synced.</p>");
      return;
    }
    line("<ul>");
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
    line("</ul>");
  }

  private void finding(String where, Finding found) {
    line(
        "<li><span class=\""
            + found.severity()
            + "\">"
            + found.severity().name().toLowerCase(Locale.ROOT)
            + "</span> "
            + (where.isEmpty() ? "" : "<strong>" + text(where) + "</strong> ")
            + "<code>"
            + text(found.problem().code())
            + "</code> "
            + text(found.problem().message())
            + " <span class=\"soft\">"
            + text(found.problem().remedy())
            + "</span></li>");
  }

  private void start(StartingConfig start) {
    line("<h2>A config to start from</h2>");
    line(
        "<p><code>unisono.yaml</code> beside this page has "
            + Words.of(start.size(), "sync")
            + ". "
            + (start.standing().isEmpty()
                ? "<code>./unisono check</code> finds nothing wrong with it.</p>"
                : "Before <code>./unisono check</code> accepts it, this has to be mended:</p>"));
    list(start.standing());
    if (!start.leftOut().isEmpty()) {
      line("<p>Left out:</p>");
      list(start.leftOut());
    }
  }

  private void list(List<String> texts) {
    if (!texts.isEmpty()) {
      line("<ul>");
      texts.forEach(each -> line("<li>" + text(each) + "</li>"));
      line("</ul>");
    }
  }

  private void system(AssessedSystem system) {
    if (system.tables().isEmpty() && system.findings().stream().allMatch(Finding::blocks)) {
      return; // All there is to say of it stands above.
    }
    line("<h2>" + grade(system.grade()) + " " + text(system.name()) + "</h2>");
    others(system.findings());
    system.tables().forEach(this::table);
  }

  private void others(List<Finding> findings) {
    List<Finding> rest = findings.stream().filter(found -> !found.blocks()).toList();
    if (!rest.isEmpty()) {
      line("<ul>");
      rest.forEach(found -> finding("", found));
      line("</ul>");
    }
  }

  private void table(AssessedTable table) {
    line(
        "<details><summary>"
            + grade(table.grade())
            + " <h3>"
            + text(table.name())
            + "</h3><span class=\"soft\">"
            + Words.rows(table.rows(), table.whole())
            + " rows, key: "
            + text(MarkdownReport.key(table))
            + (table.secondsToRead() == 0
                ? ""
                : ", reading all takes " + Words.about(table.secondsToRead()))
            + (table.notWritten() == null ? "" : ", cannot be written")
            + "</span></summary>");
    line("<ul>");
    table.findings().forEach(found -> finding("", found));
    line("</ul>");
    picture(table);
    fields(table);
    line("<p>For the config:</p><pre>" + text(EntityText.yaml(table.suggested(), 0)) + "</pre>");
    line("<ul>");
    for (SuggestedField field : table.suggested().fields()) {
      field
          .reasons()
          .forEach(reason ->
              line("<li><code>" + text(field.name()) + "</code> " + text(reason) + "</li>"));
    }
    line("</ul></details>");
  }

  private void picture(AssessedTable table) {
    line(
        "<p class=\"soft\">Of "
            + Words.number(table.profile().rows())
            + (table.whole() ? " rows, all there are:" : " rows that were read:")
            + "</p>");
    line(
        "<div class=\"key soft\"><span><i class=\"full\"></i>a value</span><span><i"
            + " class=\"empty\"></i>an empty text</span><span><i class=\"none\"></i>null</span></div>");
    line("<div class=\"fields\">");
    for (FieldProfile field : table.profile().fields()) {
      double empty = field.emptyShare() * 100;
      double none = field.nullShare() * 100;
      line("<div>" + text(field.name()) + "</div><div>");
      line(
          "<div class=\"bar\" role=\"img\" aria-label=\""
              + Percent.of(field.nullShare())
              + " null, "
              + Percent.of(field.emptyShare())
              + " empty\">"
              + part("full", 100 - empty - none)
              + part("empty", empty)
              + part("none", none)
              + "</div><div class=\"looks\">"
              + text(String.join("; ", field.looks()))
              + "</div></div>");
    }
    line("</div>");
  }

  private static String part(String kind, double percent) {
    return percent <= 0
        ? ""
        : String.format(Locale.ROOT, "<i class=\"%s\" style=\"width:%.2f%%\"></i>", kind, percent);
  }

  private void fields(AssessedTable table) {
    line(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"fields\"><table><thead><tr>");
    line(
        "<th>Field</th><th>Type</th><th class=\"number\">Null</th><th class=\"number\">Empty</th>");
    line(
        "<th class=\"number\">Different</th><th class=\"number\">Outliers</th></tr></thead><tbody>");
    for (FieldProfile field : table.profile().fields()) {
      line(
          "<tr><td>"
              + text(field.name())
              + "</td><td>"
              + text(MarkdownReport.type(table, field))
              + "</td>"
              + number(Percent.of(field.nullShare()))
              + number(field.emptyShare() == 0 ? "" : Percent.of(field.emptyShare()))
              + number(MarkdownReport.different(field))
              + number(field.outlierShare() == 0 ? "" : Percent.of(field.outlierShare()))
              + "</tr>");
    }
    line("</tbody></table></div>");
  }

  private static String number(String text) {
    return "<td class=\"number\">" + text(text) + "</td>";
  }

  /** A text as HTML shows it, within quotes as well. */
  private static String text(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
