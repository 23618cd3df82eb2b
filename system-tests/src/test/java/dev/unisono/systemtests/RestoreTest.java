package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A state that was restored from an older backup is made good by comparison. */
final class RestoreTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  /** With a journal that is whole, and with one whose beginning retention has dropped. */
  @ParameterizedTest
  @ValueSource(strings = {"7d", "1s"})
  void anOlderStateIsMadeEqualAgainAndItsClientsAreToldOfTheGap(String retention) throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection changing = databases.inCrm();
        MirrorServer server = new MirrorServer(databases, folder, 200)) {
      server.keepFor(retention);
      new Workload(changing, 20260707).fill(500, 800);
      server.start();
      Agreement.await(LIMIT, databases, server, List.of());
      if (retention.equals("1s")) {
        awaitACutJournal(databases, server);
      }
      String backup = folder.resolve("backup").toString();
      CommandLine.run(0, "backup", folder.resolve("unisono.yaml").toString(), backup);
      String token = server.process().token();
      String cursor = changeAfterTheBackup(databases, server, token);
      // What was not acknowledged would be read again, and nothing had to be repaired.
      databases.awaitAcknowledged(LIMIT);
      server.stop();
      CommandLine.run(0, "restore", backup, folder.resolve("unisono.yaml").toString(), "--force");
      // The token is kept by whoever keeps it: a backup holds its hash alone.
      Files.writeString(folder.resolve("state/admin-token"), token);
      server.startLive();
      assertGap(server, cursor);
      try (StreamClient events = new EventStream(server.api(), token, null, _ -> {})) {
        Agreement.await(LIMIT, databases, server, List.of(events));
        Eventually.isTrue(
            LIMIT, "it is still repairing", () -> source(server).get("repairing").isNull());
        Eventually.isTrue(LIMIT, "the target is", () -> target(server).equals("RUNNING"));
        String log = Files.readString(folder.resolve("server.log"));
        assertTrue(log.contains("is ahead of this state"), "it was not repaired");
        String delivered =
            retention.equals("1s")
                ? "holds the cursors of another journal than this one"
                : "everything is delivered to it anew";
        assertTrue(log.contains(delivered), "not: " + delivered);
        // And from here on it goes on as ever.
        databases.executeInCrm("DELETE FROM public.orders WHERE id % 5 = 0");
        Agreement.await(LIMIT, databases, server, List.of(events));
      }
    }
  }

  private static void awaitACutJournal(MirroredDatabases databases, MirrorServer server)
      throws Exception {
    Eventually.isTrue(
        LIMIT,
        "the journal is whole",
        () -> {
          databases.executeInCrm("UPDATE public.customers SET balance = 1 WHERE id = 1");
          return status(server).get("journal").get("oldest").asLong() > 0;
        });
  }

  /** Changes of every kind; gives the cursor of a client that has seen them. */
  private static String changeAfterTheBackup(
      MirroredDatabases databases, MirrorServer server, String token) throws Exception {
    try (StreamClient events = new EventStream(server.api(), token, null, _ -> {})) {
      // Its snapshot first: only what comes live has a cursor.
      Agreement.await(LIMIT, databases, server, List.of(events));
      databases.executeInCrm(
          "DELETE FROM public.orders WHERE id % 7 = 0",
          "DELETE FROM public.customers WHERE id % 11 = 0",
          "UPDATE public.customers SET name = 'changed', balance = 1 WHERE id % 5 = 0",
          "INSERT INTO public.customers (id, name) SELECT n, 'new' FROM"
              + " generate_series(500001, 500300) n",
          "UPDATE public.customers SET id = id + 700000 WHERE id % 13 = 0");
      Agreement.await(LIMIT, databases, server, List.of(events));
      return Objects.requireNonNull(events.picture().cursor());
    }
  }

  private static void assertGap(MirrorServer server, String cursor) throws Exception {
    HttpResponse<String> answer =
        server.get("/v1/changes?after=" + URLEncoder.encode(cursor, StandardCharsets.UTF_8));
    assertEquals(410, answer.statusCode(), answer::body);
    assertEquals("gap", ExactJson.parse(answer.body()).get("code").asText());
  }

  private static JsonNode status(MirrorServer server) throws Exception {
    return ExactJson.parse(server.get("/v1/admin/status").body());
  }

  private static JsonNode source(MirrorServer server) throws Exception {
    return status(server).get("sources").get(0);
  }

  private static String target(MirrorServer server) throws Exception {
    return status(server).get("targets").get(0).get("state").asText();
  }
}
