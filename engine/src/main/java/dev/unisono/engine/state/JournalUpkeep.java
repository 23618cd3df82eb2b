package dev.unisono.engine.state;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Looks after the journal's blocks: joins small ones into segments and drops those that retention
 * gives up. Reads and compresses on a thread of its own and leaves only the exchange to the writer.
 */
final class JournalUpkeep implements AutoCloseable {
  private static final int SEGMENT_ENTRIES = 10_000;
  private static final int JOIN_FROM_BLOCKS = 256;
  private static final int MOST_EXCHANGING = 4;
  private static final long PAUSE_MILLIS = 1_000;

  private final StateWriter writer;
  private final StoredJournal journal;
  private final Connection connection;
  private final BlockCodec codec;
  private final RunningTime time;
  private final Duration retention;
  private final long retentionBytes;
  private final LongSupplier neededAfter;
  private final Thread thread;
  private volatile long sizeBytes;
  private long joinedTo;

  /** Segments that wait for the writer. */
  private final AtomicInteger exchanging = new AtomicInteger();

  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Block(long first, long last, long committed, byte[] entries) {}

  /**
   * @param neededAfter entries after this sequence are kept, whatever the retention
   */
  JournalUpkeep(
      StateFolder folder,
      Shapes shapes,
      StateWriter writer,
      StoredJournal journal,
      RunningTime time,
      Duration retention,
      long retentionBytes,
      LongSupplier neededAfter)
      throws SQLException {
    this.writer = writer;
    this.journal = journal;
    this.connection = folder.connectState();
    this.codec = new BlockCodec(shapes);
    this.time = time;
    this.retention = retention;
    this.retentionBytes = retentionBytes;
    this.neededAfter = neededAfter;
    this.joinedTo =
        number(
            "SELECT coalesce(max(last), 0) FROM journal WHERE last - first >= "
                + (SEGMENT_ENTRIES - 1));
    this.thread = Thread.ofPlatform().name("journal-upkeep").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** What the journal's blocks take on disk, as of a moment ago. */
  long sizeBytes() {
    return sizeBytes;
  }

  private void run() {
    try {
      while (true) {
        try {
          sizeBytes = number("SELECT coalesce(sum(length(entries)), 0) FROM journal");
          joinSmallBlocks();
          dropOld();
        } catch (SQLException failed) {
          // The writer meets the same trouble and reports it; this is tried again.
          sizeBytes = -1;
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void joinSmallBlocks() throws SQLException {
    // While nothing can be committed, what is to be written must not pile up (invariant 7).
    while (exchanging.get() < MOST_EXCHANGING
        && number("SELECT count(*) FROM journal WHERE last > " + joinedTo) >= JOIN_FROM_BLOCKS) {
      List<Block> group = new ArrayList<>();
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT first, last, committed, entries FROM journal WHERE last > ? ORDER BY last")) {
        select.setLong(1, joinedTo);
        try (ResultSet row = select.executeQuery()) {
          while (row.next() && !full(group)) {
            group.add(new Block(row.getLong(1), row.getLong(2), row.getLong(3), row.getBytes(4)));
          }
        }
      }
      exchange(group);
      if (!full(group)) {
        return;
      }
      joinedTo = group.getLast().last();
    }
  }

  private static boolean full(List<Block> group) {
    return !group.isEmpty()
        && group.getLast().last() - group.getFirst().first() + 1 >= SEGMENT_ENTRIES;
  }

  private void exchange(List<Block> group) {
    if (group.size() < 2) {
      return;
    }
    byte[] joined = codec.join(group.stream().map(Block::entries).toList());
    long first = group.getFirst().first();
    long last = group.getLast().last();
    long committed = group.getLast().committed();
    exchanging.incrementAndGet();
    // The writer runs it again where its commit fails.
    AtomicBoolean waiting = new AtomicBoolean(true);
    writer.submit(
        (Upkeep)
            writing -> {
              replace(writing, group.size(), new Block(first, last, committed, joined));
              if (waiting.getAndSet(false)) {
                exchanging.decrementAndGet();
              }
            });
  }

  /**
   * Puts a segment in the place of its blocks, where all of them are still there: without those
   * that retention has dropped meanwhile, it would leave a hole between itself and what follows.
   */
  static void replace(Connection writing, int blocks, Block joined) throws SQLException {
    try (PreparedStatement select =
            writing.prepareStatement("SELECT count(*) FROM journal WHERE last BETWEEN ? AND ?");
        PreparedStatement delete =
            writing.prepareStatement("DELETE FROM journal WHERE last BETWEEN ? AND ?");
        PreparedStatement insert =
            writing.prepareStatement("INSERT INTO journal VALUES (?, ?, ?, ?)")) {
      select.setLong(1, joined.first());
      select.setLong(2, joined.last());
      try (ResultSet row = select.executeQuery()) {
        row.next();
        if (row.getInt(1) != blocks) {
          return;
        }
      }
      delete.setLong(1, joined.first());
      delete.setLong(2, joined.last());
      delete.executeUpdate();
      insert.setLong(1, joined.last());
      insert.setLong(2, joined.first());
      insert.setLong(3, joined.committed());
      insert.setBytes(4, joined.entries());
      insert.executeUpdate();
    }
  }

  private void dropOld() throws SQLException {
    long needed = neededAfter.getAsLong();
    long tooOld = time.millis() - retention.toMillis();
    long dropTo = 0;
    // The newest block stays whatever its age: the journal's head is known from it alone.
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT last, committed, sum(length(entries)) OVER (ORDER BY last DESC)"
                    + " FROM journal ORDER BY last")) {
      long candidate = 0;
      while (row.next()) {
        dropTo = candidate;
        boolean drops = row.getLong(3) > retentionBytes || row.getLong(2) < tooOld;
        if (row.getLong(1) > needed || !drops) {
          break;
        }
        candidate = row.getLong(1);
      }
    }
    if (dropTo > 0) {
      long last = dropTo;
      // Readers are told first: they must not look for what is about to go.
      journal.dropped(last);
      writer.submit(
          (Upkeep)
              writing -> {
                try (PreparedStatement delete =
                    writing.prepareStatement("DELETE FROM journal WHERE last <= ?")) {
                  delete.setLong(1, last);
                  delete.executeUpdate();
                }
              });
    }
  }

  private long number(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
      codec.close();
      connection.close();
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
