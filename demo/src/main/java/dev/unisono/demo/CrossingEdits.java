package dev.unisono.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A conflict made on purpose: the same two fields of one customer are edited in two systems, each
 * without knowing of the other. Safe for threads: one at a time.
 */
final class CrossingEdits {
  /** Traffic leaves these customers alone, so that what is seen of them is the conflict. */
  private static final long FIRST_CUSTOMER = Traffic.CUSTOMERS + 1L;

  private static final int CUSTOMERS = 200;

  private final List<CustomerTable> systems;
  private final Random random = new Random();

  CrossingEdits(List<CustomerTable> systems) {
    this.systems = List.copyOf(systems);
  }

  /** What one system made of the customer. Immutable. */
  record Edit(String member, String country, String phone) {}

  /** The customer, and what two systems made of it. Immutable. */
  record Crossing(long key, List<Edit> edits) {}

  synchronized Crossing make() throws SQLException {
    List<CustomerTable> pair = new ArrayList<>(systems);
    Collections.shuffle(pair, random);
    CustomerTable one = pair.get(0);
    CustomerTable other = pair.get(1);
    long customer = FIRST_CUSTOMER + random.nextInt(CUSTOMERS);
    try (Connection inOne = one.database().connect();
        Connection inOther = other.database().connect()) {
      List<String> countries = otherCountries(inOne, one, customer);
      Edit first = new Edit(one.system(), countries.get(0), phone(1));
      Edit second = new Edit(other.system(), countries.get(1), phone(2));
      inOne.setAutoCommit(false);
      inOther.setAutoCommit(false);
      edit(inOne, one, customer, first);
      edit(inOther, other, customer, second);
      // Each holds its row now: neither can have been told of the other's edit before its own.
      inOne.commit();
      inOther.commit();
      return new Crossing(customer, List.of(first, second));
    }
  }

  private List<String> otherCountries(Connection connection, CustomerTable table, long customer)
      throws SQLException {
    List<String> countries = new ArrayList<>(DemoData.COUNTRIES);
    try (PreparedStatement query =
        connection.prepareStatement(
            "SELECT country FROM " + table.name() + " WHERE " + table.key() + " = ?")) {
      query.setLong(1, customer);
      try (ResultSet row = query.executeQuery()) {
        if (row.next()) {
          countries.remove(row.getString(1));
        }
      }
    }
    Collections.shuffle(countries, random);
    return countries;
  }

  /** The two sides' numbers begin differently, so that they are never the same. */
  private String phone(int side) {
    return "+49 30 %d%06d".formatted(side, random.nextInt(1_000_000));
  }

  private static void edit(Connection connection, CustomerTable table, long customer, Edit edit)
      throws SQLException {
    String sql =
        "UPDATE %s SET country = ?, %s = ? WHERE %s = ?"
            .formatted(table.name(), table.phone(), table.key());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, edit.country());
      statement.setString(2, edit.phone());
      statement.setLong(3, customer);
      if (statement.executeUpdate() == 0) {
        throw new SQLException(table.system() + " has no customer " + customer);
      }
    }
  }
}
