package dev.unisono.postgres;

import dev.unisono.spi.UnisonoException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What goes on beside reading the log: chunks of the snapshot, one at a time, and heartbeats. Runs
 * on a thread of its own; talks to the reader by messages in the log.
 */
final class SideThread implements AutoCloseable {
  private static final long POLL_MILLIS = 20;

  private final SideSession session;
  private final String slot;
  private final Duration heartbeat;
  private final List<SnapshotTable> tables;
  private final int chunkRows;
  private final Runnable onFailure;
  private final Thread thread;

  /** Tells this run's messages from those of a run before. */
  private final String run = UUID.randomUUID().toString();

  /** Numbers of transactions that the log has shown, while the first chunk waits for some. */
  private final Set<Integer> shown = ConcurrentHashMap.newKeySet();

  private final LinkedBlockingQueue<SnapshotTable.Chunk> settled = new LinkedBlockingQueue<>();
  private volatile SnapshotTable.@Nullable Chunk inFlight;
  private volatile boolean watching;
  private volatile boolean closed;
  private volatile long lastMessageNanos = System.nanoTime();
  private volatile long retainedBytes = -1;
  private volatile @Nullable UnisonoException failure;

  SideThread(
      Database database,
      String slot,
      Duration heartbeat,
      List<SnapshotTable> tables,
      int chunkRows,
      Runnable onFailure) {
    this.session = new SideSession(database);
    this.slot = slot;
    this.heartbeat = heartbeat;
    this.tables = tables;
    this.chunkRows = chunkRows;
    this.onFailure = onFailure;
    this.watching = tables.stream().anyMatch(table -> !table.done());
    this.thread =
        Thread.ofPlatform()
            .name("source-" + database.system() + "-beside")
            .daemon()
            .unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  @Nullable UnisonoException failure() {
    return failure;
  }

  long retainedBytes() {
    return retainedBytes;
  }

  /** From the reader: a transaction begins in the log. */
  void shown(int transaction) {
    lastMessageNanos = System.nanoTime();
    if (watching) {
      shown.add(transaction);
    }
  }

  /** From the reader: the chunk that a message of the log stands for; null where it is not ours. */
  SnapshotTable.@Nullable Chunk chunk(String message) {
    SnapshotTable.Chunk chunk = inFlight;
    return chunk != null && message.equals(mark(chunk)) ? chunk : null;
  }

  /** From the reader: the chunk has taken its place, or is to be read again. */
  void settle(SnapshotTable.Chunk chunk) {
    settled.add(chunk);
  }

  private String mark(SnapshotTable.Chunk chunk) {
    return "chunk " + run + " " + chunk.number();
  }

  private void run() {
    try {
      takeSnapshots();
      while (true) {
        retainedBytes = session.retainedBytes(slot);
        TimeUnit.NANOSECONDS.sleep(heartbeat.toNanos());
        if (System.nanoTime() - lastMessageNanos >= heartbeat.toNanos()) {
          session.emit("heartbeat");
        }
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (UnisonoException failed) {
      fail(failed);
    } catch (SQLException failed) {
      fail(session.failure("reading a chunk", failed));
    } finally {
      session.close();
    }
  }

  private void fail(UnisonoException failed) {
    if (!closed) {
      failure = failed;
      onFailure.run();
    }
  }

  private void takeSnapshots() throws InterruptedException, SQLException {
    long number = 0;
    for (SnapshotTable table : tables) {
      while (!table.done()) {
        if (watching) {
          awaitEarlierTransactions();
          watching = false;
          shown.clear();
        }
        SnapshotTable.Chunk chunk = table.read(session.connection(), ++number, chunkRows);
        inFlight = chunk;
        session.emit(mark(chunk));
        settled.take();
        inFlight = null;
        if (chunk.reached() == null && !table.done()) {
          // What is left may wait for a transaction to become visible, with a standby for long.
          TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
      }
    }
  }

  /**
   * A transaction may have committed in the log before we began to read it, and still not be
   * visible: a chunk would then hold old rows that nothing in the log corrects. So the first chunk
   * waits until each transaction that runs now has ended or was shown by the log.
   */
  private void awaitEarlierTransactions() throws InterruptedException {
    Set<Long> running = new HashSet<>(session.snapshot().running());
    while (true) {
      running.removeIf(transaction -> shown.contains(transaction.intValue()));
      if (running.isEmpty()) {
        return;
      }
      VisibilitySnapshot now = session.snapshot();
      running.removeIf(now::hasEnded);
      if (!running.isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    session.close();
  }
}
