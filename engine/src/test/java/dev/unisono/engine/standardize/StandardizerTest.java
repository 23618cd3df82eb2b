package dev.unisono.engine.standardize;

import static dev.unisono.engine.standardize.PlainStep.LOWER_CASE;
import static dev.unisono.engine.standardize.PlainStep.TITLE_CASE;
import static dev.unisono.engine.standardize.PlainStep.TRIM;
import static dev.unisono.engine.standardize.PlainStep.UPPER_CASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class StandardizerTest {
  private static final FieldConstraints FREE = new FieldConstraints(false, List.of());

  private static Standardizer standardizer(ValueType type, FieldRules... rules) {
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < rules.length; i++) {
      fields.add(new Field("f" + i, type, rules[i].constraints().required()));
    }
    Schema schema = new Schema("thing", fields, List.of("f0"));
    return new Standardizer(
        new EntityConfig("things", schema, List.of(), List.of(rules), Set.of(), true));
  }

  private static FieldRules steps(Step... steps) {
    return new FieldRules(List.of(steps), FREE);
  }

  private static Row row(ValueType type, @Nullable Object... values) {
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      fields.add(new Field("f" + i, type, false));
    }
    return new Row(new Schema("thing", fields, List.of("f0")), values);
  }

  private static @Nullable Object standard(String text, Step... steps) {
    return standardizer(ValueType.STRING, steps(steps))
        .standardize(row(ValueType.STRING, text))
        .value(0);
  }

  @Test
  void trimTakesWhiteSpaceOfEveryKindFromBothEnds() {
    assertEquals("a b", standard(" \t\n\u2003a b\u3000 ", TRIM));
    assertEquals("", standard("   ", TRIM));
  }

  @Test
  void caseFollowsNoLocale() {
    assertEquals("title i", standard("TITLE I", LOWER_CASE));
    assertEquals("STRASSE", standard("straße", UPPER_CASE));
  }

  @Test
  void titleCaseBeginsEachRunOfLetters() {
    assertEquals("Ada Lovelace-King", standard("ADA lovelace-kING", TITLE_CASE));
    assertEquals("O'Neill", standard("o'neill", TITLE_CASE));
    assertEquals("Élodie Ångström", standard("éLODIE ÅNGSTRÖM", TITLE_CASE));
    assertEquals("\uD801\uDC00\uD801\uDC28", standard("\uD801\uDC28\uD801\uDC00", TITLE_CASE));
  }

  @Test
  void titleCaseTakesALetterAndItsMarkAsOne() {
    assertEquals("Rene\u0301e", standard("RENE\u0301E", TITLE_CASE));
  }

  @Test
  void stepsAreTakenInTheirOrder() {
    assertEquals("Ada", standard("  aDA ", TRIM, LOWER_CASE, TITLE_CASE));
    assertEquals("ADA", standard("ada", TITLE_CASE, UPPER_CASE));
  }

  @Test
  void aRowThatIsCleanAlreadyIsTheSameRow() {
    Standardizer standardizer = standardizer(ValueType.STRING, steps(TRIM), steps());
    Row clean = row(ValueType.STRING, "a", " b ");
    assertSame(clean, standardizer.standardize(clean));
  }

  @Test
  void onlyFieldsWithStepsChangeAndTheGivenRowStays() {
    Standardizer standardizer =
        standardizer(ValueType.STRING, steps(TRIM), steps(), steps(UPPER_CASE));
    Row given = row(ValueType.STRING, " a ", " b ", "c");
    Row clean = standardizer.standardize(given);
    assertNotSame(given, clean);
    assertEquals(List.of("a", " b ", "C"), List.of(clean.copyValues()));
    assertEquals(" a ", given.value(0));
    assertTrue(standardizer.standardizes(0));
    assertFalse(standardizer.standardizes(1));
  }

  @Test
  void nullAndUnchangedPassTheStepsUntouched() {
    Standardizer standardizer = standardizer(ValueType.STRING, steps(TRIM), steps(LOWER_CASE));
    Row clean = standardizer.standardize(row(ValueType.STRING, null, Unchanged.UNCHANGED));
    assertNull(clean.value(0));
    assertSame(Unchanged.UNCHANGED, clean.value(1));
  }

  @Test
  void aRegionFieldIsTakenInItsStandardForm() {
    Standardizer standardizer =
        standardizer(
            ValueType.STRING,
            steps(),
            steps(Steps.phone(null, "f2")),
            steps(TRIM, Steps.country(false)));
    Row clean = standardizer.standardize(row(ValueType.STRING, "a", "030 123456", " Germany"));
    assertEquals(List.of("a", "+4930123456", "DE"), List.of(clean.copyValues()));
    assertSame(clean, standardizer.standardize(clean));
    Row unknown = row(ValueType.STRING, "a", "030 123456", null);
    assertSame(unknown, standardizer.standardize(unknown));
  }

  @Test
  void aTextThatStandsForNoValueIsNullForTheStepsBehindToo() {
    Standardizer standardizer =
        standardizer(
            ValueType.STRING, steps(), steps(Steps.plain(StepKind.NULL_WORDS), UPPER_CASE));
    assertNull(standardizer.standardize(row(ValueType.STRING, "a", "n/a")).value(1));
  }
}
