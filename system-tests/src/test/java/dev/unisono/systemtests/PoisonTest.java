package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** One row that is refused stops none of the others, and is not lost. */
final class PoisonTest {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int ROWS = 1_000_000;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void onePoisonedRowAmongAMillionIsOneDeadLetterAndIsMendedByAPerson() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 20_000)) {
      server.rewrite("name:       { type: string }", "name: { type: string, maxLength: 20 }");
      server.rewrite(
          "index: [name, country, balance]",
          "rules: [ { code: large, check: this.balance <= 1000000.0, severity: quarantine } ]");
      databases.executeInCrm(
          "INSERT INTO customers (id, name, balance)"
              + " SELECT i, 'customer ' || i, 5 FROM generate_series(1, "
              + ROWS
              + ") i",
          "UPDATE customers SET name = 'a name that is too long for this' WHERE id = 700001");
      server.start();
      Eventually.holds(LIMIT, () -> count(billing, ROWS - 1));
      JsonNode letter = only(server, "refused");
      assertEquals("too-long", letter.at("/findings/0/code").asText(), letter::toString);
      assertEquals("name", letter.at("/findings/0/path").asText(), letter::toString);
      assertEquals(700_001, letter.at("/key/id").asLong(), letter::toString);
      assertEquals(
          "dead letters: 1 refused",
          ExactJson.parse(server.get("/health/ready").body()).at("/degraded/0").asText());
      assertTrue(server.get("/metrics").body().contains("unisono_dead_letters 1.0"));
      server.kill();
      server.start();
      mended(letter.path("id").asText(), billing);
      held(server, databases, billing);
    }
  }

  /** By the commands, as a person would. */
  private void mended(String id, Connection billing) throws Exception {
    String file = folder.resolve("unisono.yaml").toString();
    String listed = CommandLine.run(0, "deadletters", "list", file, "--code", "invalid-value");
    assertTrue(listed.contains("customer id=700001"), listed);
    assertTrue(listed.contains("at most 20 characters"), listed);
    String refused = CommandLine.run(0, "deadletters", "replay", file, id);
    assertTrue(refused.contains("refused"), refused);
    CommandLine.run(0, "deadletters", "edit", file, id, "--set", "name=\"short\"");
    String replayed = CommandLine.run(0, "deadletters", "replay", file, id);
    assertTrue(replayed.contains("replayed"), replayed);
    Eventually.holds(LIMIT, () -> count(billing, ROWS));
    assertEquals("short", text(billing, "SELECT full_name FROM clients WHERE client_id = 700001"));
    CommandLine.run(2, "deadletters", "discard", file, id, "--reason", "too late");
    CommandLine.run(1, "deadletters", "show", file, "999999");
  }

  /** What a rule holds: of a caller before the owner has it, of the owner before others have it. */
  private static void held(MirrorServer server, MirroredDatabases databases, Connection billing)
      throws Exception {
    HttpResponse<String> answer = patch(server, "{\"balance\": 2000000}");
    assertEquals(202, answer.statusCode(), answer.body());
    String letter = answer.headers().firstValue("Location").orElseThrow();
    assertEquals("large", ExactJson.parse(answer.body()).at("/findings/0/code").asText());
    assertEquals("held", ExactJson.parse(server.get(letter).body()).path("state").asText());
    databases.executeInCrm("UPDATE customers SET balance = 3000000 WHERE id = 2");
    Eventually.isTrue(
        LIMIT,
        "both are held",
        () -> ExactJson.parse(server.get("/v1/admin/status").body()).path("held").asInt() == 2);
    assertEquals("5.00", text(billing, "SELECT balance FROM clients WHERE client_id = 2"));
    HttpResponse<String> all =
        post(server, "/v1/admin/dead-letters/replay?state=held&entity=customer");
    assertEquals(2, ExactJson.parse(all.body()).path("replayed").asInt(), all.body());
    for (String each : new String[] {"1 2000000.00", "2 3000000.00"}) {
      String[] parts = each.split(" ", 2);
      Eventually.isTrue(
          LIMIT,
          "billing has " + each,
          () ->
              text(billing, "SELECT balance FROM clients WHERE client_id = " + parts[0])
                  .equals(parts[1]));
    }
    assertEquals(0, ExactJson.parse(server.get("/v1/admin/status").body()).path("held").asInt());
    assertEquals(400, post(server, "/v1/admin/dead-letters/discard").statusCode());
    assertEquals(400, server.get("/v1/admin/dead-letters?state=lost").statusCode());
    assertEquals(404, server.get("/v1/admin/dead-letters/999999").statusCode());
    assertEquals(409, post(server, letter + "/replay").statusCode());
  }

  private static JsonNode only(MirrorServer server, String state) throws Exception {
    JsonNode page = ExactJson.parse(server.get("/v1/admin/dead-letters?state=" + state).body());
    assertEquals(1, page.path("items").size(), page::toString);
    return page.path("items").get(0);
  }

  private static HttpResponse<String> patch(MirrorServer server, String body)
      throws InterruptedException {
    return server
        .process()
        .send(
            server
                .process()
                .request("/v1/customers/1")
                .header("Content-Type", "application/merge-patch+json")
                .method("PATCH", BodyPublishers.ofString(body))
                .build());
  }

  private static HttpResponse<String> post(MirrorServer server, String path)
      throws InterruptedException {
    return server
        .process()
        .send(server.process().request(path).POST(BodyPublishers.noBody()).build());
  }

  private static String count(Connection billing, int rows) throws SQLException {
    String found = text(billing, "SELECT count(*) FROM clients");
    return found.equals("" + rows) ? "" : found + " rows";
  }

  private static String text(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }
}
