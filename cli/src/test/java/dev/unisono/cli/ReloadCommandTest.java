package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

/** The command tells what the server made of its config; here a fake one answers. */
final class ReloadCommandTest {
  @TempDir private Path folder;
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private HttpServer server;
  private Path config;
  private volatile int status = 200;
  private volatile String body = "";

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
    asked.add(
        exchange.getRequestHeaders().getFirst("Authorization")
            + " "
            + exchange.getRequestMethod()
            + " "
            + exchange.getRequestURI());
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private CliRun run(String... arguments) throws IOException, InterruptedException {
    return CliRun.of(Map.of(), arguments);
  }

  @Test
  void whatChangedIsTold() throws Exception {
    body = "{\"file\":\"/etc/unisono.yaml\",\"changed\":[\"systems.crm.url\",\"syncs.a\"]}";
    CliRun run = run("reload", config.toString());
    assertEquals(0, run.exit(), run.output());
    assertEquals(
        List.of("/etc/unisono.yaml is in effect; changed:", "  systems.crm.url", "  syncs.a"),
        run.output().lines().toList());
    assertEquals(List.of("Bearer the-token POST /v1/admin/reload"), asked);
    body = "{\"file\":\"/etc/unisono.yaml\",\"changed\":[]}";
    assertEquals(
        List.of("/etc/unisono.yaml: nothing has changed"),
        run("reload", "--config", config.toString()).output().lines().toList());
  }

  @Test
  void allProblemsAreTold() throws Exception {
    status = 422;
    body =
        """
        {"status":422,"code":"config-refused","detail":"It has 2 problems.","problems":[
        {"line":7,"column":3,"code":"unknown-key","configPath":"systems.crm.lane","message":"No.","remedy":"Do."},
        {"line":0,"column":0,"code":"file-unreadable","configPath":null,"message":"Gone.","remedy":"Name one."}]}
        """;
    CliRun run = run("reload", config.toString());
    assertEquals(1, run.exit(), run.output());
    assertEquals(
        List.of(
            "config-refused: It has 2 problems.",
            "line 7: unknown-key at systems.crm.lane",
            "    No.",
            "    Do.",
            "file-unreadable",
            "    Gone.",
            "    Name one."),
        run.output().lines().toList());
  }

  @Test
  void whereNoServerAnswersItCouldNotRun() throws Exception {
    server.stop(0);
    CliRun run = run("reload", config.toString());
    assertEquals(2, run.exit(), run.output());
    assertEquals(true, run.output().startsWith("server-unreachable: "), run.output());
  }
}
