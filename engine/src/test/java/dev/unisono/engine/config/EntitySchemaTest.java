package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.validate.Finding;
import dev.unisono.engine.validate.TextPattern;
import dev.unisono.engine.validate.Validator;
import dev.unisono.spi.Json;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** What an entity's schema asks of rows, by the config. */
final class EntitySchemaTest {
  private static final String CUSTOMER =
      """
      properties:
        id:      { type: integer }
        mail:    { type: string, format: email, maxLength: 40, not: { const: "a@example.com" } }
        country: { type: string }
        vat:     { type: string }
        address:
          type: object
          properties: { city: { type: string, minLength: 1 }, zip: { $ref: "#/$defs/zip" } }
          required: [city]
        tags:    { type: array, items: { type: string, format: hostname }, uniqueItems: true }
        seen:    { type: string, format: date-time, pattern: "^20" }
        amount:  { type: number, exclusiveMinimum: 0, multipleOf: 0.01 }
        place:   { $ref: "#/$defs/place" }
      additionalProperties: false
      if: { properties: { country: { const: DE } }, required: [country] }
      then: { required: [vat] }
      $defs:
        zip: { type: string, pattern: "^[0-9]{5}$" }
        place: { type: object, required: [lat] }
      """;

  private static final Object[] RIGHT = {
    1L,
    "b@example.com",
    "FR",
    null,
    new Json("{\"city\": \"Ulm\", \"zip\": \"89073\"}"),
    new Object[] {"a.example", "b.example", null},
    Instant.parse("2026-01-31T00:00:00Z"),
    new java.math.BigDecimal("1.10"),
    new Json("{\"lat\": 1}")
  };

  private final List<String> problems = new ArrayList<>();

  private @Nullable EntityConfig read(String schema, Path folder) {
    List<ConfigProblem> found = new ArrayList<>();
    String text = "e:\n  key: id\n  schema:\n" + schema.indent(4);
    Map<String, EntityConfig> read =
        new EntityReader(folder)
            .read(
                new YamlMap(
                    "entities",
                    new Yaml(new LoaderOptions()).compose(new StringReader(text)),
                    found));
    problems.clear();
    for (ConfigProblem problem : found) {
      problems.add(problem.problem().code() + " " + problem.problem().message());
    }
    return read.get("e");
  }

  private List<Finding> findings(int position, @Nullable Object value) {
    @Nullable Object[] values = RIGHT.clone();
    values[position] = value;
    return findings(values);
  }

  private List<Finding> findings(@Nullable Object[] values) {
    EntityConfig entity = read(CUSTOMER, Path.of("."));
    assertEquals(List.of(), problems);
    return new Validator(java.util.Objects.requireNonNull(entity))
        .validate(new Row(entity.schema(), values));
  }

  private List<String> told(int position, @Nullable Object value) {
    return findings(position, value).stream()
        .map(finding -> finding.code() + " " + finding.path() + " " + finding.shape())
        .toList();
  }

  @Test
  void takesWhatTheSchemaTakes() {
    assertEquals(List.of(), findings(RIGHT));
    assertEquals(List.of(), findings(8, null));
  }

  @Test
  void tellsThePlaceAndTheShapeOfWhatItRefuses() {
    assertEquals(List.of("format mail text of 6 characters"), told(1, "secret"));
    assertEquals(List.of("schema mail text of 13 characters"), told(1, "a@example.com"));
    assertEquals(
        List.of(
            "too-short address.city text of 0 characters",
            "pattern address.zip text of 1 characters"),
        told(4, new Json("{\"city\": \"\", \"zip\": \"8\"}")));
    assertEquals(List.of("required address object of 0"), told(4, new Json("{}")));
    assertEquals(
        List.of("value-unfit address document of 1 characters", "value-unfit  "),
        told(4, new Json("{")),
        "the record as a whole cannot be asked either");
    assertEquals(
        List.of("format tags[1] text of 3 characters"), told(5, new Object[] {"a", "b c"}));
    assertEquals(List.of("not-unique tags array of 2"), told(5, new Object[] {"a", "a"}));
    assertEquals(
        List.of("pattern seen text of 27 characters"),
        told(6, Instant.parse("1999-01-31T00:00:00Z")));
    assertEquals(
        List.of("exclusive-minimum amount number"), told(7, new java.math.BigDecimal("0.00")));
    assertEquals(List.of("multiple-of amount number"), told(7, new java.math.BigDecimal("0.005")));
    assertEquals(List.of("required place object of 0"), told(8, new Json("{}")));
    for (Finding finding : findings(1, "secret")) {
      assertFalse(finding.toString().contains("secret"));
    }
  }

  @Test
  void asksOfTheRowAsAWholeAndSkipsItWhereAFieldIsUnchanged() {
    @Nullable Object[] german = RIGHT.clone();
    german[2] = "DE";
    assertEquals(List.of("required"), findings(german).stream().map(Finding::code).toList());
    german[3] = Unchanged.UNCHANGED;
    assertEquals(List.of(), findings(german));
    german[3] = "DE123";
    assertEquals(List.of(), findings(german));
    german[3] = null;
    german[1] = Unchanged.UNCHANGED;
    assertEquals(1, findings(german).size(), "a field that is not asked for may be unchanged");
  }

  @Test
  void readsASchemaFromAFileAndTellsItsProblemsThere(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("c.json"), "{\"properties\": {\"id\": {\"type\": \"integer\"}}}");
    EntityConfig entity = read("file: c.json", folder);
    assertEquals(List.of(), problems);
    assertEquals(1, java.util.Objects.requireNonNull(entity).fields().size());
    Files.writeString(folder.resolve("c.json"), "{\"properties\":\n{\"id\": {\"type\": \"in\"}}}");
    read("file: c.json", folder);
    assertEquals(1, problems.size());
    assertTrue(
        problems.getFirst().startsWith("wrong-value In c.json, line 2: "), problems::getFirst);
    read("file: none.json", folder);
    assertTrue(problems.getFirst().startsWith("file-unreadable "), problems::getFirst);
  }

  @Test
  void refusesWhatIsNoSchema() {
    for (String wrong :
        List.of(
            "anyOf: 5",
            "$ref: \"#/$defs/nowhere\"",
            "$ref: \"http://localhost:1/other.json\"",
            "allOf: [{ pattern: \"(\" }]",
            "x: &x { allOf: [*x] }")) {
      read("properties: { id: { type: integer } }\n" + wrong, Path.of("."));
      assertFalse(problems.isEmpty(), wrong);
    }
  }

  @Test
  void patternsAreThoseOfEcmaScriptAndNeverHang() {
    assertTrue(TextPattern.compile("^a$").matches("a"));
    assertFalse(TextPattern.compile("^a$").matches("a\n"));
    assertTrue(TextPattern.compile("^\\s$").matches("\u00a0"));
    assertTrue(TextPattern.compile("^[[a]$").matches("["));
    assertFalse(TextPattern.compile("^.$").matches("\r"));
    assertFalse(TextPattern.compile("^(a+)+$").matches("a".repeat(60) + "b"));
    assertTrue(TextPattern.compile("^(a|b)*$").matches("ab"));
    assertFalse(TextPattern.compile("^(a|b)*c$").matches("ab".repeat(200_000)));
  }

  /** PostgreSQL's json and SQLite's texts keep any exponent. */
  @Test
  void refusesADocumentWithANumberOfNoBounds() {
    assertEquals(
        List.of("value-unfit place document of 30 characters", "value-unfit  "),
        told(8, new Json("{\"lat\": 1, \"x\": 0e99999999999}")));
  }

  @Test
  void namesDefinitionsThatAreNone() {
    read(CUSTOMER.substring(0, CUSTOMER.indexOf("$defs:")) + "$defs: none\n", Path.of("."));
    assertTrue(problems.contains("wrong-type A mapping is expected here."), problems::toString);
  }
}
