package dev.unisono.postgres;

import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.KnownKeys.Answer;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What goes on beside reading the log: chunks of the snapshots and portions of the comparisons, one
 * at a time, orders for the tables, and heartbeats. Runs on a thread of its own; talks to the
 * reader by messages in the log.
 */
final class SideThread implements AutoCloseable {
  private static final long POLL_MILLIS = 20;
  private static final long BEAT_MILLIS = 1_000;

  private final SideSession session;
  private final Duration heartbeat;

  /** Parents before children, as the foreign keys say. */
  private final List<SnapshotTable> tables;

  private final KnownKeys known;
  private final BlockingQueue<Mark.Turn> orders;
  private final int chunkRows;
  private final SnapshotRate rate;
  private final Runnable onNews;
  private final Runnable onFailure;
  private final Thread thread;

  /** Tells this run's messages from those of a run before. */
  private final String run = UUID.randomUUID().toString();

  private final EarlierTransactions earlier;
  private final LinkedBlockingQueue<Mark> settled = new LinkedBlockingQueue<>();

  /** The tables of which the reader remembers what transactions touch while they are compared. */
  private final Set<SnapshotTable> armed = new HashSet<>();

  /** When consumers that were not ready are asked again. */
  private final Map<String, Long> askAgainNanos = new HashMap<>();

  /** Keys of a consumer that are looked up once earlier transactions have passed. */
  private record Held(SnapshotTable table, Sweep sweep, String consumer, Answer.Portion keys) {}

  private @Nullable Held held;

  /** A mark, and the message in the log at which it takes its place. */
  private record Flight(String message, Mark mark) {}

  private volatile @Nullable Flight inFlight;
  private long flights;
  private volatile boolean closed;
  private volatile long lastMessageNanos = System.nanoTime();
  private long lookedNanos = System.nanoTime();

  /** What the catalog said of the tables when it was last looked at, and when that was. */
  private SchemaWatch.Sight sight = SchemaWatch.Sight.NONE;

  private long sightNanos;
  private volatile @Nullable UnisonoException failure;

  /**
   * @param orders what is to change for tables; more may be added at any time
   * @param untilVisible true where chunks wait until they see all earlier transactions
   * @param onNews called when what is waited for has changed
   */
  SideThread(
      Database database,
      ReadLimits limits,
      List<SnapshotTable> tables,
      KnownKeys known,
      BlockingQueue<Mark.Turn> orders,
      boolean untilVisible,
      Runnable onNews,
      Runnable onFailure) {
    this.session = new SideSession(database);
    this.heartbeat = limits.heartbeat();
    this.rate = new SnapshotRate(limits.rowsPerSecond(), System::nanoTime);
    this.chunkRows = rate.atOnce(limits.chunkRows());
    this.tables = tables;
    this.known = known;
    this.orders = orders;
    this.earlier = new EarlierTransactions(untilVisible);
    this.onNews = onNews;
    this.onFailure = onFailure;
    if (tables.stream().anyMatch(table -> !table.done())) {
      earlier.begin();
    }
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

  /** The transactions that reading waits for, for people; null where it does not wait. */
  @Nullable String waiting() {
    return earlier.waiting();
  }

  /** From the reader: a transaction begins in the log. */
  void shown(int transaction) {
    lastMessageNanos = System.nanoTime();
    earlier.shown(transaction);
  }

  /** From the reader: what a message of the log stands for; null where it is not ours. */
  @Nullable Mark mark(String message) {
    Flight flight = inFlight;
    return flight != null && message.equals(flight.message()) ? flight.mark() : null;
  }

  /** From the reader: from here on the log is remembered for some table. */
  void armed() {
    earlier.begin();
  }

  /** From the reader: the mark has taken its place, or what it stands for is to be read again. */
  void settle(Mark mark) {
    settled.add(mark);
  }

  private void run() {
    try {
      while (true) {
        beat();
        lookAtCatalog();
        // Never longer than a second: no more is read at once.
        long waitNanos = Math.min(rate.waitNanos(), heartbeat.toNanos());
        Mark.Turn order = orders.poll(waitNanos, TimeUnit.NANOSECONDS);
        if (order != null) {
          take(order);
        } else if (waitNanos <= 0 && !readChunk() && !compare()) {
          rest();
        }
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (UnisonoException failed) {
      fail(failed);
    } catch (SQLException failed) {
      fail(tableChanged(failed).orElseGet(() -> session.failure("reading a chunk", failed)));
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException unfit) {
      // A value is not of the type that its column had: so it has another one by now.
      fail(tableChanged((Exception) unfit));
    } finally {
      session.close();
    }
  }

  /** A table that does not change otherwise shows nothing of its columns in the log. */
  private void lookAtCatalog() throws SQLException, InterruptedException {
    boolean first = sight.text().isEmpty();
    if (first || System.nanoTime() - sightNanos >= heartbeat.toNanos()) {
      sightNanos = System.nanoTime();
      SchemaWatch.Sight now = SchemaWatch.sight(session.connection(), tables);
      if (!now.text().equals(sight.text())) {
        sight = now;
        place(new Mark.Columns(now));
      }
    }
  }

  private static Optional<UnisonoException> tableChanged(SQLException failed) {
    return "42P01".equals(failed.getSQLState()) || "42703".equals(failed.getSQLState())
        ? Optional.of(tableChanged((Exception) failed))
        : Optional.empty();
  }

  /** The next start compares the tables with what is held of them, and says what is to be done. */
  private static UnisonoException tableChanged(Exception cause) {
    return new UnisonoException(
        new Problem(
            "table-changed",
            ProblemType.TRANSIENT,
            "A table changed while its snapshot was read: "
                + Failures.firstLine(cause.getMessage())
                + ".",
            null,
            ""),
        cause);
  }

  private void fail(UnisonoException failed) {
    if (!closed) {
      failure = failed;
      onFailure.run();
    }
  }

  /** What has to go on whatever else is waited for. */
  private void beat() {
    if (System.nanoTime() - lastMessageNanos >= heartbeat.toNanos()) {
      lastMessageNanos = System.nanoTime();
      session.emit("heartbeat");
    }
  }

  /** Nothing can be read at the moment. */
  private void rest() throws InterruptedException {
    disarm();
    boolean reading = tables.stream().anyMatch(table -> !table.done());
    if (reading && System.nanoTime() - lookedNanos > TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS)) {
      // Paused, or waiting: what every later chunk will see need not be remembered (invariant 7).
      lookedNanos = System.nanoTime();
      place(new Mark.Look(session.snapshot()));
    }
    boolean soon = earlier.waiting() != null;
    long pauseMillis = Math.min(soon ? POLL_MILLIS : BEAT_MILLIS, heartbeat.toMillis());
    Mark.Turn order = orders.poll(pauseMillis, TimeUnit.MILLISECONDS);
    if (order != null) {
      take(order);
    }
  }

  private void take(Mark.Turn order) throws InterruptedException {
    place(order);
    if (order.kind() == Mark.Kind.REPEAT) {
      // From its beginning on a table's snapshot is remembered without being armed.
      order.tables().forEach(armed::remove);
    }
  }

  /** Lets a mark take its place in the log, and waits until it has. */
  private void place(Mark mark) throws InterruptedException {
    Flight flight = new Flight("mark " + run + " " + ++flights, mark);
    inFlight = flight;
    session.emit(flight.message());
    while (settled.poll(BEAT_MILLIS, TimeUnit.MILLISECONDS) == null) {
      beat();
    }
    inFlight = null;
  }

  private boolean readChunk() throws InterruptedException, SQLException {
    for (SnapshotTable table : tables) {
      if (table.done() || table.paused()) {
        continue;
      }
      if (!earlier.passed(session)) {
        onNews.run();
        return false;
      }
      SnapshotTable.Chunk chunk = table.read(session.connection(), chunkRows);
      rate.read(chunk.rows().size());
      place(chunk);
      if (chunk.reached() == null && !table.done()) {
        // What is left may wait for a transaction to become visible, with a standby for long.
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
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
    Held waiting = held;
    if (waiting != null) {
      return compare(waiting);
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
          Held now = new Held(table, sweep, consumer, portion);
          held = now;
          yield compare(now);
        }
      };
    }
    return false;
  }

  private boolean compare(Held portion) throws InterruptedException, SQLException {
    SnapshotTable table = portion.table();
    if (table.sweep() != portion.sweep() || table.paused() || !table.done()) {
      held = null;
      return true;
    }
    if (armed.add(table)) {
      place(new Mark.Turn(Mark.Kind.ARM, List.of(table), "", 0));
    }
    boolean passed = earlier.passed(session);
    table.waiting(earlier.waiting());
    if (!passed) {
      onNews.run();
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      return true;
    }
    held = null;
    Answer.Portion keys = portion.keys();
    rate.read(keys.keys().size());
    place(table.compare(session.connection(), portion.consumer(), keys.keys(), keys.place()));
    if (table.finished()) {
      armed.remove(table);
    }
    return true;
  }

  /** Nothing is compared for a while: nothing need be remembered for it. */
  private void disarm() throws InterruptedException {
    if (!armed.isEmpty()) {
      List<SnapshotTable> idle = List.copyOf(armed);
      armed.clear();
      place(new Mark.Turn(Mark.Kind.DISARM, idle, "", 0));
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    session.close();
  }
}
