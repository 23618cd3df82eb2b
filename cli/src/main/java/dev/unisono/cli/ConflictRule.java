package dev.unisono.cli;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.ConfigKeys;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.config.YamlEdit;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** What decided of one conflict, as a rule of the config for all that are like it. */
final class ConflictRule {
  private final Path file;
  private final SyncConfig sync;
  private final @Nullable String field;
  private final String rule;
  private final String text;

  private ConflictRule(
      Path file, SyncConfig sync, @Nullable String field, String rule, String text) {
    this.file = file;
    this.sync = sync;
    this.field = field;
    this.rule = rule;
    this.text = text;
  }

  /** The side of a conflict that the rule decides for. */
  record Pick(long id, String member) {}

  /**
   * Nothing is written yet.
   *
   * @throws UnisonoException with what is wrong with the rule, or with the file
   */
  static ConflictRule of(Path file, Map<?, ?> conflict, String rule) {
    String field = conflict.get("field") instanceof String named ? named : null;
    List<String> known = field == null ? ConfigKeys.DELETES : ConfigKeys.FIELD_STRATEGIES;
    if (!known.contains(rule)) {
      throw refusal(
          "wrong-value",
          "There is no rule '" + rule + "' for " + (field == null ? "deletes" : field) + ".",
          "Use one of " + String.join(", ", known) + ".");
    }
    String before = read(file);
    SyncConfig sync = sync(check(file, before), String.valueOf(conflict.get("entity")));
    String after =
        YamlEdit.set(before, path(sync, field), rule)
            .orElseThrow(() ->
                refusal(
                    "file-unfit",
                    String.join(".", path(sync, field)) + " cannot be set in " + file + " safely.",
                    "Write it there by hand: " + rule + ". Then ./unisono reload " + file + "."));
    for (ConfigProblem problem : check(file, after).problems()) {
      String at = problem.problem().configPath();
      if (at != null && at.startsWith("syncs." + sync.name() + ".conflict")) {
        throw new UnisonoException(problem.problem());
      }
    }
    return new ConflictRule(file, sync, field, rule, after);
  }

  /** Secrets that are not set here do no harm: only the sync matters. */
  private static ConfigReader.Outcome check(Path file, String text) {
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
    return new ConfigReader(ServiceLoader.load(Connector.class), System::getenv).read(text, folder);
  }

  private static SyncConfig sync(ConfigReader.Outcome outcome, String entity) {
    Config config = outcome.draft();
    return (config == null ? List.<SyncConfig>of() : config.syncs())
        .stream()
            .filter(each -> each.entity().equals(entity))
            .findFirst()
            .orElseThrow(() ->
                refusal(
                    "no-such-entity",
                    "The config has no sync of '" + entity + "'.",
                    "Name the config that the server runs with."));
  }

  private static List<String> path(SyncConfig sync, @Nullable String field) {
    return field == null
        ? List.of("syncs", sync.name(), "conflict", "deletes")
        : List.of("syncs", sync.name(), "conflict", "fields", field);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failed) {
      throw refusal("file-unreadable", file + " cannot be read.", "Name a config file.");
    }
  }

  private static UnisonoException refusal(String code, String message, String remedy) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, remedy));
  }

  /** Where in the config it stands. */
  String path() {
    return String.join(".", path(sync, field));
  }

  String entity() {
    return sync.entity();
  }

  /**
   * Writes the config.
   *
   * @throws UnisonoException file-unwritable
   */
  void write() {
    try {
      Files.writeString(file, text);
    } catch (IOException failed) {
      throw refusal(
          "file-unwritable",
          file + " cannot be written: " + failed.getMessage() + ".",
          "Let this user write to it, or write there by hand: " + path() + ": " + rule + ".");
    }
  }

  /** What the rule would have decided of conflicts that wait. */
  List<Pick> picks(List<Map<?, ?>> waiting) {
    List<Pick> picks = new ArrayList<>();
    for (Map<?, ?> conflict : waiting) {
      boolean alike = Objects.equals(field, conflict.get("field"));
      if (alike
          && conflict.get("id") instanceof Number id
          && conflict.get("kept") instanceof Map<?, ?> kept
          && conflict.get("other") instanceof Map<?, ?> other) {
        Map<?, ?> side = side(kept, other);
        if (side != null && side.get("member") instanceof String member) {
          picks.add(new Pick(id.longValue(), member));
        }
      }
    }
    return picks;
  }

  /** Null where the rule makes something new of both, which only another edit can bring. */
  private @Nullable Map<?, ?> side(Map<?, ?> kept, Map<?, ?> other) {
    return switch (rule) {
      case "latest" -> time(other).isAfter(time(kept)) ? other : kept;
      case "priority" -> rank(other) < rank(kept) ? other : kept;
      case "edit-wins" -> Boolean.TRUE.equals(kept.get("deleted")) ? other : kept;
      case "delete-wins" -> Boolean.TRUE.equals(kept.get("deleted")) ? kept : other;
      default -> null;
    };
  }

  /** What was there at the first load was written at no time that is known. */
  private static Instant time(Map<?, ?> side) {
    return side.get("writtenAt") instanceof String time ? Instant.parse(time) : Instant.MIN;
  }

  private int rank(Map<?, ?> side) {
    List<String> members = sync.members().stream().map(MemberConfig::system).toList();
    int found = members.indexOf(String.valueOf(side.get("member")));
    return found < 0 ? members.size() : found;
  }
}
