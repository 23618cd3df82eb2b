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
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Checks that tables can be read by queries as they are bound. Changes nothing. For one thread. */
final class QueryCheck {
  private final QueryDatabase database;
  private final List<Binding> bindings;
  private final QueryLimits limits;
  private final List<Problem> found = new ArrayList<>();

  QueryCheck(QueryDatabase database, List<Binding> bindings, QueryLimits limits) {
    this.database = database;
    this.bindings = bindings;
    this.limits = limits;
  }

  /** The cursor column, where there is one that grows. */
  static Optional<CursorColumn> cursor(
      ReadDialect dialect, Binding binding, Table table, String name, QueryLimits limits) {
    return Optional.ofNullable(table.columns().get(name))
        .flatMap(column ->
            dialect
                .growth(column)
                .map(type ->
                    new CursorColumn(column, type, limits.overlap(), limits.overlapCount())));
  }

  static Problem cursorUnfit(ReadDialect dialect, Binding binding, Table table, String name) {
    Table.Column column = table.columns().get(name);
    return column == null
        ? noColumn(table, name, binding.configPath() + ".cursor")
        : new Problem(
            "cursor-type",
            ProblemType.USER,
            table.name()
                + "."
                + name
                + " has the type "
                + column.type()
                + ", whose values "
                + dialect.kind()
                + " cannot tell later from earlier by.",
            binding.configPath() + ".cursor",
            "Name a column of whole numbers, decimals, dates or timestamps.");
  }

  private static Problem noColumn(Table table, String name, String path) {
    return new Problem(
        "no-such-column",
        ProblemType.USER,
        table.name()
            + " has no column "
            + name
            + ". It has "
            + String.join(", ", table.columns().keySet())
            + ".",
        path,
        "Name one of them, in the letters that the database shows it in.");
  }

  /** All that is in the way. */
  List<Problem> run() {
    try (Connection connection = database.connect()) {
      ReadDialect dialect = database.dialect(connection, bindings);
      for (Binding binding : bindings) {
        Optional<Table> table = dialect.find(connection, binding.table());
        if (table.isEmpty()) {
          found.add(ReadCheck.noTable(binding));
        } else {
          check(dialect, binding, table.get());
        }
      }
    } catch (UnisonoException failed) {
      found.add(failed.problem());
    } catch (SQLException failed) {
      found.add(database.describe("checking", failed));
    }
    return found;
  }

  private void check(ReadDialect dialect, Binding binding, Table table) {
    if (binding.policy().schemaChange() == SchemaChange.EVOLVE) {
      found.add(
          new Problem(
              "not-available",
              ProblemType.USER,
              "A sync that is read by queries cannot follow new columns by itself.",
              "syncs." + binding.sync() + ".schema-change",
              "Write ignore or stop."));
    }
    String cursor = binding.cursor();
    if (cursor != null && cursor(dialect, binding, table, cursor, limits).isEmpty()) {
      found.add(cursorUnfit(dialect, binding, table, cursor));
    }
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      if (column != null) {
        checkColumn(dialect, binding, table, binding.schema().field(i), column);
      }
    }
    for (int part = 0; part < binding.schema().keySize(); part++) {
      checkKey(binding, binding.schema().field(binding.schema().keyPosition(part)));
    }
  }

  private void checkColumn(
      ReadDialect dialect, Binding binding, Table table, Field field, String name) {
    String path = binding.configPath() + ".fields." + field.name();
    Table.@Nullable Column column = table.columns().get(name);
    if (column == null) {
      found.add(noColumn(table, name, path));
    } else if (!dialect.fits(column, field)) {
      found.add(
          new Problem(
              "type-mismatch",
              ProblemType.USER,
              table.name()
                  + "."
                  + name
                  + " has the type "
                  + (column.type().isEmpty() ? "(none)" : column.type())
                  + ", whose values cannot all be the field "
                  + field.name()
                  + ".",
              path,
              "Give the field another schema; the guide has a table of what fits."));
    }
  }

  private void checkKey(Binding binding, Field field) {
    if (field.type() == ValueType.JSON || field.type() == ValueType.DOUBLE) {
      found.add(
          new Problem(
              "type-mismatch",
              ProblemType.USER,
              "Rows cannot be looked up by " + field.name() + ", which is part of the key.",
              binding.configPath() + ".fields." + field.name(),
              "Give the field another schema, such as { type: string }."));
    }
  }

  /** What may turn out badly; nothing where the database cannot be asked, which is a problem. */
  List<Problem> notices() {
    try (Connection connection = database.connect()) {
      ReadDialect dialect = database.dialect(connection, bindings);
      for (Binding binding : bindings) {
        Optional<Table> table = dialect.find(connection, binding.table());
        if (table.isPresent()) {
          notice(connection, dialect, binding, table.get());
        }
      }
      return found;
    } catch (UnisonoException | SQLException notAsked) {
      return List.of();
    }
  }

  private void notice(Connection connection, ReadDialect dialect, Binding binding, Table table)
      throws SQLException {
    List<String> key = Table.keyColumns(binding);
    if (!table.uniqueKeys().contains(new HashSet<>(key))) {
      found.add(
          new Problem(
              "key-not-unique",
              ProblemType.USER,
              table.name()
                  + " is not known to have a primary key or unique index on "
                  + String.join(", ", key)
                  + " alone. Of rows with one key any may be shown.",
              binding.configPath() + ".table",
              "Make the entity's key that of the table; of a view be sure that it is one."));
    }
    String name = binding.cursor();
    Table.Column column = name == null ? null : table.columns().get(name);
    if (column == null) {
      return;
    }
    if (!column.notNull()) {
      found.add(
          new Problem(
              "cursor-nullable",
              ProblemType.USER,
              table.name()
                  + "."
                  + name
                  + " may be null: rows without it are seen only with each comparison"
                  + " (deletes-every) and refresh.",
              binding.configPath() + ".cursor",
              "Make the column NOT NULL."));
    }
    if (!new JdbcCatalog(connection, dialect).indexed(binding.table(), column.name())) {
      List<String> columns = new ArrayList<>();
      columns.add(dialect.quote(column.name()));
      key.forEach(part -> columns.add(dialect.quote(part)));
      found.add(
          new Problem(
              "cursor-without-index",
              ProblemType.USER,
              table.name()
                  + " has no index that begins with "
                  + name
                  + ": each poll reads the whole table.",
              binding.configPath() + ".cursor",
              "CREATE INDEX "
                  + dialect.quote(binding.sync() + "_cursor")
                  + " ON "
                  + table.sqlName()
                  + " ("
                  + String.join(", ", columns)
                  + ");"));
    }
  }
}
