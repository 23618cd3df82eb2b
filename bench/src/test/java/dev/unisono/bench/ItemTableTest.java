package dev.unisono.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.unisono.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

final class ItemTableTest {
  @Test
  void backlogIsTheSameEachTimeAndOfAsManyChangesAsAsked() throws SQLException {
    try (PostgresServer server = PostgresServer.temporary()) {
      server.createDatabase("one");
      server.createDatabase("two");
      try (Connection one = server.connect("one");
          Connection two = server.connect("two")) {
        ItemTable.create(one);
        ItemTable.create(two);
        assertEquals(ItemTable.fingerprint(one), ItemTable.fingerprint(two));
        ItemTable.makeBacklog(one, 1_400);
        assertNotEquals(ItemTable.fingerprint(one), ItemTable.fingerprint(two));
        ItemTable.makeBacklog(two, 1_400);
        assertEquals(ItemTable.fingerprint(one), ItemTable.fingerprint(two));
        assertEquals(1_000, ItemTable.inserts(1_400));
        assertEquals(1_000, number(one, "SELECT count(*) FROM item"));
        assertEquals(400, number(one, "SELECT count(*) FROM item WHERE name LIKE 'Renamed %'"));
        assertEquals(
            3,
            number(
                one,
                "SELECT substr(name, 9)::bigint FROM item WHERE id = "
                    + ItemTable.lastUpdated(1_400)));
      }
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
