package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Field;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Target;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class ValueRoundTripTest {
  @Test
  void eachValueIsReadAndWrittenAsItIs() throws SQLException, InterruptedException {
    try (PostgresServer server =
            PostgresServer.temporary(
                Map.of("timezone", "America/New_York", "datestyle", "'German,DMY'"));
        TestDatabase database = new TestDatabase(server, "values")) {
      database.execute(ColumnKind.TYPES);
      String columns =
          ColumnKind.ALL.stream()
              .map(kind -> kind.column() + " " + kind.type())
              .collect(Collectors.joining(", "));
      database.execute(
          "CREATE TABLE a (id bigint PRIMARY KEY, " + columns + ")",
          "CREATE TABLE b (id bigint PRIMARY KEY, " + columns + ")");
      assertEquals(
          List.of(),
          database
              .system(Map.of(), List.of(binding("public.a")), List.of(binding("public.b")))
              .check());
      int rows =
          ColumnKind.ALL.stream().mapToInt(kind -> kind.values().size()).max().orElseThrow() + 1;
      insert(database, 0, rows);
      try (var run = SourceRun.start(database.reading(binding("public.a")).source(), Map.of())) {
        run.awaitStreaming();
        insert(database, rows, rows);
        List<Change> changes = run.awaitChanges(2 * rows);
        for (int i = 0; i < rows; i++) {
          // As the snapshot reads them, so the log shows them.
          assertEquals(text(changes.get(i)), text(changes.get(rows + i)));
        }
        write(database, changes);
      }
      String texts =
          "SELECT concat_ws('|', id, "
              + ColumnKind.ALL.stream()
                  .map(kind -> "coalesce(" + kind.column() + "::text, '~')")
                  .collect(Collectors.joining(", "))
              + ") FROM %s ORDER BY id";
      assertEquals(database.rows(texts.formatted("a")), database.rows(texts.formatted("b")));
    }
  }

  /** What the change says beside its key. */
  private static String text(Change change) {
    String text = Replica.text(Objects.requireNonNull(change.after()));
    return text.substring(text.indexOf('|'));
  }

  private static Binding binding(String table) {
    List<Field> fields = new ArrayList<>();
    fields.add(field("id", ValueType.LONG));
    ColumnKind.ALL.forEach(kind -> fields.add(kind.field()));
    return Bindings.of(table, List.of("id"), fields.toArray(Field[]::new));
  }

  /** The n-th row has the n-th value of each kind; where there is none, null. */
  private static void insert(TestDatabase database, int firstId, int rows) throws SQLException {
    for (int i = 0; i < rows; i++) {
      int row = i;
      database.execute(
          "INSERT INTO a VALUES ("
              + (firstId + i)
              + ", "
              + ColumnKind.ALL.stream()
                  .map(kind -> row < kind.values().size() ? kind.values().get(row) : "NULL")
                  .collect(Collectors.joining(", "))
              + ")");
    }
  }

  private static void write(TestDatabase database, List<Change> changes) {
    Binding target = binding("public.b");
    List<Delivery> deliveries = new ArrayList<>();
    for (Change change : changes) {
      deliveries.add(
          new Delivery(
              deliveries.size() + 1,
              target,
              Operation.READ,
              change.key(),
              null,
              change.after(),
              0,
              change.sourceTime()));
    }
    try (Target writing = database.writing(target).target();
        Lane lane = writing.open(0)) {
      assertEquals(
          new DeliveryOutcome.Applied(deliveries.size()),
          lane.apply(deliveries, new LaneCursor(1, deliveries.size())));
    }
  }
}
