package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** All doors speak TLS where the config says so, and nothing else. */
final class TlsTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final int port = ServerProcess.freePort();

  private Path config(String tls) throws Exception {
    SqliteFiles files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO items VALUES (1, 'one')");
    return Files.writeString(
        folder.resolve("unisono.yaml"),
        """
        server: { port: %d, tls: { %s } }
        state: { folder: "%s" }
        systems:
          shop: { connector: sqlite, file: "%s" }
        entities:
          item:
            key: id
            schema: { properties: { id: { type: integer }, name: { type: string } } }
        syncs:
          items:
            entity: item
            members: [ { system: shop, table: items, direction: read } ]
        """
            .formatted(port, tls, folder.resolve("state"), files.file("shop")));
  }

  private ServerProcess start(Path config) {
    return ServerProcess.start(
        ServerProcess.projectFolder(),
        config,
        port,
        folder.resolve("state"),
        folder.resolve("server.log"),
        List.of());
  }

  private HttpRequest.Builder request(ServerProcess server, String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
        .timeout(Duration.ofSeconds(30))
        .header("Authorization", "Bearer " + server.token());
  }

  private void awaitReady(ServerProcess server, HttpClient http) throws Exception {
    Eventually.isTrue(
        LIMIT,
        "the server is not ready",
        () -> {
          assertTrue(server.alive(), Files.readString(folder.resolve("server.log")));
          try {
            HttpRequest ready =
                HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/health/ready"))
                    .build();
            return http.send(ready, HttpResponse.BodyHandlers.ofString()).statusCode() == 200;
          } catch (IOException notYet) {
            return false;
          }
        });
  }

  private static HttpClient client(HttpClient.Version version, SSLContext context) {
    return HttpClient.newBuilder().version(version).sslContext(context).build();
  }

  /** A context once the server has made its certificate. */
  private SSLContext trustingWhatIsMade() throws Exception {
    Path certificate = folder.resolve("state/tls/server.crt");
    Eventually.isTrue(LIMIT, "no certificate is made", () -> Files.exists(certificate));
    return MadeCertificate.trusting(certificate, null);
  }

  @Test
  void aMadeCertificateServesEveryDoorToThoseWhoTrustItsFile() throws Exception {
    Path config = config("generate: true");
    String made;
    try (ServerProcess server = start(config)) {
      SSLContext context = trustingWhatIsMade();
      try (HttpClient http = client(HttpClient.Version.HTTP_1_1, context);
          HttpClient http2 = client(HttpClient.Version.HTTP_2, context)) {
        awaitReady(server, http);
        for (HttpClient each : List.of(http, http2)) {
          HttpResponse<String> answer =
              each.send(
                  request(server, "/v1/items/1").build(), HttpResponse.BodyHandlers.ofString());
          assertEquals("{\"id\":1,\"name\":\"one\"}", answer.body());
          // Of one that browsers do not trust it would lock everybody out.
          assertEquals(Optional.empty(), answer.headers().firstValue("Strict-Transport-Security"));
          assertEquals(each.version(), answer.version());
          followsByServerSentEvents(server, each);
        }
        followsByWebSocket(server, http);
      }
      speaksNothingElse();
      assertTrue(
          CommandLine.run(0, "snapshot", "status", "shop", "--config", config.toString())
              .contains("items"));
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(
              Files.getPosixFilePermissions(folder.resolve("state/tls/server.key"))));
      made = Files.readString(folder.resolve("state/tls/server.crt"));
    }
    try (ServerProcess server = start(config);
        HttpClient http = client(HttpClient.Version.HTTP_1_1, trustingWhatIsMade())) {
      awaitReady(server, http);
      assertEquals(made, Files.readString(folder.resolve("state/tls/server.crt")));
    }
  }

  private void followsByServerSentEvents(ServerProcess server, HttpClient http) throws Exception {
    HttpResponse<InputStream> answer =
        http.send(
            request(server, "/v1/changes/items?snapshot=true").build(),
            HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      awaitLine(lines, "\"name\":\"one\"");
      String name = "by " + answer.version();
      new SqliteFiles(folder)
          .execute("shop", "INSERT OR REPLACE INTO items VALUES (2, '" + name + "')");
      awaitLine(lines, "\"name\":\"" + name + "\"");
    }
  }

  private static void awaitLine(BufferedReader lines, String wanted) throws IOException {
    String line = lines.readLine();
    while (line != null && !line.contains(wanted)) {
      line = lines.readLine();
    }
    assertTrue(line != null, "the stream has ended");
  }

  private void followsByWebSocket(ServerProcess server, HttpClient http) throws Exception {
    BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    WebSocket socket =
        http.newWebSocketBuilder()
            .header("Authorization", "Bearer " + server.token())
            .buildAsync(
                URI.create("wss://localhost:" + port + "/v1/stream"),
                new WebSocket.Listener() {
                  private final StringBuilder text = new StringBuilder();

                  @Override
                  public @Nullable CompletionStage<?> onText(
                      WebSocket socket, CharSequence part, boolean last) {
                    text.append(part);
                    if (last) {
                      frames.add(text.toString());
                      text.setLength(0);
                    }
                    socket.request(1);
                    return null;
                  }
                })
            .get(30, TimeUnit.SECONDS);
    socket.sendText("{\"subscribe\":\"s\",\"entity\":\"item\",\"snapshot\":true}", true).join();
    String frame = "";
    while (frame != null && !frame.contains("\"name\":\"one\"")) {
      frame = frames.poll(30, TimeUnit.SECONDS);
    }
    assertTrue(frame != null, "nothing came by the WebSocket");
    socket.abort();
  }

  /** Neither plain HTTP, nor suites without authenticated encryption, nor to who does not trust. */
  private void speaksNothingElse() throws Exception {
    SSLContext trusting = trustingWhatIsMade();
    assertEquals("TLSv1.3", session(trusting, null, null).getProtocol());
    SSLSession older = session(trusting, "TLSv1.2", null);
    assertEquals("TLSv1.2", older.getProtocol());
    assertTrue(older.getCipherSuite().contains("GCM"), older.getCipherSuite());
    assertThrows(
        SSLHandshakeException.class,
        () -> session(trusting, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"));
    assertThrows(SSLHandshakeException.class, () -> session(SSLContext.getDefault(), null, null));
    try (HttpClient plain = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/health/live"))
              .timeout(Duration.ofSeconds(10))
              .build();
      assertThrows(
          IOException.class, () -> plain.send(request, HttpResponse.BodyHandlers.ofString()));
    }
  }

  private SSLSession session(SSLContext context, @Nullable String protocol, @Nullable String suite)
      throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      if (protocol != null) {
        socket.setEnabledProtocols(new String[] {protocol});
      }
      if (suite != null) {
        socket.setEnabledCipherSuites(new String[] {suite});
      }
      socket.setSoTimeout(10_000);
      socket.startHandshake();
      return socket.getSession();
    }
  }

  @Test
  void aGivenCertificateIsReadAgainWhenItsFileChanges() throws Exception {
    MadeCertificate first = MadeCertificate.in(folder, "first");
    MadeCertificate second = MadeCertificate.in(folder, "second");
    Path certificate = folder.resolve("server.crt");
    Path key = folder.resolve("server.key");
    Files.copy(first.certificate(), certificate);
    Files.copy(first.key(), key);
    try (ServerProcess server = start(config("certificate: server.crt, key: server.key"));
        HttpClient http =
            client(
                HttpClient.Version.HTTP_1_1, MadeCertificate.trusting(first.certificate(), null))) {
      awaitReady(server, http);
      HttpResponse<InputStream> stream =
          http.send(
              request(server, "/v1/changes/items?snapshot=true").build(),
              HttpResponse.BodyHandlers.ofInputStream());
      assertEquals(
          "max-age=31536000",
          stream.headers().firstValue("Strict-Transport-Security").orElse("none"));
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
        awaitLine(lines, "\"name\":\"one\"");
        replace(second.key(), key);
        replace(second.certificate(), certificate);
        SSLContext renewed = MadeCertificate.trusting(second.certificate(), null);
        Eventually.isTrue(LIMIT, "the new certificate is not shown", () -> shown(renewed));
        assertFalse(shown(MadeCertificate.trusting(first.certificate(), null)));
        // Who was connected before stays so.
        new SqliteFiles(folder).execute("shop", "INSERT INTO items VALUES (2, 'later')");
        awaitLine(lines, "\"name\":\"later\"");
        // What is no certificate changes nothing.
        Files.writeString(certificate, "no certificate");
        Eventually.isTrue(
            LIMIT,
            "nothing is told of the broken file",
            () -> Files.readString(folder.resolve("server.log")).contains("WARN"));
        assertTrue(shown(renewed));
      }
    }
  }

  private boolean shown(SSLContext context) throws IOException {
    try {
      var _ = session(context, null, null);
      return true;
    } catch (SSLHandshakeException another) {
      return false;
    }
  }

  private static void replace(Path from, Path to) throws IOException {
    Path beside = Files.copy(from, to.resolveSibling("beside"));
    Files.move(beside, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void callersNeedACertificateWhereTheConfigSaysWhoSignsThem() throws Exception {
    MadeCertificate own = MadeCertificate.in(folder, "server");
    MadeCertificate known = MadeCertificate.in(folder, "known");
    MadeCertificate unknown = MadeCertificate.in(folder, "unknown");
    Path config = config("certificate: server.crt, key: server.key, client-authorities: known.crt");
    try (ServerProcess server = start(config);
        HttpClient http =
            client(
                HttpClient.Version.HTTP_1_1,
                MadeCertificate.trusting(own.certificate(), known.shown()))) {
      awaitReady(server, http);
      HttpRequest item = request(server, "/v1/items/1").build();
      assertEquals(200, http.send(item, HttpResponse.BodyHandlers.ofString()).statusCode());
      // The certificate alone says nobody's name.
      HttpRequest anonymous =
          HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/v1/items/1")).build();
      assertEquals(401, http.send(anonymous, HttpResponse.BodyHandlers.ofString()).statusCode());
      for (SSLContext refused :
          List.of(
              MadeCertificate.trusting(own.certificate(), null),
              MadeCertificate.trusting(own.certificate(), unknown.shown()))) {
        try (HttpClient other = client(HttpClient.Version.HTTP_1_1, refused)) {
          assertThrows(
              IOException.class, () -> other.send(item, HttpResponse.BodyHandlers.ofString()));
        }
      }
      String[] command = {"snapshot", "status", "shop", "--config", config.toString()};
      assertTrue(CommandLine.run(2, command).contains("server-not-trusted"));
      assertTrue(
          CommandLine.run(
                  Map.of(
                      "UNISONO_CLIENT_CERTIFICATE",
                      known.certificate().toString(),
                      "UNISONO_CLIENT_KEY",
                      known.key().toString()),
                  0,
                  command)
              .contains("items"));
    }
  }
}
