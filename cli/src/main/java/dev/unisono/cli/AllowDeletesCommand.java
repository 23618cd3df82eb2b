package dev.unisono.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command {@code allow-deletes}: many deletes of a member are meant. */
@Command(
    name = "allow-deletes",
    mixinStandardHelpOptions = true,
    description =
        "Lets deletes through that a running server has stopped a source for (mass-delete).")
final class AllowDeletesCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "SYSTEM", description = "the system they were made in")
  private String system = "";

  @Parameters(index = "1", paramLabel = "SYNC", description = "the sync whose rows they are")
  private String sync = "";

  @Mixin private ServerOptions server = new ServerOptions();

  @Override
  public Integer call() throws InterruptedException {
    return Consent.give(
        server,
        "/v1/admin/sources/" + Consent.part(system) + "/deletes/" + Consent.part(sync) + "/allow",
        "the deletes of " + sync + " in " + system + " are passed on");
  }
}
