package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Databases that each number their rows are kept in unison, and no row is there twice. */
final class LinkedMembersTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int NEW_ROWS = 300;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void rowsAreMatchedByTheirNamesAndMadeOnceThoughEverythingIsKilled() throws Exception {
    try (MergedMembers members = MergedMembers.withKeysOfTheirOwn(folder)) {
      members.execute(
          "crm", "INSERT INTO customer (name, city) VALUES ('Ada', 'London'), ('Bob', 'Rome')");
      members.execute(
          "billing", "INSERT INTO customer (name, city) VALUES ('Zoe', 'Oslo'), ('Ada', NULL)");
      JsonNode plan =
          ExactJson.parse(CommandLine.run(0, "plan", members.config().toString(), "--json"))
              .get("syncs")
              .get(0);
      assertEquals(3, plan.get("records").asInt());
      JsonNode billing = plan.get("members").get(1);
      assertEquals(1, billing.get("linked").asInt());
      assertEquals(1, billing.get("created").asInt());
      assertEquals(1, billing.get("changed").asInt());
      members.start();
      awaitEqual(members, 3);
      assertEquals("London", cities(members, "shop").get("Ada"));
      everyEditArrivesUnderItsOwnKey(members);
      for (int round = 0; round < 4; round++) {
        for (String name : MergedMembers.NAMES) {
          members.execute(
              name,
              "INSERT INTO customer (name, city) SELECT '%s-%d-' || i, 'new' FROM generate_series(1, %d) i"
                  .formatted(name, round, NEW_ROWS));
        }
        if (round % 2 == 0) {
          members.kill();
          members.start();
        } else {
          members.server("billing").kill();
          members.server("billing").restart();
        }
      }
      awaitEqual(members, 2 + 4 * NEW_ROWS * MergedMembers.NAMES.size());
    }
  }

  private static void everyEditArrivesUnderItsOwnKey(MergedMembers members) throws Exception {
    members.execute("shop", "UPDATE customer SET city = 'Kyiv' WHERE name = 'Ada'");
    members.execute("billing", "UPDATE customer SET name = 'Zoé' WHERE name = 'Zoe'");
    members.execute("crm", "DELETE FROM customer WHERE name = 'Bob'");
    Eventually.holds(
        LIMIT,
        () -> {
          for (String name : MergedMembers.NAMES) {
            Map<String, String> cities = cities(members, name);
            if (!cities.equals(Map.of("Ada", "Kyiv", "Zoé", "Oslo"))) {
              return name + " has " + cities;
            }
          }
          return "";
        });
    members.execute("crm", "UPDATE customer SET id = 77 WHERE name = 'Ada'");
    members.execute("crm", "UPDATE customer SET city = 'Nice' WHERE name = 'Ada'");
    Eventually.isTrue(
        LIMIT,
        "the row of the new key is the same record",
        () -> "Nice".equals(cities(members, "shop").get("Ada")));
  }

  private static void awaitEqual(MergedMembers members, int count) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          Map<String, String> crm = cities(members, "crm");
          for (String name : MergedMembers.NAMES) {
            Map<String, String> cities = cities(members, name);
            if (cities.size() != count) {
              return name + " has " + cities.size() + " names of " + count;
            }
            if (!cities.equals(crm)) {
              return name + " has other cities than crm";
            }
          }
          return "";
        });
  }

  /** By name; fails where a name is there twice. */
  private static Map<String, String> cities(MergedMembers members, String member)
      throws SQLException {
    Map<String, String> cities = new TreeMap<>();
    try (Connection connection = members.in(member);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT name, city FROM customer")) {
      while (row.next()) {
        String before = cities.put(row.getString(1), String.valueOf(row.getString(2)));
        assertEquals(null, before, member + " has twice " + row.getString(1));
      }
    }
    return cities;
  }
}
