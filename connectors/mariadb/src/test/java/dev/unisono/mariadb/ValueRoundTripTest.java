package dev.unisono.mariadb;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each type of column gives the same values by a chunk, by an insert, an update and a delete. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ValueRoundTripTest {
  private MariaDbServer server;
  private int count;

  /**
   * A type of column with values of it.
   *
   * @param literals as statements write them
   * @param texts what becomes of each
   */
  record Kind(String column, ValueType type, List<String> literals, List<String> texts) {
    @Override
    public String toString() {
      return column + " as " + type;
    }
  }

  private static Kind kind(String column, ValueType type, String... pairs) {
    List<String> literals = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < pairs.length; i += 2) {
      literals.add(pairs[i]);
      texts.add(pairs[i + 1]);
    }
    return new Kind(column, type, literals, texts);
  }

  static Stream<Kind> kinds() {
    return Stream.of(
        kind("tinyint", ValueType.LONG, "-128", "-128", "127", "127", "NULL", "~"),
        kind("tinyint unsigned", ValueType.LONG, "255", "255", "0", "0"),
        kind("tinyint(1)", ValueType.BOOLEAN, "0", "false", "1", "true", "NULL", "~"),
        kind("smallint unsigned", ValueType.LONG, "65535", "65535"),
        kind("mediumint", ValueType.LONG, "-8388608", "-8388608"),
        kind("mediumint unsigned", ValueType.LONG, "16777215", "16777215"),
        kind("int", ValueType.LONG, "-2147483648", "-2147483648"),
        kind("int unsigned", ValueType.LONG, "4294967295", "4294967295"),
        kind("int(8) unsigned zerofill", ValueType.LONG, "42", "42"),
        kind("bigint", ValueType.LONG, "-9223372036854775808", "-9223372036854775808"),
        kind("bigint unsigned", ValueType.LONG, "9223372036854775807", "9223372036854775807"),
        kind(
            "bigint unsigned",
            ValueType.DECIMAL,
            "18446744073709551615",
            "18446744073709551615",
            "0",
            "0"),
        kind(
            "decimal(30,10)",
            ValueType.DECIMAL,
            "-12345678901234567890.0123456789",
            "-12345678901234567890.0123456789",
            "0",
            "0.0000000000"),
        kind("decimal(5,0)", ValueType.DECIMAL, "-99999", "-99999"),
        kind(
            "float",
            ValueType.DOUBLE,
            "0.1",
            "0.1",
            "16777216",
            "1.6777216E7",
            "-3.4e38",
            "-3.4E38",
            "1.17549e-38",
            "1.17549E-38"),
        kind("float", ValueType.DECIMAL, "0.1", "0.1", "2.5", "2.5"),
        kind(
            "double",
            ValueType.DOUBLE,
            "0.1",
            "0.1",
            "-1.2345678901234568e-300",
            "-1.2345678901234568E-300",
            "1.7976931348623157e308",
            "1.7976931348623157E308",
            "123456789.12345678",
            "1.2345678912345678E8",
            "-2.2250738585072014e-308",
            "-2.2250738585072014E-308"),
        kind(
            "date",
            ValueType.DATE,
            "'2024-02-29'",
            "2024-02-29",
            "'1000-01-01'",
            "1000-01-01",
            "'9999-12-31'",
            "9999-12-31",
            "NULL",
            "~"),
        kind("time", ValueType.TIME, "'00:00:00'", "00:00", "'23:59:59'", "23:59:59"),
        kind("time(6)", ValueType.TIME, "'12:34:56.000001'", "12:34:56.000001"),
        kind("time(1)", ValueType.TIME, "'12:34:56.7'", "12:34:56.700"),
        kind("time(4)", ValueType.TIME, "'12:34:56.0070'", "12:34:56.007"),
        kind(
            "datetime",
            ValueType.TIMESTAMP,
            "'2024-03-31 02:30:00'",
            "2024-03-31T02:30:00Z",
            "'1000-01-01 00:00:00'",
            "1000-01-01T00:00:00Z",
            "NULL",
            "~"),
        kind(
            "datetime(6)",
            ValueType.TIMESTAMP,
            "'9999-12-31 23:59:59.999999'",
            "9999-12-31T23:59:59.999999Z"),
        kind(
            "datetime(3)",
            ValueType.TIMESTAMP,
            "'2024-01-01 00:00:00.120'",
            "2024-01-01T00:00:00.120Z",
            "'2024-01-01 00:00:00.001'",
            "2024-01-01T00:00:00.001Z"),
        kind(
            "timestamp NULL",
            ValueType.TIMESTAMP,
            "'2024-03-31 02:30:00'",
            "2024-03-31T02:30:00Z",
            "'1970-01-01 00:00:01'",
            "1970-01-01T00:00:01Z",
            "NULL",
            "~"),
        kind(
            "timestamp(6) NULL",
            ValueType.TIMESTAMP,
            "'2038-01-19 03:14:07.999999'",
            "2038-01-19T03:14:07.999999Z"),
        kind("year", ValueType.LONG, "2024", "2024", "1901", "1901"),
        kind("char(10)", ValueType.STRING, "'a b '", "a b", "''", ""),
        kind(
            "varchar(50) CHARACTER SET utf8mb4",
            ValueType.STRING,
            "'Zoë 😀 '",
            "Zoë 😀 ",
            "'null'",
            "null",
            "'~'",
            "~"),
        kind("varchar(50) CHARACTER SET latin1", ValueType.STRING, "'Zoë'", "Zoë", "'€'", "€"),
        kind("varchar(50) CHARACTER SET utf16", ValueType.STRING, "'Zoë😀'", "Zoë😀"),
        kind(
            "varchar(300) CHARACTER SET utf8mb4",
            ValueType.STRING,
            "repeat('ü', 300)",
            "ü".repeat(300)),
        kind("tinytext", ValueType.STRING, "'x'", "x"),
        kind("mediumtext", ValueType.STRING, "repeat('long ', 20000)", "long ".repeat(20_000)),
        kind("longtext", ValueType.STRING, "'\\n\\t\\'\\\\'", "\n\t'\\"),
        kind("binary(4)", ValueType.BYTES, "x'01'", "01000000", "x'00000000'", "00000000"),
        kind("varbinary(8)", ValueType.BYTES, "x'00ff00'", "00ff00", "x''", ""),
        kind("blob", ValueType.BYTES, "x'deadbeef00'", "deadbeef00", "NULL", "~"),
        kind(
            "json",
            ValueType.JSON,
            "'{\"b\": 1, \"a\": [1.0, null]}'",
            "Json[text={\"b\": 1, \"a\": [1.0, null]}]",
            "NULL",
            "~"),
        kind("json", ValueType.STRING, "'[]'", "[]"),
        kind(
            "enum('A','b,c','d''e')",
            ValueType.STRING,
            "'A'",
            "A",
            "'b,c'",
            "b,c",
            "'d''e'",
            "d'e",
            "NULL",
            "~"),
        kind("set('a','b','c')", ValueType.STRING, "'a,c'", "a,c", "''", "", "'c'", "c"),
        kind("bit(1)", ValueType.BOOLEAN, "b'0'", "false", "b'1'", "true"),
        kind("bit(12)", ValueType.LONG, "b'101010101010'", "2730", "b'1'", "1"),
        kind("bit(63)", ValueType.LONG, "9223372036854775807", "9223372036854775807"),
        kind(
            "uuid",
            ValueType.UUID,
            "'00112233-4455-1677-8899-aabbccddee00'",
            "00112233-4455-1677-8899-aabbccddee00",
            "'f81d4fae-7dec-41d0-a765-00a0c91e6b00'",
            "f81d4fae-7dec-41d0-a765-00a0c91e6b00",
            "'01890a5d-ac96-774b-bcce-b302099a8057'",
            "01890a5d-ac96-774b-bcce-b302099a8057",
            "'00000000-0000-0000-0000-000000000000'",
            "00000000-0000-0000-0000-000000000000",
            "NULL",
            "~"),
        kind(
            "inet6",
            ValueType.STRING,
            "'::'",
            "::",
            "'2001:db8::ff00:42:8329'",
            "2001:db8::ff00:42:8329",
            "'::ffff:192.0.2.1'",
            "::ffff:192.0.2.1",
            "'fe80::'",
            "fe80::"),
        kind("inet4", ValueType.STRING, "'192.0.2.0'", "192.0.2.0", "'0.0.0.0'", "0.0.0.0"));
  }

  @BeforeAll
  void startServer() {
    server = MariaDbServer.temporary();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void readsTheSameByChunksAndByTheLog(Kind kind) throws SQLException {
    Binding binding =
        Bindings.of(
            "v",
            List.of("id"),
            field("id", ValueType.LONG),
            field("mark", ValueType.LONG),
            field("value", kind.type()));
    try (TestDatabase database = new TestDatabase(server, "kind" + ++count)) {
      database.execute(
          "SET NAMES utf8mb4",
          "SET time_zone = '+00:00'",
          "CREATE TABLE v (id int PRIMARY KEY, mark int, value " + kind.column() + ")");
      insert(database, kind, 1);
      List<Problem> problems = database.system(Map.of(), binding).check();
      assertEquals(List.of(), problems);
      int size = kind.literals().size();
      try (SourceRun run =
          SourceRun.start(database.system(Map.of(), binding).source(), Map.of()).awaitStreaming()) {
        insert(database, kind, 101);
        database.execute("UPDATE v SET mark = 2 WHERE id < 100", "DELETE FROM v WHERE id > 100");
        List<Change> changes = run.awaitChanges(4 * size);
        for (int i = 0; i < changes.size(); i++) {
          Change change = changes.get(i);
          assertEquals(kind.texts().get(i % size), text(change), "change " + i + " of " + size);
        }
      }
    }
  }

  private static String text(Change change) {
    String all =
        Replica.text(
            Objects.requireNonNull(change.after() == null ? change.before() : change.after()));
    return all.substring(all.indexOf('|', all.indexOf('|') + 1) + 1);
  }

  private static void insert(TestDatabase database, Kind kind, int firstId) throws SQLException {
    for (int i = 0; i < kind.literals().size(); i++) {
      database.execute(
          "INSERT INTO v VALUES (" + (firstId + i) + ", 1, " + kind.literals().get(i) + ")");
    }
  }
}
