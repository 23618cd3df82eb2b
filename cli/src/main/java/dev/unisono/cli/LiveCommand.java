package dev.unisono.cli;

import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command {@code live}: a sync whose members hold rows already begins to write to them. */
@Command(
    name = "live",
    mixinStandardHelpOptions = true,
    description =
        "Lets a sync of a running server go live whose members have been read; ./unisono plan shows"
            + " before what that will do.")
final class LiveCommand implements Callable<Integer> {
  @Parameters(paramLabel = "SYNC", description = "the sync")
  private String sync = "";

  @Mixin private ServerOptions server = new ServerOptions();

  private final PrintStream out = System.out;

  @Override
  public Integer call() throws InterruptedException {
    try (ApiClient client = server.connect()) {
      String name = URLEncoder.encode(sync, StandardCharsets.UTF_8).replace("+", "%20");
      ApiClient.Answer answer = client.post("/v1/admin/syncs/" + name + "/live", "");
      if (!answer.well()) {
        Problem problem = answer.problem();
        out.println(problem.code() + ": " + problem.message() + " " + problem.remedy());
        return 1;
      }
      out.println(sync + " is live: its members are told what the others have");
      return 0;
    } catch (UnisonoException failed) {
      Problem problem = failed.problem();
      out.println(problem.code() + ": " + problem.message() + " " + problem.remedy());
      return 2;
    }
  }
}
