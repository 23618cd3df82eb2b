package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks that tables can be read as they are bound. Changes nothing. For one thread. */
final class ReadCheck {
  /** Values that SQLite keeps in more than one form, so that a key of them would not be found. */
  private static final Set<ValueType> MANY_FORMS =
      EnumSet.of(
          ValueType.DECIMAL,
          ValueType.TIME,
          ValueType.TIMESTAMP,
          ValueType.UUID,
          ValueType.JSON,
          ValueType.ARRAY);

  private final Database database;
  private final Dialect dialect;
  private final TriggerDialect triggers;
  private final List<Binding> bindings;
  private final List<Problem> problems = new ArrayList<>();

  ReadCheck(Database database, TriggerDialect triggers, List<Binding> bindings) {
    this.database = database;
    this.dialect = database.dialect();
    this.triggers = triggers;
    this.bindings = bindings;
  }

  /**
   * All that is in the way.
   *
   * @param state what a source holds of its tables; empty where it never ran
   */
  List<Problem> run(Map<String, String> state) {
    try (Connection connection = database.connect()) {
      for (Binding binding : bindings) {
        checkPolicy(binding);
        Optional<Table> found = dialect.find(connection, binding.table());
        if (found.isEmpty()) {
          problems.add(noTable(binding));
        } else {
          checkColumns(binding, found.get(), state);
          checkKey(binding, found.get());
        }
      }
      checkTriggers(connection);
    } catch (UnisonoException failed) {
      problems.add(failed.problem());
    } catch (SQLException failed) {
      problems.add(dialect.problem(database.system(), "checking", failed));
    }
    return problems;
  }

  /** What the server will do when it starts; nothing where the database cannot be asked. */
  List<Problem> notices() {
    try (Connection connection = database.connect()) {
      Installation installation = Installation.find(connection, database, triggers, bindings);
      return installation.lacking().stream()
          .map(table ->
              new Problem(
                  "triggers-missing",
                  ProblemType.USER,
                  table
                      + " has no triggers that write its changes down, or none that fit it as it"
                      + " is now.",
                  "systems." + database.system(),
                  "The server makes them when it starts; or run ./unisono publication FILE "
                      + database.system()
                      + " --apply. A table that was read before is then read again and"
                      + " compared."))
          .toList();
    } catch (UnisonoException | SQLException notAsked) {
      return List.of();
    }
  }

  static Problem noTable(Binding binding) {
    return new Problem(
        "no-such-table",
        ProblemType.USER,
        "There is no table " + binding.table() + ".",
        binding.configPath() + ".table",
        "Name an existing table, in the letters that the database shows it in.");
  }

  private void add(String code, String message, String path, String remedy) {
    problems.add(new Problem(code, ProblemType.USER, message, path, remedy));
  }

  private void checkPolicy(Binding binding) {
    if (binding.where() != null) {
      add(
          "not-available",
          "Of a " + dialect.kind() + " database tables are read with all their rows.",
          binding.configPath() + ".where",
          "Leave where out, or sync a table that holds those rows only.");
    }
    if (binding.policy().schemaChange() == SchemaChange.EVOLVE) {
      add(
          "not-available",
          "A sync that is read from a "
              + dialect.kind()
              + " database cannot follow new columns by itself yet.",
          "syncs." + binding.sync() + ".schema-change",
          "Write ignore or stop.");
    }
  }

  private void checkColumns(Binding binding, Table table, Map<String, String> state) {
    boolean read = state.containsKey(BeginningSearch.TABLE + table.name());
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      // A column that went while it was read: the source goes on without it, and says so.
      if (column != null && (!read || table.columns().containsKey(column))) {
        checkColumn(binding, table, binding.schema().field(i), column);
      }
    }
  }

  private void checkColumn(Binding binding, Table table, Field field, String name) {
    String path = binding.configPath() + ".fields." + field.name();
    Table.@Nullable Column column = table.columns().get(name);
    if (column == null) {
      add(
          "no-such-column",
          table.name()
              + " has no column "
              + name
              + ". It has "
              + String.join(", ", table.columns().keySet())
              + ".",
          path,
          "Name the column that holds " + field.name() + ", or null where there is none.");
    } else if (!dialect.fits(column, field)) {
      add(
          "type-mismatch",
          table.name()
              + "."
              + name
              + " has the type "
              + (column.type().isEmpty() ? "(none)" : column.type())
              + ", whose values cannot all be the field "
              + field.name()
              + ".",
          path,
          "Give the field another schema; the guide has a table of what fits.");
    }
  }

  private void checkKey(Binding binding, Table table) {
    List<String> key = Table.keyColumns(binding);
    String path = binding.configPath() + ".table";
    if (!table.columns().keySet().containsAll(key)) {
      return;
    }
    if (!table.uniqueKeys().contains(new HashSet<>(key))) {
      add(
          "key-not-unique",
          table.name()
              + " has no primary key or unique index on "
              + String.join(", ", key)
              + " alone.",
          path,
          "Make the entity's key that of the table, or add a unique index.");
    }
    for (int part = 0; part < key.size(); part++) {
      Field field = binding.schema().field(binding.schema().keyPosition(part));
      Table.Column column = table.columns().get(key.get(part));
      if (column != null && !column.notNull()) {
        add(
            "key-nullable",
            table.name() + "." + column.name() + " is part of the key and may be null.",
            path,
            "Make the column NOT NULL.");
      }
      if (dialect.kind().equals(SqliteDialect.KIND) && MANY_FORMS.contains(field.type())) {
        add(
            "type-mismatch",
            "SQLite keeps the key field "
                + field.name()
                + " as text, which can write one value in more than one way.",
            binding.configPath() + ".fields." + field.name(),
            "Write { type: string } in the entity's schema.");
      }
    }
  }

  private void checkTriggers(Connection connection) throws SQLException {
    Installation installation = Installation.find(connection, database, triggers, bindings);
    if (installation.statements().isEmpty()) {
      return;
    }
    String hindrance = triggers.hindrance(connection);
    if (hindrance != null) {
      problems.add(Installation.notMade(database, new SQLException(hindrance)).problem());
    }
  }
}
