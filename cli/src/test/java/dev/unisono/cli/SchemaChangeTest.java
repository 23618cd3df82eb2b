package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.config.EntityDocument;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Connector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code check} beside what a server runs with. */
final class SchemaChangeTest {
  private static final String CONFIG =
      """
      state: { folder: state }
      systems: { files: { connector: csv, folder: . } }
      entities:
        customer:
          key: id
          schema:
            properties:
              id: { type: integer }
              name: { type: string, maxLength: 50 }
      syncs:
        customers:
          entity: customer
          members: [ { system: files, table: customers, direction: read } ]
      """;

  @TempDir private Path folder;

  private Path write(String config) throws IOException {
    return Files.writeString(folder.resolve("unisono.yaml"), config);
  }

  /** As a server does that runs with it. */
  private void runsWith(String config) throws IOException {
    Config read =
        Objects.requireNonNull(
            new ConfigReader(ServiceLoader.load(Connector.class), _ -> null)
                .read(write(config))
                .config());
    try (StateFolder state = StateFolder.open(read.state().folder(), InstantSource.system())) {
      state.noteSchemas(
          Map.of(
              "customer",
              EntityDocument.of(Objects.requireNonNull(read.entities().get("customer")))));
    }
  }

  @Test
  void tellsWhatBreaksFromWhatDoesNot() throws Exception {
    Files.writeString(folder.resolve("customers.csv"), "id,name\n");
    Path file = write(CONFIG);
    CliRun nothing = CliRun.of(Map.of(), "check", "--offline", file.toString());
    assertEquals(0, nothing.exit(), nothing.output());
    assertFalse(nothing.output().contains("schema-"), nothing.output());
    runsWith(CONFIG);
    write(CONFIG.replace("maxLength: 50 }", "maxLength: 20 }\n        email: { type: string }"));
    CliRun told = CliRun.of(Map.of(), "check", "--offline", file.toString());
    assertEquals(0, told.exit(), told.output());
    assertTrue(
        told.output()
            .contains(
                "notice: schema-breaking at entities.customer.schema.properties.name.maxLength"),
        told.output());
    assertTrue(told.output().contains("maxLength is 20 and was 50"), told.output());
    assertTrue(
        told.output().contains("schema-compatible at entities.customer.schema.properties.email"),
        told.output());
    CliRun refused =
        CliRun.of(Map.of(), "check", "--offline", "--refuse-breaking", file.toString());
    assertEquals(1, refused.exit(), refused.output());
    assertTrue(refused.output().contains("1 problem"), refused.output());
  }
}
