package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;

/**
 * The causes for which what was read is compared with the source again: each a problem of its own,
 * told apart by its code. Has no state.
 */
final class Repair {
  /** Why a table is compared that was out of the publication. */
  static final String UNPUBLISHED = "table-unpublished";

  private Repair() {}

  private static Problem problem(String code, Database database, String message, String more) {
    return new Problem(
        code,
        ProblemType.USER,
        message + " Changes may be missing.",
        "systems." + database.system() + ".slot",
        "Every table has to be read and compared again: with on-slot-loss: repair that happens by"
            + " itself; else run ./unisono snapshot repeat "
            + database.system()
            + "."
            + more);
  }

  static Problem missing(Database database, String slot) {
    return problem(
        "slot-missing",
        database,
        "The slot " + slot + " is gone.",
        " Did somebody drop it, or was the server upgraded?");
  }

  static Problem afterFailover(Database database, String slot) {
    return problem(
        "slot-lost-in-failover",
        database,
        "Another server of the cluster has taken over, and the slot " + slot + " is not there.",
        "");
  }

  static Problem invalidated(Database database, String slot, String reason) {
    return problem(
        "slot-invalidated",
        database,
        "The server has given up the slot " + slot + ": " + reason + ".",
        " See max_slot_wal_keep_size.");
  }

  static Problem ahead(Database database, String slot) {
    return problem(
        "slot-ahead",
        database,
        "The slot "
            + slot
            + " is ahead of this state: somebody else has read from it, or the state folder is an"
            + " old copy.",
        "");
  }

  static Problem otherServer(Database database, String slot) {
    return problem(
        "slot-of-another-server",
        database,
        "The slot " + slot + " would be read from another cluster than before.",
        " Is the url right?");
  }

  static Problem logBehind(Database database) {
    return problem(
        "log-behind",
        database,
        "The server's log ends before what was read of it: it was restored to an earlier time, or a"
            + " server took over that did not have all.",
        "");
  }

  static Problem letGo(Database database, String slot, long budgetBytes) {
    return problem(
        "log-budget",
        database,
        "The slot "
            + slot
            + " was let go, because the server had to keep more log for it than log-budget allows ("
            + budgetBytes
            + " bytes).",
        "");
  }

  static Problem tableReplaced(Database database, SnapshotTable table) {
    return new Problem(
        "table-replaced",
        ProblemType.TRANSIENT,
        table.table().plainName() + " is another table than before: it was dropped and made anew.",
        table.binding().configPath(),
        "It is read and compared again by itself.");
  }

  static Problem tableUnpublished(Database database, String publication, SnapshotTable table) {
    return new Problem(
        "table-unpublished",
        ProblemType.TRANSIENT,
        "The publication "
            + publication
            + " of "
            + database.system()
            + " did not show the table "
            + table.table().plainName()
            + " for a while: somebody took it out, or dropped one of its columns with CASCADE.",
        table.binding().configPath(),
        "It is published again where the role may, and then read and compared by itself.");
  }

  static Problem syncWasAway(SnapshotTable table) {
    return new Problem(
        "sync-was-away",
        ProblemType.TRANSIENT,
        "The sync "
            + table.binding().sync()
            + " was not in the config for a while, in which its changes passed by.",
        "syncs." + table.binding().sync(),
        "It is read and compared again by itself.");
  }

  static Problem halfSpent(Database database, long retainedBytes, long budgetBytes) {
    return new Problem(
        "log-budget-half",
        ProblemType.RESOURCES,
        "The server keeps "
            + retainedBytes
            + " bytes of log for us, of "
            + budgetBytes
            + " that log-budget allows.",
        "systems." + database.system() + ".log-budget",
        "Is the state's disk full, or this server too slow? At the whole budget the slot is let go,"
            + " and the tables are read and compared again.");
  }
}
