package dev.unisono.engine.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ValidatorTest {
  private static final FieldConstraints FREE = asks();
  private static final FieldConstraints REQUIRED = new FieldConstraints(true, List.of());

  private static FieldConstraints asks(ValueCheck... checks) {
    return new FieldConstraints(false, List.of(checks));
  }

  private static Validator validator(ValueType type, FieldRules... rules) {
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < rules.length; i++) {
      fields.add(new Field("f" + i, type, rules[i].constraints().required()));
    }
    Schema schema = new Schema("thing", fields, List.of("f0"));
    return new Validator(
        new EntityConfig("things", schema, List.of(), List.of(rules), Set.of(), true));
  }

  private static FieldRules rule(FieldConstraints constraints) {
    return new FieldRules(List.of(), constraints);
  }

  private static Row row(ValueType type, @Nullable Object... values) {
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      fields.add(new Field("f" + i, type, false));
    }
    return new Row(new Schema("thing", fields, List.of("f0")), values);
  }

  private static List<String> codes(FieldConstraints constraints, @Nullable Object value) {
    return validator(ValueType.STRING, rule(constraints))
        .validate(row(ValueType.STRING, value))
        .stream()
        .map(Finding::code)
        .toList();
  }

  @Test
  void aRequiredValueMayBeUnchangedButNotNull() {
    assertEquals(List.of("required"), codes(REQUIRED, null));
    assertEquals(List.of(), codes(REQUIRED, Unchanged.UNCHANGED));
    assertEquals(List.of(), codes(REQUIRED, ""));
    assertEquals(List.of(), codes(FREE, null));
  }

  @Test
  void unchangedIsAskedNothing() {
    FieldConstraints strict =
        new FieldConstraints(
            true,
            List.of(new TextLength(1, 1), TextPattern.compile("^x$"), new Allowed(Set.of("x"))));
    assertEquals(List.of(), codes(strict, Unchanged.UNCHANGED));
  }

  @Test
  void lengthsAreCountedInCodePoints() {
    FieldConstraints two = asks(new TextLength(2, 2));
    assertEquals(List.of("too-short"), codes(two, "\uD83D\uDE00"));
    assertEquals(List.of(), codes(two, "\uD83D\uDE00\uD83D\uDE00"));
    assertEquals(List.of("too-long"), codes(two, "abc"));
  }

  @Test
  void aPatternIsFoundAnywhereUnlessItIsAnchored() {
    FieldConstraints free = asks(TextPattern.compile("[0-9]"));
    FieldConstraints anchored = asks(TextPattern.compile("^[0-9]+$"));
    assertEquals(List.of(), codes(free, "a1b"));
    assertEquals(List.of("pattern"), codes(free, "ab"));
    assertEquals(List.of("pattern"), codes(anchored, "a1b"));
  }

  @Test
  void boundsAreInclusiveForEveryKindOfNumber() {
    FieldConstraints between =
        asks(
            new NumberBound(new BigDecimal("-1.5"), false, true),
            new NumberBound(new BigDecimal("3"), true, true));
    for (Object within :
        new Object[] {-1L, 3L, new BigDecimal("-1.500"), new BigDecimal("3.0"), -1.5, 3.0}) {
      assertEquals(List.of(), codes(between, within), within.toString());
    }
    for (Object below : new Object[] {-2L, new BigDecimal("-1.5000001"), -1.51}) {
      assertEquals(List.of("minimum"), codes(between, below), below.toString());
    }
    for (Object above : new Object[] {4L, new BigDecimal("3.00000000001"), 3.5, Long.MAX_VALUE}) {
      assertEquals(List.of("maximum"), codes(between, above), above.toString());
    }
  }

  @Test
  void numbersAreAmongTheAllowedByTheirValue() {
    FieldConstraints one = asks(new Allowed(Set.of(Numbers.comparable(1L), "a", true)));
    for (Object allowed : new Object[] {1L, new BigDecimal("1.00"), 1.0, "a", true}) {
      assertEquals(List.of(), codes(one, allowed), allowed.toString());
    }
    for (Object other : new Object[] {2L, new BigDecimal("1.01"), "A", false, new Json("1")}) {
      assertEquals(List.of("not-allowed"), codes(one, other), other.toString());
    }
    assertEquals(List.of(), codes(one, null));
  }

  @Test
  void zerosOfEveryScaleAreTheSameAllowedNumber() {
    assertEquals(Numbers.comparable(0L), Numbers.comparable(new BigDecimal("0.000")));
    assertEquals(Numbers.comparable(0L), Numbers.comparable(-0.0));
    assertEquals(Numbers.comparable(100L), Numbers.comparable(new BigDecimal("1E+2")));
  }

  @Test
  void eachElementOfAnArrayIsAskedForItsOwn() {
    FieldConstraints array = asks(new ArrayCheck(0, 9, false, List.of(new TextLength(0, 3))));
    assertEquals(List.of(), codes(array, new Object[] {"abc", null, new Object[] {"ab"}}));
    assertEquals(List.of("too-long"), codes(array, new Object[] {"abc", "abcd", "abcde"}));
    assertEquals(List.of("too-long"), codes(array, new Object[] {new Object[] {"abcd"}}));
    assertEquals(List.of(), codes(FREE, new Object[] {"abcd"}));
  }

  @Test
  void everythingThatIsWrongIsFoundAtOnceWithoutTheValues() {
    FieldConstraints number = asks(new NumberBound(BigDecimal.ZERO, false, true));
    FieldConstraints letters = asks(new TextLength(0, 3), new Allowed(Set.of("red", "blue")));
    Validator validator =
        validator(ValueType.STRING, rule(REQUIRED), rule(number), rule(letters), rule(letters));
    List<Finding> findings = validator.validate(row(ValueType.STRING, null, -77L, "secret", "sec"));
    assertEquals(
        List.of("required", "minimum", "too-long", "not-allowed", "not-allowed"),
        findings.stream().map(Finding::code).toList());
    assertEquals(
        List.of("f0", "f1", "f2", "f2", "f3"), findings.stream().map(Finding::field).toList());
    for (Finding finding : findings) {
      assertFalse(finding.message().contains("sec"), finding.message());
      assertFalse(finding.message().contains("77"), finding.message());
    }
    assertTrue(findings.getLast().message().contains("[blue, red]"));
  }
}
