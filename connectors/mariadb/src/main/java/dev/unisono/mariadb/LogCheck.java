package dev.unisono.mariadb;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Checks that a server's binlog holds what a reader needs, and may be read. For one thread. */
final class LogCheck {
  private static final int LEAST_MAJOR = 10;
  private static final int LEAST_MINOR = 6;

  private final Connection connection;
  private final Database database;
  private final List<Problem> problems;

  LogCheck(Connection connection, Database database, List<Problem> problems) {
    this.connection = connection;
    this.database = database;
    this.problems = problems;
  }

  static Problem off(Database database) {
    return new Problem(
        "log-off",
        ProblemType.USER,
        "log_bin is off: the server writes no binlog.",
        "systems." + database.system(),
        "Set log_bin, binlog_format = ROW and binlog_row_image = FULL in the server's configuration,"
            + " and restart it.");
  }

  void run() throws SQLException {
    checkVersion();
    Map<String, String> variables = variables();
    if (!variables.getOrDefault("log_bin", "OFF").equals("ON")) {
      problems.add(off(database));
      return;
    }
    String format = variables.getOrDefault("binlog_format", "");
    if (!format.equals("ROW")) {
      add("log-format", isNot("binlog_format", format), "", set("binlog_format", "ROW"));
    }
    String image = variables.getOrDefault("binlog_row_image", "");
    if (!image.equals("FULL")) {
      add("log-row-image", isNot("binlog_row_image", image), "", set("binlog_row_image", "FULL"));
    }
    checkRights();
  }

  private void checkVersion() throws SQLException {
    String product = connection.getMetaData().getDatabaseProductName();
    int major = connection.getMetaData().getDatabaseMajorVersion();
    int minor = connection.getMetaData().getDatabaseMinorVersion();
    boolean old = major < LEAST_MAJOR || (major == LEAST_MAJOR && minor < LEAST_MINOR);
    if (!product.toLowerCase(Locale.ROOT).contains("mariadb") || old) {
      add(
          "version-too-old",
          "The server is "
              + product
              + " "
              + connection.getMetaData().getDatabaseProductVersion()
              + ".",
          ".url",
          "Use MariaDB 10.6 or later.");
    }
  }

  private Map<String, String> variables() throws SQLException {
    Map<String, String> variables = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW GLOBAL VARIABLES LIKE '%bin%log%'")) {
      while (row.next()) {
        variables.put(row.getString(1), row.getString(2));
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW GLOBAL VARIABLES LIKE 'log_bin'")) {
      while (row.next()) {
        variables.put(row.getString(1), row.getString(2));
      }
    }
    return variables;
  }

  private static String isNot(String name, String is) {
    return name + " is " + is + ": the binlog does not hold every row whole.";
  }

  private static String set(String name, String value) {
    return "Run SET GLOBAL "
        + name
        + " = '"
        + value
        + "'; and put it into the server's configuration. Sessions that are open keep what they had.";
  }

  /** By trying what a reader does; grants can come by roles and patterns. */
  private void checkRights() throws SQLException {
    try {
      LogFiles.of(connection);
    } catch (SQLException refused) {
      if (Failures.problem(database.system(), "checking", refused).code().equals("missing-right")) {
        add(
            "missing-right",
            "The user " + database.user() + " may not ask where the binlog stands.",
            ".user",
            "Run GRANT BINLOG MONITOR ON *.* TO " + user(connection) + ";");
      } else {
        throw refused;
      }
    }
    String grants = String.join(" ", grants(connection)).toUpperCase(Locale.ROOT);
    boolean reads =
        grants.contains("REPLICATION SLAVE")
            || grants.contains("REPLICATION REPLICA")
            || grants.contains("ALL PRIVILEGES ON *.*");
    if (!reads) {
      add(
          "missing-right",
          "The user " + database.user() + " may not read the binlog.",
          ".user",
          "Run GRANT REPLICATION SLAVE ON *.* TO " + user(connection) + ";");
    }
  }

  static List<String> grants(Connection connection) throws SQLException {
    List<String> grants = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW GRANTS")) {
      while (row.next()) {
        grants.add(row.getString(1));
      }
    }
    return grants;
  }

  static String user(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT CURRENT_USER()")) {
      row.next();
      return "'" + row.getString(1).replace("@", "'@'") + "'";
    }
  }

  private void add(String code, String message, String path, String remedy) {
    problems.add(
        new Problem(
            code, ProblemType.USER, message, "systems." + database.system() + path, remedy));
  }
}
