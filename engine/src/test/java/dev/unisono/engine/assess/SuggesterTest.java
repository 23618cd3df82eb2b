package dev.unisono.engine.assess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Row;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.SurveyedTable.Column;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is told of tables by rows of awkward kinds. For one thread. */
final class SuggesterTest {
  private static final int ROWS = 200;

  /** A column, and the value of its n-th row. */
  private record Filled(Column column, IntFunction<@Nullable Object> values) {}

  private static Filled filled(String name, ValueType type, IntFunction<@Nullable Object> values) {
    return new Filled(
        new Column(name, "", type, null, false, true, SurveyedTable.UNKNOWN, false), values);
  }

  private static Filled text(String name, IntFunction<@Nullable Object> values) {
    return filled(name, ValueType.STRING, values);
  }

  private static Filled loose(String name, IntFunction<@Nullable Object> values) {
    return new Filled(
        new Column(name, "", ValueType.STRING, null, true, true, SurveyedTable.UNKNOWN, false),
        values);
  }

  private static final Filled ID = filled("id", ValueType.LONG, n -> (long) n);

  private static SurveyedTable table(List<String> key, Filled... columns) {
    return new SurveyedTable(
        "public.people",
        ROWS,
        Stream.of(columns).map(Filled::column).toList(),
        key,
        List.of(),
        List.of(),
        List.of());
  }

  private static TableProfile profile(SurveyedTable table, Filled... columns) {
    Binding binding = SampleBinding.of(table).orElseThrow();
    TableProfile profile = new TableProfile(binding.schema());
    for (int n = 1; n <= ROWS; n++) {
      List<@Nullable Object> values = new ArrayList<>();
      for (Filled column : columns) {
        values.add(column.values().apply(n));
      }
      profile.add(new Row(binding.schema(), values.toArray(new @Nullable Object[0])));
    }
    return profile.settle();
  }

  private static SuggestedEntity suggested(Filled... columns) {
    SurveyedTable table = table(List.of("id"), columns);
    return Suggester.of(table, profile(table, columns), true);
  }

  private static SuggestedField field(Filled column) {
    return suggested(ID, column).fields().getLast();
  }

  private static List<String> codes(Filled... columns) {
    SurveyedTable table = table(List.of("id"), columns);
    TableProfile profile = profile(table, columns);
    return TableFindings.of(table, profile, Suggester.of(table, profile, true)).stream()
        .map(finding -> finding.problem().code())
        .toList();
  }

  @Test
  void stepsFitWhatTextsLookLike() {
    assertEquals(List.of("trim"), field(text("a", n -> n == 7 ? " x" + n : "x" + n)).steps());
    assertEquals(List.of("collapse-spaces"), field(text("a", n -> "x  y" + n)).steps());
    assertEquals(List.of("unicode-nfc"), field(text("a", n -> "e\u0301" + n)).steps());
    assertEquals(List.of("null-words"), field(text("a", n -> n < 3 ? "n/a" : "x" + n)).steps());
    assertEquals(List.of("null-words"), field(text("a", n -> n < 3 ? "" : "x" + n)).steps());
    assertEquals(List.of("email"), field(text("a", n -> "ada" + n + "@Example.org")).steps());
    assertEquals(List.of("url"), field(text("a", n -> "https://example.org/" + n)).steps());
    assertEquals(List.of("phone"), field(text("mobile", n -> "+49 30 1234" + (100 + n))).steps());
    assertEquals(
        List.of("country"), field(text("land", n -> n % 2 == 0 ? "Frankreich" : "DE")).steps());
    assertEquals(List.of("boolean"), field(text("a", n -> n % 2 == 0 ? "ja" : "nein")).steps());
    assertEquals(List.of("number: { locale: de }"), field(text("a", n -> "1.234," + n)).steps());
    assertEquals(List.of("number"), field(text("a", n -> "1,234." + n)).steps());
    assertEquals(
        List.of("date: { formats: [d.M.yyyy] }"),
        field(text("a", n -> (1 + n % 28) + ".3.1980")).steps());
    assertEquals(List.of("name"), field(text("last_name", n -> "MÜLLER" + n)).steps());
  }

  @Test
  void aStepIsNotSuggestedWhereItWouldBeAGuess() {
    assertEquals(List.of(), field(text("a", n -> "x" + n)).steps());
    // One word alone may mean anything.
    assertEquals(List.of(), field(text("a", n -> "y")).steps());
    // Of ZIP codes and of article numbers with zeros in front nothing is a number.
    assertEquals(List.of(), field(text("plz", n -> "0" + (1000 + n))).steps());
    assertEquals(List.of(), field(text("article", n -> "00" + n)).steps());
    // States of the United States are codes of countries as well.
    assertEquals(List.of(), field(text("state", n -> n % 2 == 0 ? "CA" : "DE")).steps());
    // Neither the day nor the month can be told where none is beyond 12.
    SuggestedField slashed =
        field(text("a", n -> "0" + (1 + n % 9) + "/0" + (1 + n % 9) + "/1980"));
    assertEquals(List.of(), slashed.steps());
    assertFalse(slashed.reasons().isEmpty());
    assertEquals(
        List.of("date: { formats: [M/d/yyyy] }"),
        field(text("a", n -> "1/" + (1 + n % 28) + "/1980")).steps());
  }

  @Test
  void aKeyHasNoSteps() {
    Filled code = text("code", n -> " c" + n);
    SurveyedTable table = table(List.of("code"), code);
    SuggestedEntity entity = Suggester.of(table, profile(table, code), true);
    assertEquals(List.of("code"), entity.key());
    assertEquals(List.of(), entity.fields().getFirst().steps());
  }

  @Test
  void theCountryOfTheRowIsAskedForNumbersAndCodes() {
    SuggestedEntity entity =
        suggested(
            ID,
            text("country", n -> n % 2 == 0 ? "Germany" : "FR"),
            text("phone", n -> "030 123" + (1000 + n)),
            text("zip", n -> String.valueOf(10000 + n)));
    assertEquals(List.of("phone: { region-field: country }"), entity.fields().get(2).steps());
    assertEquals(List.of("postal-code: { region-field: country }"), entity.fields().get(3).steps());
  }

  @Test
  void typesAreToldOnlyWhereTheSystemHasTextsAlone() {
    assertEquals(ValueType.LONG, field(loose("a", n -> String.valueOf(n))).type());
    assertEquals(ValueType.DECIMAL, field(loose("a", n -> n + ".5")).type());
    assertEquals(ValueType.DATE, field(loose("a", n -> "2026-01-" + (10 + n % 20))).type());
    assertEquals(ValueType.TIMESTAMP, field(loose("a", n -> "2026-01-10T10:00:00Z")).type());
    assertEquals(ValueType.BOOLEAN, field(loose("a", n -> n % 2 == 0 ? "true" : "false")).type());
    assertEquals(ValueType.STRING, field(loose("a", n -> "0" + n)).type());
    assertEquals(ValueType.STRING, field(loose("a", n -> n == 9 ? "" : "" + n)).type());
    assertEquals(ValueType.STRING, field(text("a", n -> String.valueOf(n))).type());
  }

  @Test
  void anEnumerationIsOfWordsThatManyRowsHave() {
    Filled status = text("status", n -> n % 3 == 0 ? "open" : "closed");
    assertEquals("[\"closed\", \"open\"]", field(status).schema().get("enum"));
    // A word that one row has may be a slip, or point to somebody.
    assertFalse(field(text("status", n -> n == 5 ? "opne" : "open")).schema().containsKey("enum"));
    SurveyedTable table = table(List.of("id"), ID, status);
    SuggestedEntity ofSome = Suggester.of(table, profile(table, ID, status), false);
    assertFalse(ofSome.fields().getLast().schema().containsKey("enum"), "rows were left out");
    assertFalse(ofSome.fields().getLast().reasons().isEmpty());
  }

  @Test
  void aKeyIsGuessedWhereTheTableHasNone() {
    Filled[] columns = {text("name", n -> "x" + n), loose("person_id", n -> "p" + n)};
    SurveyedTable table = table(List.of(), columns);
    SuggestedEntity entity = Suggester.of(table, profile(table, columns), true);
    assertEquals(List.of("person_id"), entity.key());
    assertTrue(entity.keyGuessed());
    Filled same = text("word", n -> "a");
    SurveyedTable none = table(List.of(), same);
    SuggestedEntity keyless = Suggester.of(none, profile(none, same), true);
    assertTrue(keyless.schema().isEmpty());
    assertTrue(EntityText.yaml(keyless, 0).contains("key: []"));
  }

  @Test
  void recordsAreMatchedByWhatNearlyAllHaveAlone() {
    IntFunction<@Nullable Object> own = n -> "p" + n + "@example.org";
    assertEquals(
        List.of(List.of("email")),
        suggested(ID, text("email", own)).matches().stream().map(match -> match.fields()).toList());
    assertEquals(
        List.of(), suggested(ID, text("email", n -> n < 40 ? null : own.apply(n))).matches());
    assertEquals(List.of(), suggested(ID, text("email", n -> own.apply(n % 150))).matches());
  }

  @Test
  void duplicatesAreSeenThroughCaseAccentsAndSigns() {
    IntFunction<@Nullable Object> emails =
        n -> n == 2 ? "P1@EXAMPLE.org" : "p" + n + "@example.org";
    assertTrue(codes(ID, text("email", emails)).contains("likely-duplicates"));
    Filled[] people = {
      ID,
      text("name", n -> n == 2 ? "René  O'NEIL 1" : "Rene ONeil " + n),
      text("plz", n -> n == 2 ? "10001" : String.valueOf(10000 + n))
    };
    SurveyedTable table = table(List.of("id"), people);
    assertEquals(
        List.of(new TableProfile.Duplicates(List.of("name", "plz"), 1)),
        profile(table, people).duplicates());
  }

  @Test
  void whatIsOddIsAFinding() {
    assertEquals(List.of(), codes(ID, text("a", n -> "x" + n)));
    assertEquals(List.of("always-null"), codes(ID, text("a", n -> null)));
    assertEquals(
        List.of("outliers"),
        codes(ID, filled("a", ValueType.DECIMAL, n -> BigDecimal.valueOf(n == 9 ? 1_000_000 : n))));
    assertEquals(
        List.of("mixed-forms"), codes(ID, text("a", n -> n == 9 ? "gone" : "a" + n + "@b.org")));
    assertEquals(
        List.of("unfit-values"),
        codes(ID, filled("a", ValueType.DATE, n -> n == 9 ? new Unfit("x") : LocalDate.EPOCH)));
    assertEquals(List.of("untidy-texts"), codes(ID, text("a", n -> " x" + n)));
    Filled keyless = text("a", n -> "same");
    SurveyedTable table = table(List.of(), keyless);
    TableProfile profile = profile(table, keyless);
    List<Finding> findings = TableFindings.of(table, profile, Suggester.of(table, profile, true));
    assertEquals("no-key", findings.getFirst().problem().code());
    assertTrue(findings.getFirst().blocks());
  }

  @Test
  void noValueIsShown() {
    Filled[] columns = {
      ID,
      text("a", n -> "Secret" + n + "@Hidden.org"),
      filled("b", ValueType.TIMESTAMP, n -> Instant.MAX),
      filled("c", ValueType.DATE, n -> n == 1 ? LocalDate.MIN : LocalDate.of(1980, 2, 3)),
      text("d", n -> "Ümläut\u0000\uD83D\uDE00 " + n)
    };
    SurveyedTable table = table(List.of("id"), columns);
    TableProfile profile = profile(table, columns);
    String shown =
        profile.fields().stream().map(field -> String.join(" ", field.looks())).toList()
            + EntityText.yaml(Suggester.of(table, profile, true), 0);
    assertFalse(shown.contains("Secret") || shown.contains("Hidden"), shown);
    assertFalse(shown.contains("1980-02"), shown);
    assertTrue(shown.contains("Aaaaaa99@Aaaaaa.aaa"), shown);
  }

  @Test
  void differentValuesAreCountedUpToABound() {
    DistinctValues few = new DistinctValues();
    for (long i = 0; i < 20_000; i++) {
      few.add(DistinctValues.mixed(i % 10_000 + 1));
    }
    assertEquals(10_000, few.count());
    assertTrue(few.exact());
    DistinctValues many = new DistinctValues();
    for (long i = 0; i < 100_000; i++) {
      many.add(DistinctValues.mixed(i + 1));
    }
    assertEquals(DistinctValues.MOST, many.count());
    assertFalse(many.exact());
  }

  @Test
  void namesAreWrittenSoThatYamlReadsThem() {
    SuggestedEntity entity =
        suggested(ID, text("no", n -> "x" + n), text("Größe in m²: \"x\"", n -> "y" + n));
    String yaml = EntityText.yaml(entity, 0);
    assertTrue(yaml.contains("\"no\": { type: string }"), yaml);
    assertTrue(yaml.contains("\"Größe in m²: \\\"x\\\"\": { type: string }"), yaml);
    assertEquals("person", entity.name().replace("people", "person"));
    assertEquals("category", EntityName.of("shop.categories").name());
    assertEquals("address", EntityName.of("addresses").name());
    assertEquals("status", EntityName.of("status").name());
    assertEquals("t_1st", EntityName.of("_1ST").name());
  }
}
