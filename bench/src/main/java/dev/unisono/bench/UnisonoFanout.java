package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Our server, which reads one table and has nobody to write to but subscribers. For one thread. */
final class UnisonoFanout implements FanoutServer {
  private static final Pattern HEAP_USED = Pattern.compile("heap .*?used (\\d+)K");

  private final ServerProcess server;
  private final PostgresServer source;
  private final boolean tls;

  private UnisonoFanout(ServerProcess server, PostgresServer source, boolean tls) {
    this.server = server;
    this.source = source;
    this.tls = tls;
  }

  /**
   * Starts it.
   *
   * @param tls whether it speaks TLS, by a certificate that it makes
   */
  static UnisonoFanout start(
      Path folder, PostgresServer source, boolean tls, List<String> jvmOptions) {
    int port = ServerProcess.freePort();
    Path config = folder.resolve("unisono.yaml");
    Path password = folder.resolve("password");
    try {
      Files.createDirectories(folder);
      Files.createFile(
          password,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(password, source.password());
      Files.writeString(config, config(folder, port, tls, source, password));
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write a config in " + folder, failed);
    }
    return new UnisonoFanout(
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config,
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            jvmOptions),
        source,
        tls);
  }

  private static String config(
      Path folder, int port, boolean tls, PostgresServer source, Path password) {
    return """
    server: { host: 127.0.0.1, port: %d%s }
    state: { folder: "%s" }
    systems:
      source:
        connector: postgres
        url: "%s"
        user: %s
        password: "${file:%s}"
        slot: %s
        publication: %s
    entities:
      item:
        plural: items
        key: id
        schema:
          properties:
            id:   { type: integer }
            name: { type: string }
    syncs:
      items:
        entity: item
        members:
          - { system: source, table: public.item, direction: read }
    """
        .formatted(
            port,
            tls ? ", tls: { generate: true }" : "",
            folder.resolve("state"),
            source.jdbcUrl(SourceDatabase.DATABASE),
            source.user(),
            password,
            ServerConfig.SLOT,
            SourceDatabase.PUBLICATION);
  }

  @Override
  public void awaitReady(Duration atMost) throws InterruptedException {
    if (tls) {
      awaitReadyByTls(Deadline.in(atMost));
    } else {
      server.awaitReady(atMost, () -> false);
    }
  }

  private void awaitReadyByTls(Deadline deadline) throws InterruptedException {
    URI ready = URI.create(server.api().replace("http://127.0.0.1", "https://localhost"));
    HttpRequest request = HttpRequest.newBuilder(ready.resolve("/health/ready")).build();
    try (HttpClient http = HttpClient.newBuilder().sslContext(TlsWire.anyServer()).build()) {
      while (true) {
        try {
          if (http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
            return;
          }
        } catch (IOException notYet) {
          // It does not listen yet.
        }
        if (deadline.remainingNanos() <= 0 || !server.alive()) {
          throw new BenchFailure("the server is not ready. " + server.lastLines());
        }
        Thread.sleep(100);
      }
    }
  }

  @Override
  public Map<String, String> parameters(String transport) {
    Map<String, String> parameters = new HashMap<>();
    parameters.put("server-port", Integer.toString(URI.create(server.api()).getPort()));
    if (tls) {
      parameters.put("tls", "yes");
    }
    parameters.put("token", server.tokenFile().toString());
    parameters.put("port", Integer.toString(source.port()));
    parameters.put("database", SourceDatabase.DATABASE);
    parameters.put("user", source.user());
    parameters.put("password", source.password());
    if (transport.equals(FanoutScenario.SOCKET)) {
      parameters.put("path", "/v1/stream");
      parameters.put("subscribe", "{\"subscribe\":\"a\",\"entity\":\"item\"}");
      parameters.put("greeting", "\"subscribed\"");
    } else {
      parameters.put("path", "/v1/changes/items");
      parameters.put("greeting", ": hello");
    }
    return parameters;
  }

  @Override
  public List<Long> processIds() {
    return List.of(server.processId());
  }

  /**
   * What lives on the heap after a collection, and what is resident beside the heap, which is
   * resident as a whole from the start ({@code AlwaysPreTouch}).
   */
  @Override
  public long memoryBytes() throws InterruptedException {
    // The first leaves what was waiting to be cleaned.
    var _ = command("GC.run");
    var _ = command("GC.run");
    Matcher heap = HEAP_USED.matcher(command("GC.heap_info"));
    if (!heap.find()) {
      throw new BenchFailure("the server does not tell what its heap holds");
    }
    return (Long.parseLong(heap.group(1)) << 10) + NchanFanout.residentBytes(processIds());
  }

  private String command(String name) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(server.processId()),
                  name)
              .redirectErrorStream(true)
              .start();
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new BenchFailure("jcmd " + name + ": " + answer);
      }
      return answer;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
