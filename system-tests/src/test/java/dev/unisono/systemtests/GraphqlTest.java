package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * What GraphQL has in common with the other doors: the schema follows the config, a write is done
 * once.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GraphqlTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private Path folder;
  private SqliteFiles files;
  private ServerProcess server;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    this.folder = folder;
    files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, pages INTEGER)",
        "INSERT INTO books VALUES (1, 'Ada', 300)");
    String config =
        """
        systems:
          shop: { connector: sqlite, file: %s }
        entities:
          book:
            key: id
            index: [title]
            schema:
              properties:
                id: { type: integer }
                title: { type: string }
        syncs:
          books: { entity: book, members: [{ system: shop, table: books, direction: read }] }
        """
            .formatted(files.file("shop"));
    server = files.serve(ServerProcess.freePort(), config);
    Eventually.isTrue(
        LIMIT, "the book", () -> ask("{ book(id: 1) { title } }").at("/data/book").isObject());
  }

  @AfterAll
  void stop() throws Exception {
    server.close();
  }

  private HttpResponse<String> post(String document, Map<String, String> headers)
      throws InterruptedException {
    var request =
        server
            .request("/v1/graphql")
            .header("Content-Type", "application/json")
            .POST(
                BodyPublishers.ofString("{\"query\":\"" + document.replace("\"", "\\\"") + "\"}"));
    headers.forEach(request::header);
    return server.send(request.build());
  }

  private JsonNode ask(String document) throws InterruptedException {
    return ExactJson.parse(post(document, Map.of()).body());
  }

  @Test
  void theSchemaFollowsTheConfig() throws Exception {
    String document = "{ book(id: 1) { pages } }";
    assertEquals("invalid-query", ask(document).at("/errors/0/extensions/code").asText(), "before");
    Path config = folder.resolve("unisono.yaml");
    Files.writeString(
        config,
        Files.readString(config)
            .replace(
                "title: { type: string }",
                "title: { type: string }\n        pages: { type: integer }"));
    HttpResponse<String> reload =
        server.send(server.request("/v1/admin/reload").POST(BodyPublishers.noBody()).build());
    assertEquals(200, reload.statusCode(), reload.body());
    Eventually.isTrue(
        LIMIT, "the pages", () -> ask(document).at("/data/book/pages").asInt() == 300);
    assertTrue(
        server.send(server.request("/v1/graphql/schema").build()).body().contains("pages: Long"));
  }

  @Test
  void aWriteOfOneNameIsDoneOnce() throws Exception {
    Set<String> answers = new HashSet<>();
    for (int time = 0; time < 3; time++) {
      answers.add(
          post(
                  "mutation { createBook(record: { title: \"once\" }) { record { id } } }",
                  Map.of("Idempotency-Key", "a-book"))
              .body());
    }
    assertEquals(1, answers.size(), answers::toString);
    assertEquals("1\n", files.rows("shop", "SELECT count(*) FROM books WHERE title = 'once'"));
  }

  @Test
  void aReadWaitsForWhatWasWritten() throws Exception {
    for (int time = 0; time < 20; time++) {
      String title = "title " + time;
      String cursor =
          ask("mutation { replaceBook(id: 7, record: { title: \"" + title + "\" }) { cursor } }")
              .at("/data/replaceBook/cursor")
              .asText();
      JsonNode read =
          ExactJson.parse(
              post("{ book(id: 7) { title } }", Map.of("Unisono-After", cursor)).body());
      assertEquals(title, read.at("/data/book/title").asText(), read::toString);
      assertTrue(read.at("/extensions/cursor").asText().startsWith("u1."), read::toString);
    }
  }

  @Test
  void ofSeveralWritesEachIsDoneByItself() throws Exception {
    JsonNode done =
        ask(
            "mutation { a: createBook(record: { id: 20, title: \"first\" }) { version } "
                + "b: createBook(record: { id: 20, title: \"again\" }) { version } "
                + "c: updateBook(id: 20, record: { title: \"last\" }) { record { title } } }");
    assertEquals("exists", done.at("/errors/0/extensions/code").asText(), done::toString);
    assertEquals(409, done.at("/errors/0/extensions/status").asInt());
    assertEquals("b", done.at("/errors/0/path/0").asText());
    assertFalse(done.at("/data/a/version").isMissingNode());
    assertTrue(done.at("/data/b").isNull());
    assertEquals("last", done.at("/data/c/record/title").asText());
  }

  @Test
  void actionsAreCountedAsAtOtherDoors() throws Exception {
    long before = count("get");
    ask("{ a: book(id: 1) { title } b: book(id: 2) { title } }");
    assertEquals(before + 2, count("get"));
  }

  private long count(String action) throws InterruptedException {
    String metrics = server.send(server.request("/metrics").build()).body();
    return metrics
        .lines()
        .filter(line -> line.startsWith("unisono_operations_total{"))
        .filter(line -> line.contains("\"" + action + "\""))
        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
        .mapToLong(value -> (long) Double.parseDouble(value))
        .findFirst()
        .orElse(0);
  }
}
