package dev.unisono.bench;

import dev.unisono.postgres.UnixSocketFactory;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * Receives a slot's log by the same driver and with the same options as Unisono, and looks at
 * nothing but each message's kind: what a reader in Java could reach at most. For one thread.
 */
final class UndecodedReader {
  private final Parameters parameters;

  UndecodedReader(Parameters parameters) {
    this.parameters = parameters;
  }

  Map<String, Number> read() throws SQLException, InterruptedException {
    long total = parameters.number("changes");
    Meter meter = new Meter(total);
    try (Connection connection = connect();
        PGReplicationStream stream = open(connection)) {
      long all = 0;
      long inTransaction = 0;
      while (all < total) {
        ByteBuffer message = stream.read();
        if (message == null) {
          throw new BenchFailure("the stream has ended");
        }
        byte kind = message.get(message.position());
        if (kind == 'I' || kind == 'U') {
          inTransaction++;
        } else if (kind == 'C') {
          all += inTransaction;
          meter.count(inTransaction);
          inTransaction = 0;
          LogSequenceNumber received = stream.getLastReceiveLSN();
          stream.setFlushedLSN(received);
          stream.setAppliedLSN(received);
        }
      }
      return meter.await();
    }
  }

  private Connection connect() throws SQLException {
    Properties properties = new Properties();
    PGProperty.USER.set(properties, parameters.text("user"));
    PGProperty.PASSWORD.set(properties, parameters.text("password"));
    PGProperty.REPLICATION.set(properties, "database");
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "14");
    parameters
        .optionalText("socket")
        .ifPresent(folder -> {
          PGProperty.SOCKET_FACTORY.set(properties, UnixSocketFactory.class.getName());
          PGProperty.SOCKET_FACTORY_ARG.set(
              properties, folder + "/.s.PGSQL." + parameters.text("port"));
        });
    return DriverManager.getConnection(parameters.jdbcUrl(), properties);
  }

  private PGReplicationStream open(Connection connection) throws SQLException {
    return connection
        .unwrap(PGConnection.class)
        .getReplicationAPI()
        .replicationStream()
        .logical()
        .withSlotName(parameters.text("slot"))
        .withStartPosition(LogSequenceNumber.valueOf(parameters.text("from")))
        .withSlotOption("proto_version", 1)
        .withSlotOption("publication_names", parameters.text("publication"))
        .withSlotOption("messages", true)
        .withStatusInterval(1, TimeUnit.SECONDS)
        .start();
  }
}
