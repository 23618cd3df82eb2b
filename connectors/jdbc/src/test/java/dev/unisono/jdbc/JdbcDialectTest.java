package dev.unisono.jdbc;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class JdbcDialectTest {
  private static final Binding LINE =
      Bindings.of(
          "LINE", List.of("A", "B"), field("A", ValueType.LONG), field("B", ValueType.STRING));

  /** However a database can be asked for some rows only, each is read once. */
  @Test
  void pagesAreTheSameWhateverTheWayToAskForThem() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:h2:mem:");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE LINE (A int, B varchar(10), PRIMARY KEY (A, B))");
      List<Key> all = new ArrayList<>();
      for (long a = 0; a < 5; a++) {
        for (String b : List.of("x", "y", "z")) {
          statement.execute("INSERT INTO LINE VALUES (" + a + ", '" + b + "')");
          all.add(new Key(a, b));
        }
      }
      for (RowLimit limit : RowLimit.values()) {
        assertEquals(all, read(connection, new JdbcDialect("\"", limit)), limit.name());
      }
      assertEquals(all, read(connection, new JdbcDialect(" ", RowLimit.LIMIT)), "without quotes");
      assertEquals(RowLimit.LIMIT, RowLimit.find(connection, "SELECT A FROM LINE ORDER BY A"));
    }
  }

  private static List<Key> read(Connection connection, JdbcDialect dialect) throws SQLException {
    Table table = dialect.find(connection, "PUBLIC.LINE").orElseThrow();
    TableQueries queries = new TableQueries(dialect, "test", LINE, table);
    List<Key> keys = new ArrayList<>();
    List<Row> rows = new ArrayList<>();
    @Nullable Key after = null;
    do {
      rows.clear();
      queries.readNext(connection, after, 4, rows);
      for (Row row : rows) {
        after = LINE.schema().key(row);
        keys.add(after);
      }
    } while (!rows.isEmpty());
    return keys;
  }

  @Test
  void typesHaveOneNameWhateverTheDriverSays() {
    assertEquals("BIGINT", JdbcColumnType.of(java.sql.Types.BIGINT, "int8"));
    assertEquals("TIMESTAMP", JdbcColumnType.of(java.sql.Types.TIMESTAMP, "DATETIME"));
    assertEquals(
        "TIMESTAMP", JdbcColumnType.of(java.sql.Types.TIMESTAMP, "TIMESTAMP WITHOUT TIME ZONE"));
    for (String zoned : List.of("timestamptz", "TIMESTAMP(6) WITH TIME ZONE", "datetimeoffset")) {
      assertEquals(JdbcColumnType.ZONED, JdbcColumnType.of(java.sql.Types.OTHER, zoned), zoned);
    }
    assertEquals("jsonb", JdbcColumnType.of(java.sql.Types.OTHER, "jsonb"));
    assertEquals("mine", JdbcColumnType.of(-4711, "mine"));
  }

  @Test
  void anOverlapIsSubtractedFromWhateverTheCursorIs() {
    assertEquals(90L, cursor(ValueType.LONG).behind(100L));
    assertEquals(Long.MIN_VALUE, cursor(ValueType.LONG).behind(Long.MIN_VALUE + 3));
    assertEquals(new BigDecimal("-9.5"), cursor(ValueType.DECIMAL).behind(new BigDecimal("0.5")));
    assertEquals(
        Instant.parse("2026-01-01T00:00:00.5Z"),
        cursor(ValueType.TIMESTAMP).behind(Instant.parse("2026-01-01T00:00:10.5Z")));
    assertEquals(
        LocalDate.parse("2025-12-31"),
        cursor(ValueType.DATE).behind(LocalDate.parse("2026-01-01")));
    assertEquals(
        Instant.parse("2026-01-02T00:00:00Z"),
        cursor(ValueType.TIMESTAMP).horizon(Instant.parse("2026-01-01T00:00:00Z")));
    assertNull(cursor(ValueType.LONG).horizon(Instant.EPOCH));
  }

  private static CursorColumn cursor(ValueType type) {
    Table.Column column = new Table.Column("c", "any", true, false, false);
    return new CursorColumn(column, type, Duration.ofSeconds(10), 10);
  }
}
