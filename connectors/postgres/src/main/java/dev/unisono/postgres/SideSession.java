package dev.unisono.postgres;

import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A session beside the replication stream, that writes messages to the log: heartbeats, and the
 * marks at which chunks take their place. Opens itself when it is first used. For one thread, but
 * closing is safe from any.
 */
final class SideSession implements AutoCloseable {
  static final String PREFIX = "unisono";

  private final Database database;
  private volatile @Nullable Connection connection;
  private volatile boolean closed;

  SideSession(Database database) {
    this.database = database;
  }

  Connection connection() {
    Connection open = connection;
    if (open == null) {
      open = database.connect("connecting");
      try (Statement statement = open.createStatement()) {
        // A message needs no standby: it must come by while a synchronous one is away.
        statement.execute("SET synchronous_commit = local");
      } catch (SQLException failed) {
        throw failure("connecting", failed);
      }
      connection = open;
      if (closed) {
        close();
      }
    }
    return open;
  }

  /** Writes a message to the log, in a transaction of its own. */
  void emit(String content) {
    try (PreparedStatement emit =
        connection().prepareStatement("SELECT pg_logical_emit_message(true, ?, ?::text)")) {
      emit.setString(1, PREFIX);
      emit.setString(2, content);
      emit.execute();
    } catch (SQLException failed) {
      throw failure("writing a message to the log", failed);
    }
  }

  VisibilitySnapshot snapshot() {
    try (Statement statement = connection().createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_current_snapshot()::text")) {
      row.next();
      return VisibilitySnapshot.parse(row.getString(1));
    } catch (SQLException failed) {
      throw failure("asking for the current snapshot", failed);
    }
  }

  /** How much log the server keeps for a slot, in bytes; -1 where it does not say. */
  long retainedBytes(String slot) {
    try (PreparedStatement select =
        connection()
            .prepareStatement(
                "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint"
                    + " FROM pg_replication_slots WHERE slot_name = ?")) {
      select.setString(1, slot);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : -1;
      }
    } catch (SQLException failed) {
      throw failure("asking for the slot", failed);
    }
  }

  UnisonoException failure(String doing, SQLException failed) {
    return database.failure(doing, failed);
  }

  @Override
  public void close() {
    closed = true;
    Connection open = connection;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException gone) {
        // Closed is closed.
      }
    }
  }
}
