package dev.unisono.postgres;

import dev.unisono.spi.Settings;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * One database and how to connect to it. All sessions speak the same text form of values, whatever
 * the server's defaults. Safe for threads.
 */
final class Database {
  private static final String SESSION =
      "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET bytea_output = 'hex';"
          + " SET extra_float_digits = 3; SET IntervalStyle = 'postgres'; SET lc_monetary = 'C';"
          + " SET xmloption = 'content'; SET array_nulls = on; SET quote_all_identifiers = off";

  private final String system;
  private final String url;
  private final Properties properties = new Properties();

  /** Null where the server is reached by TCP. */
  private final @Nullable UnixSocket socket;

  Database(String system, Settings settings) {
    this.system = system;
    this.url = settings.text("url");
    PGProperty.USER.set(properties, settings.text("user"));
    settings
        .optionalText("password")
        .ifPresent(value -> PGProperty.PASSWORD.set(properties, value));
    PGProperty.APPLICATION_NAME.set(properties, "unisono");
    PGProperty.TCP_KEEP_ALIVE.set(properties, true);
    PGProperty.TCP_NO_DELAY.set(properties, true);
    PGProperty.CONNECT_TIMEOUT.set(properties, 10);
    PGProperty.LOGIN_TIMEOUT.set(properties, 15);
    PGProperty.BINARY_TRANSFER.set(properties, false);
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "14");
    this.socket = UnixSocket.of(settings).orElse(null);
    if (socket != null) {
      socket.set(properties);
    }
  }

  String system() {
    return system;
  }

  /** A session for statements, in auto-commit. */
  Connection connect(String doing) {
    return connect(doing, properties);
  }

  /** A session that can start replication. */
  Connection connectForReplication() {
    Properties replication = new Properties();
    replication.putAll(properties);
    PGProperty.REPLICATION.set(replication, "database");
    PGProperty.PREFER_QUERY_MODE.set(replication, "simple");
    return connect("connecting for replication", replication);
  }

  private Connection connect(String doing, Properties with) {
    try {
      Connection connection = DriverManager.getConnection(url, with);
      try (Statement statement = connection.createStatement()) {
        statement.execute(SESSION);
      } catch (SQLException failed) {
        connection.close();
        throw failed;
      }
      return connection;
    } catch (SQLException failed) {
      throw notConnected(failed).orElseGet(() -> failure(doing, failed));
    }
  }

  /** What is wrong with the socket, where nothing was reached through it. */
  private Optional<UnisonoException> notConnected(SQLException failed) {
    String state = failed.getSQLState();
    UnixSocket through = socket;
    return through == null || state == null || !state.startsWith("08")
        ? Optional.empty()
        : through.obstacle(system).map(problem -> new UnisonoException(problem, failed));
  }

  UnisonoException failure(String doing, SQLException failed) {
    return Failures.of(system, doing + " (" + system + ")", failed);
  }

  static String quote(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
