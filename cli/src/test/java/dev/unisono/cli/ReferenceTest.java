package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Connector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/** The config's reference page is what the declarations say. For one thread. */
final class ReferenceTest {
  @Test
  void thePageIsAsTheCommandWritesIt() throws IOException {
    assertEquals(
        ReferenceCommand.text(ServiceLoader.load(Connector.class)),
        Files.readString(Path.of("..", "docs", "reference", "config.md")),
        "run ./unisono reference docs/reference/config.md");
  }
}
