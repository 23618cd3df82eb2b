package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A target that is away, or whose table is, costs its source nothing and catches up. */
final class OutageTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void aTargetThatWasAwayCatchesUpWhileTheSourcesSlotMoves() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      databases.executeInCrm("INSERT INTO customers (id, name) VALUES (0, 'before')");
      server.start();
      await(billing, "SELECT count(*) = 1 FROM clients");
      databases.billingIsAway(true);
      Eventually.holds(LIMIT, () -> target(server, "RETRYING"));
      for (int i = 0; i < 40; i++) {
        databases.executeInCrm(
            "INSERT INTO customers (id, name) SELECT i, 'c' || i FROM generate_series("
                + (1 + i * 500)
                + ", "
                + (i + 1) * 500
                + ") i");
      }
      databases.awaitAcknowledged(LIMIT);
      assertEquals("", target(server, "RETRYING"));
      assertEquals("1", one(billing, "SELECT count(*) FROM clients"));
      databases.billingIsAway(false);
      await(billing, "SELECT count(*) = 20001 FROM clients");
      Eventually.holds(LIMIT, () -> target(server, "RUNNING"));
    }
  }

  @Test
  void manyTimesItsMemoryPassesThroughWhileATargetIsAway() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection crm = databases.inCrm();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      server.virtualMachine("-Xmx160m", "-XX:+ExitOnOutOfMemoryError");
      databases.executeInCrm(
          "INSERT INTO customers (id, name) SELECT i, 'c' || i FROM generate_series(1, 1000) i");
      server.start();
      await(billing, "SELECT count(*) = 1000 FROM clients");
      databases.billingIsAway(true);
      Eventually.holds(LIMIT, () -> target(server, "RETRYING"));
      // 20 MB each time: 500 MB in all.
      for (int round = 0; round < 25; round++) {
        databases.executeInCrm(
            "UPDATE customers SET notes = repeat(md5(id || ' " + round + "'), 640)");
      }
      databases.awaitAcknowledged(LIMIT);
      assertEquals("", target(server, "RETRYING"));
      databases.billingIsAway(false);
      String all = one(crm, "SELECT md5(string_agg(id || notes, ' ' ORDER BY id)) FROM customers");
      await(
          billing,
          "SELECT md5(string_agg(client_id || remarks, ' ' ORDER BY client_id)) IS NOT DISTINCT"
              + " FROM '"
              + all
              + "' FROM clients");
      Eventually.holds(LIMIT, () -> target(server, "RUNNING"));
    }
  }

  @Test
  void aTargetsTableThatIsGoneStopsItWithTheCauseAndItGoesOnAfterARestart() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      server.start();
      databases.executeInBilling("ALTER TABLE clients RENAME COLUMN full_name TO name");
      databases.executeInCrm("INSERT INTO customers (id, name) VALUES (1, 'Ada')");
      Eventually.holds(LIMIT, () -> target(server, "STOPPED"));
      JsonNode problem = status(server).path("problem");
      assertEquals("no-such-table", problem.path("code").asText(), problem::toString);
      databases.executeInBilling("ALTER TABLE clients RENAME COLUMN name TO full_name");
      server.stop();
      server.start();
      await(billing, "SELECT count(*) = 1 FROM clients");
    }
  }

  private static JsonNode status(MirrorServer server) throws InterruptedException {
    return ExactJson.parse(server.get("/v1/admin/status").body()).path("targets").get(0);
  }

  private static String target(MirrorServer server, String state) throws InterruptedException {
    JsonNode target = status(server);
    return target.path("state").asText().equals(state) ? "" : target.toString();
  }

  private static void await(Connection connection, String question) throws Exception {
    Eventually.isTrue(LIMIT, question, () -> one(connection, question).equals("t"));
  }

  private static String one(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }
}
