package dev.unisono.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code keys}: by which programs call a running server. */
@Command(
    name = "keys",
    mixinStandardHelpOptions = true,
    description = "Lists the keys of a running server, makes them, takes them away.")
final class KeysCommand implements Callable<Integer> {
  private static final String PATH = "/v1/admin/keys";

  private final PrintStream out = System.out;

  @Parameters(paramLabel = "FILE", description = "the config that the server runs with")
  private Path file = Path.of("unisono.yaml");

  @Override
  public Integer call() throws InterruptedException {
    return list(false);
  }

  @Command(mixinStandardHelpOptions = true, description = "Lists all keys.")
  int list(@Option(names = "--json", description = "print them as JSON") boolean json)
      throws InterruptedException {
    return ApiClient.ask(
        file, client -> Listing.print(client, out, PATH, json, "key", "keys", KeysCommand::text));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Makes a key and prints its token, which nobody can read again.")
  int create(
      @Parameters(paramLabel = "NAME", description = "what the key is called") String name,
      @Mixin Granted granted,
      @Option(
              names = "--scope",
              paramLabel = "SCOPE",
              description = "what it is good for at most, such as customer:read; several times")
          @Nullable List<String> scopes,
      @Option(
              names = "--expires",
              paramLabel = "TIME",
              description = "when it counts no more: 2027-01-31T12:00:00Z, or 90d from now")
          @Nullable String expires)
      throws InterruptedException {
    Map<String, String> members = granted.members();
    members.put("name", ApiClient.quoted(name));
    if (scopes != null) {
      members.put("scopes", Granted.texts(scopes));
    }
    if (expires != null) {
      members.put("expires", ApiClient.quoted(expires));
    }
    return ApiClient.ask(
        file,
        client ->
            out.println(
                ApiClient.good(client.post(PATH, Granted.body(members))).fields().get("token")));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Gives a key another token and prints it; those before count for a while.")
  int rotate(
      @Parameters(paramLabel = "NAME", description = "the key") String name,
      @Option(
              names = "--overlap",
              paramLabel = "TIME",
              defaultValue = "24h",
              description = "how long those before count; 24h where nothing is said")
          String overlap)
      throws InterruptedException {
    String body = Granted.body(Map.of("overlap", ApiClient.quoted(overlap)));
    return ApiClient.ask(
        file,
        client ->
            out.println(
                ApiClient.good(client.post(PATH + "/" + Consent.part(name) + "/rotate", body))
                    .fields()
                    .get("token")));
  }

  @Command(mixinStandardHelpOptions = true, description = "Takes a key away, at once.")
  int revoke(@Parameters(paramLabel = "NAME", description = "the key") String name)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> {
          var _ = ApiClient.good(client.delete(PATH + "/" + Consent.part(name)));
          out.println("key " + name + " is revoked");
        });
  }

  private static String text(Map<?, ?> key) {
    StringBuilder text = new StringBuilder(Granted.text(key));
    if (key.get("expires") != null) {
      text.append("  expires ").append(key.get("expires"));
    }
    if (key.get("tokens") instanceof List<?> tokens) {
      for (Object each : tokens) {
        if (each instanceof Map<?, ?> token) {
          text.append("\n    token ").append(token.get("id"));
          text.append("  made ").append(token.get("created"));
          text.append(token.get("lastUsed") == null ? "  never used" : "  used ");
          text.append(token.get("lastUsed") == null ? "" : token.get("lastUsed"));
          text.append(token.get("ends") == null ? "" : "  ends " + token.get("ends"));
        }
      }
    }
    return text.toString();
  }
}
