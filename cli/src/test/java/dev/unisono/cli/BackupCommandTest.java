package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.state.StateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackupCommandTest {
  @TempDir private Path temporary;
  private Path config = Path.of("unisono.yaml");

  /** Its password is not in this environment: that is no matter of the state. */
  @BeforeEach
  void writeConfig() throws IOException {
    config = temporary.resolve("unisono.yaml");
    Files.writeString(
        config,
        """
        state: { folder: state }
        systems:
          crm: { connector: postgres, url: "jdbc:postgresql://127.0.0.1:1/crm", user: unisono, password: "${env:NO_SUCH_PASSWORD}" }
          billing: { connector: postgres, url: "jdbc:postgresql://127.0.0.1:1/billing", user: unisono }
        entities:
          customer: { key: id, schema: { properties: { id: { type: integer } } } }
        syncs:
          customers:
            entity: customer
            members:
              - { system: crm, table: public.customers, direction: read }
              - { system: billing, table: public.clients, direction: write }
        """);
  }

  private CliRun run(String... arguments) throws IOException, InterruptedException {
    return CliRun.of(Map.of(), arguments);
  }

  private StateFolder open() {
    return StateFolder.open(temporary.resolve("state"), InstantSource.system());
  }

  private static void assertRefused(String code, CliRun run) {
    assertEquals(2, run.exit(), run.output() + run.errors());
    assertTrue(run.errors().contains(code + ": "), run.errors());
  }

  @Test
  void copiesTheStateThatAConfigNamesAndPutsItBack() throws Exception {
    String backup = temporary.resolve("backup").toString();
    assertRefused("backup-no-state", run("backup", config.toString(), backup));
    String installation;
    try (StateFolder running = open()) {
      installation = running.installation();
      CliRun taken = run("backup", config.toString(), backup);
      assertEquals(0, taken.exit(), taken.errors());
      assertRefused("backup-not-empty", run("backup", config.toString(), backup));
      assertRefused("state-in-use", run("restore", backup, config.toString(), "--force"));
    }
    assertRefused("restore-not-empty", run("restore", backup, config.toString()));
    CliRun restored = run("restore", backup, config.toString(), "--force");
    assertEquals(0, restored.exit(), restored.errors());
    try (StateFolder again = open()) {
      assertEquals(installation, again.installation());
    }
  }

  @Test
  void saysWhatIsWrongWithAConfigThatNamesNoState() throws Exception {
    assertRefused(
        "file-unreadable",
        run("backup", temporary.resolve("none.yaml").toString(), temporary.toString()));
  }
}
