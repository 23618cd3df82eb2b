package dev.unisono.engine.assess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.ValueType;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.Node;

/** Which syncs are made of what systems hold, and what is left out. For one thread. */
final class StartingConfigTest {
  private static AssessedTable table(String name, String... columns) {
    List<SurveyedTable.Column> described = new ArrayList<>();
    for (String column : columns) {
      described.add(
          new SurveyedTable.Column(
              column, "text", ValueType.STRING, null, false, false, SurveyedTable.UNKNOWN, false));
    }
    SurveyedTable table =
        new SurveyedTable(name, 1, described, List.of(columns[0]), List.of(), List.of(), List.of());
    Binding binding = SampleBinding.of(table).orElseThrow();
    TableProfile profile = new TableProfile(binding.schema());
    @Nullable Object[] values = new @Nullable Object[columns.length];
    java.util.Arrays.fill(values, "a");
    profile.add(new Row(binding.schema(), values));
    profile.settle();
    return new AssessedTable(
        table, profile, true, Suggester.of(table, profile, true), 0, null, List.of());
  }

  private static AssessedSystem system(String name, boolean read, AssessedTable... tables) {
    return new AssessedSystem(
        name,
        "postgres",
        false,
        read,
        null,
        0,
        tables.length,
        List.of(tables),
        List.of(),
        List.of());
  }

  private static Problem problem(String path) {
    return new Problem("type-mismatch", ProblemType.USER, "It does not fit.", path, "");
  }

  private static List<String> members(StartingConfig config) {
    return config.text().lines().map(String::strip).filter(line -> line.startsWith("- {")).toList();
  }

  @Test
  void tablesOfOneNameAreOneEntityWhateverTheirLetters() {
    StartingConfig config =
        new StartingConfig(
            "",
            List.of(
                system("erp", false, table("KUNDEN", "ID", "Name")),
                system("crm", true, table("public.kunden", "id", "name", "note"))));
    assertEquals(
        List.of(
            "- { system: crm, table: public.kunden, direction: read }",
            "- { system: erp, table: KUNDEN, direction: write, fields: { id: ID, name: Name, note: null } }"),
        members(config));
  }

  @Test
  void aSystemWithoutTablesIsGivenThem() {
    StartingConfig config =
        new StartingConfig(
            "", List.of(system("crm", true, table("public.a", "id")), system("new", true)));
    assertEquals(
        List.of(
            "- { system: crm, table: public.a, direction: read }",
            "- { system: new, table: a, direction: write, create-table: true }"),
        members(config));
  }

  @Test
  void twoTablesOfOneNameInASystemAreTwoEntities() {
    StartingConfig config =
        new StartingConfig(
            "", List.of(system("crm", true, table("a.x", "id"), table("b.x", "id"))));
    assertEquals(2, config.size());
    assertTrue(config.text().contains("  x_2:\n"), config.text());
  }

  @Test
  void whatIsInTheWayIsLeftOutAndSaid() {
    StartingConfig config =
        new StartingConfig(
            "",
            List.of(
                system("crm", true, table("a", "id", "odd", "name"), table("b", "id")),
                system("erp", true, table("a", "id", "odd", "name"))));
    assertTrue(config.leaveOut(List.of(problem("syncs.a.members[1].fields.odd"))));
    assertTrue(members(config).get(1).contains("fields: { odd: null }"), config.text());
    assertTrue(config.leaveOut(List.of(problem("syncs.a.members[0].fields.name"))));
    assertFalse(config.text().contains("name: { type"), config.text());
    assertTrue(config.leaveOut(List.of(problem("syncs.a.members[1].table"))));
    assertEquals(2, members(config).size());
    assertTrue(config.leaveOut(List.of(problem("syncs.b.members[0].table"))));
    assertEquals(1, config.size());
    assertFalse(config.leaveOut(List.of(problem("systems.crm"))), "that is not its to leave out");
    assertEquals(List.of("type-mismatch at systems.crm: It does not fit."), config.standing());
    assertEquals(4, config.leftOut().size());
    assertTrue(config.text().contains("# in the way: type-mismatch"), config.text());
  }

  @Test
  void sectionsAreTakenOverAsTheyStand() {
    String text =
        """
        # mine
        systems:
          # the one
          a:
            connector: postgres
            password: "${file:secret/a}"
          b: { connector: postgres, password: "${file:/etc/b}" }
        entities: { x: {} }
        server: { port: 9000 }
        """;
    Node root = new Yaml(new LoaderOptions()).compose(new StringReader(text));
    assertEquals(
        """
        systems:
          a:
            connector: postgres
            password: "${file:../secret/a}"
          b: { connector: postgres, password: "${file:/etc/b}" }
        server: { port: 9000 }
        """,
        GivenSections.of(text, root, Path.of("/home/me"), Path.of("/home/me/out")));
  }
}
