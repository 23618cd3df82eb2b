package dev.unisono.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code parked}: what targets refused, asked of a running server. */
@Command(
    name = "parked",
    mixinStandardHelpOptions = true,
    description = "Shows what targets refused, tries it again, gives it up.")
final class ParkedCommand {
  private final PrintStream out = System.out;

  @Command(mixinStandardHelpOptions = true, description = "Lists the rows that targets refused.")
  int list(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Option(names = "--target", description = "of this system only") @Nullable String target,
      @Option(names = "--rejected", description = "those that were given up") boolean rejected,
      @Option(names = "--json", description = "print each row as JSON, page by page") boolean json)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> {
          String query =
              "/v1/admin/parked?limit=1000&rejected="
                  + rejected
                  + (target == null ? "" : "&target=" + Consent.part(target));
          Listing.print(client, out, query, json, "row", "rows", ParkedCommand::text);
        });
  }

  @Command(mixinStandardHelpOptions = true, description = "Tries rows again at once.")
  int retry(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "TARGET", description = "the system") String target,
      @Option(names = "--id", description = "this row only") @Nullable Long id)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client ->
            out.println(
                ApiClient.good(
                        client.post(
                            "/v1/admin/parked/"
                                + Consent.part(target)
                                + "/retry"
                                + (id == null ? "" : "?id=" + id)))
                    .text()));
  }

  @Command(mixinStandardHelpOptions = true, description = "Gives a row up, for a reason.")
  int discard(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "TARGET", description = "the system") String target,
      @Parameters(paramLabel = "ID", description = "the row's number") long id,
      @Option(names = "--reason", required = true, description = "why") String reason)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client ->
            out.println(
                ApiClient.good(
                        client.delete(
                            "/v1/admin/parked/"
                                + Consent.part(target)
                                + "/"
                                + id
                                + "?reason="
                                + Consent.part(reason)))
                    .text()));
  }

  private static String text(Map<?, ?> row) {
    StringBuilder text = new StringBuilder();
    text.append(row.get("id")).append("  ").append(row.get("target"));
    text.append("  ").append(row.get("entity"));
    if (row.get("key") instanceof Map<?, ?> key) {
      key.forEach((name, value) -> text.append(' ').append(name).append('=').append(value));
    }
    text.append("  (").append(row.get("operation"));
    text.append(", sequence ").append(row.get("sequence"));
    text.append(", attempts ").append(row.get("attempts")).append(")");
    if (row.get("cause") instanceof Map<?, ?> cause) {
      text.append("\n    ").append(cause.get("code")).append(": ").append(cause.get("message"));
    }
    if (row.get("rejected") != null) {
      text.append("\n    given up: ").append(row.get("rejected"));
    }
    return text.toString();
  }
}
