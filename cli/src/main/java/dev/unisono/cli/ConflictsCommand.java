package dev.unisono.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The command {@code conflicts}: what members did to the same records, asked of a running server.
 */
@Command(
    name = "conflicts",
    mixinStandardHelpOptions = true,
    description = "Shows what members did to the same record at the same time, and decides it.")
final class ConflictsCommand {
  private final PrintStream out = System.out;

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists the conflicts that wait for a decision.")
  int list(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Option(names = "--entity", description = "of this entity only") @Nullable String entity,
      @Option(names = "--key", description = "of this record only") @Nullable String key,
      @Option(names = "--decided", description = "those that are decided") boolean decided,
      @Option(names = "--json", description = "print each page as JSON") boolean json)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> {
          String query =
              "/v1/admin/conflicts?limit=1000&state="
                  + (decided ? "decided" : "open")
                  + (entity == null ? "" : "&entity=" + Consent.part(entity))
                  + (key == null ? "" : "&key=" + Consent.part(key));
          Listing.print(client, out, query, json, "conflict", "conflicts", ConflictsCommand::text);
        });
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Shows one, with the record as it is now, as JSON.")
  int show(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "ID", description = "the conflict's number") long id)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> out.println(ApiClient.good(client.get("/v1/admin/conflicts/" + id)).text()));
  }

  /** One of the two. */
  static final class Choice {
    @Option(names = "--pick", description = "the member whose side it shall be")
    @Nullable String pick;

    @Option(names = "--value", description = "another value, as JSON")
    @Nullable String value;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Decides one; all members are told what comes of it.")
  int decide(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "ID", description = "the conflict's number") long id,
      @ArgGroup(multiplicity = "1") Choice choice)
      throws InterruptedException {
    String body =
        choice.pick == null
            ? "{\"value\": " + choice.value + "}"
            : "{\"pick\": " + ApiClient.quoted(choice.pick) + "}";
    return ApiClient.ask(
        file,
        client ->
            out.println(
                ApiClient.good(client.post("/v1/admin/conflicts/" + id + "/decision", body))
                    .text()));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Makes what decides of one a rule for all that are like it: has the server write it into its"
            + " config, go by it, and decide by it what waits.",
        "For a field: latest, priority, merge, sum or manual; for a record that one member deletes while"
            + " another edits it: edit-wins, delete-wins or ask."
      })
  int rule(
      @Parameters(paramLabel = "FILE", description = "the config that the server runs with")
          Path file,
      @Parameters(paramLabel = "ID", description = "the conflict's number") long id,
      @Parameters(paramLabel = "RULE", description = "what decides from now on") String rule)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> {
          String body = "{\"rule\": " + ApiClient.quoted(rule) + "}";
          Map<String, @Nullable Object> made =
              ApiClient.good(client.post("/v1/admin/conflicts/" + id + "/rule", body)).fields();
          out.println(made.get("path") + " is " + made.get("rule") + " in " + made.get("file"));
          out.println(
              "The server goes by it; " + made.get("decided") + " that waited are decided by it.");
        });
  }

  private static String text(Map<?, ?> conflict) {
    StringBuilder text = new StringBuilder();
    text.append(conflict.get("id")).append("  ").append(conflict.get("entity"));
    if (conflict.get("key") instanceof Map<?, ?> key) {
      key.forEach((name, value) -> text.append(' ').append(name).append('=').append(value));
    }
    Object field = conflict.get("field");
    text.append("  ").append(field == null ? "deleted or edited" : field);
    text.append("  (").append(conflict.get("rule"));
    text.append(Boolean.TRUE.equals(conflict.get("firstLoad")) ? ", first load)" : ")");
    text.append("\n    was ").append(conflict.get("base"));
    for (String side : List.of("kept", "other")) {
      if (conflict.get(side) instanceof Map<?, ?> one) {
        text.append("\n    ").append(side).append(": ").append(one.get("member")).append(' ');
        text.append(Boolean.TRUE.equals(one.get("deleted")) ? "deleted it" : one.get("value"));
        if (one.get("writtenAt") != null) {
          text.append(", ").append(one.get("writtenAt"));
        }
      }
    }
    return text.toString();
  }
}
