package dev.unisono.mariadb;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

/**
 * Asks a server whether reading its binlog can go on where it was left, and if not why: each cause
 * a problem of its own, told apart by its code. Has no state.
 */
final class LogLoss {
  private LogLoss() {}

  /** Why changes may have been missed; empty where none was. */
  static Optional<Problem> find(Connection connection, Database database, StreamState left)
      throws SQLException {
    List<LogFiles.LogFile> files = LogFiles.of(connection);
    Gtids before = Gtids.parse(left.gtids());
    Gtids end = Gtids.parse(text(connection, "SELECT @@global.gtid_binlog_pos"));
    long server = Long.parseLong(text(connection, "SELECT @@global.server_id"));
    boolean sameServer = left.server() == 0 || left.server() == server;
    if (!before.within(end)) {
      return Optional.of(
          problem(
              "log-behind",
              database,
              "The server's binlog ends before what was read of it: it was emptied by RESET MASTER,"
                  + " the server was restored to an earlier time, or one took over that did not have"
                  + " all."));
    }
    Optional<LogFiles.LogFile> file =
        files.stream().filter(each -> each.name().equals(left.place().file())).findFirst();
    if (sameServer && file.isEmpty()) {
      return Optional.of(purged(database, left.place().file()));
    }
    if (sameServer) {
      String there = gtids(connection, left.place());
      return there.equals("?") || !Gtids.parse(there).equals(before)
          ? Optional.of(
              problem(
                  "log-replaced",
                  database,
                  "The server's binlog is another one than was read before: at "
                      + left.place()
                      + " it does not have what stood there."))
          : Optional.empty();
    }
    if (before.last().isEmpty()) {
      return Optional.of(
          problem(
              "log-replaced",
              database,
              "Another server answers than before, and the one before had no transaction by which to"
                  + " find the place in its binlog."));
    }
    String oldest = gtids(connection, new LogPlace(files.getFirst().name(), 4));
    Gtids first = oldest.equals("?") ? before : Gtids.parse(oldest);
    boolean reachesBack = first.within(before);
    return reachesBack ? Optional.empty() : Optional.of(purged(database, files.getFirst().name()));
  }

  /** What was committed before a place; a question mark where nothing ends there. */
  private static String gtids(Connection connection, LogPlace place) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT BINLOG_GTID_POS(?, ?)")) {
      select.setString(1, place.file());
      select.setLong(2, place.position());
      try (ResultSet row = select.executeQuery()) {
        String found = row.next() ? row.getString(1) : null;
        return found == null ? "?" : found;
      }
    }
  }

  private static String text(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }

  private static Problem purged(Database database, String file) {
    return problem(
        "log-purged",
        database,
        "The server does not have the binlog any more from where it has to be read on ("
            + file
            + ").");
  }

  static Problem problem(String code, Database database, String message) {
    return new Problem(
        code,
        ProblemType.USER,
        message + " Changes may be missing.",
        "systems." + database.system() + ".url",
        "Every table has to be read and compared again: with on-log-loss: repair that happens by"
            + " itself; else run ./unisono snapshot repeat "
            + database.system()
            + "."
            + (code.equals("log-purged")
                ? " Let the server keep its binlog for longer: binlog_expire_logs_seconds."
                : ""));
  }
}
