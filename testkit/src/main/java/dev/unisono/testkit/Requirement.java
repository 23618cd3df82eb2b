package dev.unisono.testkit;

import java.io.File;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs of the machine it runs on. Where that is missing the test is skipped with the
 * reason, and fails where the environment says {@code CI=true}: there nothing may be left out
 * unnoticed. Has no state; safe for threads.
 */
public final class Requirement {
  private Requirement() {}

  /**
   * A program found on the PATH.
   *
   * @param remedy what to do where it is missing, as a sentence
   */
  public static Path program(String name, String remedy) {
    return program(name, remedy, System.getenv(), System.err);
  }

  static Path program(
      String name, String remedy, Map<String, String> environment, PrintStream told) {
    return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
        .splitAsStream(environment.getOrDefault("PATH", ""))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst()
        .orElseGet(() -> missing(name + " is not on the PATH. " + remedy, environment, told));
  }

  /** Something else that is not there: skips the test, or fails it with CI=true. */
  static AssertionError missing(String reason) {
    missing(reason, System.getenv(), System.err);
    return new AssertionError(reason);
  }

  private static Path missing(String reason, Map<String, String> environment, PrintStream told) {
    if ("true".equals(environment.get("CI"))) {
      return Assertions.fail(reason + " With CI=true nothing is skipped.");
    }
    // The build's own output counts what is skipped but does not say why.
    told.println("skipped: " + reason);
    return Assumptions.abort(reason);
  }
}
