package dev.unisono.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code users}: the people who may call a running server. */
@Command(
    name = "users",
    mixinStandardHelpOptions = true,
    description = "Lists the users of a running server, makes them, disables them.")
final class UsersCommand implements Callable<Integer> {
  private static final String PATH = "/v1/admin/users";
  private static final String USER = "the user";

  private final PrintStream out = System.out;

  @Parameters(paramLabel = "FILE", description = "the config that the server runs with")
  private Path file = Path.of("unisono.yaml");

  @Override
  public Integer call() throws InterruptedException {
    return list(false);
  }

  @Command(mixinStandardHelpOptions = true, description = "Lists all users.")
  int list(@Option(names = "--json", description = "print them as JSON") boolean json)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> Listing.print(client, out, PATH, json, "user", "users", UsersCommand::text));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Makes a user and prints the code by which they choose a password, once.")
  int create(
      @Parameters(paramLabel = "NAME", description = "by which they sign in") String name,
      @Option(names = "--display-name", paramLabel = "TEXT", description = "for people")
          @Nullable String displayName,
      @Mixin Granted granted)
      throws InterruptedException {
    Map<String, String> members = granted.members();
    members.put("name", ApiClient.quoted(name));
    if (displayName != null) {
      members.put("displayName", ApiClient.quoted(displayName));
    }
    return ApiClient.ask(
        file,
        client -> printCode(ApiClient.good(client.post(PATH, Granted.body(members))).fields()));
  }

  private void printCode(Map<String, @Nullable Object> user) {
    out.println(user.get("setUpCode"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Signs a user out, and lets them in no more.")
  int disable(@Parameters(paramLabel = "NAME", description = USER) String name)
      throws InterruptedException {
    return set(name, true);
  }

  @Command(mixinStandardHelpOptions = true, description = "Lets a disabled user in again.")
  int enable(@Parameters(paramLabel = "NAME", description = USER) String name)
      throws InterruptedException {
    return set(name, false);
  }

  private int set(String name, boolean disabled) throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> {
          var _ =
              ApiClient.good(
                  client.patch(
                      PATH + "/" + Consent.part(name), "{\"disabled\": " + disabled + "}"));
          out.println("user " + name + " is " + (disabled ? "disabled" : "enabled"));
        });
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Takes a password away and prints the code by which another is chosen, once.")
  int reset(
      @Parameters(paramLabel = "NAME", description = USER) String name,
      @Option(names = "--remove-second-factor", description = "take that away as well")
          boolean factor)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client ->
            printCode(
                ApiClient.good(
                        client.post(
                            PATH + "/" + Consent.part(name) + "/reset",
                            "{\"removeSecondFactor\": " + factor + "}"))
                    .fields()));
  }

  @Command(mixinStandardHelpOptions = true, description = "Forgets a user.")
  int remove(@Parameters(paramLabel = "NAME", description = USER) String name)
      throws InterruptedException {
    return ApiClient.ask(
        file,
        client -> {
          var _ = ApiClient.good(client.delete(PATH + "/" + Consent.part(name)));
          out.println("user " + name + " is removed");
        });
  }

  private static String text(Map<?, ?> user) {
    return Granted.text(user)
        + (Boolean.TRUE.equals(user.get("disabled")) ? "  disabled" : "")
        + (Boolean.TRUE.equals(user.get("hasPassword")) ? "" : "  no password yet")
        + (Boolean.TRUE.equals(user.get("hasSecondFactor")) ? "  second factor" : "")
        + (user.get("signedIn") == null ? "" : "  signed in " + user.get("signedIn"));
  }
}
