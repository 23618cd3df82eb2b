package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

final class CheckCommandTest {
  private static final Pattern STATEMENTS = Pattern.compile("[Rr]un:? ([A-Z].*;)");
  private static final Map<String, String> ENVIRONMENT = Map.of("DB_PASSWORD", "geheim99");

  private static final String RIGHT =
      """
      state: { folder: state }
      systems:
        crm: { connector: postgres, url: "CRM", user: unisono, password: "${env:DB_PASSWORD}" }
        billing: { connector: postgres, url: "BILLING", user: unisono, password: "${env:DB_PASSWORD}" }
      entities:
        customer:
          key: id
          schema: { properties: { id: { type: integer }, name: { type: string } } }
      syncs:
        customers:
          entity: customer
          members:
            - { system: crm, table: public.customers, direction: read }
            - { system: billing, table: public.clients, direction: write, fields: { id: client_id } }
      """;

  private static final String WRONG =
      """
      state: { folder: state }
      systems:
        crm: { connector: postgres, url: "CRM", user: unisono, password: "${env:DB_PASSWORD}" }
        billing: { connector: postgres, url: "BILLING", user: unisono, password: "${env:DB_PASSWORD}" }
        away: { connector: postgres, url: "AWAY", user: unisono, password: "${env:DB_PASSWORD}" }
        locked: { connector: postgres, url: "CRM", user: postgres, password: "${env:DB_PASSWORD}" }
        lost: { connector: postgres, url: "LOST", user: unisono, password: "${env:DB_PASSWORD}" }
      entities:
        customer:
          key: id
          schema: { properties: { id: { type: integer }, name: { type: string } } }
        order:
          key: id
          schema:
            properties:
              id: { type: integer }
              missing: { type: string }
              place: { type: string }
              total: { type: boolean }
        note:
          key: id
          schema: { properties: { id: { type: integer }, text: { type: string } } }
        hidden:
          plural: hidden
          key: id
          schema: { properties: { id: { type: integer }, twice: { type: integer } } }
      syncs:
        customers:
          entity: customer
          members:
            - { system: crm, table: public.custmers, direction: read }
            - { system: billing, table: public.clients, direction: write }
        orders:
          entity: order
          members:
            - { system: crm, table: public.orders, direction: read }
        notes:
          entity: note
          members:
            - { system: crm, table: public.notes, direction: read }
            - { system: billing, table: public.loose, direction: write, fields: { text: made } }
        hidden:
          entity: hidden
          members:
            - { system: crm, table: secret.hidden, direction: read, fields: { id: "Id" } }
      """;

  @TempDir private Path folder;

  private static void execute(PostgresServer server, String database, String... statements)
      throws SQLException {
    try (Connection connection = server.connect(database);
        var statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  private static String one(PostgresServer server, String query) throws SQLException {
    try (Connection connection = server.connect("crm");
        var statement = connection.createStatement();
        var row = statement.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }

  private static void databases(PostgresServer server) throws SQLException {
    server.createDatabase("crm");
    server.createDatabase("billing");
    execute(server, "crm", "CREATE ROLE unisono LOGIN PASSWORD 'geheim99'");
  }

  /** What {@link #RIGHT} needs. */
  private static void allRight(PostgresServer server) throws SQLException {
    databases(server);
    execute(
        server,
        "crm",
        "ALTER ROLE unisono REPLICATION",
        "CREATE TABLE customers (id bigint PRIMARY KEY, name text)",
        "GRANT SELECT ON customers TO unisono",
        "CREATE PUBLICATION unisono_crm FOR TABLE customers");
    execute(
        server,
        "billing",
        "CREATE TABLE clients (client_id bigint PRIMARY KEY, name text, more text NOT NULL"
            + " DEFAULT '', twice bigint GENERATED ALWAYS AS (client_id * 2) STORED)",
        "GRANT ALL ON clients TO unisono",
        "GRANT CREATE ON DATABASE billing TO unisono");
  }

  private CliRun check(PostgresServer server, String config, String... options)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("check", config(server, config).toString()));
    arguments.addAll(List.of(options));
    return CliRun.of(ENVIRONMENT, arguments.toArray(String[]::new));
  }

  private Path config(PostgresServer server, String config) throws IOException {
    String text =
        config
            .replace("CRM", server.jdbcUrl("crm"))
            .replace("BILLING", server.jdbcUrl("billing"))
            .replace("LOST", server.jdbcUrl("nowhere"))
            .replace("AWAY", "jdbc:postgresql://127.0.0.1:" + closedPort() + "/crm");
    return Files.writeString(folder.resolve("unisono.yaml"), text);
  }

  private static int closedPort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  @Test
  void findsNothingWhereAllIsWell() throws Exception {
    try (PostgresServer server = PostgresServer.temporary()) {
      allRight(server);
      CliRun run = check(server, RIGHT);
      assertEquals(0, run.exit(), run.output());
      assertTrue(run.output().contains("all well"), run.output());
      CliRun json = check(server, RIGHT, "--json");
      assertEquals(0, json.exit());
      assertEquals(0, json.json().path("problems").size());
      assertEquals("0", one(server, "SELECT count(*) FROM pg_replication_slots"));
      assertFalse(Files.exists(folder.resolve("state")), "checking changes nothing");
    }
  }

  @Test
  void tellsOfAKeyThatATargetWouldStoreInAnotherForm() throws Exception {
    try (PostgresServer server = PostgresServer.temporary()) {
      databases(server);
      execute(
          server,
          "crm",
          "ALTER ROLE unisono REPLICATION",
          "CREATE TABLE customers (id varchar(10) PRIMARY KEY, name text)",
          "GRANT SELECT ON customers TO unisono",
          "CREATE PUBLICATION unisono_crm FOR TABLE customers");
      execute(
          server,
          "billing",
          "CREATE TABLE clients (client_id char(10) PRIMARY KEY, name text)",
          "GRANT ALL ON clients TO unisono",
          "GRANT CREATE ON DATABASE billing TO unisono");
      String config = RIGHT.replace("id: { type: integer }", "id: { type: string }");
      CliRun run = check(server, config);
      assertEquals(0, run.exit(), run.output());
      assertTrue(run.output().contains(": notice: key-in-other-form at syncs."), run.output());
      assertTrue(run.output().contains("all well"), run.output());
      JsonNode found = check(server, config, "--json").json();
      assertEquals(0, found.path("problems").size());
      JsonNode notice = found.path("notices").path(0);
      assertEquals("key-in-other-form", notice.path("code").asString());
      assertTrue(
          config.lines().toList().get(notice.path("line").asInt() - 1).contains("public.clients"),
          notice::toString);
      String remedy = notice.path("remedy").asString();
      execute(server, "billing", remedy.substring(remedy.indexOf("ALTER")));
      assertTrue(check(server, config, "--json").json().path("notices").isEmpty());
    }
  }

  @Test
  void findsEverythingAtOnceAndSaysWhatToRun() throws Exception {
    try (PostgresServer server = PostgresServer.temporary(Map.of("wal_level", "replica"))) {
      databases(server);
      execute(
          server,
          "crm",
          "CREATE TABLE customers (id bigint PRIMARY KEY, name text)",
          "CREATE TABLE orders (id bigint PRIMARY KEY, place point, total numeric)",
          "CREATE TABLE notes (id bigint, text text)",
          "CREATE SCHEMA secret",
          "CREATE TABLE secret.hidden (\"Id\" bigint PRIMARY KEY, twice bigint GENERATED ALWAYS AS"
              + " (\"Id\" * 2) VIRTUAL)");
      execute(
          server,
          "billing",
          "CREATE SCHEMA unisono",
          "CREATE TABLE clients (id bigint, name text, must text NOT NULL)",
          "CREATE TABLE loose (id bigint PRIMARY KEY, made text GENERATED ALWAYS AS ('x') STORED)");
      CliRun first = check(server, WRONG, "--json");
      assertEquals(1, first.exit());
      assertFalse(first.output().contains("geheim99"));
      assertEquals(
          List.of(
              "away unreachable",
              "billing missing-right",
              "crm missing-right",
              "crm wal-level",
              "customers members[0] no-such-table",
              "customers members[1] column-not-filled",
              "customers members[1] key-not-unique",
              "customers members[1] missing-right",
              "hidden members[0] column-generated",
              "hidden members[0] missing-right",
              "hidden members[0] missing-right",
              "locked not-signed-in",
              "lost no-database",
              "notes members[0] key-not-in-log",
              "notes members[0] key-nullable",
              "notes members[0] missing-right",
              "notes members[1] column-generated",
              "notes members[1] missing-right",
              "orders members[0] no-such-column",
              "orders members[0] type-mismatch",
              "publication crm publication-lacks-table"),
          places(first.json()));
      assertSays(first.json(), "no-such-table", "did you mean public.customers?");
      assertSays(first.json(), "no-such-column", "It has id, place, total.");
      assertSays(first.json(), "type-mismatch", "{ type: number }");
      assertSays(first.json(), "wal-level", "wal_level is replica");
      assertLines(first.json());

      run(server, first.json());
      CliRun second = check(server, WRONG, "--json");
      // What the statements allow to be seen for the first time may need statements, too.
      run(server, second.json());
      CliRun third = check(server, WRONG, "--json");
      assertEquals(
          List.of(
              "away unreachable",
              "crm wal-level",
              "customers members[0] no-such-table",
              "customers members[1] column-not-filled",
              "hidden members[0] column-generated",
              "locked not-signed-in",
              "lost no-database",
              "notes members[1] column-generated",
              "orders members[0] no-such-column",
              "orders members[0] type-mismatch"),
          places(third.json()));
      CliRun plain = check(server, WRONG);
      assertEquals(1, plain.exit());
      assertTrue(plain.output().endsWith("10 problems\n"), plain.output());
      assertFalse(plain.output().contains("geheim99"));
    }
  }

  @Test
  void saysWhatKeepsItFromAUnixSocket() throws Exception {
    try (PostgresServer server = PostgresServer.withSocket(Map.of())) {
      allRight(server);
      String through =
          RIGHT
              .replace("url: \"CRM\"", "url: \"CRM\", socket: " + server.socketFolder())
              .replace("url: \"BILLING\"", "url: \"BILLING\", socket: /nowhere");
      CliRun missing = check(server, through, "--json");
      assertEquals(List.of("billing no-socket"), places(missing.json()));
      CliRun encrypted =
          check(server, through.replace("CRM", "CRM?sslmode=require"), "--json", "--offline");
      assertEquals(1, encrypted.exit());
      assertEquals(List.of("crm url-not-for-socket"), places(encrypted.json()));
      Path socket = server.socketFolder().resolve(".s.PGSQL." + server.port());
      Files.setPosixFilePermissions(socket, Set.of());
      CliRun locked =
          CliRun.withoutPrivileges(
              ENVIRONMENT, "check", "--json", config(server, through).toString());
      assertEquals(List.of("billing no-socket", "crm socket-not-allowed"), places(locked.json()));
    }
  }

  @Test
  void saysByItsExitWhatKindOfFailureItWas() throws Exception {
    Path nothing = folder.resolve("nothing.yaml");
    CliRun missing = CliRun.of(Map.of(), "check", nothing.toString());
    assertEquals(2, missing.exit());
    assertTrue(missing.output().contains("there is no such file"), missing.output());
    CliRun json = CliRun.of(Map.of(), "check", "--json", nothing.toString());
    assertEquals(2, json.exit());
    assertEquals("file-unreadable", json.json().path("problems").path(0).path("code").asString());
    assertEquals(2, CliRun.of(Map.of(), "check", "--no-such-option").exit());
    assertEquals(2, CliRun.of(Map.of(), "chekc").exit());

    Path wrong = Files.writeString(folder.resolve("wrong.yaml"), "systems: {}\nsystem: {}\n");
    CliRun plain = CliRun.of(Map.of(), "check", wrong.toString());
    assertEquals(1, plain.exit());
    assertTrue(plain.output().contains("wrong.yaml:2: unknown-key at system\n"), plain.output());
    assertTrue(plain.output().contains("did you mean 'systems'?"), plain.output());

    Path offline =
        Files.writeString(
            folder.resolve("right.yaml"),
            RIGHT
                .replace("CRM", "jdbc:postgresql://127.0.0.1:1/crm")
                .replace("BILLING", "jdbc:postgresql://127.0.0.1:1/billing"));
    CliRun right = CliRun.of(ENVIRONMENT, "check", "--offline", offline.toString());
    assertEquals(0, right.exit(), right.output());
    assertTrue(right.output().contains("the systems were not asked"));
  }

  private static List<String> places(JsonNode found) {
    List<String> places = new ArrayList<>();
    for (JsonNode problem : found.path("problems")) {
      String[] path = problem.path("configPath").asString().split("\\.", -1);
      String place =
          path[0].equals("syncs")
              ? path[1] + " " + path[2]
              : path[path.length - 1].equals("publication") ? "publication " + path[1] : path[1];
      places.add(place + " " + problem.path("code").asString());
    }
    places.sort(null);
    return places;
  }

  private static void assertSays(JsonNode found, String code, String words) {
    for (JsonNode problem : found.path("problems")) {
      if (problem.path("code").asString().equals(code)) {
        String said = problem.path("message").asString() + " " + problem.path("remedy").asString();
        assertTrue(said.contains(words), said);
      }
    }
  }

  /** Each problem is on the line of the system or the member that it concerns. */
  private static void assertLines(JsonNode found) {
    List<String> lines = WRONG.lines().toList();
    for (JsonNode problem : found.path("problems")) {
      String path = problem.path("configPath").asString();
      String line = lines.get(problem.path("line").asInt() - 1);
      String[] parts = path.split("\\.", -1);
      assertTrue(
          parts[0].equals("systems")
              ? line.strip().startsWith(parts[1] + ":")
              : line.contains("- { system:"),
          path + " is not on: " + line);
    }
  }

  private static void run(PostgresServer server, JsonNode found) throws SQLException {
    TreeSet<String> ran = new TreeSet<>();
    for (JsonNode problem : found.path("problems")) {
      String path = problem.path("configPath").asString();
      Matcher statements = STATEMENTS.matcher(problem.path("remedy").asString());
      if (statements.find() && ran.add(statements.group(1))) {
        boolean billing = path.contains("billing") || path.contains("members[1]");
        execute(server, billing ? "billing" : "crm", statements.group(1).split(";"));
      }
    }
  }
}
