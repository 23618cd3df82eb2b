package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * The Unix socket of a server on this machine: where a system has one, all connections to it go
 * through that, and of its url count the port and the database. Immutable; safe for threads.
 *
 * @param file what the server listens at
 */
record UnixSocket(Path file) {
  static final String OPTION = "socket";

  /** How PostgreSQL names the file in its folder; the port follows. */
  private static final String FILE = ".s.PGSQL.";

  /** What the address of a socket has room for (Linux, unix(7)). */
  private static final int LONGEST_BYTES = 107;

  /** Of {@code sslmode} what does without encryption. */
  private static final Set<String> PLAIN_MODES = Set.of("disable", "allow", "prefer");

  /** The one that is configured; empty where the server is reached by TCP. */
  static Optional<UnixSocket> of(Settings settings) {
    return settings
        .optionalText(OPTION)
        .map(named -> new UnixSocket(file(named, port(url(settings)))));
  }

  private static Path file(String named, String port) {
    Path path = Path.of(named);
    return String.valueOf(path.getFileName()).startsWith(FILE) ? path : path.resolve(FILE + port);
  }

  private static @Nullable Properties url(Settings settings) {
    return Driver.parseURL(settings.text("url"), null);
  }

  private static String port(@Nullable Properties url) {
    return url == null ? "5432" : String.valueOf(PGProperty.PG_PORT.getOrDefault(url));
  }

  /** What of the settings does not go together with a socket, found without looking for it. */
  static List<Problem> validate(Settings settings) {
    List<Problem> problems = new ArrayList<>();
    String named = settings.optionalText(OPTION).orElse(null);
    Properties url = url(settings);
    if (named == null || url == null) {
      return problems;
    }
    if (!named.startsWith("/") || named.indexOf('\0') >= 0) {
      problems.add(
          new Problem(
              "bad-socket",
              ProblemType.USER,
              "'" + named + "' does not name the place of a Unix socket.",
              OPTION,
              "Write the whole path of the folder, such as /var/run/postgresql, or of the socket."));
      return problems;
    }
    String servers = PGProperty.PG_PORT.getOrDefault(url) + "";
    if (servers.indexOf(',') >= 0) {
      problems.add(unfit("names several servers"));
    } else {
      Path file = file(named, servers);
      int bytes = file.toString().getBytes(StandardCharsets.UTF_8).length;
      if (bytes > LONGEST_BYTES) {
        problems.add(
            new Problem(
                "bad-socket",
                ProblemType.USER,
                file
                    + " has "
                    + bytes
                    + " bytes; a Unix socket's path has "
                    + LONGEST_BYTES
                    + " at most.",
                OPTION,
                "Let unix_socket_directories of the server name a shorter one, too."));
      }
    }
    unfitting(url).forEach(name -> problems.add(unfit("sets " + name)));
    return problems;
  }

  /** Parameters of the url that mean another way to the server, or encryption on it. */
  private static Set<String> unfitting(Properties url) {
    Set<String> found = new TreeSet<>();
    for (String name : url.stringPropertyNames()) {
      String value = url.getProperty(name, "");
      boolean plain =
          (name.equals(PGProperty.SSL_MODE.getName()) && PLAIN_MODES.contains(value))
              || (name.equals(PGProperty.SSL.getName()) && value.equals("false"));
      if ((name.startsWith("ssl") && !plain)
          || name.equals(PGProperty.SOCKET_FACTORY.getName())
          || name.equals(PGProperty.SOCKET_FACTORY_ARG.getName())) {
        found.add(name);
      }
    }
    return found;
  }

  private static Problem unfit(String what) {
    return new Problem(
        "url-not-for-socket",
        ProblemType.USER,
        "The url " + what + ", and all connections are to go through one Unix socket.",
        OPTION,
        "Take that out of the url, or leave socket out: nothing is encrypted on a Unix socket, and"
            + " nothing leaves the machine.");
  }

  /** Makes the driver connect through it. */
  void set(Properties properties) {
    PGProperty.SOCKET_FACTORY.set(properties, UnixSocketFactory.class.getName());
    PGProperty.SOCKET_FACTORY_ARG.set(properties, file.toString());
    // The server would only say that it has no encryption here.
    PGProperty.SSL_MODE.set(properties, "disable");
  }

  /** Why nothing can be reached through it, as far as the file system shows; empty where it may. */
  Optional<Problem> obstacle(String system) {
    String path = "systems." + system + "." + OPTION;
    if (Files.notExists(file)) {
      return Optional.of(
          new Problem(
              "no-socket",
              ProblemType.EXTERNAL,
              "There is no socket " + file + ".",
              path,
              "Is the server up, on this machine, with the url's port, and with this folder in its"
                  + " unix_socket_directories?"));
    }
    return Files.isWritable(file)
        ? Optional.empty()
        : Optional.of(
            new Problem(
                "socket-not-allowed",
                ProblemType.USER,
                "This process may not connect to " + file + ".",
                path,
                "Let its user into the folder and write to the socket; see"
                    + " unix_socket_permissions and unix_socket_group of the server."));
  }
}
