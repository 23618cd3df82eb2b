package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** The server that changes are read from, with its publication and its slots. For one thread. */
final class SourceDatabase implements AutoCloseable {
  static final String DATABASE = "bench";
  static final String PUBLICATION = "bench";

  /** No checkpoint and no reader that is held up shall come between. */
  static final Map<String, String> SETTINGS =
      Map.of(
          "shared_buffers", "256MB",
          "max_wal_size", "8GB",
          "checkpoint_timeout", "30min",
          "autovacuum", "off",
          "wal_sender_timeout", "0");

  private final PostgresServer server;
  private final Connection connection;

  private SourceDatabase(PostgresServer server, Connection connection) {
    this.server = server;
    this.connection = connection;
  }

  static SourceDatabase start() throws SQLException {
    PostgresServer server = PostgresServer.withSocket(SETTINGS);
    try {
      server.createDatabase(DATABASE);
      return new SourceDatabase(server, server.connect(DATABASE));
    } catch (SQLException failed) {
      server.close();
      throw failed;
    }
  }

  PostgresServer server() {
    return server;
  }

  Connection connection() {
    return connection;
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void createSlot(String slot) throws SQLException {
    execute("SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
  }

  void copySlot(String from, String to) throws SQLException {
    execute("SELECT pg_copy_logical_replication_slot('" + from + "', '" + to + "')");
  }

  /** Drops a slot once its reader has let go of it; does nothing where it is not there. */
  void dropSlot(String slot) throws SQLException, InterruptedException {
    Deadline.in(Duration.ofSeconds(60))
        .await("the slot " + slot + " is let go of", 20, () -> readerOf(slot) == 0);
    execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"
            + slot
            + "'");
  }

  /** How far the slot's reader has confirmed. */
  String confirmed(String slot) throws SQLException {
    return text(
        "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = ?", slot);
  }

  /** The process of the server that serves the slot; 0 where nobody reads it. */
  long readerOf(String slot) throws SQLException {
    String found =
        text(
            "SELECT coalesce(max(active_pid), 0)::text FROM pg_replication_slots WHERE slot_name = ?",
            slot);
    return Long.parseLong(found);
  }

  private String text(String sql, String parameter) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, parameter);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }

  /**
   * Holds the sending of a slot's log up, so that a backlog gathers before a reader that is up and
   * live, and lets it go. The reader notices nothing but silence.
   */
  final class Halt implements AutoCloseable {
    private final long walsender;
    private boolean halted;

    Halt(String slot) throws SQLException {
      walsender = readerOf(slot);
      if (walsender == 0) {
        throw new BenchFailure("nobody reads the slot " + slot);
      }
      signal("-STOP");
      halted = true;
    }

    void end() {
      if (halted) {
        halted = false;
        signal("-CONT");
      }
    }

    private void signal(String signal) {
      try {
        Process kill = new ProcessBuilder("kill", signal, Long.toString(walsender)).start();
        if (kill.waitFor() != 0) {
          throw new BenchFailure("kill " + signal + " of the walsender failed");
        }
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new BenchFailure("interrupted", interrupted);
      }
    }

    @Override
    public void close() {
      end();
    }
  }

  /** What a contender's process is told to reach it. */
  Map<String, String> parameters(String slot) {
    Map<String, String> parameters = new TreeMap<>();
    parameters.put("port", Integer.toString(server.port()));
    parameters.put("database", DATABASE);
    parameters.put("user", server.user());
    parameters.put("password", server.password());
    parameters.put("slot", slot);
    parameters.put("publication", PUBLICATION);
    return parameters;
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException gone) {
      // The server is ended next.
    }
    server.close();
  }
}
