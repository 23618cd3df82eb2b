package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The columns that one binding needs in its target's table: made and added where the member allows
 * it; else said, with the statement to run. Types are those of the table that is read, where that
 * is in a database of the same kind. For one thread.
 */
final class TargetSchema {
  private final Database database;
  private final Binding binding;

  TargetSchema(Database database, Binding binding) {
    this.database = database;
    this.binding = binding;
  }

  /**
   * Sees to it that the table has what the binding needs.
   *
   * @throws UnisonoException no-such-table, target-lacks-column, target-not-altered
   */
  void prepare(Connection connection) throws SQLException {
    TablePolicy policy = binding.policy();
    Optional<Table> found = database.dialect().find(connection, binding.table());
    if (found.isEmpty() && policy.createTable()) {
      execute(connection, createStatement(types()), "make the table " + binding.table());
      return;
    }
    if (found.isEmpty()) {
      throw new UnisonoException(noTable());
    }
    Table table = found.get();
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      if (column == null || table.columns().containsKey(column)) {
        continue;
      }
      if (!policy.alters()) {
        throw new UnisonoException(noColumn(table, i, column));
      }
      execute(
          connection, addStatement(table, i, column, types()), "add a column to " + table.name());
    }
  }

  /** That there is no such table, and the statement that makes it. */
  Problem noTable() {
    return new Problem(
        "no-such-table",
        ProblemType.USER,
        "There is no table " + binding.table() + " in " + database.system() + ".",
        binding.configPath() + ".table",
        "Run "
            + createStatement(none())
            + "; or write create-table: true. Letters count as the database shows them: H2 makes"
            + " capitals of names that were not quoted.");
  }

  private Problem noColumn(Table table, int position, String column) {
    return new Problem(
        "target-lacks-column",
        ProblemType.EXTERNAL,
        table.name()
            + " in "
            + database.system()
            + " has no column "
            + column
            + " for the field "
            + binding.schema().field(position).name()
            + ".",
        binding.configPath(),
        "Run "
            + addStatement(table, position, column, none())
            + "; and delivery goes on by itself. Or write alter-table: true, and restart.");
  }

  private void execute(Connection connection, String statement, String what) {
    try (Statement execute = connection.createStatement()) {
      execute.execute(statement);
    } catch (SQLException failed) {
      throw new UnisonoException(
          new Problem(
              "target-not-altered",
              ProblemType.EXTERNAL,
              database.system()
                  + " refuses to "
                  + what
                  + ": "
                  + Database.firstLine(failed.getMessage())
                  + ".",
              binding.configPath(),
              "Let somebody who may run " + statement + "; delivery then goes on by itself."),
          failed);
    }
    System.getLogger(TargetSchema.class.getName())
        .log(System.Logger.Level.INFO, "{0}: {1}", database.system(), statement);
  }

  private String addStatement(
      Table table, int position, String column, List<@Nullable String> types) {
    return "ALTER TABLE "
        + table.sqlName()
        + " ADD COLUMN "
        + database.dialect().quote(column)
        + " "
        + type(position, types);
  }

  private String createStatement(List<@Nullable String> types) {
    Dialect dialect = database.dialect();
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      if (column != null) {
        boolean filled = binding.schema().field(i).required() || binding.schema().isKey(i);
        parts.add(dialect.quote(column) + " " + type(i, types) + (filled ? " NOT NULL" : ""));
      }
    }
    parts.add(
        "PRIMARY KEY ("
            + String.join(", ", Table.keyColumns(binding).stream().map(dialect::quote).toList())
            + ")");
    return "CREATE TABLE IF NOT EXISTS "
        + dialect.newTable(binding.table())
        + " ("
        + String.join(", ", parts)
        + ")";
  }

  private String type(int position, List<@Nullable String> types) {
    String source = types.get(position);
    return source == null
        ? database
            .dialect()
            .columnType(binding.schema().field(position), binding.schema().isKey(position))
        : source;
  }

  /** The source's types. */
  private List<@Nullable String> types() {
    TablePolicy.Origin origin = binding.policy().origin();
    return origin != null && origin.kind().equals(database.dialect().kind())
        ? origin.columnTypes()
        : none();
  }

  private List<@Nullable String> none() {
    return Collections.nCopies(binding.schema().size(), null);
  }
}
