package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.ServerProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The commands beside the server, run as the launcher runs them. Has no state. */
final class CommandLine {
  private CommandLine() {}

  /** Gives what it prints; fails where it ends otherwise than expected. */
  static String run(int exit, String... arguments) throws Exception {
    return run(Map.of(), exit, arguments);
  }

  /** The same with more in its environment. */
  static String run(Map<String, String> environment, int exit, String... arguments)
      throws Exception {
    Path cli = ServerProcess.projectFolder().resolve("cli/target");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-cp");
    command.add(cli.resolve("classes") + ":" + cli.resolve("lib") + "/*");
    command.add("dev.unisono.cli.Cli");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(30, TimeUnit.SECONDS), "the command has not ended");
    assertEquals(exit, process.exitValue(), printed);
    return printed;
  }
}
