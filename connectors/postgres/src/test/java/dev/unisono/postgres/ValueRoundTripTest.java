package dev.unisono.postgres;

import static dev.unisono.postgres.Bindings.field;
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
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class ValueRoundTripTest {
  /** A column, the field type it is read as, and values of it, each as SQL. */
  private record Kind(String column, String type, ValueType valueType, List<String> values) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("flag", "boolean", ValueType.BOOLEAN, List.of("true", "false")),
          new Kind("small", "smallint", ValueType.LONG, List.of("-32768", "32767")),
          new Kind("whole", "integer", ValueType.LONG, List.of("-2147483648", "2147483647")),
          new Kind(
              "large",
              "bigint",
              ValueType.LONG,
              List.of("-9223372036854775808", "9223372036854775807", "0")),
          new Kind("digits", "bigint", ValueType.DECIMAL, List.of("9223372036854775807", "-1")),
          new Kind(
              "amount",
              "numeric",
              ValueType.DECIMAL,
              List.of(
                  "'NaN'",
                  "'Infinity'",
                  "'-Infinity'",
                  "0.00",
                  "-1.50",
                  "123456789012345678901234567890.123456789",
                  "1e-300",
                  "1e300",
                  "'1e-16383'",
                  "'1e131071'")),
          new Kind("scaled", "numeric(12, 4)", ValueType.DECIMAL, List.of("1.5", "-0.0001")),
          new Kind(
              "real4",
              "real",
              ValueType.DOUBLE,
              List.of("'NaN'", "'Infinity'", "'-Infinity'", "1.1", "3.4028235e38", "'-0'")),
          new Kind(
              "real8",
              "double precision",
              ValueType.DOUBLE,
              List.of(
                  "'NaN'",
                  "'Infinity'",
                  "'-Infinity'",
                  "0.1",
                  "1.7976931348623157e308",
                  "5e-324",
                  "'-0'")),
          new Kind(
              "real_decimal",
              "double precision",
              ValueType.DECIMAL,
              List.of("0.1", "1e300", "1e-300", "'NaN'", "'-Infinity'")),
          new Kind(
              "words",
              "text",
              ValueType.STRING,
              List.of(
                  "''",
                  "'NULL'",
                  "'null'",
                  "E'quote \" back \\\\ brace {} comma , line \\n tab \\t'",
                  "' spaced '",
                  "E'\\u00fc \\u20ac \\U0001F600'")),
          new Kind("short", "varchar(20)", ValueType.STRING, List.of("'it''s'")),
          new Kind("padded", "char(5)", ValueType.STRING, List.of("'ab'", "'     '")),
          new Kind("identifier", "name", ValueType.STRING, List.of("'pg_class'")),
          new Kind(
              "day",
              "date",
              ValueType.DATE,
              List.of(
                  "'infinity'",
                  "'-infinity'",
                  "'0044-03-15 BC'",
                  "'4713-01-01 BC'",
                  "'0001-01-01'",
                  "'5874897-12-31'",
                  "'2024-02-29'")),
          new Kind(
              "clock",
              "time",
              ValueType.TIME,
              List.of("'00:00:00'", "'23:59:59.999999'", "'10:15:30.5'")),
          new Kind(
              "moment",
              "timestamp",
              ValueType.TIMESTAMP,
              List.of(
                  "'infinity'",
                  "'-infinity'",
                  "'0044-03-15 10:15:00 BC'",
                  "'4713-01-01 00:00:00 BC'",
                  "'294276-12-31 23:59:59.999999'",
                  "'2024-02-29 12:00:00.000001'",
                  "'1969-12-31 23:59:59.999999'")),
          new Kind(
              "instant",
              "timestamptz",
              ValueType.TIMESTAMP,
              List.of(
                  "'infinity'",
                  "'-infinity'",
                  "'0001-12-31 23:59:59.999999+00 BC'",
                  "'1883-01-01 12:00:00 America/New_York'",
                  "'2024-06-01 12:00:00+05:30'")),
          new Kind(
              "marker",
              "uuid",
              ValueType.UUID,
              List.of("'ffffffff-ffff-ffff-ffff-ffffffffffff'", "md5('x')::uuid")),
          new Kind(
              "marker_text",
              "uuid",
              ValueType.STRING,
              List.of("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'")),
          new Kind(
              "document",
              "json",
              ValueType.JSON,
              List.of(
                  "'{\"b\": 1,  \"a\": [1.50, null, \"\\u00fc \\\\\"], \"b\": 2}'",
                  "'null'",
                  "'\"x\"'")),
          new Kind(
              "binary_document",
              "jsonb",
              ValueType.JSON,
              List.of("'{\"b\": 1.50, \"a\": \"x\\\\y\"}'", "'[]'", "'null'")),
          new Kind(
              "raw",
              "bytea",
              ValueType.BYTES,
              List.of("''", "'\\x00ff5c22'", "decode(repeat('ab', 5000), 'hex')")));

  @Test
  void eachValueIsReadAndWrittenAsItIs() throws SQLException, InterruptedException {
    try (PostgresServer server =
            PostgresServer.temporary(
                Map.of("timezone", "America/New_York", "datestyle", "'German,DMY'"));
        TestDatabase database = new TestDatabase(server, "values")) {
      String columns =
          KINDS.stream()
              .map(kind -> kind.column() + " " + kind.type())
              .collect(Collectors.joining(", "));
      database.execute(
          "CREATE TABLE a (id bigint PRIMARY KEY, " + columns + ")",
          "CREATE TABLE b (id bigint PRIMARY KEY, " + columns + ")");
      int rows = KINDS.stream().mapToInt(kind -> kind.values().size()).max().orElseThrow() + 1;
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
              + KINDS.stream()
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
    KINDS.forEach(kind -> fields.add(field(kind.column(), kind.valueType())));
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
              + KINDS.stream()
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
              0));
    }
    try (Target writing = database.writing(target).target();
        Lane lane = writing.open(0)) {
      assertEquals(
          new DeliveryOutcome.Applied(deliveries.size()),
          lane.apply(deliveries, new LaneCursor(1, deliveries.size())));
    }
  }
}
