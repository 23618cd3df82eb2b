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
final class ConflictsCommandTest {
  private static final String ITEM =
      """
      {"id":7,"entity":"customer","key":{"id":42},"field":"city","state":"open","rule":"manual",\
      "firstLoad":false,"base":"Rome","kept":{"member":"crm","deleted":false,"value":"Bonn",\
      "writtenAt":"2026-01-01T00:00:00.000000Z"},"other":{"member":"shop","deleted":true,\
      "value":null,"writtenAt":null}}\
      """;

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
    String sent = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    asked.add((request + " " + sent).strip());
    boolean missing = request.contains("/99");
    String body =
        missing
            ? "{\"code\":\"not-found\",\"detail\":\"There is no conflict 99.\"}"
            : request.contains("?") ? "{\"items\":[" + ITEM + "],\"next\":null}" : ITEM;
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(missing ? 404 : 200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private CliRun run(String... arguments) throws IOException, InterruptedException {
    return CliRun.of(Map.of(), arguments);
  }

  @Test
  void listsInWords() throws Exception {
    CliRun run =
        run("conflicts", "list", config.toString(), "--entity", "customer", "--key", "4 2");
    assertEquals(
        """
        7  customer id=42  city  (manual)
            was Rome
            kept: crm Bonn, 2026-01-01T00:00:00.000000Z
            other: shop deleted it
        1 conflict
        """,
        run.output());
    assertEquals(0, run.exit());
    run("conflicts", "list", config.toString(), "--decided");
    assertEquals(
        List.of(
            "GET /v1/admin/conflicts?limit=1000&state=open&entity=customer&key=4%202",
            "GET /v1/admin/conflicts?limit=1000&state=decided"),
        asked);
  }

  @Test
  void decidesByASideOrByAValue() throws Exception {
    assertEquals(0, run("conflicts", "decide", config.toString(), "7", "--pick", "a\"b").exit());
    assertEquals(0, run("conflicts", "decide", config.toString(), "7", "--value", "null").exit());
    assertEquals(
        List.of(
            "POST /v1/admin/conflicts/7/decision {\"pick\": \"a\\\"b\"}",
            "POST /v1/admin/conflicts/7/decision {\"value\": null}"),
        asked);
    CliRun refused = run("conflicts", "show", config.toString(), "99");
    assertEquals(1, refused.exit());
    assertTrue(refused.errors().startsWith("not-found: There is no conflict 99."), refused::errors);
    assertEquals(2, run("conflicts", "decide", config.toString(), "7").exit(), "neither is named");
  }
}
