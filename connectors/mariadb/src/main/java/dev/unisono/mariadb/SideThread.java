package dev.unisono.mariadb;

import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.KnownKeys.Answer;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.DateTimeException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What goes on beside reading the log: chunks of the snapshots and portions of the comparisons, one
 * at a time, orders for the tables, and how far the log is behind. Runs on a thread of its own.
 */
final class SideThread implements AutoCloseable {
  private static final long BEAT_MILLIS = 500;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Database database;

  /** Parents before children, as the foreign keys say. */
  private final List<SnapshotTable> tables;

  private final KnownKeys known;
  private final BlockingQueue<Mark.Turn> orders;
  private final BlockingQueue<Incoming> incoming;
  private final LogReader reader;
  private final int chunkRows;
  private final SnapshotRate rate;
  private final Runnable onNews;
  private final Thread thread;
  private final LinkedBlockingQueue<Mark> settled;

  /** When consumers that were not ready are asked again. */
  private final Map<String, Long> askAgainNanos = new HashMap<>();

  private volatile @Nullable Connection session;
  private volatile boolean closed;
  private volatile long lagBytes = -1;
  private long lookedNanos = System.nanoTime() - LOOK_NANOS;

  /**
   * @param orders what is to change for tables; more may be added at any time
   * @param incoming takes what shall have its place in the log
   * @param settled gives back what has it
   * @param onNews called when what is to be reported has changed
   */
  SideThread(
      Database database,
      ReadLimits limits,
      List<SnapshotTable> tables,
      KnownKeys known,
      BlockingQueue<Mark.Turn> orders,
      BlockingQueue<Incoming> incoming,
      LinkedBlockingQueue<Mark> settled,
      LogReader reader,
      Runnable onNews) {
    this.database = database;
    this.rate = new SnapshotRate(limits.rowsPerSecond(), System::nanoTime);
    this.chunkRows = rate.atOnce(limits.chunkRows());
    this.tables = tables;
    this.known = known;
    this.orders = orders;
    this.incoming = incoming;
    this.settled = settled;
    this.reader = reader;
    this.onNews = onNews;
    this.thread =
        Thread.ofPlatform()
            .name("source-" + database.system() + "-beside")
            .daemon()
            .unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** How much of the log was not read yet when it was last asked; -1 where unknown. */
  long lagBytes() {
    return lagBytes;
  }

  private void run() {
    try {
      while (true) {
        look();
        // Never longer than a moment: no more is read at once.
        long waitNanos = Math.min(rate.waitNanos(), TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS));
        Mark.Turn order = orders.poll(waitNanos, TimeUnit.NANOSECONDS);
        if (order != null) {
          place(order);
        } else if (waitNanos <= 0 && !readChunk() && !compare()) {
          rest();
        }
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (UnisonoException failed) {
      fail(failed);
    } catch (SQLException failed) {
      fail(failure(failed));
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException unfit) {
      fail(tableChanged((Exception) unfit));
    } finally {
      closeSession();
    }
  }

  private UnisonoException failure(SQLException failed) {
    return switch (failed.getErrorCode()) {
      case Failures.NO_SUCH_COLUMN, Failures.DEFINITION_CHANGED -> tableChanged(failed);
      default -> database.failure("reading a chunk", failed);
    };
  }

  /** The next start looks the tables up again, and says what is to be done. */
  private static UnisonoException tableChanged(Exception cause) {
    return new UnisonoException(
        new Problem(
            "table-changed",
            ProblemType.TRANSIENT,
            "A table changed while it was read, or holds a value that its field cannot: "
                + Failures.firstLine(cause.getMessage())
                + ".",
            null,
            ""),
        cause);
  }

  private void fail(UnisonoException failed) {
    if (!closed) {
      try {
        incoming.put(new Incoming.Ended(failed));
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Connection session() {
    Connection open = session;
    if (open == null) {
      open = database.connect("connecting");
      session = open;
      if (closed) {
        closeSession();
      }
    }
    return open;
  }

  /** Nothing can be read at the moment. */
  private void rest() throws InterruptedException, SQLException {
    if (tables.stream().anyMatch(table -> !table.finished())) {
      // Paused, or waiting: what every later chunk will show need not be remembered (invariant 7).
      place(new Mark.Look(now()));
    }
    Mark.Turn order = orders.poll(BEAT_MILLIS, TimeUnit.MILLISECONDS);
    if (order != null) {
      place(order);
    }
  }

  private LogPlace now() throws SQLException {
    try {
      return Moment.begin(session()).place();
    } finally {
      Moment.end(session());
    }
  }

  /** Lets a mark take its place, and waits until it has. */
  private void place(Mark mark) throws InterruptedException, SQLException {
    incoming.put(new Incoming.Marked(mark));
    while (settled.poll(BEAT_MILLIS, TimeUnit.MILLISECONDS) == null) {
      tellStatement();
    }
  }

  /** The engine does not tell the end of a statement; where nothing follows it, the server does. */
  private void tellStatement() throws InterruptedException, SQLException {
    LogPlace begun = reader.begun();
    if (begun == null) {
      return;
    }
    try (Statement statement = session().createStatement();
        ResultSet row =
            statement.executeQuery(
                "SHOW BINLOG EVENTS IN "
                    + Database.literal(begun.file())
                    + " FROM "
                    + begun.position()
                    + " LIMIT 2")) {
      boolean alone =
          row.next()
              && row.getString("Event_type").equals("Gtid")
              && !row.getString("Info").startsWith("BEGIN");
      if (alone && row.next()) {
        LogPlace end = new LogPlace(begun.file(), row.getLong("End_log_pos"));
        incoming.put(new Incoming.Marked(new Mark.Statement(begun, end)));
      }
    }
  }

  /** How far the log goes beyond what was read. */
  private void look() throws SQLException {
    if (System.nanoTime() - lookedNanos < LOOK_NANOS) {
      return;
    }
    lookedNanos = System.nanoTime();
    LogPlace reached = reader.reached();
    long behind = 0;
    for (LogFiles.LogFile file : LogFiles.of(session())) {
      if (LogPlace.number(file.name()) > LogPlace.number(reached.file())) {
        behind += file.bytes();
      } else if (file.name().equals(reached.file())) {
        behind += Math.max(0, file.bytes() - reached.position());
      }
    }
    lagBytes = behind;
    onNews.run();
  }

  private boolean readChunk() throws InterruptedException, SQLException {
    for (SnapshotTable table : tables) {
      if (table.done() || table.paused()) {
        continue;
      }
      SnapshotTable.Chunk chunk = table.read(session(), chunkRows);
      rate.read(chunk.rows().size());
      place(chunk);
      onNews.run();
      return true;
    }
    return false;
  }

  /**
   * Compares what consumers hold, once everything is read: children before parents, so that a
   * target can delete what the one refers to after the other. A consumer that is not ready keeps no
   * other from being compared.
   */
  private boolean compare() throws InterruptedException, SQLException {
    if (tables.stream().anyMatch(table -> !table.done() && !table.paused())) {
      return false;
    }
    Set<String> asked = new HashSet<>();
    for (SnapshotTable any : tables) {
      Sweep sweep = any.sweep();
      if (sweep == null) {
        continue;
      }
      for (String consumer : sweep.consumers()) {
        if (asked.add(consumer) && due(consumer) && compare(consumer)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean due(String consumer) {
    Long again = askAgainNanos.get(consumer);
    return again == null || System.nanoTime() - again >= 0;
  }

  /** Compares the next portion of what a consumer holds; false where there is none to compare. */
  private boolean compare(String consumer) throws InterruptedException, SQLException {
    for (SnapshotTable table : tables.reversed()) {
      Sweep sweep = table.sweep();
      if (sweep == null || !sweep.consumers().contains(consumer) || sweep.asked(consumer)) {
        continue;
      }
      if (table.paused() || !table.done()) {
        return false;
      }
      Answer answer = known.next(table.binding(), consumer, sweep.place(consumer), chunkRows);
      return switch (answer) {
        case Answer.Later later -> {
          sweep.later(consumer, later.place());
          table.waiting(later.why());
          onNews.run();
          askAgainNanos.put(
              consumer, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS));
          yield false;
        }
        case Answer.Portion portion -> {
          table.waiting(null);
          rate.read(portion.keys().size());
          place(table.compare(session(), consumer, portion.keys(), portion.place()));
          onNews.run();
          yield true;
        }
      };
    }
    return false;
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    closeSession();
  }

  private void closeSession() {
    Connection open = session;
    if (open != null) {
      try {
        open.abort(Runnable::run);
      } catch (SQLException gone) {
        // Closed is closed.
      }
    }
  }
}
