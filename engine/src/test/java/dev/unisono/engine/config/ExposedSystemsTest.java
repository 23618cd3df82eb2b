package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.expose.Exposure;
import dev.unisono.engine.fixture.ScriptedSystem;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.SurveyedTable.Column;
import dev.unisono.spi.SurveyedTable.Reference;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tables of systems become entities as if somebody had written them. */
final class ExposedSystemsTest {
  private static final SurveyedTable COMPANIES =
      table(
          "public.companies",
          List.of("id"),
          List.of(),
          column("id", ValueType.LONG),
          column("name", ValueType.STRING),
          column("logo", ValueType.BYTES),
          column("upper", ValueType.STRING, true),
          column("shape", null));
  private static final SurveyedTable PEOPLE =
      table(
          "public.people",
          List.of("tenant", "number"),
          List.of(
              new Reference(List.of("company"), "public.companies", List.of("id")),
              new Reference(
                  List.of("boss_number", "boss_tenant"), "people", List.of("number", "tenant")),
              new Reference(List.of("email"), "public.companies", List.of("name"))),
          column("tenant", ValueType.LONG),
          column("number", ValueType.LONG),
          column("email", ValueType.STRING),
          column("company", ValueType.LONG),
          column("boss_tenant", ValueType.LONG),
          column("boss_number", ValueType.LONG),
          column("born", ValueType.DATE));
  private static final SurveyedTable LOG =
      table("public.log", List.of(), List.of(), column("line", ValueType.STRING));

  private static Column column(String name, @Nullable ValueType type) {
    return column(name, type, false);
  }

  private static Column column(String name, @Nullable ValueType type, boolean generated) {
    return new Column(name, "", type, null, false, true, SurveyedTable.UNKNOWN, generated);
  }

  private static SurveyedTable table(
      String name, List<String> key, List<Reference> references, Column... columns) {
    return new SurveyedTable(name, 0, List.of(columns), key, List.of(), references, List.of());
  }

  private static ConfigReader.Outcome read(String text, Exposure exposure) {
    return new ConfigReader(
            List.of(
                new dev.unisono.engine.fixture.FakeConnector(
                    "scripted", _ -> new ScriptedSystem().connect())),
            _ -> null,
            exposure)
        .read(text, Path.of("."));
  }

  private static ConfigReader.Outcome read(String text) {
    return read(
        text,
        (_, wanted, _) ->
            List.of(COMPANIES, LOG, PEOPLE).stream()
                .filter(table -> wanted.test(table.name()))
                .toList());
  }

  private static Config config(String text) {
    ConfigReader.Outcome outcome = read(text);
    assertEquals(List.of(), outcome.problems());
    return Objects.requireNonNull(outcome.config());
  }

  private static EntityConfig entity(Config config, String name) {
    return Objects.requireNonNull(config.entities().get(name), name);
  }

  @Test
  void eachTableWithAKeyIsAnEntity() {
    ConfigReader.Outcome outcome =
        read(
            """
            systems:
              crm:
                connector: scripted
                expose: true
            """);
    assertEquals(List.of(), outcome.problems());
    Config config = Objects.requireNonNull(outcome.config());
    assertEquals(Set.of("company", "people"), config.entities().keySet());
    EntityConfig company = entity(config, "company");
    assertEquals("companies", company.plural());
    assertEquals(
        List.of("id", "name", "logo"),
        company.schema().fields().stream().map(field -> field.name()).toList());
    assertEquals(Set.of("id", "name"), company.indexed());
    EntityConfig people = entity(config, "people");
    assertEquals(2, people.schema().keySize());
    assertEquals(
        List.of(
            new Constraints.Reference(
                List.of("company"), "company", dev.unisono.engine.validate.Severity.REJECT),
            new Constraints.Reference(
                List.of("boss_tenant", "boss_number"),
                "people",
                dev.unisono.engine.validate.Severity.REJECT)),
        people.constraints().relations());
    assertTrue(people.constraints().isEmpty(), "nothing is asked of relations");
    assertEquals(
        List.of("companies public.companies", "people public.people"),
        config.syncs().stream()
            .map(sync -> sync.name() + " " + sync.members().getFirst().binding().table())
            .toList());
    assertEquals(
        List.of("4 table-without-key"),
        outcome.notices().stream().map(one -> one.line() + " " + one.problem().code()).toList());
  }

  @Test
  void whatIsWrittenIsLeftAloneAndItsNamesAreTaken() {
    Config config =
        config(
            """
            systems:
              crm: { connector: scripted, expose: true }
              old: { connector: scripted, expose: { except: [ "log" ] } }
            entities:
              company: { plural: firms, key: id, schema: { properties: { id: { type: integer } } } }
            syncs:
              people:
                entity: company
                members: [ { system: crm, table: companies, direction: read } ]
            """);
    List<String> found = new ArrayList<>();
    for (SyncConfig sync : config.syncs()) {
      found.add(
          sync.name()
              + " "
              + entity(config, sync.entity()).plural()
              + " "
              + sync.members().getFirst().system());
    }
    assertEquals(
        List.of(
            "people firms crm",
            "crm-people people crm",
            "public_companies public_companies old",
            "public_people public_people old"),
        found);
  }

  @Test
  void tablesAreChosenByPatterns() {
    Config config =
        config(
            """
            systems:
              crm: { connector: scripted, expose: { tables: [ "public.c*", "pe?ple" ], except: people } }
            """);
    assertEquals(Set.of("company"), config.entities().keySet());
    assertEquals(
        List.of(), config("systems: { crm: { connector: scripted, expose: false } }").syncs());
  }

  @Test
  void aSystemThatCannotBeAskedIsToldWhereItIsExposed() {
    ConfigReader.Outcome outcome =
        read(
            """
            systems:
              crm:
                connector: scripted
                expose: true
            """,
            (_, _, _) -> {
              throw new UnisonoException(
                  new Problem("unreachable", ProblemType.EXTERNAL, "It is away.", null, "Wait."));
            });
    assertEquals(
        List.of("4 unreachable systems.crm.expose"),
        outcome.problems().stream()
            .map(one -> one.line() + " " + one.problem().code() + " " + one.problem().configPath())
            .toList());
  }

  @Test
  void whatIsNoneOfItsKeysIsRefused() {
    assertEquals(
        List.of("not-available systems.crm.expose.refresh", "unknown-key systems.crm.expose.table"),
        read(
                """
                systems:
                  crm: { connector: scripted, expose: { refresh: 1m, table: x } }
                """)
            .problems()
            .stream()
            .map(one -> one.problem().code() + " " + one.problem().configPath())
            .sorted()
            .toList());
  }
}
