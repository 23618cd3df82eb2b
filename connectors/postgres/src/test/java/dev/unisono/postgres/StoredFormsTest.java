package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Field;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Projection;
import dev.unisono.spi.Row;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.SourceRun;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a column makes of a value is what is read back of it. */
final class StoredFormsTest {
  private static final int ROWS = 300;

  /** A column and the type of the field that it is. */
  private record Column(String type, ValueType field) {}

  private static final List<Column> COLUMNS =
      List.of(
          new Column("numeric(12,2)", ValueType.DECIMAL),
          new Column("numeric(20,6)", ValueType.DECIMAL),
          new Column("numeric(12)", ValueType.DECIMAL),
          new Column("numeric(12,-2)", ValueType.DECIMAL),
          new Column("numeric", ValueType.DECIMAL),
          new Column("real", ValueType.DECIMAL),
          new Column("double precision", ValueType.DECIMAL),
          new Column("real", ValueType.DOUBLE),
          new Column("double precision", ValueType.DOUBLE),
          new Column("timestamp(0)", ValueType.TIMESTAMP),
          new Column("timestamp(3)", ValueType.TIMESTAMP),
          new Column("timestamptz", ValueType.TIMESTAMP),
          new Column("timestamptz(0)", ValueType.TIMESTAMP),
          new Column("timestamptz(1)", ValueType.TIMESTAMP),
          new Column("time(0)", ValueType.TIME),
          new Column("time(2)", ValueType.TIME),
          new Column("char(20)", ValueType.STRING),
          new Column("varchar(6)", ValueType.STRING),
          new Column("text", ValueType.STRING),
          new Column("bytea", ValueType.BYTES),
          new Column("cents", ValueType.DECIMAL));

  private static Binding binding() {
    List<Field> fields = new ArrayList<>(List.of(field("id", ValueType.LONG)));
    for (int i = 0; i < COLUMNS.size(); i++) {
      fields.add(field("c" + i, COLUMNS.get(i).field()));
    }
    return Bindings.of("stored", List.of("id"), fields.toArray(Field[]::new));
  }

  private static Object value(ValueType type, Random random) {
    return switch (type) {
      case DECIMAL -> {
        BigDecimal some = BigDecimal.valueOf(random.nextLong(-99_999_999, 99_999_999));
        // Often just between two numbers that are kept.
        BigDecimal end = random.nextBoolean() ? new BigDecimal("0.5") : BigDecimal.ZERO;
        yield some.add(end).movePointLeft(random.nextInt(8));
      }
      case DOUBLE -> (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(-30, 30));
      case TIMESTAMP ->
          Instant.ofEpochSecond(random.nextLong(-9_000_000_000L, 9_000_000_000L))
              .plusNanos(1_000L * micros(random));
      case TIME ->
          LocalTime.ofSecondOfDay(random.nextInt(86_399)).plusNanos(1_000L * micros(random));
      case STRING -> "ab ü😀".substring(0, random.nextInt(5)) + " ".repeat(random.nextInt(9));
      case BYTES -> new byte[random.nextInt(5)];
      default -> throw new AssertionError(type);
    };
  }

  /** Often just between two that are kept. */
  private static int micros(Random random) {
    return random.nextBoolean()
        ? random.nextInt(1_000_000)
        : 500_000 / (int) Math.pow(10, random.nextInt(6)) * (1 + random.nextInt(2)) % 1_000_000;
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case byte[] bytes -> Arrays.toString(bytes);
      case BigDecimal number -> number.stripTrailingZeros().toPlainString();
      case null -> "null";
      case Object other -> other.toString();
    };
  }

  @Test
  void projectingAValueGivesWhatIsReadBack() throws SQLException {
    Binding binding = binding();
    Random random = new Random(7);
    List<@Nullable Object[]> rows = new ArrayList<>();
    for (long id = 0; id < ROWS; id++) {
      @Nullable Object[] values = new @Nullable Object[binding.schema().size()];
      values[0] = id;
      for (int i = 1; i < values.length; i++) {
        values[i] =
            random.nextInt(20) == 0 ? null : value(binding.schema().field(i).type(), random);
      }
      rows.add(values);
    }
    try (PostgresServer server = PostgresServer.temporary();
        TestDatabase database = new TestDatabase(server, "stored")) {
      database.execute("CREATE DOMAIN cents AS numeric(12,2)", create());
      ConnectedSystem system = database.system(Map.of(), List.of(binding), List.of(binding));
      assertEquals(List.of(), system.check());
      Projection projection = system.projection(binding);
      try (MemberWriter writer = system.memberWriter()) {
        List<MemberWrite> writes = new ArrayList<>();
        for (@Nullable Object[] values : rows) {
          Row row = new Row(binding.schema(), values);
          writes.add(
              new MemberWrite(writes.size() + 1L, binding, binding.schema().key(row), row, null));
        }
        assertEquals(List.of(), writer.write(writes), "none is refused");
      }
      try (SourceRun run = SourceRun.start(system.source(), Map.of()).awaitStreaming()) {
        for (Change change : run.awaitChanges(ROWS)) {
          Row read = Objects.requireNonNull(change.after());
          @Nullable Object[] written = rows.get(id(change));
          for (int i = 0; i < written.length; i++) {
            Object projected = projection.project(i, written[i]);
            String what = i == 0 ? "id" : COLUMNS.get(i - 1) + " of " + text(written[i]);
            assertEquals(text(read.value(i)), text(projected), what);
            assertEquals(text(projected), text(projection.project(i, projected)), "again: " + what);
          }
        }
      }
    }
  }

  private static int id(Change change) {
    return ((Long) Objects.requireNonNull(change.key()).part(0)).intValue();
  }

  private static String create() {
    StringBuilder create = new StringBuilder("CREATE TABLE stored (id bigint PRIMARY KEY");
    for (int i = 0; i < COLUMNS.size(); i++) {
      create.append(", c").append(i).append(' ').append(COLUMNS.get(i).type());
    }
    return create + ")";
  }
}
