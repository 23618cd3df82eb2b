package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.SmallDisk;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A full disk under the state keeps what comes in from being taken, and nothing else. */
final class FullDiskTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String SLOT_CONFIRMED =
      "SELECT confirmed_flush_lsn::text FROM pg_replication_slots";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private long lastKey;

  @Test
  void losesNothingAndGoesOnByItselfOnceThereIsRoomAgain() throws Exception {
    Path state = Files.createDirectory(folder.resolve("state"));
    try (SmallDisk disk = SmallDisk.mount(state, 64);
        MirroredDatabases databases = MirroredDatabases.start();
        Connection crm = databases.inCrm();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      insert(crm, 50);
      server.start();
      ExactlyOnce once = new ExactlyOnce();
      try (StreamClient client =
          new EventStream(
              server.api(), server.process().token(), server.oldestCursor(), once::observe)) {
        disk.fill();
        Eventually.holds(
            LIMIT,
            () -> {
              insert(crm, 50);
              // Changes nothing where it is taken.
              return patch(server, "before").statusCode() == 507 ? "" : "it is committed on";
            });
        assertOnlyReadingGoesOn(server, crm);
        disk.free();
        Rows expected = MirroredEntity.CUSTOMER.inCrm(crm);
        Eventually.holds(
            LIMIT, () -> expected.difference(MirroredEntity.CUSTOMER.inBilling(billing)));
        Eventually.holds(LIMIT, () -> client.difference(expected, MirroredEntity.CUSTOMER));
        Eventually.holds(
            LIMIT, () -> expected.difference(server.list(MirroredEntity.CUSTOMER, "")));
        assertEquals(List.of(), once.complaints());
        assertEquals(List.of(), client.picture().complaints());
        assertEquals("", stateProblem(server));
        assertEquals(200, patch(server, "after").statusCode());
      }
    }
  }

  private void assertOnlyReadingGoesOn(MirrorServer server, Connection crm) throws Exception {
    assertEquals("state-failed", stateProblem(server));
    HttpResponse<String> refused = patch(server, "refused");
    assertEquals(507, refused.statusCode(), refused.body());
    assertEquals("state-failed", ExactJson.parse(refused.body()).path("code").asText());
    assertEquals("before", one(crm, "SELECT country FROM public.customers WHERE id = 1"));
    assertEquals(200, server.get("/v1/customers/1").statusCode());
    long head = server.journalHead();
    // What was durable before the disk was full may still have to be told.
    awaitStatus(crm);
    String confirmed = one(crm, SLOT_CONFIRMED);
    insert(crm, 1);
    awaitStatus(crm);
    assertEquals(head, server.journalHead());
    assertEquals(confirmed, one(crm, SLOT_CONFIRMED));
  }

  /** Waits until the source's server has heard from the slot's reader, who tells each second. */
  private static void awaitStatus(Connection crm) throws Exception {
    String now = one(crm, "SELECT clock_timestamp()::text");
    Eventually.isTrue(
        LIMIT,
        "the slot hears nothing",
        () ->
            one(
                    crm,
                    "SELECT max(reply_time) > '"
                        + now
                        + "'::timestamptz + interval '2500 ms' FROM pg_stat_replication")
                .equals("t"));
  }

  private static String stateProblem(MirrorServer server) throws InterruptedException {
    JsonNode status = ExactJson.parse(server.get("/v1/admin/status").body());
    return status.path("problem").path("code").asText();
  }

  private static HttpResponse<String> patch(MirrorServer server, String country)
      throws InterruptedException {
    return server
        .process()
        .send(
            server
                .process()
                .request("/v1/customers/1")
                .header("Content-Type", "application/merge-patch+json")
                .method("PATCH", BodyPublishers.ofString("{\"country\":\"" + country + "\"}"))
                .build());
  }

  /** Rows that no compression makes small. */
  private void insert(Connection crm, int count) throws SQLException {
    Random random = new Random(lastKey);
    try (PreparedStatement insert =
        crm.prepareStatement(
            "INSERT INTO public.customers (id, country, notes) VALUES (?, 'before', ?)")) {
      for (int i = 0; i < count; i++) {
        StringBuilder notes = new StringBuilder();
        random.ints(20_000, ' ', '~').forEach(notes::appendCodePoint);
        insert.setLong(1, ++lastKey);
        insert.setString(2, notes.toString());
        insert.executeUpdate();
      }
    }
  }

  private static String one(Connection crm, String query) throws SQLException {
    try (Statement statement = crm.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }
}
