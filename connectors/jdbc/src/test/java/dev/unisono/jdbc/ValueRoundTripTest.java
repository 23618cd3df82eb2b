package dev.unisono.jdbc;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.SourceRun;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Values of each type come back from a table made for them as they were written. */
final class ValueRoundTripTest {
  private static final Binding VALUES = values();

  @TempDir private Path folder;

  private static Binding values() {
    List<Field> fields = new ArrayList<>(List.of(field("id", ValueType.LONG)));
    Arrays.stream(ValueType.values())
        .filter(type -> type != ValueType.ARRAY)
        .forEach(type -> fields.add(field("v_" + type, type)));
    return Bindings.of("vals", List.of("id"), fields.toArray(Field[]::new))
        .with(new TablePolicy(SchemaChange.IGNORE, true, false, null));
  }

  /** In the order of {@link ValueType}. */
  private static List<@Nullable Object[]> rows() {
    return List.of(
        new @Nullable Object[] {
          1L,
          true,
          Long.MAX_VALUE,
          new BigDecimal("12345678901234567890123456789.123456789"),
          0.1,
          "007",
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
          "ünï 😀 'quoted' \"too\"\n",
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
          5.0,
          "",
          new byte[] {0},
          LocalDate.of(9999, 12, 31),
          LocalTime.of(12, 30),
          Instant.parse("2026-10-25T01:30:00Z"),
          new UUID(1, 2),
          new Json("null")
        });
  }

  private static Delivery delivery(@Nullable Object[] values) {
    Long id = (Long) values[0];
    return new Delivery(
        id == null ? 0 : id,
        VALUES,
        Operation.CREATE,
        VALUES.schema().key(new Row(VALUES.schema(), values)),
        null,
        new Row(VALUES.schema(), values),
        0,
        Instant.EPOCH);
  }

  @ParameterizedTest
  @EnumSource
  void valuesComeBackAsTheyWereWritten(TestDatabase.Kind kind) throws SQLException, IOException {
    try (TestDatabase database = new TestDatabase(kind, folder);
        Lane lane = database.writing(VALUES).target().open(0)) {
      List<Delivery> deliveries = rows().stream().map(ValueRoundTripTest::delivery).toList();
      assertEquals(
          new DeliveryOutcome.Applied(deliveries.size()),
          lane.apply(deliveries, new LaneCursor(1, 9)));
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("SELECT * FROM \"vals\" ORDER BY \"id\"")) {
        for (@Nullable Object[] expected : rows()) {
          assertTrue(row.next());
          for (int i = 0; i < expected.length; i++) {
            ValueType type = VALUES.schema().field(i).type();
            assertSame(expected[i], database.dialect().read(row, i + 1, type));
          }
        }
      }
    }
  }

  /** By a chunk of the snapshot and by the log alike. */
  @ParameterizedTest
  @EnumSource
  void valuesAreReadAsTheyWereWritten(TestDatabase.Kind kind) throws SQLException, IOException {
    try (TestDatabase database = new TestDatabase(kind, folder);
        Lane lane = database.writing(VALUES).target().open(0)) {
      List<Delivery> deliveries = rows().stream().map(ValueRoundTripTest::delivery).toList();
      lane.apply(deliveries, new LaneCursor(1, 9));
      assertEquals(List.of(), database.reading(VALUES).check());
      try (SourceRun run = SourceRun.start(database.reading(VALUES).source(), Map.of())) {
        run.awaitDone();
        database.execute("DELETE FROM \"vals\"");
        run.awaitChanges(2 * deliveries.size());
        lane.apply(deliveries, new LaneCursor(1, 10));
        List<Change> changes = run.awaitChanges(3 * deliveries.size());
        for (int i = 0; i < deliveries.size(); i++) {
          assertSameRow(rows().get(i), changes.get(i).after());
          assertSameRow(rows().get(i), changes.get(2 * deliveries.size() + i).after());
        }
      }
    }
  }

  private static void assertSameRow(@Nullable Object[] expected, @Nullable Row found) {
    for (int i = 0; i < expected.length; i++) {
      assertSame(expected[i], Objects.requireNonNull(found).value(i));
    }
  }

  private static void assertSame(@Nullable Object expected, @Nullable Object found) {
    if (expected instanceof byte[] bytes) {
      assertArrayEquals(bytes, assertInstanceOf(byte[].class, found));
    } else if (expected instanceof BigDecimal number) {
      assertEquals(0, number.compareTo(assertInstanceOf(BigDecimal.class, found)), number + "");
    } else {
      assertEquals(expected, found);
    }
  }

  /** NaN would be null in SQLite, an infinite time is none in H2. */
  @ParameterizedTest
  @EnumSource
  void aValueThatTheDatabaseDoesNotHaveIsRefused(TestDatabase.Kind kind)
      throws SQLException, IOException {
    try (TestDatabase database = new TestDatabase(kind, folder);
        Lane lane = database.writing(VALUES).target().open(0)) {
      @Nullable Object[] values = rows().getFirst().clone();
      int field =
          VALUES.schema().position(kind == TestDatabase.Kind.SQLITE ? "v_DOUBLE" : "v_TIMESTAMP");
      values[field] = kind == TestDatabase.Kind.SQLITE ? (Object) Double.NaN : Instant.MAX;
      DeliveryOutcome.Refused refused =
          assertInstanceOf(
              DeliveryOutcome.Refused.class,
              lane.apply(List.of(delivery(values)), new LaneCursor(1, 1)));
      assertEquals("refused-by-target", refused.cause().code());
      assertEquals(
          List.of(), database.writing(VALUES).target().keys(VALUES, null, 10).keys(), "no row");
      lane.apply(List.of(delivery(rows().getFirst())), new LaneCursor(1, 2));
      assertEquals(
          List.of(new Key(1L)), database.writing(VALUES).target().keys(VALUES, null, 10).keys());
    }
  }
}
