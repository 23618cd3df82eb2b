package dev.unisono.jdbc;

import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** One database, how it is connected to and how it is spoken to. Safe for threads. */
public final class Database {
  /** Opens sessions of one database, with all set as statements here need it. */
  @FunctionalInterface
  public interface Sessions {
    Connection open() throws SQLException;
  }

  private final String system;
  private final Dialect dialect;
  private final Sessions sessions;

  /**
   * @param system the system's name in the config
   */
  public Database(String system, Dialect dialect, Sessions sessions) {
    this.system = system;
    this.dialect = dialect;
    this.sessions = sessions;
  }

  public String system() {
    return system;
  }

  public Dialect dialect() {
    return dialect;
  }

  /** A session for statements, in auto-commit. */
  public Connection connect() {
    try {
      return sessions.open();
    } catch (SQLException failed) {
      throw failure("connecting", failed);
    }
  }

  /** What is thrown of an error that says nothing against rows. */
  public UnisonoException failure(String doing, SQLException failed) {
    return new UnisonoException(
        dialect.problem(system, doing + " (" + system + ")", failed), failed);
  }

  static String firstLine(@Nullable String text) {
    String all = text == null ? "no reason given" : text;
    int end = all.indexOf('\n');
    return end < 0 ? all : all.substring(0, end);
  }

  /** Lets go of a session, whatever state it is in. */
  static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException gone) {
      // Closed is closed.
    }
  }
}
