package dev.unisono.postgres;

import static dev.unisono.spi.SchemaChange.IGNORE;
import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Field;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/**
 * The config's fields and a publication's column list change under a source, one after the other.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ColumnListChangeTest {
  private static final Map<String, Object> NAMED = Map.of("publish-columns", "named");
  private static final Binding SHORT = person("id", "name");
  private static final Binding LONG = person("id", "name", "phone");

  private PostgresServer server;
  private TestDatabase database;

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
        "CREATE TABLE person (id bigint PRIMARY KEY, phone text, name text, secret text)",
        "INSERT INTO person SELECT n, 'p' || n, 'n' || n, 'hush' FROM generate_series(1, 3) n");
  }

  @AfterEach
  void dropSlot() throws SQLException {
    database.close();
  }

  private static Binding person(String... fields) {
    return Bindings.of(
        "public.person",
        List.of("id"),
        Arrays.stream(fields)
            .map(name -> field(name, name.equals("id") ? ValueType.LONG : ValueType.STRING))
            .toArray(Field[]::new));
  }

  private FollowedTable streaming(Binding binding) throws InterruptedException {
    return new FollowedTable(database, binding, IGNORE, NAMED).start().awaitStreaming();
  }

  private void awaitTable(FollowedTable table) throws Exception {
    table.awaitRows(
        database.rows(
            "SELECT concat_ws('|', id, coalesce(name, '~'), coalesce(phone, '~')) FROM person"
                + " ORDER BY id"),
        "id",
        "name",
        "phone");
  }

  private String shown() throws SQLException {
    return database.one("SELECT array_to_string(attnames, ' ') FROM pg_publication_tables");
  }

  private static List<Object> phonesOfUpdates(FollowedTable table) {
    List<Object> phones = new ArrayList<>();
    for (Change change : table.changes()) {
      Row after = change.after();
      if (change.operation() == Operation.UPDATE && after != null) {
        phones.add(Objects.requireNonNullElse(after.value(2), "null"));
      }
    }
    return phones;
  }

  @Test
  void aFieldThatIsAddedIsReadOfAllRowsAndNothingBetweenIsLost() throws Exception {
    try (FollowedTable table = streaming(SHORT)) {
      table.stop();
      database.execute(
          "UPDATE person SET phone = 'q2', name = 'N2' WHERE id = 2",
          "INSERT INTO person VALUES (4, 'p4', 'n4'), (5, NULL, 'n5')",
          "DELETE FROM person WHERE id = 3");
      table.configure(LONG, IGNORE);
      table.start();
      database.execute("INSERT INTO person VALUES (6, 'p6', 'n6')");
      awaitTable(table);
      assertEquals("id phone name", shown());
      // The log of before has no word of it: that is unchanged, and not null.
      assertEquals(List.of(Unchanged.UNCHANGED), phonesOfUpdates(table));
      table.awaitStreaming();
      database.execute("UPDATE person SET phone = 'live' WHERE id = 1");
      awaitTable(table);
    }
  }

  @Test
  void aTransactionThatIsOpenWhileAListIsMadeWiderIsNotMissed() throws Exception {
    try (FollowedTable table = streaming(SHORT);
        Connection open = database.connect();
        var statement = open.createStatement()) {
      table.stop();
      open.setAutoCommit(false);
      statement.execute("UPDATE person SET phone = 'before', name = 'before' WHERE id = 1");
      table.configure(LONG, IGNORE);
      table.start();
      table.await(() -> table.run().progress().waiting() != null);
      assertEquals("id phone name", shown());
      open.commit();
      awaitTable(table);
    }
  }

  @Test
  void aTransactionThatTheLogShowsBeforeOthersSeeItIsNotMissedEither() throws Exception {
    try (FollowedTable table = streaming(SHORT);
        Connection open = database.connect();
        var statement = open.createStatement()) {
      table.stop();
      open.setAutoCommit(false);
      statement.execute("UPDATE person SET phone = 'before', name = 'before' WHERE id = 1");
      table.configure(LONG, IGNORE);
      table.start();
      table.await(() -> table.run().progress().waiting() != null);
      database.execute(
          "ALTER SYSTEM SET synchronous_standby_names = 'absent'", "SELECT pg_reload_conf()");
      database.await("SELECT current_setting('synchronous_standby_names') = 'absent'");
      Thread commit =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  open.commit();
                } catch (SQLException ended) {
                  // The test is over.
                }
              });
      try {
        table.await(() ->
            table.changes().stream().anyMatch(change -> change.operation() == Operation.UPDATE));
        // Known by the log, but for what it did to a column that was not shown then.
        assertEquals(List.of(Unchanged.UNCHANGED), phonesOfUpdates(table));
        assertNotNull(table.run().progress().waiting());
      } finally {
        database.execute(
            "SET synchronous_commit = local",
            "ALTER SYSTEM RESET synchronous_standby_names",
            "SELECT pg_reload_conf()");
        commit.join();
      }
      awaitTable(table);
    }
  }

  @Test
  void aColumnThatWasLeftOutForAWhileIsReadAgain() throws Exception {
    try (FollowedTable table = streaming(LONG)) {
      table.stop();
      // By a config that does not have the field, and that no server ever ran by.
      try (var narrow = database.system(NAMED, List.of(SHORT), List.of())) {
        assertEquals(2, narrow.publish().size());
      }
      assertEquals("id name", shown());
      database.execute(
          "UPDATE person SET phone = 'unseen' WHERE id = 1",
          "INSERT INTO person VALUES (4, 'p4', 'n4')");
      table.start();
      awaitTable(table);
      assertEquals("id phone name", shown());
    }
  }

  @Test
  void aColumnThatIsLeftOutAmidReadingStopsTheSourceAndIsReadAgainAfterIt() throws Exception {
    try (FollowedTable table = streaming(LONG)) {
      database.execute(
          "ALTER PUBLICATION " + database.slot() + " SET TABLE person (id, name)",
          "UPDATE person SET phone = 'unseen' WHERE id = 1");
      assertEquals("column-missing", table.awaitStop().code());
      table.start();
      awaitTable(table);
      assertEquals("id phone name", shown());
    }
  }

  @Test
  void aFieldThatComesAndGoesAndComesIsReadAgain() throws Exception {
    try (FollowedTable table = streaming(LONG)) {
      table.stop();
      table.configure(SHORT, IGNORE);
      table.start().awaitStreaming();
      database.execute("UPDATE person SET phone = 'away' WHERE id = 1");
      table.await(() -> table.changes().getLast().operation() == Operation.UPDATE);
      assertEquals("id phone name", shown());
      table.stop();
      table.configure(LONG, IGNORE);
      table.start();
      awaitTable(table);
    }
  }

  @Test
  void aRenamedColumnStaysInTheList() throws Exception {
    try (FollowedTable table = streaming(LONG)) {
      database.execute(
          "ALTER TABLE person RENAME COLUMN phone TO mobile",
          "INSERT INTO person VALUES (4, 'p4', 'n4')");
      table.await(() -> !table.run().differences().isEmpty());
      table.stop();
      Binding renamed = LONG.with(LONG.schema(), List.of("id", "name", "mobile"));
      table.configure(renamed, IGNORE);
      table.start();
      table.awaitRows(
          database.rows("SELECT concat_ws('|', id, name, mobile) FROM person ORDER BY id"),
          "id",
          "name",
          "phone");
      assertEquals("id mobile name", shown());
    }
  }

  @Test
  void anOwnerChangesAListedColumnInOneTransactionWithTheList() throws Exception {
    try (FollowedTable table = streaming(LONG)) {
      assertThrows(
          SQLException.class,
          () -> database.execute("ALTER TABLE person ALTER COLUMN phone TYPE varchar(50)"));
      database.transaction(
          "ALTER PUBLICATION " + database.slot() + " DROP TABLE person",
          "ALTER TABLE person ALTER COLUMN phone TYPE varchar(50)",
          "ALTER PUBLICATION " + database.slot() + " ADD TABLE person (id, name, phone)");
      database.execute("INSERT INTO person VALUES (4, 'p4', 'n4')");
      awaitTable(table);
    }
  }

  @Test
  void aColumnThatIsDroppedByCascadeTakesNothingElseWithIt() throws Exception {
    try (FollowedTable table = streaming(LONG)) {
      assertThrows(
          SQLException.class, () -> database.execute("ALTER TABLE person DROP COLUMN phone"));
      // PostgreSQL takes the whole table out of the publication, and the log is silent.
      database.execute(
          "ALTER TABLE person DROP COLUMN phone CASCADE",
          "INSERT INTO person VALUES (4, 'n4')",
          "UPDATE person SET name = 'unheard' WHERE id = 1");
      table.awaitRows(List.of("1|unheard", "2|n2", "3|n3", "4|n4"), "id", "name");
      assertEquals("id name", shown());
    }
  }

  @Test
  void aTableThatIsTakenOutWhileNobodyReadsIsReadAgainThoughTheFirstStartIsLost() throws Exception {
    try (FollowedTable table = streaming(LONG)) {
      table.stop();
      database.execute(
          "ALTER PUBLICATION " + database.slot() + " DROP TABLE person",
          "UPDATE person SET name = 'unheard' WHERE id = 1");
      // Killed before it could keep anything: nothing is published yet, so it is seen again.
      table.startUntilBatches(0).run().awaitEnd();
      assertEquals("0", database.one("SELECT count(*) FROM pg_publication_tables"));
      table.stop().start();
      Problem problem = table.run().awaitFailure().problem();
      assertEquals("table-unpublished", problem.code());
      assertEquals("0", database.one("SELECT count(*) FROM pg_publication_tables"));
      assertTrue(problem.type().retryable());
      awaitTable(table);
      assertEquals("id phone name", shown());
    }
  }
}
