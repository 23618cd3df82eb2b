package dev.unisono.jdbc;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.SQLException;
import java.sql.SQLInvalidAuthorizationSpecException;
import java.sql.SQLRecoverableException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLTransientException;

/**
 * What the errors of any driver are, by the standard's classes of SQLSTATE and JDBC's classes of
 * exceptions. Has no state.
 */
final class JdbcProblems {
  private static final String NO_RIGHT = "42501";

  private JdbcProblems() {}

  /**
   * @param doing what failed, as the beginning of a sentence
   */
  static Problem of(String system, String doing, SQLException failed) {
    String message = doing + " failed: " + Database.firstLine(failed.getMessage()) + ".";
    String path = "systems." + system;
    String state = failed.getSQLState() == null ? "" : failed.getSQLState();
    return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
      case "28" -> notSignedIn(message, path);
      case "3D" ->
          new Problem(
              "no-database",
              ProblemType.USER,
              message,
              path + ".url",
              "Name an existing database.");
      case "42" ->
          state.equals(NO_RIGHT)
              ? new Problem(
                  "missing-right", ProblemType.USER, message, path + ".user", "Grant the right.")
              : refused(message, path);
      case "22" -> refused(message, path);
      case "40" -> new Problem("conflict", ProblemType.TRANSIENT, message, path, "");
      case "53" ->
          new Problem(
              "out-of-resources",
              ProblemType.RESOURCES,
              message,
              path,
              "Look at the disk, the memory and the limits of the machine.");
      case "08", "57" -> unreachable(message, path);
      default -> byClass(failed, message, path);
    };
  }

  private static Problem byClass(SQLException failed, String message, String path) {
    return switch (failed) {
      case SQLTransientConnectionException _, SQLRecoverableException _ ->
          unreachable(message, path);
      case SQLTransientException _ ->
          new Problem(
              "database-busy",
              ProblemType.TRANSIENT,
              message,
              path,
              "Another session holds the row or the table.");
      case SQLInvalidAuthorizationSpecException _ -> notSignedIn(message, path);
      case SQLSyntaxErrorException _ -> refused(message, path);
      default -> unreachable(message, path);
    };
  }

  private static Problem unreachable(String message, String path) {
    return new Problem(
        "unreachable",
        ProblemType.EXTERNAL,
        message,
        path + ".url",
        "Is the database up, and can this machine reach it?");
  }

  private static Problem refused(String message, String path) {
    return new Problem(
        "refused-by-database",
        ProblemType.USER,
        message,
        path,
        "Compare table and columns with the config; `./unisono check` names what differs.");
  }

  private static Problem notSignedIn(String message, String path) {
    return new Problem(
        "not-signed-in", ProblemType.USER, message, path + ".password", "Check user and password.");
  }
}
