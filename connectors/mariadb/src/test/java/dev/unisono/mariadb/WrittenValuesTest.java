package dev.unisono.mariadb;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.SourceRun;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a target writes is what the source reads, and nothing else is touched. */
final class WrittenValuesTest {
  private static final Object KEPT = Unchanged.UNCHANGED;
  private static final TablePolicy MAKING = new TablePolicy(SchemaChange.IGNORE, true, false, null);

  private static MariaDbServer server;
  private static int count;

  @BeforeAll
  static void startServer() {
    server = MariaDbServer.temporary();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  private static WrittenDatabase database() throws SQLException {
    return new WrittenDatabase(server, "written" + ++count);
  }

  private static Delivery delivery(
      Binding binding, long sequence, Operation operation, @Nullable Object... values) {
    Row row = new Row(binding.schema(), values);
    return new Delivery(
        sequence,
        binding,
        operation,
        binding.schema().key(row),
        null,
        operation == Operation.DELETE ? null : row,
        0,
        Instant.EPOCH);
  }

  private static DeliveryOutcome apply(Lane lane, Delivery... deliveries) {
    return lane.apply(
        List.of(deliveries), new LaneCursor(1, deliveries[deliveries.length - 1].sequence()));
  }

  private static Binding everyType() {
    List<Field> fields = new ArrayList<>(List.of(field("id", ValueType.LONG)));
    Arrays.stream(ValueType.values())
        .filter(type -> type != ValueType.ARRAY)
        .forEach(type -> fields.add(field("v_" + type, type)));
    return Bindings.of("vals", List.of("id"), fields.toArray(Field[]::new)).with(MAKING);
  }

  /** In the order of {@link ValueType}. */
  private static List<@Nullable Object[]> rows() {
    return List.of(
        new @Nullable Object[] {
          0L,
          true,
          Long.MAX_VALUE,
          new BigDecimal("12345678901234567890123456789012345.123456789012345678901234567891"),
          0.1,
          "007 ",
          new byte[] {0, 1, -1},
          LocalDate.of(2026, 2, 28),
          LocalTime.of(23, 59, 59, 999_999_000),
          Instant.parse("2026-05-06T07:08:09.000001Z"),
          UUID.fromString("00000000-0000-4000-8000-00000000000a"),
          new Json("{\"b\":1,  \"a\":1.0}")
        },
        new @Nullable Object[] {
          2L,
          false,
          Long.MIN_VALUE,
          new BigDecimal("-0.01"),
          -1e300,
          "ünï 😀 'quoted' \"too\" \\ `back`\n\0",
          new byte[0],
          LocalDate.of(1, 1, 1),
          LocalTime.of(0, 0),
          Instant.parse("1969-12-31T23:59:59.999999Z"),
          new UUID(-1, -1),
          new Json("7")
        },
        new @Nullable Object[] {
          3L, null, null, null, null, null, null, null, null, null, null, null
        },
        new @Nullable Object[] {
          4L,
          true,
          9007199254740993L,
          new BigDecimal("1e10"),
          4.9e-324,
          "",
          new byte[] {0},
          LocalDate.of(9999, 12, 31),
          LocalTime.of(12, 30),
          Instant.parse("2026-03-29T02:30:00Z"),
          new UUID(1, 2),
          new Json("null")
        });
  }

  private static List<String> texts(Row row) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < row.schema().size(); i++) {
      texts.add(
          switch (row.value(i)) {
            case byte[] bytes -> Arrays.toString(bytes);
            case BigDecimal number -> number.stripTrailingZeros().toPlainString();
            case null -> "null";
            case Object other -> other.toString();
          });
    }
    return texts;
  }

  @Test
  void everyTypeIsReadAsItWasWritten() throws SQLException {
    Binding binding = everyType();
    try (WrittenDatabase database = database();
        ConnectedSystem target = database.writing(binding);
        Lane lane = target.target().open(0)) {
      Delivery[] deliveries =
          rows().stream()
              .map(row -> delivery(binding, 1, Operation.CREATE, row))
              .toArray(Delivery[]::new);
      assertEquals(new DeliveryOutcome.Applied(rows().size()), apply(lane, deliveries));
      ConnectedSystem source = database.system(Map.of(), List.of(binding), List.of(), "one");
      assertEquals(List.of(), source.check(), "as the source would have the types");
      try (SourceRun run = SourceRun.start(source.source(), Map.of())) {
        List<Change> changes = run.awaitChanges(rows().size());
        for (int i = 0; i < changes.size(); i++) {
          assertEquals(
              texts(new Row(binding.schema(), rows().get(i))),
              texts(Objects.requireNonNull(changes.get(i).after())));
        }
      }
    }
  }

  @Test
  void whatMariaDbDoesNotHaveIsRefused() throws SQLException {
    Binding binding = everyType();
    List<Map.Entry<String, Object>> unfit =
        List.of(
            Map.entry("v_DOUBLE", Double.NaN),
            Map.entry("v_DECIMAL", Double.POSITIVE_INFINITY),
            Map.entry("v_DECIMAL", new BigDecimal("1e40")),
            Map.entry("v_DATE", LocalDate.MAX),
            Map.entry("v_DATE", LocalDate.of(0, 5, 5)),
            Map.entry("v_TIMESTAMP", Instant.MIN),
            Map.entry("v_TIMESTAMP", Instant.parse("+10000-01-01T00:00:00Z")));
    try (WrittenDatabase database = database();
        ConnectedSystem target = database.writing(binding);
        Lane lane = target.target().open(0)) {
      for (Map.Entry<String, Object> each : unfit) {
        @Nullable Object[] values = rows().getFirst().clone();
        values[binding.schema().position(each.getKey())] = each.getValue();
        DeliveryOutcome.Refused refused =
            assertInstanceOf(
                DeliveryOutcome.Refused.class,
                apply(lane, delivery(binding, 1, Operation.CREATE, values)),
                each.toString());
        assertEquals("refused-by-target", refused.cause().code());
      }
      assertEquals(List.of("0"), database.rows("SELECT count(*) FROM vals"));
    }
  }

  /** Its collation takes the two keys for the same, and blanks at the end for nothing. */
  @Test
  void aRowIsNotAnotherWhoseKeyItsCollationTakesForIts() throws SQLException {
    Binding binding =
        Bindings.of(
            "codes",
            List.of("code"),
            field("code", ValueType.STRING),
            field("name", ValueType.STRING),
            field("note", ValueType.STRING));
    try (WrittenDatabase database = database()) {
      database.execute(
          "CREATE TABLE codes (code varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY, name"
              + " varchar(20), note varchar(20))",
          "INSERT INTO codes VALUES ('ABC', 'theirs', 'n')");
      try (ConnectedSystem target = database.writing(binding);
          Lane lane = target.target().open(0)) {
        for (String other : List.of("abc", "ABC ")) {
          DeliveryOutcome.Waiting waiting =
              assertInstanceOf(
                  DeliveryOutcome.Waiting.class,
                  apply(lane, delivery(binding, 1, Operation.CREATE, other, "ours", "m")));
          assertEquals("value-taken", waiting.cause().code());
          assertTrue(
              waiting.cause().message().contains("another row has one of its unique values"));
          apply(lane, delivery(binding, 2, Operation.UPDATE, other, "ours", KEPT));
          apply(lane, delivery(binding, 3, Operation.DELETE, other, null, null));
        }
        assertEquals(List.of("ABC|theirs|n"), database.rows("SELECT * FROM codes"));
        apply(lane, delivery(binding, 4, Operation.UPDATE, "ABC", "ours", KEPT));
        assertEquals(List.of("ABC|ours|n"), database.rows("SELECT * FROM codes"));
        apply(lane, delivery(binding, 5, Operation.DELETE, "ABC", null, null));
        apply(lane, delivery(binding, 6, Operation.CREATE, "abc", "ours", "m"));
        assertEquals(List.of("abc|ours|m"), database.rows("SELECT * FROM codes"));
      }
    }
  }

  /** Rows that take over each other's unique values are removed and written again. */
  @Test
  void columnsThatAreNotSyncedStayAsTheyAreWhereRowsChangePlaces() throws SQLException {
    Binding binding =
        Bindings.of(
            "places", List.of("id"), field("id", ValueType.LONG), field("name", ValueType.STRING));
    String all =
        "SELECT id, name, at, late, hex(bits + 0), f, d, hex(data), inet, hex(point), y, word,"
            + " stamp FROM places ORDER BY id";
    try (WrittenDatabase database = database()) {
      database.execute(
          "CREATE TABLE places (id bigint PRIMARY KEY, name varchar(20) UNIQUE, at datetime(3), late"
              + " time(3), bits bit(12), f float, d double, data blob, inet inet6, point point, y"
              + " year, word enum('a', 'b'), stamp timestamp(6) NULL, size int AS (id + 1))",
          "INSERT INTO places (id, name, at, late, bits, f, d, data, inet, point, y, word, stamp)"
              + " VALUES (1, 'one', '2026-03-29 02:30:00.012', '100:00:00.005', b'100000000001',"
              + " 0.1, 0.1, x'00ff80', 'fe80::1', POINT(1.5, -2), 2024, 'b',"
              + " '2026-10-25 01:30:00.5'), (2, 'two', NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
              + " NULL, NULL, NULL, NULL)");
      List<String> before = database.rows(all);
      try (ConnectedSystem target = database.writing(binding);
          Lane lane = target.target().open(0)) {
        assertEquals(
            new DeliveryOutcome.Applied(2),
            lane.applyAsUnit(
                List.of(
                    delivery(binding, 1, Operation.UPDATE, 1L, "two"),
                    delivery(binding, 2, Operation.UPDATE, 2L, "one")),
                new LaneCursor(1, 2)));
      }
      assertEquals(
          List.of(before.get(0).replace("|one|", "|two|"), before.get(1).replace("|two|", "|one|")),
          database.rows(all));
    }
  }

  @Test
  void aZeroIsNoReasonToCount() throws SQLException {
    Binding binding =
        Bindings.of(
            "counted", List.of("id"), field("id", ValueType.LONG), field("n", ValueType.LONG));
    try (WrittenDatabase database = database()) {
      database.execute("CREATE TABLE counted (id bigint AUTO_INCREMENT PRIMARY KEY, n bigint)");
      try (ConnectedSystem target = database.writing(binding);
          Lane lane = target.target().open(0)) {
        apply(lane, delivery(binding, 1, Operation.CREATE, 0L, 7L));
        assertEquals(List.of("0|7"), database.rows("SELECT * FROM counted"));
        assertEquals(List.of(new Key(0L)), target.target().keys(binding, null, 10).keys());
      }
    }
  }

  @Test
  void checkNamesEngineAndRights() throws SQLException {
    Binding binding =
        Bindings.of(
            "loose", List.of("id"), field("id", ValueType.LONG), field("n", ValueType.LONG));
    try (WrittenDatabase database = database()) {
      database.execute("CREATE TABLE loose (id bigint PRIMARY KEY, n bigint) ENGINE = MyISAM");
      assertEquals(
          List.of("not-transactional"),
          database.writing(binding).check().stream().map(Problem::code).toList());
      database.execute("ALTER TABLE loose ENGINE = InnoDB");
      assertEquals(List.of(), database.writing(binding).check());
      server.createUser("reader", "secret");
      database.execute("GRANT SELECT ON loose TO reader");
      ConnectedSystem asReader =
          database.system(
              Map.of("user", "reader", "password", "secret"), List.of(), List.of(binding), "one");
      List<Problem> problems = asReader.check();
      assertEquals(
          List.of("missing-right", "missing-right"), problems.stream().map(Problem::code).toList());
      assertTrue(problems.getFirst().remedy().contains("GRANT CREATE"), problems + "");
    }
  }
}
