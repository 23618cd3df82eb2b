package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.config.LearnedConfig;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.expose.SurveyedExposure;
import dev.unisono.engine.merge.FirstLoad;
import dev.unisono.engine.merge.FirstLoadReport;
import dev.unisono.engine.merge.FirstLoadReport.Difference;
import dev.unisono.engine.merge.FirstLoadReport.Kind;
import dev.unisono.engine.merge.FirstLoadReport.MemberReport;
import dev.unisono.engine.merge.FirstLoadReport.Sample;
import dev.unisono.engine.merge.FirstLoadReport.SyncReport;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code plan}: what the first load of a config would do to each member's rows. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Reads what all members hold now and shows what the first load would do to each: rows created,"
          + " changed, deleted, linked, in conflict, rejected. Changes nothing."
    })
final class PlanCommand implements Callable<Integer> {
  private static final int LONGEST_VALUE = 48;
  private static final int LONGEST_LIST = 4;
  private static final long TOLD_EACH = 100_000;

  @Parameters(paramLabel = "FILE", description = "the config")
  private Path file = Path.of("unisono.yaml");

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  private final PrintStream out = System.out;

  @Override
  public Integer call() throws IOException {
    ConfigReader.Outcome outcome =
        new ConfigReader(
                ServiceLoader.load(Connector.class), System::getenv, new SurveyedExposure(false))
            .read(file);
    Config config = outcome.config();
    if (config == null) {
      outcome.problems().forEach(this::tell);
      return outcome.problems().stream()
              .anyMatch(one -> one.problem().code().equals("file-unreadable"))
          ? 2
          : 1;
    }
    try {
      Config learned =
          LearnedConfig.over(config, StateFolder.glimpse(config.state().folder()).learned());
      try (Systems systems = new Systems(learned)) {
        FirstLoadReport report = FirstLoad.of(learned, systems::system, PlanCommand::told);
        if (json) {
          out.println(asJson(report));
        } else {
          report.syncs().forEach(this::print);
        }
        return 0;
      }
    } catch (UnisonoException failed) {
      tell(outcome.located(failed.problem()));
      return 1;
    }
  }

  private void tell(ConfigProblem located) {
    Problem problem = located.problem();
    System.err.println(file + (located.line() > 0 ? ":" + located.line() : "") + ": " + problem);
  }

  private static void told(String system, String sync, long rows) {
    if (rows % TOLD_EACH == 0) {
      System.err.println(sync + ": " + rows + " rows of " + system + " read");
    }
  }

  private void print(SyncReport sync) {
    out.println(
        sync.sync()
            + " ("
            + sync.entity().name()
            + "): "
            + sync.records()
            + (sync.records() == 1 ? " record" : " records"));
    for (MemberReport member : sync.members()) {
      out.println();
      out.println(
          "  "
              + member.system()
              + " ("
              + member.table()
              + "), "
              + (member.read() && member.written()
                  ? "read and written"
                  : member.read() ? "only read" : "only written"));
      out.println("    holds " + member.rows() + ": " + counts(member, held(member)));
      out.println(
          "    "
              + (member.written() ? "would get: " : "would get, were it written: ")
              + counts(member, List.of(Kind.CREATED, Kind.CHANGED, Kind.CONFLICT, Kind.DELETED)));
      for (Sample sample : member.samples()) {
        // A conflict is a change, too, and shown as that.
        if (sample.kind() != Kind.CHANGED || member.count(Kind.CONFLICT) == 0) {
          out.println("      " + line(sync.entity(), sample));
        }
      }
    }
    out.println();
  }

  private static List<Kind> held(MemberReport member) {
    List<Kind> kinds = new ArrayList<>(List.of(Kind.LINKED, Kind.SAME));
    kinds.add(member.read() ? Kind.REJECTED : Kind.EXTRA);
    if (member.count(Kind.REVIEW) > 0) {
      kinds.add(Kind.REVIEW);
    }
    return kinds;
  }

  private static String counts(MemberReport member, List<Kind> kinds) {
    List<String> counts = new ArrayList<>();
    for (Kind kind : kinds) {
      counts.add(member.count(kind) + " " + word(kind));
    }
    return String.join(", ", counts);
  }

  private static String word(Kind kind) {
    return switch (kind) {
      case CONFLICT -> "of those in conflict";
      case EXTRA -> "only there, and left alone";
      case SAME -> "as they are to be";
      case REVIEW -> "to review";
      default -> name(kind);
    };
  }

  private static String name(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static String line(Entity entity, Sample sample) {
    StringBuilder line = new StringBuilder();
    line.append(name(sample.kind())).append(' ').append(key(entity, sample.key()));
    if (sample.reason() != null) {
      return line.append(": ").append(sample.reason()).toString();
    }
    List<Difference> differences = sample.differences();
    for (int i = 0; i < Math.min(LONGEST_LIST, differences.size()); i++) {
      Difference each = differences.get(i);
      line.append(i == 0 ? ": " : "; ").append(each.field().name()).append(' ');
      if (sample.kind() != Kind.CREATED) {
        line.append(value(each.field(), each.there())).append(" → ");
      }
      line.append(value(each.field(), each.planned()));
      if (each.from() != null) {
        line.append(" (").append(each.from()).append(')');
      }
    }
    if (differences.size() > LONGEST_LIST) {
      line.append("; and ").append(differences.size() - LONGEST_LIST).append(" more");
    }
    return line.toString();
  }

  private static String key(Entity entity, @Nullable Key key) {
    if (key == null) {
      return "a new row";
    }
    List<String> parts = new ArrayList<>();
    for (int part = 0; part < key.size(); part++) {
      parts.add(value(entity.fields().get(entity.schema().keyPosition(part)), key.part(part)));
    }
    return String.join(" ", parts);
  }

  private static String value(EntityField field, @Nullable Object value) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(text)) {
      EntityJson.writeValue(json, field, value);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    String written = text.toString();
    return written.length() <= LONGEST_VALUE
        ? written
        : written.substring(0, LONGEST_VALUE - 1) + "…";
  }

  private static String asJson(FirstLoadReport report) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(text)) {
      json.writeStartObject();
      json.writeArrayFieldStart("syncs");
      for (SyncReport sync : report.syncs()) {
        json.writeStartObject();
        json.writeStringField("sync", sync.sync());
        json.writeStringField("entity", sync.entity().name());
        json.writeNumberField("records", sync.records());
        json.writeArrayFieldStart("members");
        for (MemberReport member : sync.members()) {
          write(json, sync.entity(), member);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, Entity entity, MemberReport member)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("system", member.system());
    json.writeStringField("table", member.table());
    json.writeBooleanField("read", member.read());
    json.writeBooleanField("written", member.written());
    json.writeNumberField("rows", member.rows());
    for (Kind kind : Kind.values()) {
      json.writeNumberField(name(kind), member.count(kind));
    }
    json.writeArrayFieldStart("samples");
    for (Sample sample : member.samples()) {
      json.writeStartObject();
      json.writeStringField("kind", name(sample.kind()));
      json.writeFieldName("key");
      if (sample.key() == null) {
        json.writeNull();
      } else {
        EntityJson.writeKey(json, entity, sample.key());
      }
      json.writeArrayFieldStart("differences");
      for (Difference each : sample.differences()) {
        json.writeStartObject();
        json.writeStringField("field", each.field().name());
        json.writeFieldName("there");
        EntityJson.writeValue(json, each.field(), each.there());
        json.writeFieldName("planned");
        EntityJson.writeValue(json, each.field(), each.planned());
        json.writeStringField("from", each.from());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeStringField("reason", sample.reason());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
