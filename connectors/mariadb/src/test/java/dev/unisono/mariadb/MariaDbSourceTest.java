package dev.unisono.mariadb;

import static dev.unisono.spi.Operation.CREATE;
import static dev.unisono.spi.Operation.DELETE;
import static dev.unisono.spi.Operation.READ;
import static dev.unisono.spi.Operation.TRUNCATE;
import static dev.unisono.spi.Operation.UPDATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.Source;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MariaDbSourceTest {
  private MariaDbServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server = MariaDbServer.temporary();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void makeDatabase(TestInfo test) throws SQLException {
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    database.close();
  }

  private Source source(Binding... bindings) {
    return database.system(Map.of(), bindings).source();
  }

  private SourceRun streaming(Binding... bindings) {
    return SourceRun.start(source(bindings), Map.of()).awaitStreaming();
  }

  private static List<Operation> operations(List<Change> changes) {
    return changes.stream().map(Change::operation).toList();
  }

  private static List<@Nullable Key> keys(List<Change> changes) {
    List<@Nullable Key> keys = new ArrayList<>();
    changes.forEach(change -> keys.add(change.key()));
    return keys;
  }

  private static String text(@Nullable Row row) {
    return Replica.text(Objects.requireNonNull(row));
  }

  @Test
  void readsATableAndThenWhatChanges() throws SQLException {
    ItemTable.create(database, 250);
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      assertEquals(250, run.changes().size());
      assertEquals(READ, run.changes().getFirst().operation());
      database.execute(
          "INSERT INTO item VALUES (1000, 'late', 1.500)",
          "UPDATE item SET name = 'first' WHERE id = 1",
          "DELETE FROM item WHERE id = 2");
      List<Change> changes = run.awaitChanges(253);
      assertEquals(ItemTable.texts(database), new Replica().apply(changes).texts());
    }
  }

  @Test
  void showsEachKindOfChangeInOrder() throws SQLException {
    ItemTable.create(database, 0);
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      database.execute(
          "INSERT INTO item VALUES (1, 'one', 1.500)",
          "UPDATE item SET name = 'uno' WHERE id = 1",
          "UPDATE item SET id = 2, price = NULL WHERE id = 1",
          "DELETE FROM item WHERE id = 2",
          "TRUNCATE item");
      List<Change> changes = run.awaitChanges(5);
      assertEquals(List.of(CREATE, UPDATE, UPDATE, DELETE, TRUNCATE), operations(changes));
      assertEquals("1|one|1.500", text(changes.get(0).after()));
      assertNull(changes.get(0).before());
      assertEquals("1|uno|1.500", text(changes.get(1).after()));
      assertEquals("1|one|1.500", text(changes.get(1).before()));
      assertNull(changes.get(1).previousKey());
      assertEquals(new Key(2L), changes.get(2).key());
      assertEquals(new Key(1L), changes.get(2).previousKey());
      assertEquals("2|uno|~", text(changes.get(2).after()));
      assertEquals("1|uno|1.500", text(changes.get(2).before()));
      assertEquals(new Key(2L), changes.get(3).key());
      assertNull(changes.get(3).after());
      assertEquals("2|uno|~", text(changes.get(3).before()));
      assertNull(changes.get(4).key());
      for (int i = 1; i < 5; i++) {
        assertTrue(changes.get(i - 1).position().compareTo(changes.get(i).position()) < 0);
        assertNotEquals(changes.get(i - 1).transaction(), changes.get(i).transaction());
      }
    }
  }

  @Test
  void keepsATransactionTogetherAndShowsNothingThatWasRolledBack() throws SQLException {
    ItemTable.create(database, 0);
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      database.transaction("INSERT INTO item VALUES (1, 'gone', 0)", "ROLLBACK");
      database.transaction(
          "INSERT INTO item VALUES (2, 'two', 0)",
          "SAVEPOINT s",
          "INSERT INTO item VALUES (3, 'gone', 0)",
          "ROLLBACK TO s",
          "INSERT INTO item VALUES (4, 'four', 0)");
      List<Change> changes = run.awaitChanges(2);
      assertEquals(List.of(new Key(2L), new Key(4L)), keys(changes));
      assertEquals(changes.get(0).transaction(), changes.get(1).transaction());
      assertEquals(0, changes.get(0).position().ordinal());
      assertEquals(1, changes.get(1).position().ordinal());
    }
  }
}
