package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Changes rows of a database on behalf of callers, each in a transaction of its own that a marker
 * begins: its place in the log is the number by which the change comes back. Safe for threads.
 */
final class JdbcOwner implements Owner {
  private final Database database;
  private final Dialect dialect;

  /** A value and the type that it is written as. */
  private record Parameter(ValueType type, @Nullable Object value) {}

  JdbcOwner(Database database) {
    this.database = database;
    this.dialect = database.dialect();
  }

  @Override
  public Optional<WriteReceipt> update(
      Binding binding, Key key, Row patch, @Nullable Row expected) {
    try (Connection connection = database.connect()) {
      Table table =
          dialect
              .find(connection, binding.table())
              .orElseThrow(() -> new UnisonoException(ReadCheck.noTable(binding)));
      List<Parameter> parameters = new ArrayList<>();
      String statement = statement(table, binding, key, patch, expected, parameters);
      return write(connection, statement, parameters);
    } catch (SQLException thrown) {
      SQLException failed = dialect.cause(thrown);
      if (dialect.refusal(failed).isPresent()) {
        throw refused(Database.firstLine(failed.getMessage()), failed);
      }
      throw database.failure("writing", failed);
    }
  }

  private String statement(
      Table table,
      Binding binding,
      Key key,
      Row patch,
      @Nullable Row expected,
      List<Parameter> parameters) {
    List<String> assignments = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    List<Parameter> compared = new ArrayList<>();
    for (int i = 0; i < patch.schema().size(); i++) {
      String column = binding.column(i);
      if (column == null || patch.value(i) == Unchanged.UNCHANGED) {
        continue;
      }
      ValueType type = patch.schema().field(i).type();
      assignments.add(dialect.quote(column) + " = ?");
      parameters.add(new Parameter(type, patch.value(i)));
      if (expected != null && expected.value(i) != Unchanged.UNCHANGED) {
        conditions.add(dialect.same(column(table, column)));
        compared.add(new Parameter(type, expected.value(i)));
      }
    }
    if (assignments.isEmpty()) {
      throw refused("there is nothing to write", null);
    }
    List<String> keyColumns = Table.keyColumns(binding);
    for (int part = 0; part < keyColumns.size(); part++) {
      conditions.add(dialect.same(column(table, keyColumns.get(part))));
      ValueType type = binding.schema().field(binding.schema().keyPosition(part)).type();
      compared.add(new Parameter(type, key.part(part)));
    }
    parameters.addAll(compared);
    return "UPDATE "
        + table.sqlName()
        + " SET "
        + String.join(", ", assignments)
        + " WHERE "
        + String.join(" AND ", conditions);
  }

  private static Table.Column column(Table table, String name) {
    return Objects.requireNonNull(table.columns().get(name), "a column that is there");
  }

  private Optional<WriteReceipt> write(
      Connection connection, String statement, List<Parameter> parameters) throws SQLException {
    dialect.begin(connection);
    boolean done = false;
    try {
      long place = mark(connection, TriggerLog.MARKER);
      boolean found;
      try (PreparedStatement update = connection.prepareStatement(statement)) {
        for (int i = 0; i < parameters.size(); i++) {
          dialect.bind(update, i + 1, parameters.get(i).type(), parameters.get(i).value());
        }
        found = update.executeUpdate() > 0;
      }
      if (!found) {
        return Optional.empty();
      }
      mark(connection, TriggerLog.END);
      dialect.commit(connection);
      done = true;
      return Optional.of(new WriteReceipt(place, true));
    } finally {
      if (!done) {
        dialect.rollback(connection);
      }
    }
  }

  /** Writes an entry that is nobody's write but a caller's; gives its place. */
  private static long mark(Connection connection, String statement) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(statement, new String[] {"place"})) {
      insert.setLong(1, 0);
      insert.executeUpdate();
      try (ResultSet row = insert.getGeneratedKeys()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private UnisonoException refused(String why, @Nullable SQLException cause) {
    return new UnisonoException(
        new Problem(
            "refused-by-owner",
            ProblemType.USER,
            database.system() + " refuses the values: " + why + ".",
            null,
            "Correct the values; nothing was written."),
        cause);
  }

  @Override
  public void close() {
    // Each write has a connection of its own.
  }
}
