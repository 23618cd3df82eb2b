package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import java.sql.SQLException;
import java.util.List;

/** Checks the server itself: its version, and whether its log can be read. For one thread. */
final class ServerCheck {
  private static final int LEAST_VERSION = 140_000;

  private final Inspection found;
  private final String slot;
  private final LogOptions log;

  ServerCheck(Inspection found, String slot, LogOptions log) {
    this.found = found;
    this.slot = slot;
    this.log = log;
  }

  void version() throws SQLException {
    int version = Integer.parseInt(found.text("SHOW server_version_num"));
    if (version < LEAST_VERSION) {
      found.add(
          "version-too-old",
          "The server is PostgreSQL " + found.text("SHOW server_version") + ".",
          found.system() + ".url",
          "Use PostgreSQL 14 or later.");
    }
  }

  /**
   * A standby cannot be written, and its log is another server's.
   *
   * @param rows whether rows shall be written, too
   */
  void takesWrites(boolean rows) throws SQLException {
    if (found.flag(
        "SELECT pg_is_in_recovery()"
            + (rows ? " OR current_setting('transaction_read_only')::bool" : ""))) {
      SQLException refused = new SQLException("the server takes reads only", Failures.READ_ONLY);
      found.add(Failures.problem(found.database().system(), "checking", refused));
    }
  }

  void log() throws SQLException {
    String level = found.text("SHOW wal_level");
    if (!level.equals("logical")) {
      found.add(
          "wal-level",
          "wal_level is " + level + ": the server's log does not hold what a reader needs.",
          found.system(),
          "Run ALTER SYSTEM SET wal_level = logical; and restart the server.");
    }
    if (!found.flag(
        "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user")) {
      found.add(
          "missing-right",
          "The role " + found.user() + " may not read the log.",
          found.system() + ".user",
          "Run ALTER ROLE " + Database.quote(found.user()) + " REPLICATION;");
    }
    checkLogOptions();
    long slots = Long.parseLong(found.text("SELECT count(*)::text FROM pg_replication_slots"));
    boolean ours =
        found.flag(
            "SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = "
                + Database.literal(slot)
                + ")");
    long most = Long.parseLong(found.text("SHOW max_replication_slots"));
    if (!ours && slots >= most) {
      found.add(
          "no-free-slot",
          "All " + most + " replication slots are taken.",
          found.system() + ".slot",
          "Drop one that nobody reads, or raise max_replication_slots and restart the server.");
    }
  }

  private void checkLogOptions() throws SQLException {
    List<Problem> tooNew = log.tooNew(found.database().system(), found.majorVersion());
    found.addAll(tooNew);
    if (log.failover()
        && tooNew.isEmpty()
        && found.text("SHOW synchronized_standby_slots").isEmpty()) {
      found.add(
          "standby-not-waited-for",
          "failover is true, and no standby is waited for: Unisono could read what a standby that"
              + " is promoted does not have.",
          found.system() + ".failover",
          "Run ALTER SYSTEM SET synchronized_standby_slots = 'SLOT'; with the slot that the standby"
              + " streams by. The standby needs sync_replication_slots = on,"
              + " hot_standby_feedback = on, primary_slot_name, and a dbname in primary_conninfo.");
    }
  }
}
