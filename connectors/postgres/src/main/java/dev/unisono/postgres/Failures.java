package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What an error of PostgreSQL is to us: told by its SQLSTATE, never by its text. Has no state. */
final class Failures {
  private Failures() {}

  static UnisonoException of(String system, String doing, SQLException failed) {
    return new UnisonoException(problem(system, doing, failed), failed);
  }

  static Problem problem(String system, String doing, SQLException failed) {
    String state = failed.getSQLState() == null ? "" : failed.getSQLState();
    String message = doing + " failed: " + firstLine(failed.getMessage()) + ".";
    String path = "systems." + system;
    return switch (state) {
      case "28P01", "28000" ->
          new Problem(
              "not-signed-in",
              ProblemType.USER,
              message,
              path + ".password",
              "Check user and password, and pg_hba.conf for the address Unisono connects from.");
      case "3D000" ->
          new Problem(
              "no-database",
              ProblemType.USER,
              message,
              path + ".url",
              "Name an existing database.");
      case "42501" ->
          new Problem(
              "missing-right",
              ProblemType.USER,
              message,
              path + ".user",
              "Grant the right; `./unisono check` prints the statements.");
      case "42P01", "42703", "3F000" ->
          new Problem(
              "no-such-table",
              ProblemType.USER,
              message,
              path,
              "Compare table and columns with the config; `./unisono check` names what differs.");
      case "55006" ->
          new Problem(
              "slot-in-use",
              ProblemType.TRANSIENT,
              message,
              path + ".slot",
              "Another process reads this slot; stop it, or give this server a slot of its own.");
      case "55P03" ->
          new Problem(
              "lane-in-use",
              ProblemType.TRANSIENT,
              message,
              path,
              "Another server of this state still writes there, or its session has not ended yet.");
      case "57014" ->
          new Problem(
              "no-answer",
              ProblemType.EXTERNAL,
              message,
              path,
              "Is the server overloaded, or does another session hold a lock? Where a statement is"
                  + " meant to take so long, raise answer-timeout.");
      case "53400", "53300" ->
          new Problem(
              "out-of-connections",
              ProblemType.RESOURCES,
              message,
              path,
              "Raise max_connections, max_wal_senders or max_replication_slots.");
      default -> byClass(state, message, path);
    };
  }

  private static Problem byClass(String state, String message, String path) {
    String group = state.length() < 2 ? "" : state.substring(0, 2);
    return switch (group) {
      case "08", "57", "" ->
          new Problem(
              "unreachable",
              ProblemType.EXTERNAL,
              message,
              path + ".url",
              "Is the server up, and can this machine reach it?");
      case "40" -> new Problem("conflict", ProblemType.TRANSIENT, message, path, "");
      case "53", "58" ->
          new Problem(
              "out-of-resources",
              ProblemType.RESOURCES,
              message,
              path,
              "Look at the server's disk, memory and limits.");
      case "55" ->
          new Problem(
              "not-ready",
              ProblemType.USER,
              message,
              path,
              "See `./unisono check` for what is set wrong.");
      default -> new Problem("refused-by-postgres", ProblemType.USER, message, path, "");
    };
  }

  static String firstLine(@Nullable String text) {
    String all = text == null ? "no reason given" : text;
    int end = all.indexOf('\n');
    return end < 0 ? all : all.substring(0, end);
  }
}
