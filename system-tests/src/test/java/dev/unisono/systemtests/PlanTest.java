package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a first load would do is told beforehand, and telling it changes nothing. */
final class PlanTest {
  @TempDir private Path folder;

  @Test
  void aMirrorsPlanTellsWhatTheTargetWouldGetAndWhatItHasBeside() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start()) {
      databases.executeInCrm(
          "INSERT INTO customers (id, name, country, balance) VALUES (1, 'Ada', 'UK', 1.50),"
              + " (2, 'Bob', 'IT', 2), (3, 'Cem', 'DE', 3), (4, NULL, 'DE', 4)");
      databases.executeInBilling(
          "INSERT INTO clients (client_id, full_name, country, balance) VALUES (1, 'Ada', 'UK',"
              + " 1.5), (2, 'Robert', NULL, 2), (9, 'Zoe', 'FR', 0)");
      Path config = databases.writeConfig(folder, 7070, 500);
      Files.writeString(
          config,
          Files.readString(config).replaceFirst("required: \\[id]", "required: [id, name]"));
      JsonNode customers = plan(config).get(0);
      assertEquals(3, customers.get("records").asInt());
      assertEquals("4 rows, 2 linked, 3 same, 1 rejected, 0 extra", counts(customers, 0));
      assertEquals("3 rows, 2 linked, 1 same, 0 rejected, 1 extra", counts(customers, 1));
      JsonNode billing = customers.get("members").get(1);
      assertEquals(1, billing.get("created").asInt());
      assertEquals(1, billing.get("changed").asInt());
      assertEquals(1, billing.get("conflict").asInt());
      assertEquals(0, billing.get("deleted").asInt());
      assertEquals(0, plan(config).get(1).get("records").asInt(), "there are no orders");
      String printed = CommandLine.run(0, "plan", config.toString());
      assertTrue(
          printed.contains(
              "conflict 2: name \"Robert\" → \"Bob\" (crm); country null → \"IT\" (crm)"),
          printed);
      assertTrue(printed.contains("rejected 4: name must have a value."), printed);
      Files.writeString(
          config,
          Files.readString(config)
              .replaceFirst(
                  "entity: customer\n", "entity: customer\n    first-load: delete-extra\n"));
      assertEquals(1, plan(config).get(0).get("members").get(1).get("deleted").asInt());
    }
  }

  @Test
  void aSystemThatIsAwayIsToldByNameAndPlace() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start()) {
      Path config = databases.writeConfig(folder, 7070, 500);
      databases.billing().kill();
      String printed = CommandLine.run(1, "plan", config.toString());
      assertTrue(printed.contains("unreachable") && printed.contains("billing"), printed);
      assertEquals(1, printed.lines().count(), printed);
    }
  }

  private static JsonNode plan(Path config) throws Exception {
    String printed = CommandLine.run(0, "plan", config.toString(), "--json");
    return ExactJson.parse(printed).get("syncs");
  }

  private static String counts(JsonNode sync, int number) {
    JsonNode member = sync.get("members").get(number);
    StringBuilder counts = new StringBuilder();
    for (String name : List.of("rows", "linked", "same", "rejected", "extra")) {
      counts.append(counts.isEmpty() ? "" : ", ").append(member.get(name)).append(' ').append(name);
    }
    return counts.toString();
  }
}
