package dev.unisono.jdbc;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.ReplicaKeys;
import dev.unisono.testkit.contract.SourceRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SqliteTriggerSourceTest extends TriggerSourceContract {
  SqliteTriggerSourceTest() {
    super(TestDatabase.Kind.SQLITE);
  }

  @Override
  void replace() throws SQLException {
    database.execute(
        "INSERT OR REPLACE INTO \"item\" VALUES (100, 'takes one', 'code 1')",
        "REPLACE INTO \"item\" VALUES (2, 'the same key', 'code 2')",
        "REPLACE INTO \"item\" VALUES (3, 'key and value', 'code 4')",
        "INSERT OR IGNORE INTO \"item\" VALUES (101, 'ignored', 'code 5')",
        "INSERT INTO \"item\" VALUES (102, 'merged', 'code 6') ON CONFLICT (\"code\") DO UPDATE SET"
            + " \"name\" = excluded.\"name\"",
        "UPDATE OR REPLACE \"item\" SET \"code\" = 'code 7' WHERE \"id\" = 8",
        "UPDATE OR REPLACE \"item\" SET \"id\" = 9 WHERE \"id\" = 0");
  }

  /** Any column of SQLite can hold any value. */
  @Test
  void aValueThatIsNoneOfItsFieldIsShownAsSuchAndStopsNothing() throws SQLException {
    Binding any =
        Bindings.of(
            "loose", List.of("id"), field("id", ValueType.LONG), field("day", ValueType.DATE));
    database.execute(
        "CREATE TABLE loose (id BIGINT NOT NULL PRIMARY KEY, day DATE)",
        "INSERT INTO loose VALUES (1, '2026-05-06'), (2, 'yesterday'), ('x', '2026-05-06')");
    try (SourceRun run = SourceRun.start(source(any), Map.of())) {
      run.awaitDone();
      database.execute(
          "UPDATE loose SET day = 'tomorrow' WHERE id = 1",
          "UPDATE loose SET id = 'y' WHERE id = 2",
          "INSERT INTO loose VALUES (5, NULL)");
      run.awaitKey(5L);
      List<Change> changes = run.changes();
      assertUnfit(Objects.requireNonNull(changes.get(1).after()).value("day"));
      assertUnfit(Objects.requireNonNull(changes.get(2).after()).value("id"));
      assertUnfit(Objects.requireNonNull(changes.get(3).after()).value("day"));
      assertEquals(Operation.DELETE, changes.get(4).operation());
      assertEquals(new Key(2L), changes.get(4).key());
      run.wasWell();
    }
  }

  @Test
  void aDatabaseThatIsRestoredToAnEarlierTimeIsCompared(@TempDir Path backups) throws Exception {
    database.execute("INSERT INTO item VALUES (1, 'before', NULL)");
    Map<String, String> state;
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      state = run.state();
    }
    Path backup = Files.copy(database.file(), backups.resolve("backup.db"));
    database.execute("INSERT INTO item VALUES (2, 'after', NULL)");
    Replica replica = new Replica();
    try (SourceRun run = start(state)) {
      run.awaitKey(2);
      replica.add(ITEM, 1, 2);
      state = run.state();
    }
    Files.copy(backup, database.file(), StandardCopyOption.REPLACE_EXISTING);
    try (SourceRun run =
        SourceRun.feeding(
            source(), state, Integer.MAX_VALUE, new ReplicaKeys(replica::keys, true))) {
      run.awaitDone();
      assertEquals("log-behind", run.progress().tables().getFirst().cause());
      replica.apply(run.changes());
      assertEquals(List.of("1|before|~"), replica.texts());
    }
  }

  @Test
  void aTableWithoutRowidAndAColumnThatIsRenamedAreRead() throws Exception {
    Binding pairs =
        Bindings.of(
            "pairs",
            List.of("a", "b"),
            field("a", ValueType.LONG),
            field("b", ValueType.STRING),
            field("c", ValueType.STRING));
    database.execute(
        "CREATE TABLE pairs (a INTEGER NOT NULL, b TEXT NOT NULL, c TEXT, PRIMARY KEY (a, b))"
            + " WITHOUT ROWID",
        "INSERT INTO pairs VALUES (1, 'x', 'one'), (1, 'y', 'two'), (2, 'x', 'three')");
    Map<String, String> state;
    try (SourceRun run = SourceRun.start(source(pairs), Map.of())) {
      run.awaitDone();
      database.execute("UPDATE pairs SET b = 'z', c = 'moved' WHERE a = 1 AND b = 'x'");
      assertEquals(new Key(1L, "x"), run.awaitChanges(4).get(3).previousKey());
      database.execute("ALTER TABLE pairs RENAME COLUMN c TO d");
      assertEquals("table-changed", run.awaitFailure().problem().code());
      state = run.state();
    }
    try (SourceRun run = SourceRun.start(source(pairs), state)) {
      run.awaitDone();
      assertEquals(List.of("column c is gone; its field stays as it was"), run.differences());
      database.execute("DELETE FROM pairs WHERE a = 2");
      run.await(change -> change.operation() == Operation.DELETE);
    }
  }

  @Override
  String numbered() {
    return "INTEGER PRIMARY KEY";
  }
}
