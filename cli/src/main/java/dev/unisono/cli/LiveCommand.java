package dev.unisono.cli;

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

  @Override
  public Integer call() throws InterruptedException {
    return Consent.give(
        server,
        "/v1/admin/syncs/" + Consent.part(sync) + "/live",
        sync + " is live: its members are told what the others have");
  }
}
