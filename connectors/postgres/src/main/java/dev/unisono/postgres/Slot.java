package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.LogSequenceNumber;

/**
 * The slot and the publication of one system on the server: found, checked, made. For one thread.
 */
final class Slot {
  private final Database database;
  private final String slot;
  private final String publication;

  Slot(Database database, String slot, String publication) {
    this.database = database;
    this.slot = slot;
    this.publication = publication;
  }

  /** What the server says of the slot. */
  private record Found(boolean active, boolean lost, long confirmed, @Nullable String plugin) {}

  /**
   * Sees to it that the slot is there and fits the state.
   *
   * @param state how far we are; null at the first start
   * @return where to begin
   */
  StreamState prepare(Connection connection, @Nullable StreamState state) {
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
        return create(connection, found.isPresent());
      }
      check(found, state);
      return state;
    } catch (SQLException failed) {
      throw database.failure("preparing the slot " + slot, failed);
    }
  }

  private Optional<Found> find(Connection connection) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT active, coalesce(wal_status = 'lost', false),"
                + " coalesce(confirmed_flush_lsn, '0/0')::text, plugin"
                + " FROM pg_replication_slots WHERE slot_name = ?")) {
      select.setString(1, slot);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? Optional.of(
                new Found(
                    row.getBoolean(1),
                    row.getBoolean(2),
                    LogSequenceNumber.valueOf(row.getString(3)).asLong(),
                    row.getString(4)))
            : Optional.empty();
      }
    }
  }

  private void check(Optional<Found> found, StreamState state) {
    String remedy =
        "Changes made since may be lost to this state. Give the server a fresh state folder, and"
            + " everything is read again.";
    if (found.isEmpty()) {
      throw problem("slot-missing", ProblemType.USER, "The slot " + slot + " is gone.", remedy);
    }
    if (found.get().lost()) {
      throw problem(
          "slot-invalidated",
          ProblemType.USER,
          "The server has given up the slot " + slot + ": it kept too much log.",
          remedy + " See max_slot_wal_keep_size.");
    }
    if (Long.compareUnsigned(found.get().confirmed(), state.end()) > 0) {
      throw problem(
          "slot-ahead",
          ProblemType.USER,
          "The slot " + slot + " is ahead of this state: somebody else has read from it.",
          remedy);
    }
  }

  private StreamState create(Connection connection, boolean leftOver) throws SQLException {
    if (leftOver) {
      System.getLogger(Slot.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "{0}: the slot {1} is there, but this state knows nothing of it; it is made anew",
              database.system(),
              slot);
      try (PreparedStatement drop =
          connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
        drop.setString(1, slot);
        drop.execute();
      }
    }
    try (PreparedStatement create =
        connection.prepareStatement(
            "SELECT lsn::text FROM pg_create_logical_replication_slot(?, 'pgoutput')")) {
      create.setString(1, slot);
      try (ResultSet row = create.executeQuery()) {
        row.next();
        return new StreamState(LogSequenceNumber.valueOf(row.getString(1)).asLong(), 0, 0);
      }
    }
  }

  /** Sees to it that the publication is there and has all tables. */
  void publish(Connection connection, List<Table> tables) {
    try {
      Set<String> published = new HashSet<>();
      boolean exists = false;
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT t.schemaname || '.' || t.tablename FROM pg_publication p"
                  + " LEFT JOIN pg_publication_tables t ON t.pubname = p.pubname"
                  + " WHERE p.pubname = ?")) {
        select.setString(1, publication);
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) {
            exists = true;
            String table = rows.getString(1);
            if (table != null) {
              published.add(table);
            }
          }
        }
      }
      List<Table> lacking = new ArrayList<>(tables);
      lacking.removeIf(table -> published.contains(table.plainName()));
      if (exists && lacking.isEmpty()) {
        return;
      }
      publish(connection, exists, lacking);
    } catch (SQLException failed) {
      throw database.failure("preparing the publication " + publication, failed);
    }
  }

  private void publish(Connection connection, boolean exists, List<Table> lacking)
      throws SQLException {
    String statement = statement(publication, exists, lacking);
    try (Statement execute = connection.createStatement()) {
      execute.execute(statement);
    } catch (SQLException failed) {
      if (!"42501".equals(failed.getSQLState())) {
        throw failed;
      }
      throw problem(
          "publication-lacks-table",
          ProblemType.USER,
          "The publication "
              + publication
              + (exists ? " lacks tables" : " is not there")
              + ", and this role may not change that.",
          "Let the tables' owner run: " + statement + ";");
    }
  }

  static String statement(String publication, boolean exists, List<Table> tables) {
    return (exists ? "ALTER PUBLICATION " : "CREATE PUBLICATION ")
        + Database.quote(publication)
        + (exists ? " ADD TABLE " : " FOR TABLE ")
        + tables.stream().map(Table::sqlName).collect(Collectors.joining(", "));
  }

  private UnisonoException problem(String code, ProblemType type, String message, String remedy) {
    return new UnisonoException(
        new Problem(code, type, message, "systems." + database.system() + ".slot", remedy));
  }
}
