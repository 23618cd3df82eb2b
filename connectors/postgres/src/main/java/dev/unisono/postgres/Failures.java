package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What an error of PostgreSQL is to us: told by its SQLSTATE, never by its text. What says
 * something of a statement, a right or a table is for a person; what says something of the server,
 * the connection or the moment is tried again. Has no state.
 */
final class Failures {
  /** The SQLSTATE of a server that takes reads only. */
  static final String READ_ONLY = "25006";

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
      case READ_ONLY ->
          new Problem(
              "read-only",
              ProblemType.EXTERNAL,
              message,
              path + ".url",
              "Has another server of the cluster taken over, so that this one is its standby? Name"
                  + " both in the url, with targetServerType=primary. Or is"
                  + " default_transaction_read_only on? It is tried again by itself.");
      case "25P03", "25P04", "57P05" ->
          new Problem(
              "no-answer",
              ProblemType.EXTERNAL,
              message,
              path,
              "The server ends our sessions by a timeout of its own: take it off for this role, as"
                  + " by ALTER ROLE … SET idle_in_transaction_session_timeout = 0;");
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
      case "40", "72" -> new Problem("conflict", ProblemType.TRANSIENT, message, path, "");
      // A session that lacks what it was given before: a new one has it.
      case "24", "25", "26", "34", "3B" ->
          new Problem(
              "session-changed",
              ProblemType.TRANSIENT,
              message,
              path + ".url",
              "Is there a pooler in between that gives the session to others? Connect past it, or"
                  + " have it pool whole sessions.");
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
      // Faults of the server, of a server that it asks itself, of the driver.
      case "XX", "HV", "F0", "60", "99" ->
          new Problem(
              "server-fault",
              ProblemType.EXTERNAL,
              message,
              path,
              "The fault is the server's own: look at its log. It is tried again by itself.");
      default -> new Problem("refused-by-postgres", ProblemType.USER, message, path, "");
    };
  }

  static String firstLine(@Nullable String text) {
    String all = text == null ? "no reason given" : text;
    int end = all.indexOf('\n');
    return end < 0 ? all : all.substring(0, end);
  }
}
