package dev.unisono.cli;

import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command {@code links}: which rows of members with keys of their own are one record. */
@Command(
    name = "links",
    mixinStandardHelpOptions = true,
    description =
        "Shows which rows of members with keys of their own are one record, and corrects it.")
final class LinksCommand {
  private final PrintStream out = System.out;

  @Command(
      mixinStandardHelpOptions = true,
      description = "Shows the keys that the record of a row has in each member.")
  int show(
      @Parameters(paramLabel = "ENTITY", description = "the entity") String entity,
      @Parameters(paramLabel = "SYSTEM", description = "the member") String system,
      @Parameters(paramLabel = "KEY", description = "the row's key there") String key,
      @Mixin ServerOptions server)
      throws InterruptedException {
    return ask(server, client -> client.get(path(entity, system, key)));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Shows what became of which rows the record of a row is, the oldest first.")
  int history(
      @Parameters(paramLabel = "ENTITY", description = "the entity") String entity,
      @Parameters(paramLabel = "SYSTEM", description = "the member") String system,
      @Parameters(paramLabel = "KEY", description = "the row's key there") String key,
      @Mixin ServerOptions server)
      throws InterruptedException {
    return ask(server, client -> client.get(path(entity, system, key) + "/history"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Makes a row a record of its own, which the other members are told of.")
  int split(
      @Parameters(paramLabel = "ENTITY", description = "the entity") String entity,
      @Parameters(paramLabel = "SYSTEM", description = "the member") String system,
      @Parameters(paramLabel = "KEY", description = "the row's key there") String key,
      @Mixin ServerOptions server)
      throws InterruptedException {
    return ask(server, client -> client.post(path(entity, system, key) + "/split", ""));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Makes the record of a row one with the record of another row, whose values win where both"
            + " differ."
      })
  int join(
      @Parameters(paramLabel = "ENTITY", description = "the entity") String entity,
      @Parameters(paramLabel = "SYSTEM", description = "the member") String system,
      @Parameters(paramLabel = "KEY", description = "the row's key there") String key,
      @Parameters(paramLabel = "SYSTEM2", description = "the other row's member") String withSystem,
      @Parameters(paramLabel = "KEY2", description = "the other row's key there") String withKey,
      @Mixin ServerOptions server)
      throws InterruptedException {
    return ask(
        server,
        client ->
            client.post(
                path(entity, system, key)
                    + "/join?system="
                    + Consent.part(withSystem)
                    + "&key="
                    + Consent.part(withKey),
                ""));
  }

  private static String path(String entity, String system, String key) {
    return "/v1/admin/links/"
        + Consent.part(entity)
        + "/"
        + Consent.part(system)
        + "/"
        + Consent.part(key);
  }

  private interface Question {
    ApiClient.Answer of(ApiClient client) throws InterruptedException;
  }

  private int ask(ServerOptions server, Question question) throws InterruptedException {
    try (ApiClient client = server.connect()) {
      ApiClient.Answer answer = question.of(client);
      if (!answer.well()) {
        Problem problem = answer.problem();
        out.println(problem.code() + ": " + problem.message() + " " + problem.remedy());
        return 1;
      }
      if (answer.fields().get("keys") instanceof Map<?, ?> keys) {
        keys.forEach((system, key) -> out.println(system + " " + key));
      }
      if (answer.fields().get("items") instanceof List<?> events) {
        events.forEach(event -> out.println(line((Map<?, ?>) event)));
      }
      return 0;
    } catch (UnisonoException failed) {
      Problem problem = failed.problem();
      out.println(problem.code() + ": " + problem.message() + " " + problem.remedy());
      return 2;
    }
  }

  private static String line(Map<?, ?> event) {
    String line =
        event.get("at")
            + "  "
            + event.get("what")
            + " "
            + event.get("system")
            + " "
            + event.get("key")
            + "  by "
            + event.get("by");
    Object score = event.get("score");
    Object reason = event.get("reason");
    return line + (score == null ? "" : " " + score) + (reason == null ? "" : ": " + reason);
  }
}
