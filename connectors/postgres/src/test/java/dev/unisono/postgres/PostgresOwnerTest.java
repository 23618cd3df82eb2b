package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresOwnerTest {
  private static final Object KEPT = Unchanged.UNCHANGED;

  private static final Binding ITEM =
      Bindings.of(
          "public.item",
          java.util.List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING),
          field("amount", ValueType.DECIMAL),
          field("document", ValueType.JSON),
          field("at", ValueType.TIMESTAMP));

  private PostgresServer server;
  private TestDatabase database;
  private ConnectedSystem system;
  private Owner owner;

  @BeforeAll
  void startServer() {
    server = PostgresServer.temporary();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void makeTable(TestInfo test) throws SQLException {
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
    database.execute(
        "CREATE TABLE item (id bigint PRIMARY KEY, name varchar(10) CHECK (name <> 'bad'), amount"
            + " numeric(10, 2), document json, at timestamptz, own text DEFAULT 'ours')",
        "INSERT INTO item VALUES (1, 'one', 1.50, '{\"a\": 1}', '2024-06-01 12:00+00')");
    system = database.reading(ITEM);
    owner = system.owner();
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    owner.close();
    system.close();
    database.close();
  }

  private static Row row(@Nullable Object... values) {
    return new Row(ITEM.schema(), values);
  }

  private String item() throws SQLException {
    return database.one("SELECT item::text FROM item");
  }

  @Test
  void theTransactionIsTheOneThatTheSourceShows() throws SQLException {
    try (SourceRun run = SourceRun.start(system.source(), java.util.Map.of())) {
      run.awaitStreaming();
      long transaction =
          owner
              .update(
                  ITEM,
                  new Key(1L),
                  row(
                      KEPT,
                      "it's",
                      new BigDecimal("2.25"),
                      new Json("{\"b\": [1, null]}"),
                      Instant.parse("2025-01-01T00:00:00.000001Z")),
                  null)
              .orElseThrow()
              .transaction();
      var change = run.awaitChanges(2).getLast();
      assertEquals(transaction, change.transaction());
      assertEquals(
          "1|it's|2.25|Json[text={\"b\": [1, null]}]|2025-01-01T00:00:00.000001Z",
          Replica.text(Objects.requireNonNull(change.after())));
    }
  }

  @Test
  void writesOnlyWhatChangesAndTakesNull() throws SQLException {
    assertTrue(
        owner.update(ITEM, new Key(1L), row(KEPT, KEPT, null, KEPT, KEPT), null).isPresent());
    assertEquals("(1,one,,\"{\"\"a\"\": 1}\",\"2024-06-01 12:00:00+00\",ours)", item());
  }

  @Test
  void writesNothingWhereTheRowIsNotAsExpected() throws SQLException {
    Row patch = row(KEPT, "uno", KEPT, KEPT, KEPT);
    String before = item();
    assertEquals(
        Optional.empty(), owner.update(ITEM, new Key(1L), patch, row(1L, "two", null, null, null)));
    assertEquals(
        Optional.empty(), owner.update(ITEM, new Key(1L), patch, row(1L, null, null, null, null)));
    assertEquals(Optional.empty(), owner.update(ITEM, new Key(7L), patch, null));
    assertEquals(before, item());
    // Only the fields that change are compared: another may have changed meanwhile.
    assertTrue(
        owner.update(ITEM, new Key(1L), patch, row(1L, "one", null, null, null)).isPresent());
    assertTrue(item().startsWith("(1,uno,1.50"), item());
  }

  @Test
  void saysWhatTheOwnerRefuses() throws SQLException {
    String before = item();
    for (Row patch :
        new Row[] {
          row(KEPT, "bad", KEPT, KEPT, KEPT),
          row(KEPT, "much too long", KEPT, KEPT, KEPT),
          row(KEPT, KEPT, new BigDecimal("123456789.00"), KEPT, KEPT),
          row(KEPT, KEPT, KEPT, new Json("{"), KEPT)
        }) {
      Problem problem =
          assertThrows(UnisonoException.class, () -> owner.update(ITEM, new Key(1L), patch, null))
              .problem();
      assertEquals("refused-by-owner", problem.code());
      assertEquals(ProblemType.USER, problem.type());
    }
    assertEquals(before, item());
  }

  @Test
  void goesOnAfterItsConnectionsAreCut() throws SQLException {
    Row patch = row(KEPT, "uno", KEPT, KEPT, KEPT);
    assertTrue(owner.update(ITEM, new Key(1L), patch, null).isPresent());
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'unisono'"
            + " AND datname = current_database()");
    assertTrue(owner.update(ITEM, new Key(1L), patch, null).isPresent());
  }
}
