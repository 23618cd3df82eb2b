package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
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
        "ALTER TABLE large OWNER TO unisono");
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

  @Test
  void aReportAndAConfigThatCheckAcceptsAreMadeOfSystemsAlone()
      throws IOException, InterruptedException {
    Path made = folder.resolve("made");
    CliRun run =
        CliRun.of(
            ENVIRONMENT,
            "assess",
            both().toString(),
            "--out",
            made.toString(),
            "--load",
            "100%",
            "--sample",
            "2000");
    System.out.println(run.output() + run.errors());
    new ProcessBuilder("cp", "-r", made.toString(), "/tmp/assess-out").start().waitFor();
    assertEquals(1, run.exit(), run.errors());
  }
}
