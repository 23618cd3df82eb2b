package dev.unisono.testkit.contract;

import dev.unisono.spi.Connector;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A database of a contract's test that is changed by SQL in a session of its own, which takes names
 * in double quotes. It refuses the name {@code refused}. For one thread.
 */
public abstract class JdbcContractSystem implements ContractSystem {
  private final Connector connector;
  private final String name;
  private final Connection connection;
  private final Set<Ability> abilities;

  protected JdbcContractSystem(
      Connector connector, String name, Connection connection, Set<Ability> abilities) {
    this.connector = connector;
    this.name = name;
    this.connection = connection;
    this.abilities = Set.copyOf(abilities);
  }

  /** A column type for decimals with 20 digits, 6 of them behind the point. */
  protected String decimalType() {
    return "numeric(20,6)";
  }

  /** How a table is emptied at once. */
  protected String clearing(String table) {
    return "TRUNCATE TABLE " + table;
  }

  /** Lists all that is there beside rows, each as one text. */
  protected abstract String catalogQuery();

  @Override
  public final Connector connector() {
    return connector;
  }

  @Override
  public final Set<Ability> abilities() {
    return abilities;
  }

  @Override
  public final String name() {
    return name;
  }

  private static String quoted(String table) {
    return "\"" + table + "\"";
  }

  private void execute(String sql, @Nullable Object... parameters) {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      statement.execute();
    } catch (SQLException failed) {
      throw new AssertionError(sql, failed);
    }
  }

  @Override
  public void makeTable(String table) {
    execute(
        "CREATE TABLE "
            + quoted(table)
            + " (\"id\" bigint NOT NULL PRIMARY KEY, \"name\" varchar(200) CHECK (\"name\" <>"
            + " 'refused'), \"number\" bigint, \"price\" "
            + decimalType()
            + ", \"ratio\" double precision)");
  }

  /** What is handed to the driver for a decimal. */
  protected @Nullable Object decimal(@Nullable BigDecimal value) {
    return value;
  }

  @Override
  public void insert(String table, Item item) {
    execute(
        "INSERT INTO "
            + quoted(table)
            + " (\"id\", \"name\", \"number\", \"price\", \"ratio\") VALUES (?, ?, ?, ?, ?)",
        item.id(),
        item.name(),
        item.number(),
        decimal(item.price()),
        item.ratio());
  }

  @Override
  public void update(String table, Item item) {
    execute(
        "UPDATE "
            + quoted(table)
            + " SET \"name\" = ?, \"number\" = ?, \"price\" = ?, \"ratio\" = ? WHERE \"id\" = ?",
        item.name(),
        item.number(),
        decimal(item.price()),
        item.ratio(),
        item.id());
  }

  @Override
  public void move(String table, long from, long to) {
    execute("UPDATE " + quoted(table) + " SET \"id\" = ? WHERE \"id\" = ?", to, from);
  }

  @Override
  public void delete(String table, long id) {
    execute("DELETE FROM " + quoted(table) + " WHERE \"id\" = ?", id);
  }

  @Override
  public void clear(String table) {
    execute(clearing(quoted(table)));
  }

  @Override
  public List<Item> items(String table) {
    List<Item> items = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT \"id\", \"name\", \"number\", \"price\", \"ratio\" FROM "
                    + quoted(table)
                    + " ORDER BY \"id\"")) {
      while (row.next()) {
        String price = row.getString(4);
        items.add(
            new Item(
                row.getLong(1),
                row.getString(2),
                number(row, 3),
                price == null ? null : new BigDecimal(price),
                ratio(row, 5)));
      }
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
    return items;
  }

  private static @Nullable Long number(ResultSet row, int column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : value;
  }

  private static @Nullable Double ratio(ResultSet row, int column) throws SQLException {
    double value = row.getDouble(column);
    return row.wasNull() ? null : value;
  }

  @Override
  public List<String> catalog() {
    List<String> there = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(catalogQuery())) {
      while (row.next()) {
        there.add(row.getString(1));
      }
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
    Collections.sort(there);
    return there;
  }

  @Override
  public Item refused() {
    return Item.of(66, "refused");
  }

  @Override
  public Map<String, Object> invalid() {
    return Map.of("url", "jdbc:elsewhere:", "snapshot-chunk", 1L, "read-batch", 0L);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }
}
