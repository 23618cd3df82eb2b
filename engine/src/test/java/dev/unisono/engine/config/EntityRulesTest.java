package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** What rules in CEL ask of rows, by the config. */
final class EntityRulesTest {
  private static final String CUSTOMER =
      """
      e:
        key: id
        schema:
          properties:
            id:      { type: integer }
            balance: { type: number }
            country: { type: string }
            active:  { type: boolean }
            since:   { type: string, format: date }
            seen:    { type: string, format: date-time }
            tenant:  { type: string, format: uuid }
            extra:   { type: object }
            a-b:     { type: string }
        rules:
      """;

  private static final String LIMIT =
      "{ code: credit-limit, check: \"this.balance <= 10000.0 || this.country == 'DE'\","
          + " message: \"Only customers in Germany may owe more.\" }";

  private final List<String> problems = new ArrayList<>();

  private @Nullable EntityConfig read(String... rules) {
    StringBuilder text = new StringBuilder(CUSTOMER);
    for (String rule : rules) {
      text.append("    - ").append(rule).append('\n');
    }
    return readText(text.toString());
  }

  private @Nullable EntityConfig readText(String text) {
    List<ConfigProblem> found = new ArrayList<>();
    Map<String, EntityConfig> read =
        new EntityReader(Path.of("."))
            .read(
                new YamlMap(
                    "entities",
                    new Yaml(new LoaderOptions()).compose(new StringReader(text)),
                    found));
    problems.clear();
    for (ConfigProblem problem : found) {
      problems.add(
          problem.problem().code()
              + " "
              + problem.problem().configPath()
              + " "
              + problem.problem().message());
    }
    return read.get("e");
  }

  private EntityConfig right(String... rules) {
    EntityConfig entity = read(rules);
    assertEquals(List.of(), problems);
    return Objects.requireNonNull(entity);
  }

  private static Row row(EntityConfig entity, @Nullable Object balance, @Nullable Object country) {
    return new Row(
        entity.schema(),
        new @Nullable Object[] {
          1L,
          balance,
          country,
          true,
          LocalDate.parse("2026-02-03"),
          Instant.parse("2026-02-03T04:05:06Z"),
          UUID.fromString("00000000-0000-0000-0000-00000000002a"),
          null,
          null
        });
  }

  private static List<String> codes(
      EntityConfig entity, @Nullable Object balance, @Nullable Object country) {
    return new Cleaner(entity)
        .validate(row(entity, balance, country)).stream().map(Finding::code).toList();
  }

  @Test
  void aRuleIsAskedOfSeveralFieldsAndTellsItsOwnMessage() {
    EntityConfig entity = right(LIMIT, "{ code: some-where, check: \"this.country != ''\" }");
    BigDecimal much = new BigDecimal("10000.01");
    assertEquals(List.of(), codes(entity, new BigDecimal("10000.00"), "FR"));
    assertEquals(List.of(), codes(entity, much, "DE"));
    assertEquals(
        List.of(new Finding("credit-limit", "", "", "", "Only customers in Germany may owe more.")),
        new Cleaner(entity).validate(row(entity, much, "FR")));
    assertEquals(
        List.of(
            new Finding("credit-limit", "", "", "", "Only customers in Germany may owe more."),
            new Finding("some-where", "", "", "", "The rule some-where does not hold.")),
        new Cleaner(entity).validate(row(entity, much, "")));
  }

  @Test
  void nothingIsComparedAsNullAndWhatHasNoValueIsAFinding() {
    EntityConfig careful =
        right("{ code: low, check: \"this.balance == null || this.balance < 5.0\" }");
    assertEquals(List.of(), codes(careful, null, "FR"));
    assertEquals(List.of(), codes(careful, new BigDecimal("4"), "FR"));
    assertEquals(List.of("low"), codes(careful, new BigDecimal("5"), "FR"));
    EntityConfig careless = right(LIMIT);
    assertEquals(List.of("rule-failed"), codes(careless, null, "FR"));
    assertEquals(List.of(), codes(careless, null, "DE"), "one side of || is enough");
    EntityConfig ofNothing = right("{ code: active, check: this.active }");
    Row unknown =
        new Row(
            ofNothing.schema(),
            new @Nullable Object[] {1L, null, null, null, null, null, null, null, null});
    assertEquals(
        List.of(
            new Finding(
                "rule-failed", "", "", "", "The rule active has no value for this record.")),
        new Cleaner(ofNothing).validate(unknown));
  }

  @Test
  void aRuleIsNotAskedWhereAFieldThatItNamesIsUnchangedOrUnfit() {
    EntityConfig entity = right(LIMIT);
    BigDecimal much = new BigDecimal("10000.01");
    assertEquals(List.of(), codes(entity, Unchanged.UNCHANGED, "FR"));
    assertEquals(List.of(), codes(entity, much, Unchanged.UNCHANGED));
    assertEquals(List.of("value-unfit"), codes(entity, new Unfit("a text"), "FR"));
    EntityConfig other = right("{ code: other, check: \".this.balance < 5.0\" }");
    assertEquals(List.of(), codes(other, Unchanged.UNCHANGED, "FR"));
    assertEquals(List.of("other"), codes(other, much, Unchanged.UNCHANGED));
  }

  @Test
  void eachKindOfFieldIsSeen() {
    EntityConfig entity =
        right(
            "{ code: a, check: \"this.id + 1 == 2 && this.balance == 1.5 && this.balance > 1\" }",
            "{ code: b, check: \"this.active && this.country.matches('^[A-Z]{2}$')\" }",
            "{ code: c, check: \"this.since > '2026-01-01' && this.seen > timestamp('2026-01-01T00:00:00Z')\" }",
            "{ code: d, check: \"this.tenant.endsWith('2a') && this.country in ['DE', 'FR']\" }");
    assertEquals(List.of(), codes(entity, new BigDecimal("1.50"), "FR"));
    assertEquals(List.of("a", "d"), codes(entity, new BigDecimal("1"), "GB"));
  }

  @Test
  void whatBreaksARuleThatWarnsPassesAndIsCounted() {
    EntityConfig entity =
        right(
            LIMIT.replace(" }", ", severity: warn }"),
            "{ code: never, check: \"this.id > 0\", severity: warn }",
            "{ code: refused, check: \"this.id > 0\", severity: reject }");
    Cleaner cleaner = new Cleaner(entity);
    Warnings warnings = new Warnings(Map.of("customer", entity));
    for (Object balance : new Object[] {new BigDecimal("20000"), new BigDecimal("1"), "none"}) {
      Row row = row(entity, balance.equals("none") ? null : balance, "FR");
      assertEquals(List.of(), cleaner.validate(row));
      warnings.count("customer", cleaner.warnings(row));
    }
    assertEquals(
        List.of(
            new Warnings.Count("customer", "credit-limit", 1),
            new Warnings.Count("customer", "never", 0),
            new Warnings.Count("customer", "rule-failed", 1)),
        warnings.counts());
  }

  private void refused(String start, String rule) {
    read(rule);
    assertTrue(
        problems.stream().anyMatch(problem -> problem.startsWith(start)), problems::toString);
    assertEquals(1, problems.size(), problems::toString);
  }

  @Test
  void whatIsNoRuleIsRefusedWithItsPlace() {
    String check = "check: \"this.id > 0\" }";
    refused("missing-key entities.e.rules[0].check", "{ code: a }");
    refused("missing-key entities.e.rules[0].code", "{ " + check);
    refused("unknown-key entities.e.rules[0].chek", "{ code: a, chek: x, " + check);
    refused("wrong-value entities.e.rules[0].code", "{ code: Not_This, " + check);
    refused("wrong-value entities.e.rules[0].code", "{ code: too-long, " + check);
    refused("wrong-value entities.e.rules[0].severity", "{ code: a, severity: shout, " + check);
    read("{ code: a, " + check, "{ code: a, " + check);
    assertEquals(
        List.of("named-twice entities.e.rules[1].code Another rule has the code 'a'."), problems);
  }

  @Test
  void whatIsNoConditionIsRefusedWithTheColumn() {
    for (String text :
        List.of(
            "this.id + 1",
            "this.blance > 1.0",
            "this.country > 7",
            "this.id >",
            "this.extra != null",
            "id > 0",
            "has(this.country)")) {
      refused(
          "bad-expression entities.e.rules[0].check This is no condition over the fields of 'e':"
              + " column ",
          "{ code: a, check: \"" + text + "\" }");
    }
  }

  @Test
  void aFieldMayHaveASeverityOfItsOwn() {
    String text =
        CUSTOMER
            .replace("country: { type: string }", "country: { type: string, maxLength: 2 }")
            .replace("balance: { type: number }", "balance: { type: number, minimum: 0 }")
            .replace("rules:", "severity: { country: warn, balance: quarantine, id: reject }");
    EntityConfig entity = Objects.requireNonNull(readText(text));
    assertEquals(List.of(), problems);
    Cleaner cleaner = new Cleaner(entity);
    Row row = beginning(entity, 1L, new BigDecimal("-1"), "DEU");
    assertEquals(List.of(), cleaner.validate(row));
    assertEquals(
        List.of("minimum balance"),
        cleaner.doubts(row).stream().map(each -> each.code() + " " + each.path()).toList());
    assertEquals(
        List.of("too-long country"),
        cleaner.warnings(row).stream().map(each -> each.code() + " " + each.path()).toList());
    for (Object none : new @Nullable Object[] {null, Unchanged.UNCHANGED}) {
      Row without = beginning(entity, 1L, none, none);
      assertEquals(List.of(), cleaner.doubts(without));
      assertEquals(List.of(), cleaner.warnings(without));
    }
    // A value that is none of its type is no matter of opinion.
    Row unfit = beginning(entity, 1L, new Unfit("text"), new Unfit("number"));
    assertEquals(2, cleaner.validate(unfit).size());
    assertEquals(List.of(), cleaner.doubts(unfit));
  }

  @Test
  void severitiesAreOfFieldsThatThereAre() {
    readText(CUSTOMER.replace("rules:", "severity: { cuntry: warn, country: maybe }"));
    assertEquals(2, problems.size(), problems.toString());
    assertTrue(problems.get(0).startsWith("unknown-field entities.e.severity.cuntry"));
    assertTrue(problems.get(1).startsWith("wrong-value entities.e.severity.country"));
  }

  private static Row beginning(EntityConfig entity, @Nullable Object... first) {
    @Nullable Object[] values = new @Nullable Object[entity.schema().size()];
    System.arraycopy(first, 0, values, 0, first.length);
    return new Row(entity.schema(), values);
  }
}
