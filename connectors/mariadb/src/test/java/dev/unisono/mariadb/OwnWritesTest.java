package dev.unisono.mariadb;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Row;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The binlog says which changes are our own, and how far they came. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OwnWritesTest {
  private static final Binding ITEM =
      Bindings.of(
          "item", List.of("id"), field("id", ValueType.LONG), field("name", ValueType.STRING));

  private MariaDbServer server;

  @BeforeAll
  void startServer() {
    server = MariaDbServer.temporary();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  private static Row row(@Nullable Object... values) {
    return new Row(ITEM.schema(), values);
  }

  private static MemberWrite insert(long id, long key) {
    return new MemberWrite(id, ITEM, new Key(key), row(key, "ours"), null);
  }

  private static String text(Change change) {
    return change.operation() + " " + change.key() + " " + change.marker();
  }

  private static long passed(SourceRun run) {
    return run.batches().stream().mapToLong(batch -> batch.passed()).max().orElse(0);
  }

  private static List<String> markers(List<Change> changes) {
    List<String> texts = new ArrayList<>();
    changes.forEach(change -> texts.add(text(change)));
    return texts;
  }

  @Test
  void changesOfOurTransactionsHaveTheirMarkerAndEndWithIt()
      throws SQLException, InterruptedException {
    try (TestDatabase database = new TestDatabase(server, "own")) {
      database.execute("CREATE TABLE item (id bigint PRIMARY KEY, name varchar(100))");
      ConnectedSystem system = database.system(Map.of(), List.of(ITEM), List.of(ITEM));
      assertEquals(List.of(), system.check());
      Map<String, String> left;
      try (SourceRun run = SourceRun.start(system.source(), Map.of()).awaitStreaming();
          MemberWriter writer = system.memberWriter()) {
        writer.mark(3);
        run.awaitBatch("a marker by itself", batch -> batch.passed() == 3);
        database.execute("INSERT INTO item VALUES (1, 'theirs')");
        writer.write(List.of(insert(4, 2), insert(5, 1), insert(6, 3)));
        database.execute("UPDATE item SET name = 'theirs' WHERE id = 3");
        run.awaitChanges(4);
        run.awaitBatch("the end of what was written", batch -> batch.passed() == 6);
        assertEquals(
            List.of("CREATE [1] 0", "CREATE [2] 6", "CREATE [3] 6", "UPDATE [3] 0"),
            markers(run.changes()));
        writer.mark(7);
        writer.mark(7);
        run.awaitBatch("the same number once more", batch -> batch.passed() == 7);
        left = run.state();
      }
      try (ConnectedSystem other = database.system(Map.of(), List.of(ITEM), List.of(ITEM));
          MemberWriter writer = other.memberWriter()) {
        writer.write(List.of(insert(8, 4), insert(9, 5)));
        // Goes on amid a transaction of ours: what is left of it is ours still.
        Map<String, Object> single = Map.of("read-batch", 1L);
        Map<String, String> amid;
        try (SourceRun run =
            SourceRun.untilBatches(
                database.system(single, List.of(ITEM), List.of(ITEM)).source(), left, 2)) {
          run.awaitEnd();
          amid = run.state();
          assertTrue(passed(run) < 9, "not all of it was handed over");
        }
        try (SourceRun run =
            SourceRun.start(database.system(single, List.of(ITEM), List.of(ITEM)).source(), amid)) {
          run.awaitBatch("the end of what was written", batch -> batch.passed() == 9);
          assertTrue(markers(run.changes()).contains("CREATE [5] 9"), markers(run.changes()) + "");
        }
      }
    }
  }
}
