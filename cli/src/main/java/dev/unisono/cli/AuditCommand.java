package dev.unisono.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code audit}: who did what, asked of a running server. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "Shows who did what, the newest first, or looks whether all of it is as it was.")
final class AuditCommand implements Callable<Integer> {
  private final PrintStream out = System.out;

  @Parameters(paramLabel = "FILE", description = "the config that the server runs with")
  private Path file = Path.of("unisono.yaml");

  @Option(names = "--verify", description = "walk through all entries and their hashes")
  private boolean verify;

  @Option(names = "--kind", paramLabel = "KIND", description = "of this kind only, such as denial")
  private @Nullable String kind;

  @Option(names = "--actor", paramLabel = "NAME", description = "of this caller only")
  private @Nullable String actor;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "so many at most, up to 1000; 100 where nothing is said")
  private int limit = 100;

  @Option(names = "--json", description = "print what the server answers")
  private boolean json;

  /** Whether something is not as it was. */
  private boolean broken;

  @Override
  public Integer call() throws InterruptedException {
    int exit = ApiClient.ask(file, this::ask);
    return exit == 0 && broken ? 1 : exit;
  }

  private void ask(ApiClient client) throws InterruptedException {
    String path =
        verify
            ? "/v1/admin/audit/verify"
            : "/v1/admin/audit?limit="
                + limit
                + (kind == null ? "" : "&kind=" + Consent.part(kind))
                + (actor == null ? "" : "&actor=" + Consent.part(actor));
    ApiClient.Answer answer = ApiClient.good(client.get(path));
    Map<String, @Nullable Object> fields = answer.fields();
    broken = verify && fields.get("broken") != null;
    if (json) {
      out.println(answer.text());
    } else if (fields.get("broken") instanceof Map<?, ?> first) {
      out.println(
          "entry " + first.get("sequence") + " is not as it was written: " + first.get("why"));
      out.println(fields.get("entries") + " entries before it are whole");
    } else if (verify) {
      out.println(fields.get("entries") + " entries, all whole; the last has the hash");
      out.println(fields.get("head"));
    } else if (fields.get("items") instanceof List<?> items) {
      items.forEach(this::print);
    }
  }

  private void print(Object item) {
    if (item instanceof Map<?, ?> fields && fields.get("entry") instanceof Map<?, ?> entry) {
      String subject = String.valueOf(entry.get("subject"));
      out.println(
          entry.get("sequence")
              + "  "
              + entry.get("time")
              + "  "
              + entry.get("kind")
              + "  "
              + (String.valueOf(entry.get("actor")).isEmpty() ? "nobody" : entry.get("actor"))
              + "  "
              + entry.get("action")
              + (subject.isEmpty() ? "" : " " + subject)
              + (Boolean.TRUE.equals(entry.get("allowed")) ? "" : "  refused")
              + (entry.get("address") == null ? "" : "  from " + entry.get("address"))
              + "\n    "
              + entry.get("detail"));
    }
  }
}
