package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * One database while it is checked: a session in it, what its role is called, and what was found so
 * far. For one thread.
 */
final class Inspection {
  private final Connection connection;
  private final Database database;
  private final String user;
  private final List<Problem> problems;

  /**
   * @param problems takes what is found
   */
  Inspection(Connection connection, Database database, List<Problem> problems) throws SQLException {
    this.connection = connection;
    this.database = database;
    this.problems = problems;
    this.user = text("SELECT current_user");
  }

  Connection connection() {
    return connection;
  }

  Database database() {
    return database;
  }

  /** The role of the session. */
  String user() {
    return user;
  }

  /** The system's place in the config. */
  String system() {
    return "systems." + database.system();
  }

  int majorVersion() throws SQLException {
    return connection.getMetaData().getDatabaseMajorVersion();
  }

  void add(String code, String message, String path, String remedy) {
    problems.add(new Problem(code, ProblemType.USER, message, path, remedy));
  }

  /** Once only, where several parts of the check come upon it. */
  void add(Problem problem) {
    if (!problems.contains(problem)) {
      problems.add(problem);
    }
  }

  void addAll(List<Problem> more) {
    problems.addAll(more);
  }

  /** The first value of a query as text; empty where it gives no row. */
  String text(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }

  boolean flag(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() && row.getBoolean(1);
    }
  }
}
