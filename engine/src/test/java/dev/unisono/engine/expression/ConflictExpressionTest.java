package dev.unisono.engine.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.expression.ConflictExpression.Version;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Expressions give values of their field's type, and are refused where they cannot. */
class ConflictExpressionTest {
  private static final Instant EARLY = Instant.parse("2026-01-01T10:00:00Z");
  private static final Instant LATE = Instant.parse("2026-01-01T10:00:00.5Z");

  private static Optional<ConflictExpression.Result> of(
      String text,
      ValueType type,
      @Nullable Object newer,
      @Nullable Object older,
      @Nullable Object base)
      throws Exception {
    return ConflictExpression.compile(text, type)
        .evaluate(new Version(newer, "shop", LATE), new Version(older, "crm", EARLY), base);
  }

  private static @Nullable Object value(
      String text, ValueType type, @Nullable Object newer, @Nullable Object older)
      throws Exception {
    return of(text, type, newer, older, null).orElseThrow().value();
  }

  @Test
  void theGreaterOfTwoIsTakenAsItStandsThere() throws Exception {
    String greater = "newer.value > older.value ? newer.value : older.value";
    assertEquals(7L, value(greater, ValueType.LONG, 5L, 7L));
    assertEquals(
        new BigDecimal("7.10"),
        value(greater, ValueType.DECIMAL, new BigDecimal("7.10"), BigDecimal.ONE));
    assertEquals(
        LocalDate.parse("2026-02-01"),
        value(
            greater, ValueType.DATE, LocalDate.parse("2026-01-31"), LocalDate.parse("2026-02-01")));
    assertEquals(LATE, value(greater, ValueType.TIMESTAMP, EARLY, LATE));
  }

  @Test
  void membersTimesAndWhatWasBeforeAreKnown() throws Exception {
    assertEquals(
        "b",
        value("newer.member == 'crm' ? newer.value : older.value", ValueType.STRING, "a", "b"));
    assertEquals(true, value("newer.time > older.time", ValueType.BOOLEAN, false, false));
    assertEquals("a, b", value("newer.value + ', ' + older.value", ValueType.STRING, "a", "b"));
    assertEquals(
        9L,
        of("base + (newer.value - base) + (older.value - base)", ValueType.LONG, 7L, 5L, 3L)
            .orElseThrow()
            .value());
  }

  @Test
  void nothingIsAValueToo() throws Exception {
    String filled = "newer.value == null ? older.value : newer.value";
    assertEquals("b", value(filled, ValueType.STRING, null, "b"));
    assertEquals(Optional.empty(), of("newer.value + 1", ValueType.LONG, null, 1L, null));
  }

  @Test
  void whatIsNoExpressionForItsFieldIsRefused() {
    for (String text : new String[] {"newer.value + 'x'", "newer.valeu", "'text'", "newer.("}) {
      UnfitExpression unfit =
          assertThrows(
              UnfitExpression.class, () -> ConflictExpression.compile(text, ValueType.LONG));
      assertTrue(String.valueOf(unfit.getMessage()).startsWith("column "), unfit.getMessage());
    }
    assertThrows(
        UnfitExpression.class, () -> ConflictExpression.compile("newer.value", ValueType.JSON));
  }
}
