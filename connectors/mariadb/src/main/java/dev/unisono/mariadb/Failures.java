package dev.unisono.mariadb;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What an error of MariaDB is to us: told by its number and its SQLSTATE, never by its text. Has no
 * state.
 */
final class Failures {
  /** A table's definition is newer than the snapshot in which it is read. */
  static final int DEFINITION_CHANGED = 1412;

  static final int NO_SUCH_TABLE = 1146;
  static final int NO_SUCH_COLUMN = 1054;

  private Failures() {}

  static UnisonoException of(String system, String doing, SQLException failed) {
    return new UnisonoException(problem(system, doing, failed), failed);
  }

  static Problem problem(String system, String doing, SQLException failed) {
    String message = doing + " failed: " + firstLine(failed.getMessage()) + ".";
    String path = "systems." + system;
    return switch (failed.getErrorCode()) {
      case 1045, 1698 -> notSignedIn(message, path);
      case 1049 ->
          new Problem(
              "no-database",
              ProblemType.USER,
              message,
              path + ".url",
              "Name an existing database.");
      case 1044, 1142, 1143, 1227 ->
          new Problem(
              "missing-right",
              ProblemType.USER,
              message,
              path + ".user",
              "Grant the right; `./unisono check` prints the statements.");
      case NO_SUCH_TABLE, NO_SUCH_COLUMN ->
          new Problem(
              "no-such-table",
              ProblemType.USER,
              message,
              path,
              "Compare table and columns with the config; `./unisono check` names what differs.");
      // A definition, a row since it was read; waited for too long; a deadlock.
      case DEFINITION_CHANGED, 1020, 1205, 1213 ->
          new Problem("conflict", ProblemType.TRANSIENT, message, path, "");
      case 1040, 1203 ->
          new Problem(
              "out-of-connections",
              ProblemType.RESOURCES,
              message,
              path,
              "Raise max_connections, or the user's own limit.");
      case 1021, 1037, 1041, 1114 ->
          new Problem(
              "out-of-resources",
              ProblemType.RESOURCES,
              message,
              path,
              "Look at the server's disk, memory and limits.");
      case 1290, 1792, 1836 ->
          new Problem(
              "read-only",
              ProblemType.EXTERNAL,
              message,
              path + ".url",
              "The server takes reads only. It is tried again by itself.");
      default -> byClass(failed, message, path);
    };
  }

  private static Problem byClass(SQLException failed, String message, String path) {
    String state = failed.getSQLState() == null ? "" : failed.getSQLState();
    String group = state.length() < 2 ? "" : state.substring(0, 2);
    return switch (group) {
      case "28" -> notSignedIn(message, path);
      case "08", "" ->
          new Problem(
              "unreachable",
              ProblemType.EXTERNAL,
              message,
              path + ".url",
              "Is the server up, and can this machine reach it?");
      case "40", "70" -> new Problem("conflict", ProblemType.TRANSIENT, message, path, "");
      default -> new Problem("refused-by-mariadb", ProblemType.USER, message, path, "");
    };
  }

  static Problem notSignedIn(String message, String path) {
    return new Problem(
        "not-signed-in",
        ProblemType.USER,
        message,
        path + ".password",
        "Check user and password, and from which hosts the user may connect.");
  }

  static String firstLine(@Nullable String text) {
    String all = text == null ? "no reason given" : text;
    int end = all.indexOf('\n');
    String line = end < 0 ? all : all.substring(0, end);
    return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
  }
}
