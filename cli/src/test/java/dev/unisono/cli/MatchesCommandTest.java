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
final class MatchesCommandTest {
  private static final String ITEM =
      """
      {"id":7,"entity":"person","state":"open","score":0.87,"ambiguous":true,\
      "comparisons":[{"fields":["last_name"],"by":"jaro-winkler","weight":3.0,"one":"Voss",\
      "other":"Voß","similarity":1.0},{"fields":["street"],"by":"words","weight":1.0,\
      "one":"Ring 1","other":null,"similarity":null}],\
      "one":{"record":1,"keys":{"crm":{"id":3}},"values":null},\
      "other":{"record":2,"keys":{"shop":{"id":1003}},"values":null}}\
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
            ? "{\"code\":\"not-found\",\"detail\":\"There is no match 99.\"}"
            : request.contains("?")
                ? "{\"items\":["
                    + ITEM
                    + "],\"next\":"
                    + (request.contains("after") ? null : 7)
                    + "}"
                : ITEM;
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(missing ? 404 : 200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private CliRun run(String... arguments) throws IOException, InterruptedException {
    return CliRun.of(Map.of(), arguments);
  }

  @Test
  void listsInWordsPageByPage() throws Exception {
    CliRun run = run("matches", "list", config.toString(), "--entity", "person");
    String item =
        """
        7  person  0.87  (one of several)
            one: {crm={id=3}}
            other: {shop={id=1003}}
            1.0 × 3.0  [last_name]  Voss | Voß
        """;
    assertEquals(item + item + "2 matches\n", run.output());
    assertEquals(0, run.exit());
    assertEquals(
        List.of(
            "GET /v1/admin/matches?limit=1000&state=open&entity=person",
            "GET /v1/admin/matches?limit=1000&state=open&entity=person&after=7"),
        asked);
  }

  @Test
  void saysWhatAPersonSays() throws Exception {
    assertEquals(
        0,
        run("matches", "decide", config.toString(), "7", "--same", "--reason", "a \"b\"").exit());
    assertEquals(0, run("matches", "decide", config.toString(), "7", "--different").exit());
    assertEquals(
        List.of(
            "POST /v1/admin/matches/7/decide {\"same\": true, \"reason\": \"a \\\"b\\\"\"}",
            "POST /v1/admin/matches/7/decide {\"same\": false}"),
        asked);
    assertEquals(2, run("matches", "decide", config.toString(), "7").exit(), "nothing is said");
    CliRun missing = run("matches", "show", config.toString(), "99");
    assertEquals(1, missing.exit());
    assertTrue(missing.errors().contains("not-found: There is no match 99."), missing.errors());
  }
}
