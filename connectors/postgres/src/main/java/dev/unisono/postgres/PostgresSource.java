package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.UnisonoException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * Reads one database by its log, and its tables by chunks beside that. The log is read blocking, on
 * the thread that runs the source; a chunk is read on another, and takes its place in the log's
 * order at a message written after it was read.
 */
final class PostgresSource implements Source {
  private static final long STATUS_INTERVAL_SECONDS = 1;
  static final String STREAM = "stream";
  static final String SNAPSHOT = "snapshot/";

  private final Database database;
  private final List<Binding> bindings;
  private final String slot;
  private final String publication;
  private final Duration heartbeat;
  private final int chunkRows;

  /** Ends of transactions by the mark of the batch that holds them, until they are durable. */
  private final ConcurrentSkipListMap<Long, Long> ends = new ConcurrentSkipListMap<>();

  /** Held for as long as the stream is: a collected connection would close it. */
  private volatile @Nullable Connection connection;

  private volatile @Nullable PGReplicationStream stream;
  private volatile @Nullable SideThread side;
  private volatile boolean closed;

  PostgresSource(
      Database database,
      List<Binding> bindings,
      String slot,
      String publication,
      Duration heartbeat,
      int chunkRows) {
    this.database = database;
    this.bindings = bindings;
    this.slot = slot;
    this.publication = publication;
    this.heartbeat = heartbeat;
    this.chunkRows = chunkRows;
  }

  @Override
  public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    sink.progress(new SourceProgress(SourceProgress.Phase.CONNECTING, -1, -1, List.of()));
    try {
      List<SnapshotTable> tables = new ArrayList<>();
      StreamState from = prepare(state, tables);
      LogReader reader = new LogReader(tables, from, sink, new Ends());
      reader.begin(state.containsKey(STREAM));
      read(
          from,
          reader,
          new LogMessages(tables, reader),
          new SideThread(database, slot, heartbeat, tables, chunkRows, this::fail));
    } catch (UnisonoException failed) {
      throw ended(failed);
    }
  }

  /** Finds the tables, the publication and the slot as they must be. */
  private StreamState prepare(Map<String, String> state, List<SnapshotTable> prepared) {
    try (Connection connection = database.connect("connecting")) {
      List<Table> found = new ArrayList<>();
      List<SnapshotTable> tables = new ArrayList<>();
      for (Binding binding : bindings) {
        Table table =
            Table.find(connection, binding.table())
                .orElseThrow(() ->
                    new UnisonoException(
                        new Problem(
                            "no-such-table",
                            ProblemType.USER,
                            "There is no table " + binding.table() + ".",
                            binding.configPath() + ".table",
                            "Name an existing table, as schema.table.")));
        // Asked before it is published: the owner could not change such a table any more.
        if (!table.logShows(Table.keyColumns(binding))) {
          throw new UnisonoException(table.keyNotInLog(binding));
        }
        if (found.stream().noneMatch(other -> other.relation() == table.relation())) {
          found.add(table);
        }
        tables.add(new SnapshotTable(binding, table, state.get(SNAPSHOT + binding.sync())));
      }
      // Parents first, so that a target finds them when it writes the children.
      prepared.addAll(
          TableOrder.parentsFirst(connection, tables, table -> table.table().relation()));
      Slot ours = new Slot(database, slot, publication);
      ours.publish(connection, found);
      String known = state.get(STREAM);
      return ours.prepare(connection, known == null ? null : StreamState.parse(known));
    } catch (SQLException failed) {
      throw database.failure("looking up the tables", failed);
    }
  }

  private void read(StreamState from, LogReader reader, LogMessages messages, SideThread sideThread)
      throws InterruptedException {
    Connection replication = database.connectForReplication();
    connection = replication;
    side = sideThread;
    try {
      PGReplicationStream opened =
          replication
              .unwrap(PGConnection.class)
              .getReplicationAPI()
              .replicationStream()
              .logical()
              .withSlotName(slot)
              .withStartPosition(LogSequenceNumber.valueOf(from.end()))
              .withSlotOption("proto_version", 1)
              .withSlotOption("publication_names", publication)
              .withSlotOption("messages", true)
              .withStatusInterval((int) STATUS_INTERVAL_SECONDS, TimeUnit.SECONDS)
              .start();
      opened.setFlushedLSN(LogSequenceNumber.valueOf(from.end()));
      opened.setAppliedLSN(LogSequenceNumber.valueOf(from.end()));
      stream = opened;
      if (closed) {
        throw new InterruptedException();
      }
      reader.attach(sideThread);
      sideThread.start();
      while (true) {
        ByteBuffer message = reader.idle() ? opened.read() : opened.readPending();
        if (message == null) {
          reader.flush();
        } else {
          messages.take(message);
        }
      }
    } catch (SQLException failed) {
      throw ended(database.failure("reading the log", failed));
    } finally {
      stream = null;
      sideThread.close();
      closeConnection();
    }
  }

  /** Why reading ended: told to, or failed beside, or as it says itself. */
  private UnisonoException ended(UnisonoException failed) throws InterruptedException {
    if (closed || Thread.interrupted()) {
      throw new InterruptedException();
    }
    SideThread beside = side;
    UnisonoException cause = beside == null ? null : beside.failure();
    return cause == null ? failed : cause;
  }

  /** The side thread cannot go on: reading ends, with its failure as the cause. */
  private void fail() {
    closeConnection();
  }

  private final class Ends implements LogReader.Ends {
    @Override
    public void put(long mark, long end) {
      ends.put(mark, end);
    }

    @Override
    public boolean allDurable() {
      return ends.isEmpty();
    }
  }

  @Override
  public void durable(long mark) {
    Map.Entry<Long, Long> end = ends.floorEntry(mark);
    if (end == null) {
      return;
    }
    ends.headMap(mark, true).clear();
    PGReplicationStream reading = stream;
    if (reading != null) {
      // Invariant 1: the server may forget the log only up to here. Sent with the next status.
      reading.setFlushedLSN(LogSequenceNumber.valueOf(end.getValue()));
      reading.setAppliedLSN(LogSequenceNumber.valueOf(end.getValue()));
    }
  }

  @Override
  public void close() {
    closed = true;
    SideThread beside = side;
    if (beside != null) {
      beside.close();
    }
    closeConnection();
  }

  private void closeConnection() {
    Connection open = connection;
    if (open == null) {
      return;
    }
    try {
      // Ending the session in order would wait for the stream; this ends the socket.
      open.abort(Runnable::run);
    } catch (SQLException gone) {
      // Closed is closed.
    }
  }
}
