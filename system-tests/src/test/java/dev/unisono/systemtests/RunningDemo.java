package dev.unisono.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The demo as a process of its own, started as the launcher starts it. For one thread. */
final class RunningDemo implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(4);
  private static final int STOP_SECONDS = 60;

  private final Path data;
  private final Path log;
  private final Process process;
  private final JsonNode description;
  private final HttpClient http = HttpClient.newHttpClient();

  /** Starts it on a folder and waits until it has described itself. */
  RunningDemo(Path folder) throws Exception {
    this.data = folder.resolve("data");
    this.log = folder.resolve("demo.log");
    Path home = ServerProcess.projectFolder();
    Path built = home.resolve("demo/target");
    Path file = data.resolve("demo.json");
    // That of an earlier demo says nothing of this one.
    Files.deleteIfExists(file);
    this.process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dunisono.home=" + home,
                "-cp",
                built.resolve("classes") + ":" + built.resolve("lib") + "/*",
                "dev.unisono.demo.Demo",
                "--port",
                Integer.toString(ServerProcess.freePort()),
                "--data",
                data.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try {
      Eventually.holds(
          START_LIMIT,
          () -> {
            if (!process.isAlive()) {
              throw new AssertionError("the demo has ended: " + Files.readString(log));
            }
            return Files.exists(file) ? "" : "no demo.json yet: " + Files.readString(log);
          });
      this.description = ExactJson.parse(Files.readString(file));
    } catch (Exception | AssertionError failed) {
      close();
      throw failed;
    }
  }

  /** What demo.json says. */
  JsonNode description() {
    return description;
  }

  JsonNode system(String name) {
    return description.path("systems").path(name);
  }

  void execute(String system, String sql) throws SQLException {
    try (Connection connection = connect(system);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first value that a query gives, as text. */
  String value(String system, String query) throws SQLException {
    try (Connection connection = connect(system);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? String.valueOf(row.getString(1)) : "(no row)";
    }
  }

  /** Connects by nothing but what demo.json says of a system. */
  private Connection connect(String name) throws SQLException {
    String kind = system(name).path("kind").asText();
    URI url = URI.create(system(name).path("url").asText());
    if (kind.equals("sqlite")) {
      return DriverManager.getConnection("jdbc:sqlite:" + url.getPath() + "?busy_timeout=10000");
    }
    String[] user = url.getUserInfo().split(":", 2);
    String driver = kind.equals("postgres") ? "postgresql" : kind;
    return DriverManager.getConnection(
        "jdbc:" + driver + "://" + url.getHost() + ":" + url.getPort() + url.getPath(),
        user[0],
        user.length == 1 ? "" : user[1]);
  }

  String signInLink() throws IOException, InterruptedException {
    HttpRequest request =
        post("/v1/admin/sign-in-links")
            .header("Authorization", "Bearer " + description.path("token").asText())
            .build();
    return ExactJson.parse(send(request).body()).path("url").asText();
  }

  /** Asks for a conflict without being signed in; gives the answer's status. */
  int conflictAskedByNobody() throws IOException, InterruptedException {
    return send(post("/v1/admin/demo/conflict").build()).statusCode();
  }

  private HttpRequest.Builder post(String path) {
    return HttpRequest.newBuilder(URI.create(description.path("api").asText() + path))
        .timeout(Duration.ofSeconds(30))
        .POST(BodyPublishers.noBody());
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** Ends it as Ctrl-C does, and what it started with it. */
  @Override
  public void close() {
    List<ProcessHandle> started = process.descendants().toList();
    http.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        started.forEach(ProcessHandle::destroyForcibly);
        throw new AssertionError("the demo does not end");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
