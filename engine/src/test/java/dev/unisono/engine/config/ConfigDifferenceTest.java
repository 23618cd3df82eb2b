package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What differs between two configs is told by its paths. */
final class ConfigDifferenceTest {
  private static final String BEFORE =
      """
      server: { port: 8181 }
      state: { folder: state }
      systems:
        crm: { connector: postgres, url: "jdbc:crm", user: u, password: "${file:secret}" }
        billing: { connector: postgres, url: "jdbc:billing", user: u, lanes: 4 }
      entities:
        person: { key: id, schema: { properties: { id: { type: integer }, name: { type: string } } } }
      syncs:
        people:
          entity: person
          members:
            - { system: crm, table: person, direction: read }
            - { system: billing, table: person, direction: write }
      """;

  @TempDir private Path folder;

  @BeforeEach
  void keepSecret() throws IOException {
    Files.writeString(folder.resolve("secret"), "one");
  }

  private ConfigReader.Outcome read(String text) {
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(new FakeConnector()), _ -> null).read(text, folder);
    assertEquals(List.of(), outcome.problems());
    return outcome;
  }

  private ConfigDifference difference(String after) {
    return ConfigDifference.between(read(BEFORE), read(after));
  }

  private static ConfigDifference of(List<String> paths, List<String> atStartOnly) {
    return new ConfigDifference(paths, atStartOnly);
  }

  @Test
  void whatMeansTheSameIsNoDifference() {
    String after = "# A remark\n" + BEFORE.replace("{ port: 8181 }", "\n  port:   8181");
    assertEquals(of(List.of(), List.of()), difference(after));
  }

  @Test
  void eachPlaceIsTold() {
    String after =
        BEFORE
            .replace("lanes: 4", "heartbeat: 5s")
            .replace("name: { type: string }", "name: { type: string, maxLength: 9 }")
            .replace("table: person, direction: write", "table: people, direction: write");
    assertEquals(
        of(
            List.of(
                "systems.billing.heartbeat",
                "systems.billing.lanes",
                "entities.person.schema.properties.name.maxLength",
                "syncs.people.members[1].table"),
            List.of()),
        difference(after));
  }

  @Test
  void partsComeAndGoAsAWhole() {
    String more = BEFORE + "      - { system: mail, table: p, direction: write }\n";
    String after =
        more.replace(
            "  billing:", "  mail: { connector: postgres, url: \"jdbc:m\", user: u }\n  billing:");
    assertEquals(
        of(List.of("systems.mail", "syncs.people.members[2]"), List.of()), difference(after));
    assertEquals(
        of(List.of("systems.mail", "syncs.people.members[2]"), List.of()),
        ConfigDifference.between(read(after), read(BEFORE)));
  }

  @Test
  void theOrderOfFieldsCounts() {
    String after =
        BEFORE.replace(
            "{ id: { type: integer }, name: { type: string } }",
            "{ name: { type: string }, id: { type: integer } }");
    assertEquals(of(List.of("entities.person.schema.properties"), List.of()), difference(after));
  }

  @Test
  void aSecretOfAnotherValueIsADifferenceThoughWrittenAlike() throws IOException {
    ConfigReader.Outcome before = read(BEFORE);
    Files.writeString(folder.resolve("secret"), "two");
    assertEquals(
        of(List.of("systems.crm.password"), List.of()),
        ConfigDifference.between(before, read(BEFORE)));
  }

  @Test
  void whatIsSetAtTheStartAloneIsToldApart() {
    String after =
        BEFORE.replace("port: 8181", "host: 127.0.0.2, port: 8182").replace("folder: state", "{}");
    after = after.replace("state: { {} }", "state: {}").replace("lanes: 4", "lanes: 8");
    assertEquals(
        of(
            List.of("server.host", "server.port", "state.folder", "systems.billing.lanes"),
            List.of("server.host", "server.port", "state.folder")),
        difference(after));
    // Written out, the default is the same.
    assertEquals(
        of(List.of("server.host"), List.of()),
        difference(BEFORE.replace("port: 8181", "host: 127.0.0.1, port: 8181")));
  }
}
