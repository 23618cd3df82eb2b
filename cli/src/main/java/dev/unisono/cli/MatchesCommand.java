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

/** The command {@code matches}: records that may be one, asked of a running server. */
@Command(
    name = "matches",
    mixinStandardHelpOptions = true,
    description = "Shows records that may be one, and decides whether they are.")
final class MatchesCommand {
  private final PrintStream out = System.out;

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists the pairs that wait for a decision.")
  int list(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Option(names = "--entity", description = "of this entity only") @Nullable String entity,
      @Option(
              names = "--state",
              defaultValue = "open",
              description = "those that are open, same or different")
          String state,
      @Option(names = "--json", description = "print each page as JSON") boolean json)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> {
          String query =
              "/v1/admin/matches?limit=1000&state="
                  + Consent.part(state)
                  + (entity == null ? "" : "&entity=" + Consent.part(entity));
          Listing.print(client, out, query, json, "match", "matches", MatchesCommand::text);
        });
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Shows one, with both records as they are now, as JSON.")
  int show(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "ID", description = "the match's number") long id)
      throws InterruptedException {
    return ApiClient.ask(
        file, client -> out.println(ApiClient.good(client.get("/v1/admin/matches/" + id)).text()));
  }

  /** One of the two. */
  static final class Choice {
    @Option(names = "--same", description = "both are one record")
    boolean same;

    @Option(names = "--different", description = "they are two, and are not asked about again")
    boolean different;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Decides one; all members are told what comes of it.")
  int decide(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "ID", description = "the match's number") long id,
      @ArgGroup(multiplicity = "1") Choice choice,
      @Option(names = "--reason", description = "why, for the history") @Nullable String reason)
      throws InterruptedException {
    String body =
        "{\"same\": "
            + choice.same
            + (reason == null ? "" : ", \"reason\": " + ApiClient.quoted(reason))
            + "}";
    return ApiClient.ask(
        file,
        client ->
            out.println(
                ApiClient.good(client.post("/v1/admin/matches/" + id + "/decide", body)).text()));
  }

  private static String text(Map<?, ?> match) {
    StringBuilder text = new StringBuilder();
    text.append(match.get("id")).append("  ").append(match.get("entity"));
    text.append("  ").append(match.get("score"));
    text.append(Boolean.TRUE.equals(match.get("ambiguous")) ? "  (one of several)" : "");
    for (String side : List.of("one", "other")) {
      if (match.get(side) instanceof Map<?, ?> one) {
        text.append("\n    ").append(side).append(": ").append(one.get("keys"));
      }
    }
    if (match.get("comparisons") instanceof List<?> comparisons) {
      for (Object each : comparisons) {
        if (each instanceof Map<?, ?> comparison && comparison.get("similarity") != null) {
          text.append("\n    ").append(comparison.get("similarity"));
          text.append(" × ").append(comparison.get("weight"));
          text.append("  ").append(comparison.get("fields"));
          text.append("  ").append(comparison.get("one"));
          text.append(" | ").append(comparison.get("other"));
        }
      }
    }
    return text.toString();
  }
}
