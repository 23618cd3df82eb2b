package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Checks that tables can be written as they are bound. Changes nothing. For one thread. */
final class TargetCheck {
  private final Database database;
  private final Dialect dialect;
  private final List<Problem> problems = new ArrayList<>();

  TargetCheck(Database database) {
    this.database = database;
    this.dialect = database.dialect();
  }

  List<Problem> run(List<Binding> bindings) {
    try (Connection connection = database.connect()) {
      for (Binding binding : bindings) {
        Optional<Table> found = dialect.find(connection, binding.table());
        if (found.isPresent()) {
          check(connection, binding, found.get());
        } else if (!binding.policy().createTable()) {
          problems.add(new TargetSchema(database, binding).noTable());
        }
        checkTypesThatCanBe(binding);
      }
    } catch (UnisonoException failed) {
      problems.add(failed.problem());
    } catch (SQLException failed) {
      problems.add(dialect.problem(database.system(), "checking", failed));
    }
    return problems;
  }

  private void add(String code, String message, String path, String remedy) {
    problems.add(new Problem(code, ProblemType.USER, message, path, remedy));
  }

  private void checkTypesThatCanBe(Binding binding) {
    for (int i = 0; i < binding.schema().size(); i++) {
      Field field = binding.schema().field(i);
      if (binding.column(i) != null && field.type() == ValueType.ARRAY) {
        add(
            "type-not-supported",
            "Arrays are not written to a database of the kind " + dialect.kind() + ".",
            binding.configPath() + ".fields." + field.name(),
            "Write null for the field's column in this member.");
      }
    }
  }

  private void check(Connection connection, Binding binding, Table table) {
    boolean there = true;
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      if (column != null) {
        there &= checkColumn(binding, table, binding.schema().field(i), column);
      }
    }
    checkUniqueKey(binding, table);
    checkFilled(binding, table);
    checkFlag(binding, table);
    if (there) {
      checkRights(connection, binding, table);
    }
  }

  private boolean checkColumn(Binding binding, Table table, Field field, String name) {
    String path = binding.configPath() + ".fields." + field.name();
    Table.Column column = table.columns().get(name);
    if (column == null) {
      if (!binding.policy().alters()) {
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
      }
      return false;
    }
    if (column.generated()) {
      add(
          "column-generated",
          table.name() + "." + name + " is computed or numbered by the database alone.",
          path,
          "Write null for the field's column in this member.");
    } else if (field.type() != ValueType.ARRAY && !dialect.fits(column, field)) {
      add(
          "type-mismatch",
          table.name()
              + "."
              + name
              + " has the type "
              + (column.type().isEmpty() ? "(none)" : column.type())
              + ", which does not keep each value of the field "
              + field.name()
              + " as it is.",
          path,
          "Give the column the type " + dialect.columnType(field, false) + ".");
    }
    return true;
  }

  private void checkUniqueKey(Binding binding, Table table) {
    List<String> key = Table.keyColumns(binding);
    Set<String> wanted = new HashSet<>(key);
    if (table.uniqueKeys().stream().noneMatch(wanted::equals)) {
      String columns = String.join(", ", key.stream().map(dialect::quote).toList());
      add(
          "key-not-unique",
          table.name()
              + " has no primary key or unique index on "
              + String.join(", ", key)
              + " alone.",
          binding.configPath() + ".table",
          "Run CREATE UNIQUE INDEX "
              + dialect.quote("unisono_key_" + binding.sync())
              + " ON "
              + table.sqlName()
              + " ("
              + columns
              + ");");
    }
  }

  /** A column nobody fills must have a default, or no row can be inserted. */
  private void checkFilled(Binding binding, Table table) {
    for (Table.Column column : table.columns().values()) {
      boolean kept =
          binding.columns().contains(column.name()) || column.name().equals(binding.deletedFlag());
      if (!kept && column.notNull() && !column.filled() && !column.generated()) {
        add(
            "column-not-filled",
            table.name() + "." + column.name() + " must have a value, and no field fills it.",
            binding.configPath() + ".table",
            "Give the column a default, or map a field to it.");
      }
      boolean gives = column.filled() || column.generated();
      if (binding.ownKeys() && !gives && Table.keyColumns(binding).contains(column.name())) {
        add(
            "key-not-given",
            table.name()
                + "."
                + column.name()
                + " is a key that each member gives by itself, and has no default to give one.",
            binding.configPath() + ".table",
            "Have the database number the column, or give it another default.");
      }
    }
  }

  private void checkFlag(Binding binding, Table table) {
    String name = binding.deletedFlag();
    if (name == null) {
      return;
    }
    String path = binding.configPath() + ".deleted-flag";
    Table.Column column = table.columns().get(name);
    if (column == null) {
      add(
          "no-such-column",
          table.name() + " has no column " + name + ".",
          path,
          "Run ALTER TABLE "
              + table.sqlName()
              + " ADD COLUMN "
              + dialect.quote(name)
              + " TIMESTAMP;");
      return;
    }
    Dialect.Flag kind = dialect.flag(column);
    if (kind == Dialect.Flag.UNFIT) {
      add(
          "type-mismatch",
          table.name() + "." + name + " has the type " + column.type() + ".",
          path,
          "Name a column of the type BOOLEAN or TIMESTAMP.");
    } else if (column.notNull() && kind == Dialect.Flag.TIME) {
      add(
          "type-mismatch",
          table.name() + "." + name + " must allow null: that says that a row is there.",
          path,
          "Name a column that may be null.");
    }
  }

  /** Statements that reach no row are refused all the same where a right is missing. */
  private void checkRights(Connection connection, Binding binding, Table table) {
    String key = dialect.quote(Table.keyColumns(binding).getFirst());
    String nowhere = " WHERE 1 = 0";
    List<String> tries =
        List.of(
            "UPDATE " + table.sqlName() + " SET " + key + " = " + key + nowhere,
            "INSERT INTO "
                + table.sqlName()
                + " ("
                + key
                + ") SELECT "
                + key
                + " FROM "
                + table.sqlName()
                + nowhere,
            "DELETE FROM " + table.sqlName() + nowhere);
    for (String one : tries) {
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate(one);
      } catch (SQLException refused) {
        if (dialect.refusal(refused).isPresent()) {
          continue; // Of a row that there is not: the right is there.
        }
        problems.add(
            dialect
                .problem(database.system(), "Trying to write " + table.name(), refused)
                .at(binding.configPath() + ".table"));
        return;
      }
    }
  }
}
