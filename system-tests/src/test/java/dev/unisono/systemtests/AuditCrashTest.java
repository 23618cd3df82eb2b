package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The audit is whole after a kill, and has whatever was answered before. */
final class AuditCrashTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int ROUNDS = 3;
  private static final int WRITERS = 4;
  private static final int LEAST = 20;

  @Test
  void whatWasAnsweredIsInTheAuditAfterAKill(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder)
      throws Exception {
    SqliteFiles files = new SqliteFiles(folder);
    files.execute("shop", "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)");
    String config =
        "systems: { shop: { connector: sqlite, file: %s, expose: true } }\n"
            .formatted(files.file("shop"));
    Set<String> answered = new ConcurrentSkipListSet<>();
    for (int round = 0; round < ROUNDS; round++) {
      try (ServerProcess server = files.serve(ServerProcess.freePort(), config)) {
        CountDownLatch enough = new CountDownLatch(LEAST);
        for (int writer = 0; writer < WRITERS; writer++) {
          String prefix = "key-" + round + "-" + writer + "-";
          Thread.ofVirtual()
              .name("creating")
              .start(() -> {
                try {
                  for (int i = 0; server.alive(); i++) {
                    answered.addAll(create(server, prefix + i));
                    enough.countDown();
                  }
                } catch (UncheckedIOException killed) {
                  // As it must be.
                } catch (InterruptedException stop) {
                  Thread.currentThread().interrupt();
                }
              });
        }
        enough.await();
        server.kill();
      }
    }
    try (ServerProcess server = files.serve(ServerProcess.freePort(), config)) {
      JsonNode verified = get(server, "/v1/admin/audit/verify");
      assertTrue(verified.path("broken").isNull(), verified::toString);
      Set<String> kept = new TreeSet<>();
      long after = 0;
      do {
        JsonNode page = get(server, "/v1/admin/audit?kind=access&limit=1000&after=" + after);
        page.path("items").forEach(item -> kept.add(item.at("/entry/subject").asText()));
        after = page.path("next").asLong();
      } while (after != 0);
      Set<String> lost = new TreeSet<>(answered);
      lost.removeAll(kept);
      assertEquals(Set.of(), lost);
      assertTrue(answered.size() >= ROUNDS * LEAST, () -> answered.size() + " keys");
    }
  }

  private static Set<String> create(ServerProcess server, String name) throws InterruptedException {
    HttpResponse<String> answer =
        server.send(
            server
                .request("/v1/admin/keys")
                .timeout(LIMIT)
                .POST(BodyPublishers.ofString("{\"name\": \"" + name + "\"}"))
                .build());
    return answer.statusCode() == 201 ? Set.of(name) : Set.of();
  }

  private static JsonNode get(ServerProcess server, String path) throws InterruptedException {
    HttpResponse<String> answer = server.send(server.request(path).build());
    assertEquals(200, answer.statusCode(), answer.body());
    return ExactJson.parse(answer.body());
  }
}
