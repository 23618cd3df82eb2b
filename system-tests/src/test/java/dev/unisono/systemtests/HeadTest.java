package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.ServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** HEAD is answered wherever GET is, on each route that the reference names. */
final class HeadTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** A path as the reference has it behind GET. */
  private static final Pattern PATH = Pattern.compile("GET (/(?:v1|health|metrics)[^\\s`?]*)");

  private static final Set<String> STREAMS =
      Set.of("/v1/changes", "/v1/changes/{plural}", "/v1/stream", "/v1/graphql");

  private static final Map<String, String> NAMES =
      Map.of(
          "{plural}", "items",
          "{key}", "1",
          "{name}", "item",
          "{entity}", "item",
          "{system}", "shop",
          "{id}", "1",
          // An example.
          "people", "items");

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Test
  void eachPathThatHasGetHasHead(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder)
      throws Exception {
    SqliteFiles files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO items VALUES (1, 'one')");
    int port = ServerProcess.freePort();
    String config =
        "systems: { shop: { connector: sqlite, file: %s, expose: true } }\n"
            .formatted(files.file("shop"));
    Set<String> templates = documented();
    assertTrue(templates.size() > 25, templates::toString);
    try (ServerProcess server = files.serve(port, config);
        http) {
      Eventually.isTrue(
          LIMIT, "it is read", () -> send(server, "GET", "/v1/items/1").statusCode() == 200);
      int found = 0;
      for (String template : templates) {
        String path = template;
        for (Map.Entry<String, String> name : NAMES.entrySet()) {
          path = path.replace(name.getKey(), name.getValue());
        }
        boolean stream = STREAMS.contains(template);
        HttpResponse<String> head = send(server, "HEAD", path);
        assertEquals("", head.body(), path);
        if (stream) {
          assertEquals(405, head.statusCode(), path);
        } else {
          HttpResponse<String> get = send(server, "GET", path);
          assertEquals(get.statusCode(), head.statusCode(), path);
          assertEquals(header(get, "Content-Type"), header(head, "Content-Type"), path);
          assertEquals(header(get, "Cache-Control"), header(head, "Cache-Control"), path);
          if (!template.contains("{")) {
            assertEquals(200, get.statusCode(), path);
          }
          found += get.statusCode() == 200 ? 1 : 0;
        }
        if (path.startsWith("/v1/")) {
          String allowed = header(send(server, "OPTIONS", path), "Allow");
          assertEquals(!stream, Set.of(allowed.split(", ", -1)).contains("HEAD"), path);
          assertTrue(Set.of(allowed.split(", ", -1)).contains("GET"), path);
        }
      }
      assertTrue(found > 12, found + " were there");
    }
  }

  private static Set<String> documented() throws Exception {
    Set<String> paths = new TreeSet<>(STREAMS);
    Path reference = ServerProcess.projectFolder().resolve("docs/reference/http.md");
    Matcher matcher = PATH.matcher(Files.readString(reference));
    while (matcher.find()) {
      paths.add(matcher.group(1));
    }
    return paths;
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private HttpResponse<String> send(ServerProcess server, String method, String path)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(server.api() + path))
            .timeout(LIMIT)
            .header("Authorization", "Bearer " + server.token())
            .method(method, BodyPublishers.noBody())
            .build(),
        BodyHandlers.ofString());
  }
}
