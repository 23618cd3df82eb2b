package dev.unisono.cli;

import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command {@code reload}: a running server takes its config file up again. */
@Command(
    name = "reload",
    mixinStandardHelpOptions = true,
    description = "Has a running server take up its config file as it is now.")
final class ReloadCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "the config that the server runs with; instead of --config")
  private @Nullable Path file;

  @Mixin private ServerOptions server = new ServerOptions();

  private final PrintStream out = System.out;

  @Override
  public Integer call() throws InterruptedException {
    try (ApiClient client = file == null ? server.connect() : server.connect(file)) {
      ApiClient.Answer answer = client.post("/v1/admin/reload", "");
      Map<String, @Nullable Object> fields = answer.fields();
      if (!answer.well()) {
        out.println(fields.get("code") + ": " + fields.get("detail"));
        if (fields.get("problems") instanceof List<?> problems) {
          problems.forEach(this::print);
        }
        return 1;
      }
      if (fields.get("changed") instanceof List<?> changed && !changed.isEmpty()) {
        out.println(fields.get("file") + " is in effect; changed:");
        changed.forEach(path -> out.println("  " + path));
      } else {
        out.println(fields.get("file") + ": nothing has changed");
      }
      return 0;
    } catch (UnisonoException failed) {
      Problem problem = failed.problem();
      out.println(problem.code() + ": " + problem.message() + " " + problem.remedy());
      return 2;
    }
  }

  private void print(Object each) {
    if (each instanceof Map<?, ?> problem) {
      boolean located = problem.get("line") instanceof Number line && line.longValue() > 0;
      Object path = problem.get("configPath");
      out.println(
          (located ? "line " + problem.get("line") + ": " : "")
              + problem.get("code")
              + (path == null || path.equals("") ? "" : " at " + path)
              + "\n    "
              + problem.get("message")
              + "\n    "
              + problem.get("remedy"));
    }
  }
}
