package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Several databases that all write the same records are kept in unison, whoever is killed. */
final class MergeTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int RECORDS = 40;
  private static final int KILLS = 8;

  /** So many edits more may be made before each kill. */
  private static final int EDITS = 600;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void rowsThatAreThereAlreadyAreBroughtTogetherAsPlannedOnceSomebodySaysSo() throws Exception {
    try (MergedMembers members = new MergedMembers(folder)) {
      members.ask();
      members.execute(
          "crm",
          "INSERT INTO customer VALUES (1, 'Ada', 'London', 1.50, 1), (2, 'Bob', 'Rome', 2, 0),"
              + " (3, 'Cem', NULL, NULL, 0)");
      members.execute(
          "billing",
          "INSERT INTO customer VALUES (1, 'Ada', 'London', 1.50, 1), (2, 'Bob', 'Pisa', 2, 0),"
              + " (4, 'Dia', NULL, 7, 0)");
      members.execute(
          "shop",
          "INSERT INTO customer VALUES (3, NULL, 'Bonn', NULL, 0), (5, 'Eva', 'Oslo', 0, 9)");
      String untouched = version(members, "billing", 1);
      List<List<String>> before = everyRow(members);
      assertPlan(members);
      members.launch();
      Eventually.isTrue(
          LIMIT,
          "it waits to be told",
          () -> get(members, "/health/ready").contains("customer: AWAITING_LIVE"));
      assertEquals(before, everyRow(members), "nobody is written before");
      goLive(members);
      List<String> all =
          List.of(
              "(1,Ada,London,1.50,1)",
              "(2,Bob,Rome,2.00,0)",
              "(3,Cem,Bonn,,0)",
              "(4,Dia,,7.00,0)",
              "(5,Eva,Oslo,0.00,9)");
      awaitEverywhere(members, all);
      assertEquals(untouched, version(members, "billing", 1), "what was equal is not written");
      goLive(members);
      everyEditArrives(members);
      triggersAnswerOnce(members);
    }
  }

  private static void goLive(MergedMembers members) throws Exception {
    String printed =
        CommandLine.run(0, "live", "customers", "--config", members.config().toString());
    assertTrue(printed.contains("customers is live"), printed);
    assertTrue(get(members, "/health/ready").contains("\"ready\""));
  }

  private static String get(MergedMembers members, String path) throws InterruptedException {
    ServerProcess server = members.running();
    return server.send(server.request(path).build()).body();
  }

  /** By hand: what each lacks, what differs, and whose value wins. */
  private static void assertPlan(MergedMembers members) throws Exception {
    String config = members.config().toString();
    JsonNode sync =
        ExactJson.parse(CommandLine.run(0, "plan", config, "--json")).get("syncs").get(0);
    assertEquals(5, sync.get("records").asInt());
    assertEquals(
        "crm holds 3: linked 3 same 2, created 2 changed 1 conflict 0 deleted 0", counts(sync, 0));
    assertEquals(
        "billing holds 3: linked 2 same 2, created 2 changed 1 conflict 1 deleted 0",
        counts(sync, 1));
    assertEquals(
        "shop holds 2: linked 1 same 1, created 3 changed 1 conflict 0 deleted 0", counts(sync, 2));
    String printed = CommandLine.run(0, "plan", config);
    assertTrue(printed.contains("conflict 2: city \"Pisa\" → \"Rome\" (crm)"), printed);
    assertTrue(printed.contains("changed 3: city null → \"Bonn\" (shop)"), printed);
  }

  private static String counts(JsonNode sync, int number) {
    JsonNode member = sync.get("members").get(number);
    return "%s holds %s: linked %s same %s, created %s changed %s conflict %s deleted %s"
        .formatted(
            member.get("system").asText(),
            member.get("rows"),
            member.get("linked"),
            member.get("same"),
            member.get("created"),
            member.get("changed"),
            member.get("conflict"),
            member.get("deleted"));
  }

  private static List<List<String>> everyRow(MergedMembers members) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    for (String name : MergedMembers.NAMES) {
      rows.add(members.rows(name));
    }
    return rows;
  }

  private static void everyEditArrives(MergedMembers members) throws Exception {
    members.execute("shop", "UPDATE customer SET city = 'Kyiv' WHERE id = 1");
    members.execute("billing", "UPDATE customer SET balance = 3.25 WHERE id = 1");
    members.execute("crm", "DELETE FROM customer WHERE id = 4");
    members.execute("billing", "INSERT INTO customer VALUES (6, 'Fay', 'Nice', 1, 1)");
    members.execute("shop", "UPDATE customer SET id = 7 WHERE id = 5");
    awaitEverywhere(
        members,
        List.of(
            "(1,Ada,Kyiv,3.25,1)",
            "(2,Bob,Rome,2.00,0)",
            "(3,Cem,Bonn,,0)",
            "(6,Fay,Nice,1.00,1)",
            "(7,Eva,Oslo,0.00,9)"));
  }

  /** What a trigger makes of our write is an edit of that member, once. */
  private static void triggersAnswerOnce(MergedMembers members) throws Exception {
    members.execute(
        "billing",
        "CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN NEW.name = upper(NEW.name); RETURN NEW; END'",
        "CREATE TRIGGER loud BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION loud()");
    members.execute("crm", "UPDATE customer SET name = 'Cleo' WHERE id = 3");
    awaitEverywhere(
        members,
        List.of(
            "(1,Ada,Kyiv,3.25,1)",
            "(2,Bob,Rome,2.00,0)",
            "(3,CLEO,Bonn,,0)",
            "(6,Fay,Nice,1.00,1)",
            "(7,Eva,Oslo,0.00,9)"));
    String version = version(members, "crm", 3);
    members.execute("shop", "UPDATE customer SET city = 'Graz' WHERE id = 2");
    Eventually.isTrue(
        LIMIT, "the next edit is there", () -> members.rows("crm").get(1).contains("Graz"));
    assertEquals(version, version(members, "crm", 3), "nobody writes it again and again");
  }

  private static void awaitEverywhere(MergedMembers members, List<String> rows) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          for (String name : MergedMembers.NAMES) {
            if (!members.rows(name).equals(rows)) {
              return name + " has " + members.rows(name);
            }
          }
          return "";
        });
  }

  /** Another one as soon as the row is written. */
  private static String version(MergedMembers members, String name, long id) throws SQLException {
    try (Connection connection = members.in(name);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT xmin, ctid FROM customer WHERE id = " + id)) {
      assertTrue(row.next());
      return row.getString(1) + " " + row.getString(2);
    }
  }

  @Test
  void membersEndEqualAndNoIncrementIsLostWhileEverythingIsKilled() throws Exception {
    try (MergedMembers members = new MergedMembers(folder)) {
      members.execute(
          "crm",
          "INSERT INTO customer SELECT i, 'c' || i, 'Rome', 0, 0 FROM generate_series(1, "
              + RECORDS
              + ") i");
      members.start();
      awaitCount(members, RECORDS);
      AtomicBoolean over = new AtomicBoolean();
      Semaphore allowed = new Semaphore(0);
      AtomicLong edits = new AtomicLong();
      List<Thread> writers = new ArrayList<>();
      for (String name : MergedMembers.NAMES) {
        writers.add(
            Thread.ofPlatform()
                .name("writer-" + name)
                .start(() -> write(members, name, over, allowed, edits)));
      }
      Random random = new Random(3);
      for (int kill = 0; kill < KILLS; kill++) {
        // More than is waited for, so that something is on its way when somebody is killed.
        allowed.release(EDITS);
        long enough = edits.get() + EDITS / 4 + random.nextInt(EDITS / 2);
        Eventually.isTrue(LIMIT, "there are edits", () -> edits.get() > enough);
        switch (kill % 4) {
          case 1 -> {
            members.server("crm").kill();
            members.server("crm").restart();
          }
          case 3 -> {
            members.server("billing").kill();
            members.server("billing").restart();
          }
          default -> {
            members.kill();
            members.start();
          }
        }
      }
      over.set(true);
      allowed.release(MergedMembers.NAMES.size());
      for (Thread writer : writers) {
        writer.join();
      }
      Eventually.holds(LIMIT, () -> difference(members));
      long[] visits = visits(members);
      try (Connection crm = members.in("crm");
          Statement statement = crm.createStatement();
          ResultSet row = statement.executeQuery("SELECT id, visits FROM customer ORDER BY id")) {
        while (row.next()) {
          assertEquals(visits[row.getInt(1)], row.getLong(2), "visits of " + row.getInt(1));
        }
      }
    }
  }

  /** By customer how often it was visited, in all members. */
  private static long[] visits(MergedMembers members) throws SQLException {
    long[] visits = new long[RECORDS + 1];
    for (String name : MergedMembers.NAMES) {
      try (Connection connection = members.in(name);
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery("SELECT customer, count(*) FROM visit GROUP BY customer")) {
        while (row.next()) {
          visits[row.getInt(1)] += row.getLong(2);
        }
      }
    }
    return visits;
  }

  private static void awaitCount(MergedMembers members, int count) throws Exception {
    for (String name : MergedMembers.NAMES) {
      Eventually.isTrue(LIMIT, name + " has all rows", () -> members.rows(name).size() == count);
    }
  }

  private static String difference(MergedMembers members) throws SQLException {
    List<String> crm = members.rows("crm");
    for (String name : MergedMembers.NAMES) {
      List<String> other = members.rows(name);
      if (!other.equals(crm)) {
        return name + " has " + other + ", and crm " + crm;
      }
    }
    return "";
  }

  /** Somebody works in a member, over a new connection where the one before was killed. */
  private static void write(
      MergedMembers members, String name, AtomicBoolean over, Semaphore allowed, AtomicLong edits) {
    Random random = new Random(name.hashCode());
    while (!over.get()) {
      try (Connection connection = members.in(name);
          PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE customer SET name = ?, balance = ? WHERE id = ?");
          PreparedStatement visit =
              connection.prepareStatement(
                  "WITH v AS (UPDATE customer SET visits = visits + 1 WHERE id = ? RETURNING id)"
                      + " INSERT INTO visit SELECT id FROM v")) {
        while (!over.get()) {
          allowed.acquire();
          int id = 1 + random.nextInt(RECORDS);
          if (random.nextBoolean()) {
            update.setString(1, name + random.nextInt(1000));
            update.setBigDecimal(2, java.math.BigDecimal.valueOf(random.nextInt(100_000), 2));
            update.setInt(3, id);
            update.executeUpdate();
          } else {
            visit.setInt(1, id);
            visit.executeUpdate();
          }
          edits.incrementAndGet();
        }
      } catch (SQLException killed) {
        // On with the next connection; what was committed is counted in the database.
      } catch (InterruptedException stop) {
        return;
      }
    }
  }
}
