package dev.unisono.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class H2TriggerSourceTest extends TriggerSourceContract {
  H2TriggerSourceTest() {
    super(TestDatabase.Kind.H2);
  }

  @Override
  void replace() throws SQLException {
    database.execute(
        "MERGE INTO \"item\" (\"id\", \"name\", \"code\") KEY (\"code\") VALUES (100, 'moved',"
            + " 'code 1')",
        "MERGE INTO \"item\" (\"id\", \"name\", \"code\") KEY (\"id\") VALUES (2, 'merged', 'new')");
  }

  /** Their entries have places in one order, and they are committed in another. */
  @Test
  void transactionsThatCommitInAnotherOrderAreReadWhole() throws SQLException {
    try (SourceRun run = start(Map.of());
        Connection slow = database.connect();
        Connection fast = database.connect();
        Statement bySlow = slow.createStatement();
        Statement byFast = fast.createStatement()) {
      run.awaitDone();
      slow.setAutoCommit(false);
      fast.setAutoCommit(false);
      bySlow.execute("INSERT INTO \"item\" VALUES (1, 'slow', NULL)");
      byFast.execute("INSERT INTO \"item\" VALUES (2, 'fast', NULL)");
      bySlow.execute("INSERT INTO \"item\" VALUES (3, 'slow', NULL)");
      byFast.execute("INSERT INTO \"item\" VALUES (4, 'fast', NULL)");
      fast.commit();
      run.awaitChanges(2);
      bySlow.execute("INSERT INTO \"item\" VALUES (5, 'slow', NULL)");
      slow.commit();
      List<Change> changes = run.awaitChanges(5);
      assertEquals(
          List.of(2L, 4L, 1L, 3L, 5L).stream().map(Key::new).toList(),
          changes.stream().map(Change::key).toList());
      assertEquals(2, changes.stream().map(Change::transaction).distinct().count());
    }
  }
}
