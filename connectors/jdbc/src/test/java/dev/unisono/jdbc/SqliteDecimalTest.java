package dev.unisono.jdbc;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.SourceRun;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decimals in a column of SQLite that keeps numbers, whole ones or floating point. */
final class SqliteDecimalTest {
  private static final Binding PRICE =
      Bindings.of(
          "price", List.of("id"), field("id", ValueType.LONG), field("amount", ValueType.DECIMAL));

  private TestDatabase database;

  @BeforeEach
  void makeTable(@TempDir Path folder) throws SQLException, IOException {
    database = new TestDatabase(TestDatabase.Kind.SQLITE, folder);
    database.execute("CREATE TABLE price (id INTEGER NOT NULL PRIMARY KEY, amount DECIMAL(10,2))");
  }

  @AfterEach
  void closeDatabase() {
    database.close();
  }

  private static @Nullable Object amount(Change change) {
    return Objects.requireNonNull(change.after()).value("amount");
  }

  /** By a chunk of the snapshot and by the log alike. */
  @Test
  void aNumberIsReadAsTheShortestDecimalThatStandsForIt() throws SQLException {
    List<String> written =
        List.of(
            "1.10",
            "0.1",
            "1e300",
            "-0.0",
            "9e999",
            "-9e999",
            "9007199254740993",
            "1e19",
            "'1.10'",
            "0.1 + 0.2",
            "1e-300",
            "NULL");
    List<String> read =
        List.of(
            "1.1",
            "0.1",
            "1" + "0".repeat(300),
            "0",
            "Infinity",
            "-Infinity",
            "9007199254740993",
            "10000000000000000000",
            "1.1",
            "0.30000000000000004",
            "0." + "0".repeat(299) + "1",
            "null");
    assertEquals(List.of(), database.reading(PRICE).check());
    for (int i = 0; i < written.size(); i++) {
      database.execute("INSERT INTO price VALUES (" + i + ", " + written.get(i) + ")");
    }
    try (SourceRun run = SourceRun.start(database.reading(PRICE).source(), Map.of())) {
      run.awaitDone();
      database.execute("UPDATE price SET id = id + 100");
      List<Change> changes = run.awaitChanges(2 * written.size());
      for (int i = 0; i < 2 * written.size(); i++) {
        Object found = amount(changes.get(i));
        String text =
            found instanceof BigDecimal number
                ? number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString()
                : String.valueOf(found);
        assertEquals(read.get(i % written.size()), text, written.get(i % written.size()));
      }
      run.wasWell();
    }
  }

  private static Delivery delivery(long id, BigDecimal amount) {
    return new Delivery(
        id,
        PRICE,
        Operation.CREATE,
        new Key(id),
        null,
        new Row(PRICE.schema(), new @Nullable Object[] {id, amount}),
        0,
        Instant.EPOCH);
  }

  @Test
  void whatIsWrittenIsReadAsTheSameOrRefused() throws SQLException, IOException {
    List<BigDecimal> kept =
        List.of(
            new BigDecimal("1.10"),
            new BigDecimal("-0.01"),
            new BigDecimal("99999999.99"),
            new BigDecimal("0.30000000000000004"),
            new BigDecimal("9007199254740993"),
            new BigDecimal("1e300"),
            new BigDecimal("1.2345678901234567"));
    List<BigDecimal> refused =
        List.of(
            new BigDecimal("12345678901234567.89"),
            new BigDecimal("9223372036854775809"),
            new BigDecimal("1e400"));
    assertEquals(List.of(), database.writing(PRICE).check());
    try (Lane lane = database.writing(PRICE).target().open(0);
        SourceRun run = SourceRun.start(database.reading(PRICE).source(), Map.of())) {
      run.awaitDone();
      long at = 0;
      for (BigDecimal each : kept) {
        at++;
        assertEquals(
            new DeliveryOutcome.Applied(1),
            lane.apply(List.of(delivery(at, each)), new LaneCursor(1, at)));
        BigDecimal found =
            assertInstanceOf(
                BigDecimal.class, amount(run.awaitChanges((int) at).get((int) at - 1)));
        assertEquals(0, each.compareTo(found), each + " " + found);
      }
      for (BigDecimal each : refused) {
        at++;
        DeliveryOutcome.Refused outcome =
            assertInstanceOf(
                DeliveryOutcome.Refused.class,
                lane.apply(List.of(delivery(at, each)), new LaneCursor(1, at)),
                each.toString());
        assertEquals("refused-by-target", outcome.cause().code());
      }
      run.wasWell();
    }
  }

  private static Row row(@Nullable Object id, @Nullable Object amount) {
    return new Row(PRICE.schema(), new @Nullable Object[] {id, amount});
  }

  /** The condition of a write is that the row is still as it was shown. */
  @Test
  void aRowIsFoundByTheDecimalThatWasRead() throws SQLException {
    database.execute("INSERT INTO price VALUES (1, 1.10), (2, 0.1 + 0.2), (3, 9007199254740993)");
    try (MemberWriter writer =
        new JdbcMemberWriter(
            new Database("local", database.dialect(), database::connect),
            List.of(PRICE),
            "one",
            new MarkTable())) {
      Object same = Unchanged.UNCHANGED;
      writer.write(
          List.of(
              write(1, 1, row(same, new BigDecimal("2.20")), row(1L, new BigDecimal("1.1"))),
              write(2, 2, row(same, null), row(2L, new BigDecimal("0.3"))),
              write(
                  3, 2, row(same, BigDecimal.ONE), row(2L, new BigDecimal("0.30000000000000004"))),
              write(4, 3, null, row(3L, new BigDecimal("9007199254740992")))));
    }
    assertEquals(
        List.of("1|2.2", "2|1", "3|9007199254740993"),
        database.rows("SELECT * FROM price ORDER BY id"));
  }

  private static MemberWrite write(long id, long key, @Nullable Row values, Row expected) {
    return new MemberWrite(id, PRICE, new Key(key), values, expected);
  }
}
