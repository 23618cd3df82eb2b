package dev.unisono.mariadb;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Row;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.Source;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
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

/** Tables whose columns change while they are read, or while nobody reads. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TableChangeTest {
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

  private static @Nullable Object value(Change change, String name) {
    Row after = change.after();
    return after == null ? null : after.value(name);
  }

  @Test
  void goesOnByNamesWhereColumnsComeGoAndMove() throws Exception {
    ItemTable.create(database, 3);
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), Map.of()).awaitDone()) {
      database.execute(
          "INSERT INTO item VALUES (10, 'before', 1)",
          "ALTER TABLE item ADD COLUMN extra int FIRST",
          "INSERT INTO item (id, name, price, extra) VALUES (11, 'between', 2, 7)",
          "ALTER TABLE item DROP COLUMN extra, MODIFY price decimal(12,3) AFTER id",
          "INSERT INTO item (id, name, price) VALUES (12, 'after', 3)");
      List<Change> changes = run.awaitChanges(6);
      assertEquals("10|before|1.000", Replica.text(Objects.requireNonNull(changes.get(3).after())));
      assertEquals(
          "11|between|2.000", Replica.text(Objects.requireNonNull(changes.get(4).after())));
      assertEquals("12|after|3.000", Replica.text(Objects.requireNonNull(changes.get(5).after())));
      assertEquals(6, changes.size());
      run.wasWell();
    }
  }

  @Test
  void readsWhatWasWrittenBeforeAChangeAsItWasThen() throws Exception {
    ItemTable.create(database, 3);
    Map<String, String> state;
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), Map.of()).awaitDone()) {
      state = run.state();
    }
    database.execute(
        "INSERT INTO item VALUES (10, 'before', 1)",
        "ALTER TABLE item ADD COLUMN extra int FIRST, MODIFY price decimal(12,3) AFTER extra",
        "INSERT INTO item (id, name, price, extra) VALUES (11, 'after', 2, 7)");
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), state)) {
      List<Change> changes = run.awaitChanges(2);
      assertEquals("10|before|1.000", Replica.text(Objects.requireNonNull(changes.get(0).after())));
      assertEquals("11|after|2.000", Replica.text(Objects.requireNonNull(changes.get(1).after())));
      database.execute("UPDATE item SET extra = 8 WHERE id = 11");
      run.awaitChanges(3);
      state = run.state();
    }
    database.execute("UPDATE item SET name = 'later' WHERE id = 11");
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), state)) {
      Change later = run.await(change -> "later".equals(value(change, "name")));
      assertEquals("11|later|2.000", Replica.text(Objects.requireNonNull(later.after())));
    }
  }

  @Test
  void readsRowsAgainWhoseValuesAChangeOfTypeMayHaveChanged() throws Exception {
    ItemTable.create(database, 3);
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), Map.of()).awaitDone()) {
      database.execute(
          "SET STATEMENT sql_mode = '' FOR ALTER TABLE item MODIFY price decimal(12,0)",
          "INSERT INTO item VALUES (10, 'after', 1)");
      run.await(change -> "after".equals(value(change, "name")));
      run.awaitProgress("the second snapshot", now -> now.tables().getFirst().number() == 2);
      run.awaitDone();
      assertEquals(ItemTable.texts(database), new Replica().apply(run.changes()).texts());
      assertEquals("read-again", run.progress().tables().getFirst().cause());
    }
  }

  @Test
  void leavesAFieldAsItIsWhoseColumnIsGoneAndSaysSo() throws Exception {
    ItemTable.create(database, 3);
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), Map.of()).awaitDone()) {
      database.execute(
          "ALTER TABLE item DROP COLUMN price", "UPDATE item SET name = 'after' WHERE id = 1");
      Change after = run.await(change -> "after".equals(value(change, "name")));
      assertSame(Unchanged.UNCHANGED, value(after, "price"));
      run.awaitProgress("the difference", now -> !run.differences().isEmpty());
      assertEquals(List.of("column price is gone; its field stays as it was"), run.differences());
    }
  }

  @Test
  void stopsBeforeAChangeWhereTheSyncSaysSo() throws Exception {
    ItemTable.create(database, 1);
    Binding stopping =
        ItemTable.BINDING.with(new TablePolicy(SchemaChange.STOP, false, false, null));
    Map<String, String> state;
    try (SourceRun run = SourceRun.start(source(stopping), Map.of()).awaitDone()) {
      database.execute(
          "INSERT INTO item VALUES (10, 'before', 1)",
          "ALTER TABLE item ADD COLUMN extra int",
          "INSERT INTO item (id, name) VALUES (11, 'after')");
      assertEquals("schema-changed", run.awaitFailure().problem().code());
      assertEquals(2, run.changes().size());
      state = run.state();
    }
    // Again at the same place, and beyond it once it is told to.
    try (SourceRun run = SourceRun.start(source(stopping), state)) {
      assertEquals("schema-changed", run.awaitFailure().problem().code());
      assertEquals(0, run.changes().size());
      state = run.state();
    }
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), state)) {
      run.await(change -> "after".equals(value(change, "name")));
      assertEquals(1, run.changes().size());
    }
  }

  @Test
  void readsATableThatWasMadeAnewOnceMore() throws Exception {
    ItemTable.create(database, 5);
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), Map.of()).awaitDone()) {
      database.execute(
          "CREATE TABLE next LIKE item",
          "INSERT INTO next SELECT id + 100, name, price FROM item",
          "RENAME TABLE item TO gone, next TO item",
          "INSERT INTO item VALUES (1000, 'after', 1)");
      run.await(change -> "after".equals(value(change, "name")));
      run.awaitProgress("the second snapshot", now -> now.tables().getFirst().number() == 2);
      run.awaitDone();
      run.await(change -> Objects.equals(value(change, "id"), 101L));
      run.wasWell();
    }
  }

  @Test
  void isNotEndedByStatementsOfOthers() throws Exception {
    ItemTable.create(database, 1);
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), Map.of()).awaitDone()) {
      server.execute(
          "",
          "CREATE OR REPLACE DATABASE elsewhere",
          "CREATE TABLE elsewhere.address (a inet6, b int AS (1) VIRTUAL)",
          "INSERT INTO elsewhere.address (a) VALUES ('::1')",
          "CREATE SEQUENCE elsewhere.numbers",
          "DROP DATABASE elsewhere");
      database.execute("INSERT INTO item VALUES (10, 'after', 1)");
      run.await(change -> "after".equals(value(change, "name")));
      run.wasWell();
    }
  }

  @Test
  void tellsTwoSyncsOfOneTable() throws Exception {
    ItemTable.create(database, 2);
    Binding names =
        Bindings.of(
            "item", List.of("name"), field("name", ValueType.STRING), field("id", ValueType.LONG));
    Binding other =
        new Binding("names", names.schema(), "item", names.columns(), "syncs.names.members[0]");
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING, other), Map.of()).awaitDone()) {
      assertEquals(4, run.changes().size());
      database.execute("UPDATE item SET name = 'moved' WHERE id = 1");
      List<Change> changes = run.awaitChanges(6);
      assertEquals(null, changes.get(4).previousKey());
      assertEquals("[item 1]", String.valueOf(changes.get(5).previousKey()));
    }
  }
}
