package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands {@code infer} and {@code assess}, by one PostgreSQL server. For one thread. */
final class AssessCommandTest {
  private static final Map<String, String> ENVIRONMENT = Map.of("DB_PASSWORD", "geheim99");

  private static PostgresServer server;

  @TempDir private Path folder;

  private static void execute(String database, String... statements) throws SQLException {
    try (Connection connection = server.connect(database);
        var statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  @BeforeAll
  static void start() throws SQLException {
    server = PostgresServer.temporary(Map.of("wal_level", "logical"));
    server.createDatabase("crm");
    server.createDatabase("billing");
    execute(
        "crm",
        "CREATE ROLE unisono LOGIN REPLICATION PASSWORD 'geheim99'",
        "GRANT CREATE ON DATABASE crm TO unisono",
        "GRANT CREATE ON DATABASE billing TO unisono",
        "CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, email varchar(120)"
            + " UNIQUE, phone text, country text, status text NOT NULL, balance numeric(12,2),"
            + " born text, note text, made timestamptz NOT NULL DEFAULT now(), doubled bigint"
            + " GENERATED ALWAYS AS (id * 2) STORED)",
        "INSERT INTO customers (id, name, email, phone, country, status, balance, born) SELECT n,"
            + " CASE WHEN n % 10 = 0 THEN '  Ada Secretname ' ELSE 'Ben Hidden' || n END, 'person' || n ||"
            + " '@example.org', '+4930' || (1000000 + n), CASE WHEN n % 2 = 0 THEN 'Germany' ELSE"
            + " 'FR' END, CASE WHEN n % 3 = 0 THEN 'closed' ELSE 'active' END, CASE WHEN n = 7 THEN"
            + " 90000000 ELSE n % 50 END, (1 + n % 28) || '.' || (1 + n % 12) || '.1980' FROM"
            + " generate_series(1, 400) n",
        "CREATE TABLE orders (id uuid PRIMARY KEY, customer bigint REFERENCES customers, placed"
            + " date, tags text[], document jsonb)",
        "INSERT INTO orders SELECT gen_random_uuid(), n, DATE '2026-01-01' + n, ARRAY['a'], '{}' FROM"
            + " generate_series(1, 100) n",
        "CREATE TABLE loose (word text)",
        "INSERT INTO loose VALUES ('a'), ('a')",
        "CREATE TABLE large (id bigint PRIMARY KEY, text text)",
        "INSERT INTO large SELECT n, 'x' || n FROM generate_series(1, 30000) n",
        "ANALYZE",
        "ALTER TABLE customers OWNER TO unisono",
        "ALTER TABLE orders OWNER TO unisono",
        "ALTER TABLE loose OWNER TO unisono",
        "ALTER TABLE large OWNER TO unisono",
        "CREATE TABLE secret (id bigint PRIMARY KEY)",
        "CREATE ROLE reader LOGIN PASSWORD 'geheim99'",
        "GRANT SELECT ON customers TO reader");
    execute("billing", "GRANT CREATE ON SCHEMA public TO unisono");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private Path config(String systems) throws IOException {
    Path file = folder.resolve("systems.yaml");
    Files.writeString(
        file,
        systems
            .replace("CRM", server.jdbcUrl("crm"))
            .replace("BILLING", server.jdbcUrl("billing")));
    return file;
  }

  private Path both() throws IOException {
    return config(
        """
        # where they are
        systems:
          crm: { connector: postgres, url: "CRM", user: unisono, password: "${env:DB_PASSWORD}" }
          billing: # not used yet
            connector: postgres
            url: "BILLING"
            user: unisono
            password: "${env:DB_PASSWORD}"
        """);
  }

  private CliRun assess(Path file, Path made, String... more)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(
            List.of("assess", file.toString(), "--out", made.toString(), "--load", "100%"));
    arguments.addAll(List.of(more));
    return CliRun.of(ENVIRONMENT, arguments.toArray(String[]::new));
  }

  private static String all(Path made) throws IOException {
    return Files.readString(made.resolve("report.md"))
        + Files.readString(made.resolve("report.html"))
        + Files.readString(made.resolve("unisono.yaml"));
  }

  @Test
  void aReportAndAConfigThatCheckAcceptsAreMadeOfSystemsAlone()
      throws IOException, InterruptedException {
    Path made = folder.resolve("made");
    CliRun run = assess(both(), made, "--sample", "2000");
    assertEquals(1, run.exit(), run.errors());
    assertTrue(run.output().contains("crm: 4 tables, 2 blockers"), run.output());
    String config = Files.readString(made.resolve("unisono.yaml"));
    assertTrue(config.contains("password: \"${env:DB_PASSWORD}\""), config);
    assertTrue(config.contains("billing: # not used yet"), config);
    assertTrue(
        config.contains(
            "{ system: billing, table: customers, direction: write, create-table: true"),
        config);
    assertTrue(config.contains("standardize:"), config);
    CliRun check = CliRun.of(ENVIRONMENT, "check", made.resolve("unisono.yaml").toString());
    assertEquals(0, check.exit(), check.output());
    String report = Files.readString(made.resolve("report.md"));
    assertTrue(report.contains("**crm public.loose** `no-key`"), report);
    assertTrue(report.contains("**crm public.secret** `missing-right`"), report);
    // Blocks are drawn at random: it is 2,000 at most, and hardly ever far below.
    assertTrue(report.matches("(?s).*[12],[0-9]{3} rows were read.*"), report);
    assertTrue(report.contains("| **F** | public.loose |"), report);
    assertTrue(report.contains("refers to: public.customers by customer"), report);
    String page = Files.readString(made.resolve("report.html"));
    assertFalse(page.contains("src=") || page.contains("http:") || page.contains("<link"), page);
    // No value of a row, and no secret.
    for (String hidden : List.of("Secretname", "Hidden", "@example.org", "geheim99", "90000000")) {
      assertFalse(all(made).contains(hidden), hidden);
    }
  }

  @Test
  void aRoleThatMayNotReadTheLogIsABlocker() throws IOException, InterruptedException {
    Path made = folder.resolve("made");
    Path file =
        config(
            """
            systems:
              crm: { connector: postgres, url: "CRM", user: reader, password: "${env:DB_PASSWORD}" }
            """);
    CliRun run = assess(file, made, "--tables", "cust*");
    assertEquals(1, run.exit(), run.errors());
    assertTrue(run.output().startsWith("F  crm: 1 table"), run.output());
    String report = Files.readString(made.resolve("report.md"));
    assertTrue(
        report.contains("**crm** `missing-right` The role reader may not read the log."), report);
    String config = Files.readString(made.resolve("unisono.yaml"));
    assertTrue(config.contains("# in the way: missing-right"), config);
  }

  @Test
  void oneSystemThatIsAwayKeepsNoOtherFromBeingLookedAt() throws Exception {
    Path shop = folder.resolve("shop.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + shop);
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY, name TEXT)");
      statement.execute("INSERT INTO people VALUES (1, ' Ada'), (2, 'Ben')");
    }
    Path files = Files.createDirectory(folder.resolve("files"));
    Files.writeString(files.resolve("visits.csv"), "visit_id,day\n1,2026-01-01\n2,2026-01-02\n");
    String systems =
        "systems:\n  shop: { connector: sqlite, file: \""
            + shop
            + "\" }\n  files: { connector: csv, folder: \""
            + files
            + "\" }\n";
    Path made = folder.resolve("made");
    CliRun run =
        assess(
            config(
                systems
                    + "  away: { connector: postgres, url: \"jdbc:postgresql://127.0.0.1:1/no\", user:"
                    + " none }\n  wrong: { connector: postgres, url: \"CRM\", user: none, password:"
                    + " \"${env:NOT_THERE}\" }\n"),
            made);
    assertEquals(1, run.exit(), run.errors());
    String report = Files.readString(made.resolve("report.md"));
    assertTrue(report.contains("**away** `unreachable`"), report);
    assertTrue(report.contains("**wrong** `no-such-variable`"), report);
    assertTrue(report.contains("### people: "), report);
    assertTrue(report.contains("### visits: "), report);

    CliRun well = assess(config(systems), made, "--force");
    assertEquals(0, well.exit(), well.output() + well.errors());
    String config = Files.readString(made.resolve("unisono.yaml"));
    assertTrue(config.contains("day: { type: string, format: date }"), config);
    assertTrue(config.contains("key: visit_id # a guess by the sample"), config);
    CliRun check = CliRun.of(ENVIRONMENT, "check", made.resolve("unisono.yaml").toString());
    assertEquals(0, check.exit(), check.output());
  }

  @Test
  void aConfigThatSomebodyMayHaveChangedIsNotWrittenOver()
      throws IOException, InterruptedException {
    Path made = Files.createDirectory(folder.resolve("made"));
    Files.writeString(made.resolve("unisono.yaml"), "mine");
    CliRun refused = assess(both(), made);
    assertEquals(2, refused.exit());
    assertTrue(refused.errors().startsWith("assessment-not-empty: "), refused.errors());
    assertEquals("mine", Files.readString(made.resolve("unisono.yaml")));
    Path other = folder.resolve("other");
    CliRun load =
        CliRun.of(
            ENVIRONMENT, "assess", both().toString(), "--out", other.toString(), "--load", "0%");
    assertEquals(2, load.exit());
    assertTrue(load.errors().startsWith("out-of-range: "), load.errors());
  }

  @Test
  void whatIsInferredIsTakenByAConfig() throws IOException, InterruptedException {
    Path file = both();
    CliRun yaml =
        CliRun.of(ENVIRONMENT, "infer", "--config", file.toString(), "crm", "public.customers");
    assertEquals(0, yaml.exit(), yaml.errors());
    assertTrue(
        yaml.output().contains("email: { type: string, format: email, maxLength: 120 }"),
        yaml.output());
    assertTrue(yaml.output().contains("status: { type: string, enum: [\"active\", \"closed\"] }"));
    assertTrue(yaml.output().contains("phone: [{ phone: { region-field: country } }]"));
    String syncs =
        "\nsyncs:\n  customers:\n    entity: customer\n    members: [ { system: crm, table:"
            + " public.customers, direction: read } ]\n";
    Path pasted = folder.resolve("pasted.yaml");
    Files.writeString(
        pasted,
        Files.readString(file) + "entities:\n  customer:\n" + yaml.output().indent(4) + syncs);
    CliRun check = CliRun.of(ENVIRONMENT, "check", pasted.toString());
    assertEquals(0, check.exit(), check.output());

    CliRun json =
        CliRun.of(
            ENVIRONMENT, "infer", "--config", file.toString(), "crm", "customers", "--json-schema");
    assertEquals("string", json.json().at("/properties/email/type").stringValue());
    Files.writeString(folder.resolve("customer.schema.json"), json.output());
    Files.writeString(
        pasted,
        Files.readString(file)
            + "entities:\n  customer: { key: id, schema: { file: customer.schema.json } }\n"
            + syncs);
    CliRun byFile = CliRun.of(ENVIRONMENT, "check", pasted.toString());
    assertEquals(0, byFile.exit(), byFile.output());
  }

  @Test
  void whatIsNotThereCannotBeInferred() throws IOException, InterruptedException {
    String file = both().toString();
    CliRun table = CliRun.of(ENVIRONMENT, "infer", "--config", file, "crm", "public.nothing");
    assertEquals(1, table.exit());
    assertTrue(table.errors().startsWith("no-such-table: "), table.errors());
    CliRun system = CliRun.of(ENVIRONMENT, "infer", "--config", file, "crn", "public.customers");
    assertEquals(2, system.exit());
    assertTrue(system.errors().startsWith("no-such-system: "), system.errors());
  }
}
