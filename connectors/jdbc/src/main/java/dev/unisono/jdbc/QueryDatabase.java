package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * One database that is read by a driver of whatever kind, and how it is connected to. Safe for
 * threads.
 */
final class QueryDatabase {
  private static final String SQLITE = "jdbc:sqlite:";

  /** SQLite's own flag for a file that must be there. */
  private static final String WITHOUT_MAKING = "2";

  private final String system;
  private final String url;
  private final @Nullable String user;
  private final @Nullable String password;
  private final DriverSearch drivers;
  private final Duration answerTimeout;

  QueryDatabase(
      String system,
      String url,
      @Nullable String user,
      @Nullable String password,
      DriverSearch drivers,
      Duration answerTimeout) {
    this.system = system;
    this.url = url;
    this.user = user;
    this.password = password;
    this.drivers = drivers;
    this.answerTimeout = answerTimeout;
  }

  String system() {
    return system;
  }

  /** A session for queries, in auto-commit: each sees what was committed before it. */
  Connection connect() {
    Properties properties = new Properties();
    if (user != null) {
      properties.setProperty("user", user);
    }
    if (password != null) {
      properties.setProperty("password", password);
    }
    if (sqlite()) {
      properties.setProperty("open_mode", WITHOUT_MAKING);
      properties.setProperty("busy_timeout", "10000");
    }
    try {
      Connection connection = drivers.find(system, url).connect(url, properties);
      if (connection == null) {
        throw new SQLException("the driver does not take the url");
      }
      limitAnswers(connection);
      return connection;
    } catch (SQLException failed) {
      throw failure("connecting", failed);
    }
  }

  /** Where a driver can: a server that hangs is noticed. */
  private void limitAnswers(Connection connection) throws SQLException {
    try {
      connection.setNetworkTimeout(Runnable::run, Math.toIntExact(answerTimeout.toMillis()));
    } catch (SQLFeatureNotSupportedException | AbstractMethodError none) {
      // It waits as long as its own settings say.
    } catch (SQLException failed) {
      Database.close(connection);
      throw failed;
    }
  }

  private boolean sqlite() {
    return url.startsWith(SQLITE);
  }

  /**
   * How it is spoken to. SQLite's columns have no types by which its driver could tell what their
   * values are; any other database is known by its driver alone.
   *
   * @param bindings what is read; one of its tables is asked for how to ask for some rows
   */
  ReadDialect dialect(Connection connection, List<Binding> bindings) throws SQLException {
    if (sqlite()) {
      return new SqliteDialect();
    }
    String quote = connection.getMetaData().getIdentifierQuoteString();
    JdbcDialect plain = new JdbcDialect(quote == null ? "" : quote, RowLimit.DRIVER);
    for (Binding binding : bindings) {
      Optional<Table> table = plain.find(connection, binding.table());
      String key = Table.keyColumns(binding).getFirst();
      if (table.isPresent() && table.get().columns().containsKey(key)) {
        String column = plain.quote(key);
        String query =
            "SELECT " + column + " FROM " + table.get().sqlName() + " ORDER BY " + column;
        return new JdbcDialect(quote == null ? "" : quote, RowLimit.find(connection, query));
      }
    }
    return plain;
  }

  /** What is thrown of an error. */
  UnisonoException failure(String doing, SQLException failed) {
    return new UnisonoException(describe(doing, failed), failed);
  }

  /** What an error is. */
  Problem describe(String doing, SQLException failed) {
    String what = doing + " (" + system + ")";
    if (!sqlite()) {
      return JdbcProblems.of(system, what, failed);
    }
    Problem problem = new SqliteDialect().problem(system, what, failed);
    String path = problem.configPath();
    return path != null && path.endsWith(".file")
        ? problem.at("systems." + system + ".url")
        : problem;
  }

  /** Ends a session that another thread may wait in. */
  void abort(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException | AbstractMethodError none) {
      // It ends with its present statement.
    }
  }
}
