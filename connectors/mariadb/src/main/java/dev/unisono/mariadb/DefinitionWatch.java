package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.UnisonoException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * How the tables are defined at the place that the log was read to, and what comes of a change of
 * that. A new definition holds from the next transaction on: until the log is read beyond the
 * statement, a restart reads the statement again. For one thread.
 */
final class DefinitionWatch {
  /** What the names of its entries in the source's state begin with. */
  static final String TABLE = "table/";

  /** For which tables are read and compared again. */
  static final String CHANGED = "read-again";

  private static final Pattern RENAME = Pattern.compile("\\brename\\b", Pattern.CASE_INSENSITIVE);

  private final List<SnapshotTable> tables;
  private final Map<Table.Name, Definition> held = new HashMap<>();

  /** Defined by a statement that the log was not read beyond yet; null for one that is gone. */
  private final Map<Table.Name, @Nullable Definition> pending = new HashMap<>();

  private final Map<String, @Nullable String> unsaved = new HashMap<>();

  /**
   * @param definitions of all tables, as they were where reading begins
   */
  DefinitionWatch(List<SnapshotTable> tables, List<Definition> definitions) {
    this.tables = tables;
    definitions.forEach(definition -> {
      held.put(definition.name(), definition);
      unsaved.put(TABLE + definition.name().plain(), definition.text());
    });
    tables.forEach(this::tellDifferences);
  }

  /** Puts what is not kept yet into a batch's state. */
  void save(Map<String, @Nullable String> state) {
    state.putAll(unsaved);
    unsaved.clear();
  }

  boolean dirty() {
    return !unsaved.isEmpty();
  }

  /** The log was read beyond the statements of before. */
  void passed() {
    pending.forEach((name, definition) -> {
      if (definition == null) {
        held.remove(name);
      } else {
        held.put(name, definition);
      }
      unsaved.put(TABLE + name.plain(), definition == null ? null : definition.text());
    });
    pending.clear();
  }

  /**
   * A statement changes tables.
   *
   * @return the tables whose rows the log does not tell
   * @throws UnisonoException where it must not be passed
   */
  Set<SnapshotTable> changed(Struct statement) {
    Set<SnapshotTable> again = new LinkedHashSet<>(renamed(statement.getString("ddl")));
    List<Struct> changes = statement.getArray("tableChanges");
    for (Struct change : changes == null ? List.<Struct>of() : changes) {
      Table.Name name = name(change.getString("id"));
      Struct now = change.getStruct("table");
      if (tables.stream().noneMatch(table -> table.table().name().equals(name))) {
        continue; // One of our own.
      }
      Definition before = pending.containsKey(name) ? pending.get(name) : held.get(name);
      String type = change.getString("type");
      Definition after = type.equals("DROP") || now == null ? null : Definition.of(name, now);
      for (SnapshotTable table : tables) {
        if (table.table().name().equals(name)
            && (differs(table.binding(), before, after) || type.equals("CREATE"))) {
          again.add(table);
        }
      }
      pending.put(name, after);
    }
    return again;
  }

  /** Another table may have taken the name, with the same columns and other rows. */
  private List<SnapshotTable> renamed(@Nullable String statement) {
    if (statement == null || !RENAME.matcher(statement).find()) {
      return List.of();
    }
    String lower = statement.toLowerCase(Locale.ROOT);
    return tables.stream()
        .filter(table -> lower.contains(table.table().name().table().toLowerCase(Locale.ROOT)))
        .toList();
  }

  /** Whether rows of a binding may read otherwise than before. */
  private static boolean differs(
      Binding binding, @Nullable Definition before, @Nullable Definition after) {
    if (after == null) {
      return true; // What comes under that name next is another table.
    }
    judge(binding, before, after);
    for (String column : binding.columns()) {
      Definition.Column was =
          column == null || before == null ? null : before.column(column).orElse(null);
      Definition.Column is = column == null ? null : after.column(column).orElse(null);
      if (column != null && is != null && (was == null || !was.readsAs(is))) {
        return true;
      }
    }
    return before == null;
  }

  private static void judge(Binding binding, @Nullable Definition before, Definition after) {
    for (String key : Table.keyColumns(binding)) {
      if (after.column(key).isEmpty()) {
        throw stop(
            binding,
            "column-dropped",
            after.name().plain() + " has lost the column " + key + ", a part of the key.",
            "Name the column that holds the key now, and run ./unisono snapshot repeat for the"
                + " system.");
      }
    }
    if (binding.policy().schemaChange() == SchemaChange.STOP
        && before != null
        && !before.columns().equals(after.columns())) {
      throw stop(
          binding,
          "schema-changed",
          "The columns of "
              + after.name().plain()
              + " change here: "
              + between(before, after)
              + ".",
          "Correct the sync's fields where they have to follow, set schema-change: ignore, and reload"
              + " the config; stop can be set again once the change has passed.");
    }
  }

  private static String between(Definition before, Definition after) {
    List<String> parts = new ArrayList<>();
    for (Definition.Column column : after.columns()) {
      Definition.Column was = before.column(column.name()).orElse(null);
      if (was == null) {
        parts.add(column.name() + " is new");
      } else if (!was.equals(column)) {
        parts.add(column.name() + " becomes " + column.type());
      }
    }
    for (Definition.Column column : before.columns()) {
      if (after.column(column.name()).isEmpty()) {
        parts.add(column.name() + " is gone");
      }
    }
    return String.join(", ", parts);
  }

  private static UnisonoException stop(
      Binding binding, String code, String message, String remedy) {
    return new UnisonoException(
        new Problem(code, ProblemType.USER, message, binding.configPath() + ".table", remedy));
  }

  /** What of a table's columns is not synced, now that a statement has changed them. */
  void tellDifferences(SnapshotTable table) {
    Table.Name name = table.table().name();
    Definition now = pending.containsKey(name) ? pending.get(name) : held.get(name);
    List<String> differences = new ArrayList<>();
    if (now != null) {
      for (String column : new HashSet<>(mapped(table.binding()))) {
        if (now.column(column).isEmpty()) {
          differences.add("column " + column + " is gone; its field stays as it was");
        }
      }
    }
    table.differences(List.copyOf(differences));
  }

  private static Set<String> mapped(Binding binding) {
    Set<String> columns = new HashSet<>();
    for (String column : binding.columns()) {
      if (column != null) {
        columns.add(column);
      }
    }
    return columns;
  }

  /** The engine writes {@code "database"."table"}. */
  private static Table.Name name(String quoted) {
    String inner = quoted.substring(1, quoted.length() - 1);
    int between = inner.indexOf("\".\"");
    return new Table.Name(
        inner.substring(0, between).replace("\"\"", "\""),
        inner.substring(between + 3).replace("\"\"", "\""));
  }
}
