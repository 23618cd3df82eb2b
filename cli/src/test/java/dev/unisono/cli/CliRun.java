package dev.unisono.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one run of the command line came to, as a process of its own. Immutable.
 *
 * @param output what it wrote to its standard output
 * @param errors what it wrote to its standard error
 */
record CliRun(int exit, String output, String errors) {
  static CliRun of(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return of(List.of(), environment, arguments);
  }

  /** As somebody to whom a file's permissions apply, which they do not to root. */
  static CliRun withoutPrivileges(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    boolean root = System.getProperty("user.name").equals("root");
    return of(root ? List.of("unshare", "-U") : List.of(), environment, arguments);
  }

  private static CliRun of(
      List<String> before, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.unisono.cli.Cli"));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile("unisono-cli", ".out");
    Path errors = Files.createTempFile("unisono-cli", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("did not end: " + Files.readString(output));
      }
      return new CliRun(process.exitValue(), Files.readString(output), Files.readString(errors));
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }

  JsonNode json() {
    return JsonMapper.shared().readTree(output);
  }
}
