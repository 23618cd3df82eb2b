package dev.unisono.engine.expression;

import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;

/** Expressions of a config: compiled or refused, and what they are asked they answer. */
public final class FuzzExpression {
  private static final Schema SCHEMA =
      new Schema(
          "e",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("name", ValueType.STRING, false),
              new Field("born", ValueType.TIMESTAMP, false)),
          List.of("id"));
  private static final Row ROW = new Row(SCHEMA, new Object[] {1L, "Ada", Instant.EPOCH});

  private FuzzExpression() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "this.name != '' && this.id > 0",
        "value.replace('-', '').lowerAscii()",
        "this.name.matches('(a+)+b')",
        "[1,2].map(x, x * 2).exists(y, y == this.id)",
        "timestamp('2026-01-31T00:00:00Z') < this.born ? 'a' : value",
        "newer.value > base ? newer.value : older.value",
        "has(this.name) || {'a': 1}['a'] == 1");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    try {
      RowCondition.compile(text, SCHEMA.fields()).of(ROW);
    } catch (UnfitExpression refused) {
      // As it should be.
    }
    try {
      RowCondition.filter(text, SCHEMA.fields()).of(ROW);
    } catch (UnfitExpression refused) {
      // As it should be.
    }
    for (Object value : List.<Object>of("Ada", 1L, new BigDecimal("1.50"), Instant.EPOCH)) {
      decide(text, value);
    }
    try {
      TextExpression.compile(text).apply("Ada");
    } catch (UnfitExpression refused) {
      // As it should be.
    }
  }

  private static void decide(String text, Object value) {
    ValueType type =
        switch (value) {
          case String _ -> ValueType.STRING;
          case Long _ -> ValueType.LONG;
          case BigDecimal _ -> ValueType.DECIMAL;
          default -> ValueType.TIMESTAMP;
        };
    try {
      ConflictExpression.compile(text, type)
          .evaluate(
              new ConflictExpression.Version(value, "a", Instant.EPOCH),
              new ConflictExpression.Version(null, "b", Instant.MAX),
              value);
    } catch (UnfitExpression refused) {
      // As it should be.
    }
  }
}
