package dev.unisono.jdbc;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.MemberWriter.Refusal;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds of a writer to a member, whatever the database. */
public abstract class MemberContract {
  private static final Object KEPT = Unchanged.UNCHANGED;

  protected static final Binding PERSON =
      Bindings.of(
          "person",
          List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING),
          field("city", ValueType.STRING));

  protected static final Binding CODE =
      Bindings.of(
          "code",
          List.of("code"),
          field("code", ValueType.STRING),
          field("amount", ValueType.DECIMAL),
          field("share", ValueType.DOUBLE),
          field("at", ValueType.TIMESTAMP),
          field("data", ValueType.JSON));

  private TargetDatabase database;
  private MemberWriter writer;
  private long id;

  /** Makes the database that one test works with. */
  protected abstract TargetDatabase makeDatabase(Path folder) throws SQLException, IOException;

  /** Opens a writer to {@link #PERSON} and {@link #CODE}. */
  protected abstract MemberWriter open(TargetDatabase database);

  /** The last marker that was written, as a query tells. */
  protected abstract String markerQuery();

  @BeforeEach
  void makeTables(@TempDir Path folder) throws SQLException, IOException {
    database = makeDatabase(folder);
    database.execute(
        "CREATE TABLE \"person\" (\"id\" bigint PRIMARY KEY, \"name\" varchar(100) UNIQUE,"
            + " \"city\" varchar(100) CHECK (\"city\" <> 'bad'))",
        "CREATE TABLE \"code\" (\"code\" varchar(100) PRIMARY KEY, \"amount\" "
            + decimalType()
            + ", \"share\" double precision, \"at\" timestamp(6) NULL, \"data\" varchar(200))",
        "INSERT INTO \"person\" VALUES (1, 'Ada', 'Rome'), (2, 'Bob', NULL)");
    writer = open(database);
  }

  /** A column type for decimals. */
  protected abstract String decimalType();

  @AfterEach
  void closeDatabase() {
    writer.close();
    database.close();
  }

  private static Row row(Binding binding, @Nullable Object... values) {
    return new Row(binding.schema(), values);
  }

  private static Row person(Object key, @Nullable Object name, @Nullable Object city) {
    return row(PERSON, key, name, city);
  }

  private MemberWrite write(Object key, @Nullable Row values, @Nullable Row expected) {
    return new MemberWrite(++id, PERSON, new Key(key), values, expected);
  }

  private List<Refusal> writes(MemberWrite... writes) {
    return writer.write(List.of(writes));
  }

  private List<String> persons() throws SQLException {
    return database.rows("SELECT * FROM \"person\" ORDER BY \"id\"");
  }

  @Test
  void changesARowWhoseFieldsAreStillAsTheyWereShown() throws SQLException {
    assertEquals(
        List.of(),
        writes(
            write(1L, person(KEPT, "Ida", KEPT), person(1L, "Ada", "elsewhere")),
            write(2L, person(KEPT, KEPT, "Bonn"), person(2L, "Bob", null))));
    assertEquals(List.of("1|Ida|Rome", "2|Bob|Bonn"), persons());
    assertEquals(
        List.of(),
        writes(
            write(1L, person(KEPT, "late", KEPT), person(1L, "Ada", "Rome")),
            write(1L, person(KEPT, "late", "late"), person(1L, "Ida", "Pisa")),
            write(2L, person(KEPT, KEPT, "late"), person(2L, "Bob", null)),
            write(9L, person(KEPT, KEPT, "late"), person(9L, "nobody", null)),
            write(2L, person(KEPT, KEPT, null), person(2L, "Bob", "Bonn"))));
    assertEquals(List.of("1|Ida|Rome", "2|Bob|~"), persons());
    assertEquals(List.of("7"), database.rows(markerQuery()));
  }

  @Test
  void whatIsAlikeIsNotTheSame() throws SQLException {
    for (Object other : new Object[] {"ada", "Ada ", "ADA", "Adá", ""}) {
      writes(write(1L, person(KEPT, "late", KEPT), person(1L, other, "Rome")));
    }
    writes(write(2L, person(KEPT, KEPT, "late"), person(2L, "Bob", "")));
    assertEquals(List.of("1|Ada|Rome", "2|Bob|~"), persons());
  }

  @Test
  void insertsWhereThereIsNoneAndDeletesWhatIsWhollyAsItWasShown() throws SQLException {
    assertEquals(
        List.of(),
        writes(
            write(3L, person(3L, "Cem", null), null),
            write(1L, person(1L, "other", "other"), null),
            write(2L, null, person(2L, "Bob", "gone")),
            write(3L, null, person(3L, "Cem", null))));
    assertEquals(List.of("1|Ada|Rome", "2|Bob|~"), persons(), "the third was made and deleted");
    writes(write(1L, null, person(1L, "Ada", "Rome")), write(2L, null, person(2L, "Bob", null)));
    assertEquals(List.of(), persons());
  }

  @Test
  void whatIsRefusedKeepsNothingElseBack() throws SQLException {
    List<Refusal> refusals =
        writes(
            write(3L, person(3L, "Cem", "Oslo"), null),
            write(4L, person(4L, "Ada", "Oslo"), null),
            write(2L, person(KEPT, KEPT, "bad"), person(2L, "Bob", null)),
            write(5L, person(5L, "Eva", "Oslo"), null),
            write(2L, person(KEPT, "Eva", KEPT), person(2L, "Bob", null)),
            write(1L, person(KEPT, KEPT, "Pisa"), person(1L, "Ada", "Rome")));
    assertEquals(
        List.of("4 value-taken", "2 refused-by-target", "2 value-taken"),
        refusals.stream()
            .map(refusal -> refusal.write().knownKey().part(0) + " " + refusal.cause().code())
            .toList());
    assertTrue(refusals.getFirst().cause().message().contains("person [4]"));
    assertEquals(List.of("1|Ada|Pisa", "2|Bob|~", "3|Cem|Oslo", "5|Eva|Oslo"), persons());
    assertEquals(List.of("6"), database.rows(markerQuery()), "of the last part");
  }

  private MemberWrite code(String key, @Nullable Row values, @Nullable Row expected) {
    return new MemberWrite(++id, CODE, new Key(key), values, expected);
  }

  @Test
  void valuesOfEachTypeAreComparedExactly() throws SQLException {
    BigDecimal amount = new BigDecimal("0.123456");
    Instant at = Instant.parse("2026-03-29T02:30:00.123456Z");
    Json data = new Json("{\"a\": 1.0}");
    Row whole = row(CODE, "A", amount, 0.1, at, data);
    writes(code("A", whole, null));
    List<Row> alike =
        List.of(
            row(CODE, "A", new BigDecimal("0.123457"), 0.1, at, data),
            row(CODE, "A", amount, Math.nextUp(0.1), at, data),
            row(CODE, "A", amount, 0.1, at.plusNanos(1_000), data),
            row(CODE, "A", amount, 0.1, at, new Json("{\"a\":1.0}")),
            row(CODE, "A", amount, 0.1, null, data));
    for (Row other : alike) {
      writes(code("A", null, other));
    }
    // Another key, though it sorts as the same in some databases.
    writes(code("a", null, row(CODE, "a", amount, 0.1, at, data)));
    assertEquals(List.of("A"), database.rows("SELECT \"code\" FROM \"code\""));
    writes(code("A", row(CODE, KEPT, KEPT, KEPT, null, KEPT), whole));
    writes(code("A", null, row(CODE, "A", amount, 0.1, null, data)));
    assertEquals(List.of(), database.rows("SELECT \"code\" FROM \"code\""));
  }

  @Test
  void whoHasLostTheMemberToAnotherSessionWritesNothingMore() throws SQLException {
    writer.mark(100);
    assertEquals(List.of("100"), database.rows(markerQuery()));
    MemberWriter late = writer;
    writer = open(database);
    writer.mark(101);
    UnisonoException lost =
        assertThrows(
            UnisonoException.class,
            () -> late.write(List.of(write(7L, person(7L, "late", null), null))));
    late.close();
    assertEquals("lane-in-use", lost.problem().code());
    assertTrue(lost.problem().type().retryable());
    assertEquals(List.of("1|Ada|Rome", "2|Bob|~"), persons());
    assertEquals(List.of("101"), database.rows(markerQuery()));
    writer.mark(101);
  }
}
