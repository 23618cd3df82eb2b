package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.testkit.PostgresServer;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KeyFormTest {
  private PostgresServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() throws SQLException {
    server = PostgresServer.temporary();
    database = new TestDatabase(server, "key_form");
    database.execute(
        "CREATE EXTENSION citext",
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
        "CREATE DOMAIN code AS varchar(60)",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')");
  }

  @AfterAll
  void stopServer() throws SQLException {
    database.close();
    server.close();
  }

  /** The target's column, the source's type as the catalog writes it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "char(10); character varying(10); true",
        "char(10); text; true",
        "char(10); character(10); false",
        "char(12); character(10); false",
        "text; character(10); false",
        "citext; text; true",
        "citext; character varying(10); true",
        "text COLLATE loose; character varying(10); true",
        "varchar(20); text; false",
        "text; uuid; false",
        "code; text; false",
        "mood; text; false",
        "uuid; text; true",
        "uuid; uuid; false",
        "inet; character varying(40); true",
        "date; text; true",
        "name; text; true",
        "bigint; integer; false",
        "numeric; integer; false",
        "numeric; numeric(10,4); false",
        "numeric(10,2); integer; false",
        "numeric(10,2); numeric(12,2); false",
        "numeric(10,2); numeric(10,4); true",
        "numeric(10,2); numeric; true",
        "numeric(10,2); double precision; true",
        "real; double precision; true",
        "double precision; real; false",
        "double precision; numeric; true",
        "timestamp(0); timestamp without time zone; true",
        "timestamptz(3); timestamp with time zone; true",
        "timestamptz; timestamp(3) with time zone; false",
        "timestamp; timestamp with time zone; false",
        "time(0); time without time zone; true",
        "date; timestamp without time zone; true"
      })
  void aColumnKeepsAKeyOrMakesAnotherOfIt(String column, String source, boolean changes)
      throws SQLException {
    database.execute("DROP TABLE IF EXISTS target", "CREATE TABLE target (k " + column + ")");
    try (var connection = database.connect()) {
      Table table = Table.find(connection, "public.target").orElseThrow();
      TableShape shape = TableShape.read(connection, table.relation()).orElseThrow();
      assertEquals(
          changes,
          KeyForm.changes(table.column("k"), shape.columns().getFirst().typeText(), source));
    }
  }
}
