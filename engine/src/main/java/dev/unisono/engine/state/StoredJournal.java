package dev.unisono.engine.state;

import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;

/**
 * The journal in the state database: its newest entries from memory, older ones from their blocks.
 * Safe for threads; reads of old entries take turns.
 */
final class StoredJournal implements Journal, AutoCloseable {
  private static final long TAIL_BYTES = 48L << 20;
  private static final int BYTES_PER_OLD_ENTRY = 400;

  private final long epoch;
  private final JournalTail tail;
  private final Connection connection;
  private final BlockCodec codec;
  private final CopyOnWriteArrayList<LongConsumer> listeners = new CopyOnWriteArrayList<>();
  private volatile long oldest;
  private volatile Reached reached;

  /** The last block read from disk: a reader far behind goes through each in several reads. */
  private List<JournalEntry> lastRead = List.of();

  private long lastReadLast = -1;

  StoredJournal(StateFolder folder, Shapes shapes) throws SQLException {
    this.epoch = folder.epoch();
    this.connection = folder.connectState();
    this.codec = new BlockCodec(shapes);
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT coalesce(max(last), 0), coalesce(min(first) - 1, 0) FROM journal")) {
      row.next();
      this.tail = new JournalTail(row.getLong(1), TAIL_BYTES);
      this.oldest = row.getLong(2);
    }
    this.reached = new Reached(tail.head(), folder.unfinished());
  }

  @Override
  public Reached reached() {
    return reached;
  }

  @Override
  public Cursor head() {
    return new Cursor(epoch, tail.head());
  }

  @Override
  public Cursor oldest() {
    return new Cursor(epoch, oldest);
  }

  @Override
  public List<JournalEntry> read(long afterSequence, int maximumBytes) {
    List<JournalEntry> recent = tail.read(afterSequence, maximumBytes);
    return recent != null ? recent : readStored(afterSequence, maximumBytes);
  }

  private synchronized List<JournalEntry> readStored(long after, int maximumBytes) {
    if (after < oldest) {
      throw gap(after);
    }
    try {
      long position = after;
      while (lastReadLast <= position || lastRead.isEmpty() || first(lastRead) > position + 1) {
        if (!load(position)) {
          return List.of();
        }
        if (lastRead.isEmpty()) {
          position = lastReadLast;
        } else {
          break;
        }
      }
      int from = 0;
      while (from < lastRead.size() && lastRead.get(from).sequence() <= after) {
        from++;
      }
      if (from == lastRead.size()) {
        // What was left of this block belongs to entities that are gone.
        long next = lastReadLast;
        lastReadLast = -1;
        return readStored(next, maximumBytes);
      }
      int to = Math.min(lastRead.size(), from + Math.max(1, maximumBytes / BYTES_PER_OLD_ENTRY));
      return List.copyOf(lastRead.subList(from, to));
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  private static UnisonoException gap(long after) {
    return new UnisonoException(
        new Problem(
            "gap",
            ProblemType.USER,
            "The journal no longer holds what follows sequence " + after + ".",
            null,
            "Start again from a snapshot, or go on from the oldest position that is held."));
  }

  private static long first(List<JournalEntry> entries) {
    return entries.getFirst().sequence();
  }

  private boolean load(long after) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT last, entries, first FROM journal WHERE last > ? ORDER BY last LIMIT 1")) {
      select.setLong(1, after);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return false;
        }
        if (row.getLong(3) > after + 1) {
          // Dropped a moment ago, or lost: told, never passed over in silence.
          throw gap(after);
        }
        lastReadLast = row.getLong(1);
        lastRead = codec.decode(row.getBytes(2));
        return true;
      }
    }
  }

  @Override
  public boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException {
    return tail.awaitBeyond(sequence, atMost);
  }

  @Override
  public Registration onCommit(LongConsumer listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /**
   * Shows what the writer has committed.
   *
   * @param entries may be empty
   * @param unfinished by source the transactions that may go on behind them
   */
  void committed(List<JournalEntry> entries, long sizeBytes, Map<String, Long> unfinished) {
    if (!entries.isEmpty()) {
      tail.append(entries, sizeBytes);
    } else if (unfinished.equals(reached.unfinished())) {
      return;
    }
    long head = tail.head();
    reached = new Reached(head, unfinished);
    for (LongConsumer listener : listeners) {
      listener.accept(head);
    }
  }

  /** Retention has dropped what is before. */
  void dropped(long newOldest) {
    oldest = newOldest;
  }

  @Override
  public synchronized void close() {
    codec.close();
    try {
      connection.close();
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }
}
