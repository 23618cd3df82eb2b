package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command asks the server of the config that it is given; here a fake one answers. */
final class ParkedCommandTest {
  private static String item(int id) {
    return """
    {"id":%d,"target":"billing","entity":"customer","key":{"id":42},"operation":"write",\
    "sequence":9,"attempts":3,"waits":false,"constraint":"constraint solvent",\
    "cause":{"code":"refused-by-target","message":"No debts.","remedy":"Pay."},\
    "record":{"id":42,"balance":-1}}\
    """
        .formatted(id);
  }

  @TempDir private Path folder;
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private HttpServer server;
  private Path config;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    Files.createDirectory(folder.resolve("data"));
    Files.writeString(folder.resolve("data/admin-token"), "the-token\n");
    config =
        Files.writeString(
            folder.resolve("unisono.yaml"),
            "server: { port: " + server.getAddress().getPort() + " }\nsystems: {}\n");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    asked.add(exchange.getRequestHeaders().getFirst("Authorization") + " " + request);
    String body;
    int status = 200;
    if (request.startsWith("GET")) {
      boolean first = !request.contains("after=");
      body = "{\"items\":[" + item(first ? 7 : 8) + "],\"next\":" + (first ? 7 : null) + "}";
    } else if (request.contains("/99")) {
      status = 404;
      body = "{\"code\":\"not-found\",\"detail\":\"No such row.\"}";
      exchange.getResponseHeaders().set("Content-Type", "application/problem+json");
    } else {
      body = "{\"retrying\":2}";
    }
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private CliRun run(String... arguments) throws IOException, InterruptedException {
    return CliRun.of(Map.of(), arguments);
  }

  @Test
  void listsAllPagesInWords() throws Exception {
    CliRun run = run("parked", "list", config.toString(), "--target", "a b");
    assertEquals(
        """
        7  billing  customer id=42  (write, sequence 9, attempts 3)
            refused-by-target: No debts.
        8  billing  customer id=42  (write, sequence 9, attempts 3)
            refused-by-target: No debts.
        2 rows
        """,
        run.output());
    assertEquals(0, run.exit());
    String path = "Bearer the-token GET /v1/admin/parked?limit=1000&rejected=false&target=a%20b";
    assertEquals(List.of(path, path + "&after=7"), asked);
  }

  @Test
  void asksForRetriesAndGivesUp() throws Exception {
    assertEquals("{\"retrying\":2}\n", run("parked", "retry", config.toString(), "b").output());
    run("parked", "retry", config.toString(), "b", "--id", "7");
    run("parked", "discard", config.toString(), "b", "7", "--reason", "a mistake");
    assertEquals(
        List.of(
            "Bearer the-token POST /v1/admin/parked/b/retry",
            "Bearer the-token POST /v1/admin/parked/b/retry?id=7",
            "Bearer the-token DELETE /v1/admin/parked/b/7?reason=a%20mistake"),
        asked);
    CliRun refused = run("parked", "discard", config.toString(), "b", "99", "--reason", "x");
    assertEquals(1, refused.exit());
    assertTrue(refused.errors().startsWith("not-found: No such row."), refused::errors);
  }

  @Test
  void saysWhereItCannotAsk() throws Exception {
    server.stop(0);
    CliRun away = run("parked", "list", config.toString());
    assertEquals(2, away.exit());
    assertTrue(away.errors().startsWith("server-unreachable: "), away::errors);
    Files.delete(folder.resolve("data/admin-token"));
    assertTrue(run("parked", "list", config.toString()).errors().startsWith("token-unreadable: "));
  }
}
