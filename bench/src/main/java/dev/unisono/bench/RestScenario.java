package dev.unisono.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code rest}: how many requests a second are answered over 64 connections, and how late, beside
 * an endpoint that does nothing. For one thread.
 */
final class RestScenario implements Scenario {
  static final String NAME = "rest";
  static final int CONNECTIONS = 64;

  /** Of the bare endpoint: as much as a record has. */
  static final int RECORD_BYTES = 210;

  private static final String GET = "get";
  private static final String PAGE = "page";
  private static final String PROTECTED = "get-protected";
  private static final String BARE = "bare";
  static final List<String> CONTENDERS = List.of(GET, PROTECTED, PAGE, BARE);

  /** What holds for the key of {@link #PROTECTED}; no more than it is counted for is refused. */
  private static final String PROTECTION =
      """
      access:
        roles:
          some:
            grants:
              - entities: [customer]
                actions: [read]
                hide: [note]
                mask: { email: partial }
                rows: record.country.startsWith(caller.claims.region)
      limits:
        rules:
          - { name: all, levels: [1000000/s, 60000000/min, 1000000000/day] }
      """;

  private static final int ROWS = 100_000;
  private static final int COUNTRIES = 200;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Path folder;
  private final int seconds;
  private int run;

  RestScenario(Path folder, int seconds) {
    this.folder = folder;
    this.seconds = seconds;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "requests/s, ms";
  }

  @Override
  public List<Ratio> ratios() {
    return List.of(new Ratio(GET, BARE), new Ratio(PROTECTED, GET), new Ratio(PAGE, "5000"));
  }

  @Override
  public Map<String, String> conditions() {
    Map<String, String> conditions = new LinkedHashMap<>();
    conditions.put(
        "load",
        CONNECTIONS
            + " connections that are kept, each with one request at a time, by one thread of the"
            + " client; "
            + seconds
            + " s once as long has passed and all has been asked for once");
    conditions.put(
        "records", ROWS + " of about " + RECORD_BYTES + " bytes of JSON, from a SQLite database");
    conditions.put(GET, "one record by its key, each time another, with the bearer token");
    conditions.put(
        PROTECTED,
        "the same by a key, whose role has a condition on rows, a field that is masked and one that"
            + " is hidden, held against three levels of a limit");
    conditions.put(
        PAGE, "the first 50 of about 500 records of a country, by balance, with the bearer token");
    conditions.put(
        BARE, "a route of Vert.x, which Quarkus answers by, with as many bytes on its event loop");
    conditions.put("all parts", "one machine, HTTP/1.1 over loopback, no TLS, no compression");
    return conditions;
  }

  @Override
  public void open() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute(
          "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, email TEXT, country TEXT,"
              + " balance TEXT, note TEXT)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?)")) {
        for (int id = 1; id <= ROWS; id++) {
          insert.setInt(1, id);
          insert.setString(2, "Customer number " + id);
          insert.setString(3, "customer-" + id + "@example.org");
          insert.setString(4, country(id));
          insert.setString(5, id % 9_973 + "." + (10 + id % 90));
          insert.setString(6, "what was agreed with them in the year before last, " + id);
          insert.addBatch();
          if (id % 1_000 == 0) {
            insert.executeBatch();
          }
        }
      }
      connection.commit();
    }
  }

  private Path database() {
    return folder.resolve("customers.db");
  }

  /** In no order of the keys. */
  private static String country(int id) {
    return "C" + id * 7_919L % COUNTRIES;
  }

  @Override
  public Run run(String contender) throws InterruptedException {
    Path runFolder = folder.resolve(NAME + "-" + ++run);
    try {
      Files.createDirectories(runFolder);
      return contender.equals(BARE) ? bare(runFolder) : ours(runFolder, contender);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write to " + runFolder, failed);
    }
  }

  private Run bare(Path runFolder) throws InterruptedException {
    int port = ServerProcess.freePort();
    try (ChildProcess server =
        ChildProcess.start(
            runFolder.resolve("bare.log"), "serve-bare", Map.of("port", Integer.toString(port)))) {
      server.awaitReady(LIMIT);
      return load(runFolder, server.processId(), port, "none", "/customers/%d");
    }
  }

  private Run ours(Path runFolder, String contender) throws IOException, InterruptedException {
    int port = ServerProcess.freePort();
    Path config = runFolder.resolve("unisono.yaml");
    Files.writeString(
        config,
        """
        server: { host: 127.0.0.1, port: %d }
        state: { folder: "%s" }
        systems:
          crm: { connector: sqlite, file: "%s" }
        entities:
          customer:
            key: id
            index: [[country, balance]]
            schema:
              properties:
                id: { type: integer }
                name: { type: string }
                email: { type: string }
                country: { type: string }
                balance: { type: string, format: decimal }
                note: { type: string }
        syncs:
          customers:
            entity: customer
            members: [ { system: crm, table: customers, direction: read } ]
        """
                .formatted(port, runFolder.resolve("state"), database())
            + (contender.equals(PROTECTED) ? PROTECTION : ""));
    try (ServerProcess server =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config,
            port,
            runFolder.resolve("state"),
            runFolder.resolve("server.log"),
            ChildProcess.JVM_OPTIONS)) {
      server.awaitReady(LIMIT, () -> false);
      awaitRows(server, port);
      String path =
          contender.equals(PAGE)
              ? "/v1/customers?country=C%d&sort=-balance&limit=50"
              : "/v1/customers/%d";
      Path token =
          contender.equals(PROTECTED) ? keyToken(server, port, runFolder) : server.tokenFile();
      return load(runFolder, server.processId(), port, token.toString(), path);
    }
  }

  /** The file with the token of a key that is made for it. */
  private static Path keyToken(ServerProcess server, int port, Path runFolder)
      throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> made =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/admin/keys"))
                  .header("Authorization", "Bearer " + server.token())
                  .header("Content-Type", "application/json")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"name\":\"bench\",\"roles\":[\"some\"],"
                              + "\"claims\":{\"region\":\"C\"}}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (made.statusCode() != 201) {
        throw new BenchFailure("no key was made: " + made.body());
      }
      Path file = runFolder.resolve("key-token");
      Files.writeString(file, made.body().replaceAll("(?s).*\"token\":\"([^\"]+)\".*", "$1"));
      return file;
    }
  }

  private static void awaitRows(ServerProcess server, int port)
      throws IOException, InterruptedException {
    Deadline deadline = Deadline.in(LIMIT);
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest last =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + port + "/v1/customers?sort=-id&total=true"))
              .header("Authorization", "Bearer " + server.token())
              .build();
      while (true) {
        HttpResponse<String> answer = http.send(last, HttpResponse.BodyHandlers.ofString());
        if (answer.body().contains("\"total\":" + ROWS)) {
          return;
        }
        if (deadline.remainingNanos() <= 0) {
          throw new BenchFailure("the records are not there: " + answer.body());
        }
        Thread.sleep(200);
      }
    }
  }

  private Run load(Path runFolder, long processId, int port, String token, String path)
      throws InterruptedException {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("port", Integer.toString(port));
    parameters.put("token", token);
    parameters.put("path", path);
    parameters.put("numbers", Integer.toString(path.contains("C%d") ? COUNTRIES : ROWS));
    parameters.put("seconds", Integer.toString(seconds));
    ProcessUse before = ProcessUse.of(processId);
    try (ChildProcess client =
        ChildProcess.start(runFolder.resolve("client.log"), "ask", parameters)) {
      JsonNode result = client.awaitResult(LIMIT);
      Map<String, Double> values = new LinkedHashMap<>();
      result.properties().forEach(each -> values.put(each.getKey(), each.getValue().doubleValue()));
      ProcessUse after = ProcessUse.of(processId);
      return new Run(values, after.cpuSecondsSince(before), after.peakMemoryBytes());
    }
  }

  @Override
  public void close() {
    // All that it has is in its folder.
  }
}
