package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server whether all that the config wants of it can work, and says for each thing that does
 * not what to do, with the statement to run. Changes nothing. For one thread.
 */
final class MariaDbCheck {
  /** In which a target keeps where its lanes stand. */
  private static final String CURSORS = "unisono_cursor";

  private final Database database;
  private final List<Binding> reads;
  private final List<Binding> writes;

  /** What a source holds of its tables. */
  private final Map<String, String> state;

  private final List<Problem> problems = new ArrayList<>();

  MariaDbCheck(
      Database database, List<Binding> reads, List<Binding> writes, Map<String, String> state) {
    this.database = database;
    this.reads = reads;
    this.writes = writes;
    this.state = state;
  }

  List<Problem> run() {
    try (Connection connection = database.connect("connecting")) {
      if (!reads.isEmpty()) {
        new LogCheck(connection, database, problems).run();
      }
      for (Binding binding : reads) {
        checkPolicy(binding);
        checkTable(connection, binding);
      }
      if (!writes.isEmpty()) {
        List<String> own = new ArrayList<>(List.of(CURSORS));
        if (writes.stream().anyMatch(this::reads)) {
          own.add(OwnWrites.TABLE);
        }
        new WriteCheck(connection, database, problems).run(writes, own);
      }
    } catch (UnisonoException failed) {
      problems.add(failed.problem());
    } catch (SQLException failed) {
      problems.add(Failures.problem(database.system(), "checking", failed));
    }
    return problems;
  }

  private boolean reads(Binding written) {
    return reads.stream().anyMatch(binding -> binding.sync().equals(written.sync()));
  }

  /** True of a problem that would only come again. */
  static boolean unreachable(Problem problem) {
    return problem.type() == ProblemType.EXTERNAL
        || Set.of("not-signed-in", "no-database").contains(problem.code());
  }

  private void checkPolicy(Binding binding) {
    if (binding.where() != null) {
      add(
          "not-available",
          "A binlog cannot be asked for some of a table's rows.",
          binding.configPath() + ".where",
          "Leave where out, or sync a table that holds those rows only.");
    }
    if (binding.policy().schemaChange() == SchemaChange.EVOLVE) {
      add(
          "not-available",
          "A sync that is read from MariaDB cannot follow new columns by itself yet.",
          "syncs." + binding.sync() + ".schema-change",
          "Write ignore or stop.");
    }
  }

  private void checkTable(Connection connection, Binding binding) throws SQLException {
    Table.Name name = Table.Name.parse(binding.table(), database.address().database());
    Optional<Table> found = Table.find(connection, name);
    if (found.isEmpty()) {
      problems.add(Table.missing(binding));
      return;
    }
    Table table = found.get();
    String path = binding.configPath() + ".table";
    if (!table.plain()) {
      add(
          "not-a-table",
          table.name().plain() + " is not a plain table.",
          path,
          "Views, sequences and tables that keep their own history cannot be synced.");
      return;
    }
    if (name(table).matches(".*[,\\s].*")) {
      add(
          "name-not-supported",
          "The name " + table.name().plain() + " has a comma or a space in it.",
          path,
          "Such tables cannot be read yet.");
    }
    if (!table.transactional()) {
      add(
          "not-transactional",
          table.name().plain() + " is kept by an engine without transactions.",
          path,
          "Run ALTER TABLE " + table.name().sql() + " ENGINE = InnoDB;");
    }
    boolean held = state.containsKey(DefinitionWatch.TABLE + table.name().plain());
    for (int i = 0; i < binding.schema().size(); i++) {
      checkColumn(binding, table, binding.schema().field(i), binding.column(i), held);
    }
    checkKey(binding, table);
  }

  private static String name(Table table) {
    return table.name().plain();
  }

  private void checkColumn(
      Binding binding, Table table, Field field, @Nullable String name, boolean held) {
    if (name == null) {
      return;
    }
    String path = binding.configPath() + ".fields." + field.name();
    Table.Column column = table.columns().get(name);
    if (column == null && held) {
      return; // Judged where the log tells of it: the source goes on without it.
    }
    if (column == null) {
      add(
          "no-such-column",
          name(table)
              + " has no column "
              + name
              + ". It has "
              + String.join(", ", table.columns().keySet())
              + ".",
          path,
          "Name the column that holds " + field.name() + ", or null where there is none.");
    } else if (!column.type().supported()) {
      add(
          "type-not-supported",
          name(table) + "." + name + " has the type " + column.type().full() + ".",
          path,
          "This type has no values of its own; leave the field out, or write null for its column.");
    } else if (!column.type().fits(field)) {
      add(
          "type-mismatch",
          name(table)
              + "."
              + name
              + " has the type "
              + column.type().full()
              + ", which cannot be the field "
              + field.name()
              + ".",
          path,
          "Write " + column.type().fieldSchema() + " in the entity's schema.");
    } else if (column.generated()) {
      add(
          "column-generated",
          name(table) + "." + name + " is computed by the server.",
          path,
          "Write null for the field's column in this member.");
    }
  }

  private void checkKey(Binding binding, Table table) {
    List<String> key = Table.keyColumns(binding);
    if (!table.columns().keySet().containsAll(key)) {
      return;
    }
    if (!table.uniqueKeys().contains(new HashSet<>(key))) {
      add(
          "key-not-unique",
          name(table)
              + " has no primary or unique key of "
              + String.join(", ", key)
              + ", which is the entity's.",
          binding.configPath() + ".table",
          "Make the entity's key that of the table, or add a unique key.");
    }
    for (String column : key) {
      Table.Column part = table.columns().get(column);
      if (part != null && part.nullable()) {
        add(
            "key-nullable",
            name(table) + "." + column + " is part of the key and may be null.",
            binding.configPath() + ".table",
            "Make the column NOT NULL.");
      }
    }
  }

  private void add(String code, String message, String path, String remedy) {
    problems.add(new Problem(code, ProblemType.USER, message, path, remedy));
  }
}
