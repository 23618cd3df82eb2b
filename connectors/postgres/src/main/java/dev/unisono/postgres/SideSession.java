package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A session beside the replication stream, that writes messages to the log: heartbeats, and the
 * marks at which chunks take their place. Opens itself when it is first used. For one thread, but
 * closing is safe from any.
 */
final class SideSession implements AutoCloseable {
  static final String PREFIX = "unisono";

  /** Everybody may see locks, and of sessions at least the process, role and database. */
  private static final String HOLDERS =
      "SELECT l.transactionid::text,"
          + " coalesce(a.datname, p.database) IS DISTINCT FROM current_database()"
          + " AND coalesce(a.datname, p.database) IS NOT NULL,"
          + " 'transaction ' || l.transactionid::text || CASE WHEN p.gid IS NOT NULL"
          + " THEN ', prepared as ' || p.gid || ' at ' || p.prepared ELSE ' of process ' || l.pid"
          + " || coalesce(', role ' || a.usename, '') || coalesce(', ' || nullif("
          + "a.application_name, ''), '') || coalesce(', since ' || a.xact_start, '') END"
          + " FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
          + " LEFT JOIN pg_prepared_xacts p ON p.transaction = l.transactionid"
          + " WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted"
          + " AND l.transactionid::text = ANY(?)";

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

  /**
   * Who holds a transaction open.
   *
   * @param text which it is and since when, for people
   * @param elsewhere true where it runs in another database, and so cannot have touched our tables
   */
  record Holder(String text, boolean elsewhere) {}

  /** Who holds transactions open; those that have ended meanwhile are left out. */
  Map<Long, Holder> holders(Set<Long> transactions) {
    Map<String, Long> asked = new HashMap<>();
    transactions.forEach(
        transaction -> asked.put(Long.toString(transaction & 0xFFFFFFFFL), transaction));
    try (PreparedStatement select = connection().prepareStatement(HOLDERS)) {
      select.setArray(1, select.getConnection().createArrayOf("text", asked.keySet().toArray()));
      Map<Long, Holder> holders = new HashMap<>();
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Long transaction = asked.get(row.getString(1));
          if (transaction != null) {
            holders.put(transaction, new Holder(row.getString(3), row.getBoolean(2)));
          }
        }
      }
      return holders;
    } catch (SQLException failed) {
      throw failure("asking who holds transactions open", failed);
    }
  }

  /**
   * What the server says of a slot.
   *
   * @param written the end of its log
   * @param retainedBytes how much log it keeps for it; -1 where it does not say
   * @param safeBytes how much more can be written before it gives the slot up; -1 where it never
   *     does
   */
  record SlotUse(long written, long retainedBytes, long safeBytes) {}

  SlotUse slotUse(String slot) {
    try (PreparedStatement select =
        connection()
            .prepareStatement(
                "SELECT pg_current_wal_lsn() - '0/0',"
                    + " coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint, -1),"
                    + " coalesce(safe_wal_size, -1)"
                    + " FROM pg_replication_slots WHERE slot_name = ?")) {
      select.setString(1, slot);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? new SlotUse(row.getLong(1), row.getLong(2), row.getLong(3))
            : new SlotUse(0, -1, -1);
      }
    } catch (SQLException failed) {
      throw failure("asking for the slot", failed);
    }
  }

  /** Whether another table has the name of this one now. */
  boolean replaced(Table table) {
    try (PreparedStatement select =
        connection()
            .prepareStatement(
                "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid ="
                    + " c.relnamespace WHERE n.nspname = ? AND c.relname = ? AND c.oid::bigint <>"
                    + " ?)")) {
      select.setString(1, table.schema());
      select.setString(2, table.name());
      select.setLong(3, table.relation());
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    } catch (SQLException failed) {
      throw failure("looking up the tables", failed);
    }
  }

  /** The numbers of those of some tables that are there and that a publication does not show. */
  Set<Long> unpublished(String publication, List<Long> relations) {
    Set<Long> unpublished = new HashSet<>();
    try {
      boolean bySchema =
          connection().getMetaData().getDatabaseMajorVersion() >= FoundPublication.SHOWS_PARTS;
      try (PreparedStatement select =
          connection()
              .prepareStatement(
                  "SELECT c.oid::bigint FROM pg_class c WHERE c.oid = ANY(?::oid[]) AND NOT EXISTS"
                      + " (SELECT FROM pg_publication p CROSS JOIN (SELECT c.oid UNION SELECT relid"
                      + " FROM pg_partition_ancestors(c.oid)) up (relation) WHERE p.pubname = ?"
                      + " AND (p.puballtables OR EXISTS (SELECT FROM pg_publication_rel r WHERE"
                      + " r.prpubid = p.oid AND r.prrelid = up.relation)"
                      + (bySchema
                          ? " OR EXISTS (SELECT FROM pg_publication_namespace s JOIN pg_class u ON"
                              + " u.relnamespace = s.pnnspid WHERE s.pnpubid = p.oid AND u.oid ="
                              + " up.relation)"
                          : "")
                      + "))")) {
        select.setArray(1, connection().createArrayOf("bigint", relations.toArray()));
        select.setString(2, publication);
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            unpublished.add(row.getLong(1));
          }
        }
      }
      return unpublished;
    } catch (SQLException failed) {
      throw failure("looking up the publication", failed);
    }
  }

  /** What to say where the publication keeps tables' owners from changing them. */
  Optional<Problem> refusedUpdates(PublicationOptions publication) {
    try {
      return RefusedUpdates.find(connection(), database.system(), publication);
    } catch (SQLException failed) {
      throw failure("looking up the publication", failed);
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
