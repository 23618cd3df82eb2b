package dev.unisono.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The command {@code deadletters}: what was refused on its way in or is held, asked of a running
 * server.
 */
@Command(
    name = "deadletters",
    mixinStandardHelpOptions = true,
    description = "Shows what was refused or is held, corrects it, takes it up, gives it up.")
final class DeadLettersCommand {
  private static final String PATH = "/v1/admin/dead-letters";

  private static final String ONE = "the letter's number";
  private static final String ALL = "all that wait, or those that the options name";

  private final PrintStream out = System.out;

  /** Which letters are meant. */
  static final class Which {
    @Option(names = "--system", description = "that came from this system only")
    @Nullable String system;

    @Option(names = "--entity", description = "of this entity only")
    @Nullable String entity;

    @Option(names = "--key", description = "of this record only; needs --entity")
    @Nullable String key;

    @Option(names = "--code", description = "with this cause only, such as invalid-value")
    @Nullable String code;

    @Option(
        names = "--state",
        defaultValue = "open",
        description = "open (refused or held), refused, held, closed or any")
    String state = "open";

    String query() {
      StringBuilder query = new StringBuilder("?limit=1000");
      Map<String, @Nullable String> parts = new LinkedHashMap<>();
      parts.put("system", system);
      parts.put("entity", entity);
      parts.put("key", key);
      parts.put("code", code);
      parts.put("state", state);
      parts.forEach((name, value) -> {
        if (value != null) {
          query.append('&').append(name).append('=').append(Consent.part(value));
        }
      });
      return query.toString();
    }
  }

  @Command(mixinStandardHelpOptions = true, description = "Lists those that wait, with the cause.")
  int list(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Mixin Which which,
      @Option(names = "--json", description = "print each page as JSON") boolean json)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> {
          Listing.print(
              client,
              out,
              PATH + which.query(),
              json,
              "dead letter",
              "dead letters",
              DeadLettersCommand::text);
        });
  }

  private static String after(@Nullable Object after) {
    return after == null ? "" : "&after=" + after;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description =
          "Shows one, with what would still refuse it and the record as it is now, as JSON.")
  int show(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "ID", description = "the letter's number") long id)
      throws InterruptedException {
    return ApiClient.ask(
        file, client -> out.println(ApiClient.good(client.get(PATH + "/" + id)).text()));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Says what fields of one shall be when it is replayed; what came is kept, too.")
  int edit(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "ID", description = "the letter's number") long id,
      @Option(
              names = "--set",
              required = true,
              paramLabel = "FIELD=VALUE",
              description = "a field and its value as JSON, such as age=36 or 'name=\"Ada\"'")
          Map<String, String> fields)
      throws InterruptedException {
    String body =
        fields.entrySet().stream()
            .map(field -> ApiClient.quoted(field.getKey()) + ": " + field.getValue())
            .collect(Collectors.joining(", ", "{", "}"));
    return ApiClient.ask(
        file, client -> out.println(ApiClient.good(client.patch(PATH + "/" + id, body)).text()));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Takes one up as if its source had shown it now, or all of a kind.")
  int replay(
      @Parameters(index = "0", paramLabel = "FILE", description = "the config") Path file,
      @Parameters(index = "1", paramLabel = "ID", arity = "0..1", description = ONE)
          @Nullable Long id,
      @Option(names = "--all", description = ALL) boolean all,
      @Mixin Which which)
      throws InterruptedException {
    if (!meant(id, all)) {
      return 2;
    }
    return ApiClient.ask(
        file,
        client -> {
          if (id != null) {
            Map<String, @Nullable Object> letter =
                ApiClient.good(client.post(PATH + "/" + id + "/replay")).fields();
            out.println(text(letter));
          } else {
            all(client, "replay", "replayed", which.query());
          }
        });
  }

  @Command(mixinStandardHelpOptions = true, description = "Gives one up, or all of a kind.")
  int discard(
      @Parameters(index = "0", paramLabel = "FILE", description = "the config") Path file,
      @Parameters(index = "1", paramLabel = "ID", arity = "0..1", description = ONE)
          @Nullable Long id,
      @Option(names = "--all", description = ALL) boolean all,
      @Mixin Which which,
      @Option(names = "--reason", required = true, description = "why") String reason)
      throws InterruptedException {
    String why = "reason=" + Consent.part(reason);
    if (!meant(id, all)) {
      return 2;
    }
    return ApiClient.ask(
        file,
        client -> {
          if (id != null) {
            Map<String, @Nullable Object> letter =
                ApiClient.good(client.delete(PATH + "/" + id + "?" + why)).fields();
            out.println(text(letter));
          } else {
            all(client, "discard", "discarded", which.query() + "&" + why);
          }
        });
  }

  /** One letter or all; anything else is told. */
  private static boolean meant(@Nullable Long id, boolean all) {
    if ((id == null) == all) {
      return true;
    }
    System.err.println("Name one letter by its number, or all of a kind by --all.");
    return false;
  }

  private void all(ApiClient client, String action, String done, String query)
      throws InterruptedException {
    long good = 0;
    long refused = 0;
    Object after = null;
    do {
      Map<String, @Nullable Object> page =
          ApiClient.good(client.post(PATH + "/" + action + query + after(after))).fields();
      good += page.get(done) instanceof Number number ? number.longValue() : 0;
      refused += page.get("refused") instanceof Number number ? number.longValue() : 0;
      after = page.get("next");
    } while (after != null);
    out.println(good + " " + done + ", " + refused + " refused");
  }

  private static String text(Map<?, ?> letter) {
    StringBuilder text = new StringBuilder();
    text.append(letter.get("id")).append("  ").append(letter.get("state"));
    text.append("  ").append(letter.get("system")).append("  ").append(letter.get("entity"));
    if (letter.get("key") instanceof Map<?, ?> key) {
      key.forEach((name, value) -> text.append(' ').append(name).append('=').append(value));
    }
    text.append("  (").append(letter.get("operation")).append(", ").append(letter.get("time"));
    text.append(", attempts ").append(letter.get("attempts")).append(")");
    if (letter.get("cause") instanceof Map<?, ?> cause) {
      text.append("\n    ").append(cause.get("code")).append(": ").append(cause.get("message"));
    }
    if (letter.get("reason") != null) {
      text.append("\n    given up: ").append(letter.get("reason"));
    }
    return text.toString();
  }
}
