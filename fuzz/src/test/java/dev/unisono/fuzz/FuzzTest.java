package dev.unisono.fuzz;

import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * No input breaks a parser, has it hang, or fill the memory: some seconds for all of them with the
 * same first number; or as long as {@code -Dfuzz.seconds=} says, with another one each time, {@code
 * -Dfuzz.parser=} for one of them alone. What is found lies under {@code target/fuzz}.
 */
class FuzzTest {
  private static final Path FOLDER = Path.of("target", "fuzz").toAbsolutePath();
  private static final int SHORT_SECONDS = 30;

  @TempDir(cleanup = CleanupMode.ALWAYS)
  private Path classes;

  @Test
  void noInputBreaksAParser() throws Exception {
    int seconds = Integer.getInteger("fuzz.seconds", SHORT_SECONDS);
    String only = System.getProperty(FuzzParser.ONLY);
    Fuzzer.Outcome outcome =
        new Fuzzer(FOLDER, classes)
            .run(
                only == null ? null : Parser.valueOf(only),
                seconds,
                seconds == SHORT_SECONDS ? 1 : 0);
    assertNull(outcome.finding(), FOLDER::toString);
  }
}
