package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The columns that one binding needs in its target's table: made, added and widened where the
 * member allows it; else said, with the statement to run. Types are those of the table that is
 * read, where that is in PostgreSQL, too. For one thread.
 */
final class TargetSchema {
  private static final Set<String> BROKEN = Set.of("08", "25", "40", "53", "55", "57", "58", "XX");

  private final Database database;
  private final Binding binding;
  private @Nullable List<@Nullable String> sourceTypes;

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
    Optional<Table> found = Table.find(connection, binding.table());
    if (found.isEmpty()) {
      if (!policy.createTable()) {
        throw new UnisonoException(
            new Problem(
                "no-such-table",
                ProblemType.USER,
                "There is no table " + binding.table() + " in " + database.system() + ".",
                binding.configPath() + ".table",
                "Run "
                    + createStatement(typesIfKnown())
                    + "; or write create-table: true, and restart."));
      }
      execute(connection, createStatement(types()), "make the table " + binding.table());
      return;
    }
    TableShape shape = TableShape.read(connection, found.get().relation()).orElseThrow();
    for (int i = 0; i < binding.schema().size(); i++) {
      String name = binding.column(i);
      if (name == null) {
        continue;
      }
      TableShape.Column column = shape.column(name);
      if (column == null) {
        add(connection, found.get(), i, name);
      } else if (policy.alters()) {
        widen(connection, found.get(), column, sourceType(i));
      }
    }
  }

  private void add(Connection connection, Table table, int position, String column)
      throws SQLException {
    boolean alters = binding.policy().alters();
    String statement =
        "ALTER TABLE "
            + table.sqlName()
            + " ADD COLUMN IF NOT EXISTS "
            + Database.quote(column)
            + " "
            + type(position, alters ? types() : typesIfKnown());
    if (!alters) {
      throw new UnisonoException(
          new Problem(
              "target-lacks-column",
              ProblemType.EXTERNAL,
              table.plainName()
                  + " in "
                  + database.system()
                  + " has no column "
                  + column
                  + " for the field "
                  + binding.schema().field(position).name()
                  + ".",
              binding.configPath(),
              "Run "
                  + statement
                  + "; and delivery goes on by itself. Or write alter-table: true, and restart."));
    }
    execute(connection, statement, "add a column to " + table.plainName());
  }

  private void widen(
      Connection connection, Table table, TableShape.Column column, @Nullable String source)
      throws SQLException {
    Optional<String> wider =
        source == null ? Optional.empty() : TypeWidth.wider(column.typeText(), source);
    if (wider.isPresent()) {
      execute(
          connection,
          "ALTER TABLE "
              + table.sqlName()
              + " ALTER COLUMN "
              + Database.quote(column.name())
              + " TYPE "
              + wider.get(),
          "widen a column of " + table.plainName());
    }
  }

  private void execute(Connection connection, String statement, String what) throws SQLException {
    try (Statement execute = connection.createStatement()) {
      execute.execute(statement);
    } catch (SQLException failed) {
      String state = failed.getSQLState() == null ? "" : failed.getSQLState();
      if (state.length() < 2 || BROKEN.contains(state.substring(0, 2))) {
        throw failed;
      }
      throw new UnisonoException(
          new Problem(
              "target-not-altered",
              ProblemType.EXTERNAL,
              database.system()
                  + " refuses to "
                  + what
                  + ": "
                  + Failures.firstLine(failed.getMessage())
                  + ".",
              binding.configPath(),
              "Let somebody who may run " + statement + "; delivery then goes on by itself."),
          failed);
    }
    System.getLogger(TargetSchema.class.getName())
        .log(System.Logger.Level.INFO, "{0}: {1}", database.system(), statement);
  }

  /** The statement that makes the table. */
  String createStatement() {
    return createStatement(typesIfKnown());
  }

  private String createStatement(List<@Nullable String> types) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      if (column != null) {
        boolean filled = binding.schema().field(i).required() || binding.schema().isKey(i);
        parts.add(Database.quote(column) + " " + type(i, types) + (filled ? " NOT NULL" : ""));
      }
    }
    parts.add(
        "PRIMARY KEY ("
            + String.join(", ", Table.keyColumns(binding).stream().map(Database::quote).toList())
            + ")");
    int dot = binding.table().indexOf('.');
    String name =
        dot < 0
            ? Database.quote(binding.table())
            : Database.quote(binding.table().substring(0, dot))
                + "."
                + Database.quote(binding.table().substring(dot + 1));
    return "CREATE TABLE IF NOT EXISTS " + name + " (" + String.join(", ", parts) + ")";
  }

  private String type(int position, List<@Nullable String> types) {
    String source = types.get(position);
    return source == null ? fieldType(binding.schema().field(position)) : source;
  }

  private @Nullable String sourceType(int position) {
    return types().get(position);
  }

  /** The source's types, asked once. */
  private List<@Nullable String> types() {
    List<@Nullable String> known = sourceTypes;
    if (known == null) {
      TablePolicy.Origin origin = binding.policy().origin();
      known =
          origin != null && origin.kind().equals(PostgresConnector.KIND)
              ? origin.columnTypes()
              : none();
      sourceTypes = known;
    }
    return known;
  }

  private List<@Nullable String> none() {
    return java.util.Collections.nCopies(binding.schema().size(), null);
  }

  /** For a statement that is only shown. */
  private List<@Nullable String> typesIfKnown() {
    try {
      return types();
    } catch (UnisonoException away) {
      return none();
    }
  }

  private static String fieldType(Field field) {
    ValueType items = field.items();
    return items == null ? fieldType(field.type()) : fieldType(items) + "[]";
  }

  private static String fieldType(ValueType type) {
    return switch (type) {
      case BOOLEAN -> "boolean";
      case LONG -> "bigint";
      case DECIMAL -> "numeric";
      case DOUBLE -> "double precision";
      case STRING -> "text";
      case BYTES -> "bytea";
      case DATE -> "date";
      case TIME -> "time";
      case TIMESTAMP -> "timestamp with time zone";
      case UUID -> "uuid";
      case JSON -> "jsonb";
      case ARRAY -> throw new IllegalArgumentException("the items of an array have a type");
    };
  }
}
