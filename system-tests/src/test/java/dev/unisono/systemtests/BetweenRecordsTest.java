package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * What must hold between records of two systems, whoever comes first, and though the server is
 * killed.
 */
final class BetweenRecordsTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String RULES =
      """
          unique: [ { field: email } ]
          references: [ { field: company, entity: company } ]
      """;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final int port = ServerProcess.freePort();

  private SqliteFiles databases() {
    return new SqliteFiles(folder);
  }

  /** Companies are kept in one system, people in another, and both are told to a third. */
  private Path mirror(String rules) throws Exception {
    return Files.writeString(
        folder.resolve("unisono.yaml"),
        """
        server: { port: %d }
        state: { folder: "%s" }
        systems:
          erp: { connector: sqlite, file: "%s" }
          crm: { connector: sqlite, file: "%s" }
          report: { connector: sqlite, file: "%s" }
        entities:
          person:
            plural: people
            key: id
            schema:
              properties:
                id:      { type: integer }
                email:   { type: string }
                company: { type: integer }
        %s
          company:
            plural: companies
            key: id
            schema: { properties: { id: { type: integer }, name: { type: string } } }
        syncs:
          people:
            entity: person
            members:
              - { system: crm, table: person, direction: read }
              - { system: report, table: person, direction: write }
          companies:
            entity: company
            members:
              - { system: erp, table: company, direction: read }
              - { system: report, table: company, direction: write }
        """
            .formatted(
                port,
                folder.resolve("state"),
                folder.resolve("erp.db"),
                folder.resolve("crm.db"),
                folder.resolve("report.db"),
                rules));
  }

  private ServerProcess start(Path config) throws Exception {
    ServerProcess server =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config,
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            List.of("-Xmx256m"));
    server.awaitLive(LIMIT);
    return server;
  }

  private static JsonNode get(ServerProcess server, String path) throws Exception {
    HttpResponse<String> answer = server.send(server.request(path).build());
    return ExactJson.parse(answer.body());
  }

  private static JsonNode letters(ServerProcess server) throws Exception {
    return get(server, "/v1/admin/dead-letters?limit=1000").path("items");
  }

  private static void awaitLetters(ServerProcess server, int number) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          JsonNode letters = letters(server);
          return letters.size() == number ? "" : letters.toString();
        });
  }

  private static void awaitAllKnown(ServerProcess server) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          String known = get(server, "/v1/admin/status").path("known").toString();
          return known.contains("person") && !known.contains("false") ? "" : known;
        });
  }

  private void prepareMirror() throws SQLException {
    String company = "CREATE TABLE company (id INTEGER PRIMARY KEY, name TEXT)";
    String person = "CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT, company INTEGER)";
    databases().execute("erp", "PRAGMA journal_mode = WAL", company);
    databases().execute("crm", "PRAGMA journal_mode = WAL", person);
    databases().execute("report", "PRAGMA journal_mode = WAL", company, person);
  }

  @Test
  void allArrivesOnceItFitsWhoeverComesFirst() throws Exception {
    prepareMirror();
    databases().execute("crm", "INSERT INTO person VALUES (1, 'a', 1), (2, 'a', 1), (3, 'c', 77)");
    databases().execute("erp", "INSERT INTO company VALUES (1, 'one')");
    Path config = mirror(RULES);
    ServerProcess server = start(config);
    try {
      awaitAllKnown(server);
      // The second 'a', and whose company there is not, however early that was read.
      awaitLetters(server, 2);
      assertEquals("1,a,1\n", databases().rows("report", "SELECT * FROM person WHERE id < 3"));
      HttpResponse<String> patch =
          server.send(
              server
                  .request("/v1/people/1")
                  .header("Content-Type", "application/merge-patch+json")
                  .method("PATCH", BodyPublishers.ofString("{\"company\": 5}"))
                  .build());
      assertEquals(422, patch.statusCode(), patch.body());
      assertTrue(patch.body().contains("reference-missing"), patch.body());
      Random random = new Random(4);
      for (int round = 0; round < 4; round++) {
        server = churn(random, server, config);
      }
      // Everybody is right at the end.
      databases().execute("crm", "UPDATE person SET email = 'p' || id, company = 100 + id % 10");
      for (int i = 0; i < 10; i++) {
        databases()
            .execute("erp", "INSERT OR REPLACE INTO company VALUES (" + (100 + i) + ", 'late')");
      }
      awaitLetters(server, 0);
      String people = databases().rows("crm", "SELECT * FROM person ORDER BY id");
      Eventually.holds(
          LIMIT,
          () -> {
            String found = databases().rows("report", "SELECT * FROM person ORDER BY id");
            return found.equals(people) ? "" : found;
          });
    } finally {
      server.close();
    }
  }

  /** Both systems are changed at random, and the server is killed amid that. */
  private ServerProcess churn(Random random, ServerProcess server, Path config) throws Exception {
    for (int i = 0; i < 150; i++) {
      int id = 10 + random.nextInt(40);
      String email = "'m" + random.nextInt(30) + "'";
      int company = random.nextInt(12);
      databases()
          .execute(
              "crm",
              random.nextInt(5) == 0
                  ? "DELETE FROM person WHERE id = " + id
                  : "INSERT OR REPLACE INTO person VALUES ("
                      + id
                      + ", "
                      + email
                      + ", "
                      + company
                      + ")");
      if (random.nextInt(4) == 0) {
        databases()
            .execute(
                "erp",
                random.nextBoolean()
                    ? "DELETE FROM company WHERE id = " + company
                    : "INSERT OR REPLACE INTO company VALUES (" + company + ", 'c')");
      }
      if (i == 75) {
        server.kill();
      }
    }
    server.close();
    return start(config);
  }

  @Test
  void aNewRuleIsAskedOfWhatIsThere() throws Exception {
    prepareMirror();
    databases().execute("erp", "INSERT INTO company VALUES (1, 'one')");
    databases()
        .execute(
            "crm", "INSERT INTO person VALUES (1, 'a', 1), (2, 'a', 1), (3, 'c', 77), (4, 'd', 1)");
    Path config = mirror("");
    try (ServerProcess server = start(config)) {
      Eventually.isTrue(
          LIMIT,
          "all have arrived",
          () -> databases().rows("report", "SELECT count(*) FROM person").equals("4\n"));
      mirror(RULES);
      CommandLine.run(0, "reload", config.toString());
      awaitAllKnown(server);
      awaitLetters(server, 2);
      String listed = CommandLine.run(0, "deadletters", "list", config.toString());
      assertTrue(listed.contains("value-taken: email is the same in another person."), listed);
      assertTrue(listed.contains("reference-missing: company refers to no company."), listed);
      databases().execute("erp", "INSERT INTO company VALUES (77, 'late')");
      databases().execute("crm", "DELETE FROM person WHERE id = 1");
      awaitLetters(server, 0);
    }
  }

  @Test
  void whatSeveralMembersWriteIsJudgedAsTheRecordItMakes() throws Exception {
    for (String name : List.of("crm", "erp")) {
      databases()
          .execute(
              name,
              "PRAGMA journal_mode = WAL",
              "CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT, note TEXT)");
    }
    Path config =
        Files.writeString(
            folder.resolve("unisono.yaml"),
            """
            server: { port: %d }
            state: { folder: "%s" }
            systems:
              crm: { connector: sqlite, file: "%s" }
              erp: { connector: sqlite, file: "%s" }
            entities:
              person:
                plural: people
                key: id
                schema:
                  properties:
                    id:    { type: integer }
                    email: { type: string }
                    note:  { type: string }
                unique: [ { field: email } ]
            syncs:
              people:
                entity: person
                first-load: live
                members:
                  - { system: crm, table: person, direction: both }
                  - { system: erp, table: person, direction: both }
            """
                .formatted(
                    port,
                    folder.resolve("state"),
                    folder.resolve("crm.db"),
                    folder.resolve("erp.db")));
    try (ServerProcess server = start(config)) {
      awaitAllKnown(server);
      databases().execute("crm", "INSERT INTO person VALUES (1, 'a', 'n')");
      awaitRow("erp", 1, "1,a,n\n");
      databases().execute("erp", "INSERT INTO person VALUES (2, 'a', 'n')");
      awaitLetters(server, 1);
      assertEquals("", databases().rows("crm", "SELECT * FROM person WHERE id = 2"));
      // What is edited of a record is judged, and not what it has anyhow.
      databases().execute("erp", "UPDATE person SET note = 'm' WHERE id = 1");
      awaitRow("crm", 1, "1,a,m\n");
      databases().execute("crm", "UPDATE person SET email = 'b' WHERE id = 1");
      awaitLetters(server, 0);
      awaitRow("crm", 2, "2,a,n\n");
      awaitRow("erp", 1, "1,b,m\n");
    }
  }

  private void awaitRow(String name, int id, String expected) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          String found = databases().rows(name, "SELECT * FROM person WHERE id = " + id);
          return found.equals(expected) ? "" : name + " has " + found;
        });
  }
}
