package dev.unisono.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.Settings;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/** One test's system with what every part of the contract does to it. For one thread. */
final class ContractTrial implements AutoCloseable {
  private static final Pattern AMOUNT = Pattern.compile("([0-9]+)([A-Za-z]*)");

  /** So small that few rows and changes make several batches. */
  private static final Map<String, Long> SMALL = Map.of("snapshot-chunk", 3L, "read-batch", 2L);

  private final ContractSystem system;
  private final Path folder;

  ContractTrial(ContractSystem system, Path folder) {
    this.system = system;
    this.folder = folder;
  }

  ContractSystem system() {
    return system;
  }

  boolean can(Ability ability) {
    return system.abilities().contains(ability);
  }

  /** The settings as the config's reader would hand them over. */
  Settings settings(Map<String, Object> more) {
    Map<String, Object> all = new HashMap<>();
    for (Option option : system.connector().options()) {
      String value = option.defaultValue();
      if (value != null) {
        all.put(option.name(), value(option.type(), value));
      }
    }
    all.putAll(system.settings());
    all.putAll(more);
    return new Settings(all);
  }

  private static Object value(Option.Type type, String text) {
    return switch (type) {
      case TEXT -> text;
      case INTEGER -> Long.valueOf(text);
      case BOOLEAN -> Boolean.valueOf(text);
      case DURATION -> duration(text);
      case BYTES -> bytes(text);
    };
  }

  private static Duration duration(String text) {
    Matcher amount = amount(text);
    long number = Long.parseLong(amount.group(1));
    return switch (amount.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> throw new AssertionError("no duration: " + text);
    };
  }

  private static Long bytes(String text) {
    Matcher amount = amount(text);
    long number = Long.parseLong(amount.group(1));
    return switch (amount.group(2)) {
      case "", "B" -> number;
      case "KiB" -> number << 10;
      case "MiB" -> number << 20;
      case "GiB" -> number << 30;
      default -> throw new AssertionError("no amount: " + text);
    };
  }

  private static Matcher amount(String text) {
    Matcher amount = AMOUNT.matcher(text);
    if (!amount.matches()) {
      throw new AssertionError("no amount: " + text);
    }
    return amount;
  }

  ConnectedSystem connect(Map<String, Object> more, List<Binding> reads, List<Binding> writes) {
    Map<String, Object> all = new HashMap<>();
    for (Option option : system.connector().options()) {
      Long small = SMALL.get(option.name());
      if (small != null) {
        all.put(option.name(), small);
      }
    }
    all.putAll(more);
    return system
        .connector()
        .connect(
            new SystemContext(
                system.name(),
                settings(all),
                reads,
                writes,
                Map.of("installation", "contract", "folder", folder.toString())));
  }

  ConnectedSystem reading(Binding... bindings) {
    return connect(Map.of(), List.of(bindings), List.of());
  }

  ConnectedSystem writing(Binding... bindings) {
    return connect(Map.of(), List.of(), List.of(bindings));
  }

  /** A binding that is read and written by one sync. */
  ConnectedSystem member(Binding binding) {
    return connect(Map.of(), List.of(binding), List.of(binding));
  }

  /** A new table, and how it is bound. */
  Binding table(String name) {
    system.makeTable(name);
    return system.bound(Item.binding(name));
  }

  List<Item> items(Binding binding) {
    return system.items(binding.table());
  }

  /** What somebody holds who took all of these changes. */
  static List<Item> shown(List<Change> changes) {
    return new Replica()
        .apply(changes).rows().stream()
            .map(Item::of)
            .sorted(Comparator.comparingLong(Item::id))
            .toList();
  }

  /** A row as the log has last shown it. */
  static Row row(SourceRun run, long id) {
    return new Replica()
        .apply(run.changes()).rows().stream()
            .filter(row -> Objects.equals(id, row.value(0)))
            .findFirst()
            .orElseThrow();
  }

  /** Waits until what was shown is what is there. */
  void awaitEqual(SourceRun run, Binding binding) {
    List<Item> there = items(binding);
    run.awaitThat(changes -> shown(changes).equals(there), "what is there, " + there);
  }

  /** What a system cannot do it says in words that help. */
  static void assertNotAvailable(Executable asked) {
    Problem problem = assertThrows(UnisonoException.class, asked).problem();
    assertEquals("not-available", problem.code());
    assertTold(problem);
  }

  /** A problem says what happened and what to do. */
  static void assertTold(Problem problem) {
    Supplier<@Nullable String> which = problem::toString;
    assertFalse(problem.code().isBlank(), which);
    assertEquals(problem.code().toLowerCase(java.util.Locale.ROOT), problem.code(), which);
    assertFalse(problem.message().isBlank(), which);
    assertFalse(problem.remedy().isBlank(), which);
    assertNotNull(problem.type(), which);
  }

  @Override
  public void close() {
    system.close();
  }
}
