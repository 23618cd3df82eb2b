package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.LogSequenceNumber;

/** The slot of one system on the server: found, checked, made. For one thread. */
final class Slot {
  private final Database database;
  private final String slot;

  private final LogBudget budget;
  private final boolean failover;

  /**
   * @param failover whether standbys are to keep the slot, too
   */
  Slot(Database database, String slot, LogBudget budget, boolean failover) {
    this.failover = failover;
    this.database = database;
    this.slot = slot;
    this.budget = budget;
  }

  /** What the server says of the slot. */
  private record Found(
      boolean active, @Nullable String invalid, long confirmed, boolean failover) {}

  /**
   * Where to begin.
   *
   * @param loss why what comes does not follow what was read; null where it does
   */
  record Begin(StreamState from, @Nullable Problem loss) {}

  /**
   * Sees to it that the slot is there and fits the state.
   *
   * @param state how far we are; null at the first start
   * @param known the server that was read before; null where that was not kept
   * @param mayRepair whether a slot that is lost is made anew; else its problem is thrown
   */
  Begin prepare(
      Connection connection,
      @Nullable StreamState state,
      @Nullable ServerIdentity known,
      ServerIdentity.Present now,
      boolean mayRepair) {
    try {
      Optional<Found> found = find(connection);
      if (found.isPresent() && found.get().active()) {
        throw problem(
            "slot-in-use",
            ProblemType.TRANSIENT,
            "Another process reads the slot " + slot + ".",
            "Stop it, or give this server a slot of its own by systems."
                + database.system()
                + ".slot.");
      }
      if (state == null) {
        if (found.isPresent()) {
          warn(
              "The slot "
                  + slot
                  + " is there, but this state knows nothing of it; it is made anew.");
        }
        return new Begin(create(connection, found.isPresent()), null);
      }
      Problem loss = loss(found, state, known, now);
      if (loss == null) {
        if (failover && !found.orElseThrow().failover()) {
          enableFailover();
        }
        return new Begin(state, null);
      }
      if (!mayRepair) {
        throw new UnisonoException(loss);
      }
      warn(loss.message() + " It is made anew, and every table is read and compared again.");
      return new Begin(create(connection, found.isPresent()), loss);
    } catch (SQLException failed) {
      throw database.failure("preparing the slot " + slot, failed);
    }
  }

  private void warn(String message) {
    System.getLogger(Slot.class.getName())
        .log(System.Logger.Level.WARNING, "{0}: {1}", database.system(), message);
  }

  private Optional<Found> find(Connection connection) throws SQLException {
    // From 17 on the server says why; 16 tells a conflict with recovery, before that only the log.
    int version = connection.getMetaData().getDatabaseMajorVersion();
    String invalid =
        version >= 17
            ? "invalidation_reason"
            : "CASE WHEN "
                + (version == 16 ? "conflicting THEN 'rows_removed' WHEN " : "")
                + "wal_status = 'lost' THEN 'wal_removed' END";
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT active, "
                + invalid
                + ", coalesce(confirmed_flush_lsn, '0/0')::text"
                + (failover ? ", failover" : ", false")
                + " FROM pg_replication_slots WHERE slot_name = ?")) {
      select.setString(1, slot);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? Optional.of(
                new Found(
                    row.getBoolean(1),
                    row.getString(2),
                    LogSequenceNumber.valueOf(row.getString(3)).asLong(),
                    row.getBoolean(4)))
            : Optional.empty();
      }
    }
  }

  /** Each way in which what comes does not follow what was read is told apart. */
  private @Nullable Problem loss(
      Optional<Found> found,
      StreamState state,
      @Nullable ServerIdentity known,
      ServerIdentity.Present now) {
    if (known != null && !known.system().equals(now.identity().system())) {
      return Repair.otherServer(database, slot);
    }
    boolean takenOver = known != null && known.timeline() != now.identity().timeline();
    if (found.isEmpty()) {
      if (budget.hasLetGo()) {
        return Repair.letGo(database, slot, budget.bytes());
      }
      return takenOver ? Repair.afterFailover(database, slot) : Repair.missing(database, slot);
    }
    String invalid = found.get().invalid();
    if (invalid != null) {
      return Repair.invalidated(database, slot, invalid);
    }
    if (Long.compareUnsigned(now.end(), state.end()) < 0
        || (known != null
            && takenOver
            && Long.compareUnsigned(leftAt(known, now), state.end()) < 0)) {
      return Repair.logBehind(database);
    }
    return Long.compareUnsigned(found.get().confirmed(), state.end()) > 0
        ? Repair.ahead(database, slot)
        : null;
  }

  /** Where the timeline that was read before was left by the one of now. */
  private long leftAt(ServerIdentity known, ServerIdentity.Present now) {
    try (Connection replication = database.connectForReplication();
        Statement statement = replication.createStatement();
        ResultSet row = statement.executeQuery("TIMELINE_HISTORY " + now.identity().timeline())) {
      return row.next() ? ServerIdentity.leftAt(known.timeline(), row.getString(2)) : 0;
    } catch (SQLException failed) {
      throw database.failure("asking for the timeline's history", failed);
    }
  }

  private StreamState create(Connection connection, boolean leftOver) throws SQLException {
    if (leftOver) {
      drop(connection);
    }
    try (PreparedStatement create =
        connection.prepareStatement(
            "SELECT lsn::text FROM pg_create_logical_replication_slot(?, 'pgoutput'"
                + (failover ? ", failover => true)" : ")"))) {
      create.setString(1, slot);
      try (ResultSet row = create.executeQuery()) {
        row.next();
        budget.begun();
        return new StreamState(LogSequenceNumber.valueOf(row.getString(1)).asLong(), 0, 0);
      }
    }
  }

  /** No function does it, only a command of the replication protocol. */
  private void enableFailover() throws SQLException {
    try (Connection replication = database.connectForReplication();
        Statement alter = replication.createStatement()) {
      alter.execute("ALTER_REPLICATION_SLOT " + Database.quote(slot) + " ( FAILOVER true )");
    }
  }

  private void drop(Connection connection) throws SQLException {
    try (PreparedStatement drop =
        connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
      drop.setString(1, slot);
      drop.execute();
    }
  }

  private UnisonoException problem(String code, ProblemType type, String message, String remedy) {
    return new UnisonoException(
        new Problem(code, type, message, "systems." + database.system() + ".slot", remedy));
  }
}
