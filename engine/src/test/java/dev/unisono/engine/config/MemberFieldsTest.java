package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.convert.ConvertingConnector;
import dev.unisono.spi.ValueType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How a member keeps fields, as the config has it. */
final class MemberFieldsTest {
  private static final FakeConnector CONNECTOR = new FakeConnector();

  private static ConfigReader.Outcome read(String fields) {
    return new ConfigReader(List.of(CONNECTOR), _ -> "secret")
        .read(
            """
            systems:
              a: { connector: postgres, url: "jdbc:a", user: u, password: "${env:P}" }
              b: { connector: postgres, url: "jdbc:b", user: u, password: "${env:P}" }
            entities:
              person:
                key: id
                schema:
                  properties:
                    id:         { type: integer }
                    fullName:   { type: string }
                    height:     { type: number }
                    born:       { type: string, format: date }
                    seen:       { type: string, format: date-time }
                    active:     { type: boolean }
            syncs:
              people:
                entity: person
                members:
                  - { system: a, table: person, direction: read }
                  - system: b
                    table: person
                    direction: write
                    fields: { %s }
            """
                .formatted(fields),
            Path.of("."));
  }

  private static MemberConfig member(String fields) {
    ConfigReader.Outcome outcome = read(fields);
    assertEquals(List.of(), outcome.problems());
    return Objects.requireNonNull(outcome.config()).syncs().getFirst().members().getLast();
  }

  private static List<String> problems(String fields) {
    return read(fields).problems().stream()
        .map(each -> each.problem().code() + " " + each.problem().configPath())
        .map(text -> text.replace("syncs.people.members[1].fields.", ""))
        .toList();
  }

  private static ValueType stored(String field, String conversion) {
    MemberConfig member = member(field + ": { convert: { " + conversion + " } }");
    return Objects.requireNonNull(member.conversions().get(field)).stored();
  }

  @Test
  void eachConversionSaysWhatItsColumnHolds() {
    assertEquals(ValueType.DECIMAL, stored("height", "unit: in, to: m, digits: 1"));
    assertEquals(ValueType.STRING, stored("height", "unit: ft+in, to: m"));
    assertEquals(ValueType.STRING, stored("height", "unit: km, to: m, form: text-with-unit"));
    assertEquals(ValueType.DECIMAL, stored("height", "scale: 100"));
    assertEquals(ValueType.STRING, stored("height", "number: de-CH, digits: 2, grouping: true"));
    assertEquals(ValueType.STRING, stored("born", "date: dd/MM/yyyy"));
    assertEquals(ValueType.STRING, stored("seen", "date-time: yyyyMMddHHmm, zone: Europe/Berlin"));
    assertEquals(ValueType.LONG, stored("seen", "epoch: milliseconds"));
    assertEquals(ValueType.STRING, stored("active", "boolean: { true: Y, false: N }"));
    assertEquals(ValueType.LONG, stored("active", "boolean: { true: 1, false: 0 }"));
    assertEquals(ValueType.LONG, stored("fullName", "codes: { 1: ada, 2: bob }"));
    assertEquals(ValueType.STRING, stored("fullName", "codes: { \"1\": ada, 2: bob }"));
    assertEquals(ValueType.STRING, stored("fullName", "codes: { 01: ada, 02: bob }"));
  }

  @Test
  void theColumnIsNamedBesideTheConversion() {
    MemberConfig member = member("height: { column: tall, convert: { scale: 100 } }, born: null");
    assertEquals("tall", member.binding().columns().get(2));
    assertEquals(null, member.binding().columns().get(3));
    assertEquals("height", member("height: { convert: { scale: 2 } }").binding().columns().get(2));
  }

  @Test
  void onlySystemsWithConversionsAreConverted() {
    Config config = Objects.requireNonNull(read("height: { convert: { scale: 100 } }").config());
    assertSame(CONNECTOR, Objects.requireNonNull(config.systems().get("a")).connector());
    assertTrue(
        Objects.requireNonNull(config.systems().get("b")).connector()
            instanceof ConvertingConnector);
  }

  @Test
  void whatIsWrongIsSaidAtItsPlace() {
    assertEquals(List.of("key-converted id.convert"), problems("id: { convert: { scale: 100 } }"));
    assertEquals(List.of("missing-key height.convert"), problems("height: { column: tall }"));
    assertEquals(
        List.of("wrong-value height.convert"),
        problems("height: { convert: { scale: 100, number: de } }"));
    assertEquals(List.of("wrong-value height.convert"), problems("height: { convert: {} }"));
    assertEquals(
        List.of("wrong-value height.convert", "unknown-key height.convert.factor"),
        problems("height: { convert: { factor: 100 } }"));
    assertEquals(
        List.of("wrong-value height.convert.zone"),
        problems("height: { convert: { scale: 100, zone: UTC } }"));
    assertEquals(
        List.of("conversion-type born.convert.unit"),
        problems("born: { convert: { unit: kg, to: g } }"));
    assertEquals(
        List.of("conversion-loses height.convert.unit"),
        problems("height: { convert: { unit: in, to: m } }"));
    assertEquals(
        List.of("conversion-loses born.convert.date"),
        problems("born: { convert: { date: dd/MM/yy } }"));
    assertEquals(
        List.of("conversion-loses fullName.convert.codes"),
        problems("fullName: { convert: { codes: { 1: ada, 2: ada } } }"));
    assertEquals(
        List.of("missing-key height.convert.to"), problems("height: { convert: { unit: kg } }"));
    assertEquals(
        List.of("wrong-value height.convert.unit"),
        problems("height: { convert: { unit: kg, to: m } }"));
    assertEquals(
        List.of("wrong-value active.convert.boolean"),
        problems("active: { convert: { boolean: { true: Y } } }"));
    assertEquals(
        List.of("wrong-value active.convert.codes"),
        problems("active: { convert: { codes: { 1: yes, 2: false } } }"));
    assertEquals(
        List.of("wrong-value height.convert.scale"), problems("height: { convert: { scale: 0 } }"));
    assertEquals(
        List.of("out-of-range height.convert.digits"),
        problems("height: { convert: { scale: 100, digits: 31 } }"));
    assertEquals(
        List.of("wrong-value seen.convert.epoch"), problems("seen: { convert: { epoch: days } }"));
    assertEquals(
        List.of("wrong-value born.convert.date"), problems("born: { convert: { date: foo } }"));
  }

  private static List<@Nullable String> columns(String fields) {
    return member(fields).binding().columns();
  }

  @Test
  void columnsAreNamedByAConventionButThoseThatAreNamed() {
    assertEquals(
        List.of("Id", "FullName", "Height", "Born", "Seen", "Active"),
        columns("\"*\": PascalCase"));
    assertEquals(
        Arrays.asList("client", "FULL_NAME", "tall", null, "SEEN", "ACTIVE"),
        columns(
            "\"*\": SCREAMING_SNAKE_CASE, id: client, born: null, height: { column: tall, convert:"
                + " { scale: 100 } }"));
    assertEquals(
        "full-name",
        columns("\"*\": kebab-case, fullName: { convert: { codes: { 1: a } } }").get(1));
    assertEquals("fullName", columns("\"*\": same").get(1));
  }

  @Test
  void twoFieldsOfOneColumnAreRefused() {
    List<ConfigProblem> found = read("\"*\": snake_case, born: full_name").problems();
    assertEquals(1, found.size());
    assertEquals("column-twice", found.getFirst().problem().code());
    assertTrue(
        found.getFirst().problem().message().contains("fullName and born"),
        found.getFirst().problem()::message);
    assertEquals(List.of("column-twice seen"), problems("born: x, seen: x"));
    assertEquals(List.of("wrong-value *"), problems("\"*\": camelcase"));
  }
}
