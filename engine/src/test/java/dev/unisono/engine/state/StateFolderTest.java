package dev.unisono.engine.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StateFolderTest {
  @TempDir Path temporary;

  @Test
  void isRefusedToASecondUserInTheSameProcess() {
    try (StateFolder first = StateFolder.open(temporary, new MovableClock())) {
      UnisonoException refused =
          assertThrows(
              UnisonoException.class, () -> StateFolder.open(first.path(), new MovableClock()));
      assertEquals("state-in-use", refused.problem().code());
      assertEquals(ProblemType.USER, refused.problem().type());
    }
  }

  @Test
  void isRefusedToASecondProcessAndFreeAfterTheFirst() throws Exception {
    StateFolder first = StateFolder.open(temporary, new MovableClock());
    assertEquals("state-in-use", openedElsewhere());
    first.close();
    assertEquals(first.installation(), openedElsewhere());
  }

  private String openedElsewhere() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                temporary.toString())
            .redirectErrorStream(true)
            .start();
    try {
      String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!other.waitFor(30, TimeUnit.SECONDS)) {
        throw new AssertionError("the other process does not end");
      }
      return said.strip();
    } finally {
      other.destroyForcibly();
    }
  }

  /** The other process: opens the folder and says what it found. Has no state. */
  static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] arguments) {
      try (StateFolder folder = StateFolder.open(Path.of(arguments[0]), new MovableClock())) {
        System.out.println(folder.installation());
      } catch (UnisonoException refused) {
        System.out.println(refused.problem().code());
      }
    }
  }

  @Test
  void keepsItsInstallationAndEpochWhileAnotherFolderHasItsOwn() {
    MovableClock clock = new MovableClock();
    StateFolder first = StateFolder.open(temporary.resolve("a"), clock);
    first.close();
    clock.move(Duration.ofDays(3));
    try (StateFolder again = StateFolder.open(temporary.resolve("a"), clock);
        StateFolder other = StateFolder.open(temporary.resolve("b"), clock)) {
      assertEquals(first.installation(), again.installation());
      assertEquals(first.epoch(), again.epoch());
      assertNotEquals(first.installation(), other.installation());
      assertNotEquals(first.epoch(), other.epoch());
    }
  }

  @Test
  void anEntityKeepsItsNumber() {
    try (StateFolder folder = StateFolder.open(temporary, new MovableClock())) {
      Map<String, Integer> first = folder.entityNumbers(List.of("person", "seat"));
      Map<String, Integer> second = folder.entityNumbers(List.of("hall", "seat"));
      assertEquals(first.get("seat"), second.get("seat"));
      assertEquals(2, second.size());
      assertNotEquals(first.get("person"), second.get("hall"));
      assertEquals(first, folder.entityNumbers(List.of("seat", "person")));
    }
  }

  @Test
  void saysThatItCannotBeUsedWhereAFileIsInItsPlace() throws IOException {
    Path file = Files.createFile(temporary.resolve("file"));
    UnisonoException refused =
        assertThrows(UnisonoException.class, () -> StateFolder.open(file, new MovableClock()));
    assertEquals("state-unusable", refused.problem().code());
    assertEquals("state.folder", refused.problem().configPath());
  }
}
