package dev.unisono.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/** What happens to a test whose machine lacks something. */
final class RequirementTest {
  @TempDir private Path folder;

  private final ByteArrayOutputStream told = new ByteArrayOutputStream();

  private Path browser(Map<String, String> environment) {
    PrintStream lines = new PrintStream(told, true, StandardCharsets.UTF_8);
    return Requirement.program("browser", "Install it.", environment, lines);
  }

  @Test
  void findsTheFirstProgramOnThePath() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path plain = Files.createDirectory(folder.resolve("plain"));
    Files.createFile(plain.resolve("browser"));
    Path programs = Files.createDirectory(folder.resolve("programs"));
    Path browser =
        Files.createFile(
            programs.resolve("browser"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    String path = String.join(":", "", empty.toString(), plain.toString(), programs.toString());
    assertEquals(browser, browser(Map.of("PATH", path)));
  }

  @Test
  void skipsWithTheReasonWhereItIsMissing() {
    TestAbortedException skipped =
        assertThrows(TestAbortedException.class, () -> browser(Map.of("PATH", "" + folder)));
    String reason = "browser is not on the PATH. Install it.";
    assertTrue(String.valueOf(skipped.getMessage()).contains(reason));
    assertTrue(told.toString(StandardCharsets.UTF_8).startsWith("skipped: " + reason));
  }

  @Test
  void failsWhereNothingMayBeSkipped() {
    assertThrows(
        AssertionFailedError.class, () -> browser(Map.of("PATH", "" + folder, "CI", "true")));
  }
}
