package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads one database by the log that triggers write, and its tables by chunks beside that. A chunk
 * is read in one transaction with the end of the log, so that it stands exactly there. One thread
 * does all of it.
 */
final class TriggerSource implements Source {
  private static final long WATCH_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long REPORT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Database database;
  private final TriggerDialect triggers;
  private final List<Binding> bindings;
  private final String reader;
  private final ReadLimits limits;
  private final InstantSource clock;
  private final SnapshotRate rate;
  private final LinkedBlockingQueue<SnapshotCommand> commands = new LinkedBlockingQueue<>();

  private volatile boolean closed;
  private volatile long durableMark;

  private KnownKeys known = KnownKeys.NONE;
  private List<SnapshotTable> tables = List.of();
  private ConsumerKeys consumers = new ConsumerKeys(known, tables);
  private long prunedMark;
  private long prunedNanos = System.nanoTime();
  private long watchedNanos = System.nanoTime();
  private long reportedNanos = System.nanoTime();

  /**
   * @param reader tells this installation and system from others that would read the log
   */
  TriggerSource(
      Database database,
      TriggerDialect triggers,
      List<Binding> bindings,
      String reader,
      ReadLimits limits,
      InstantSource clock) {
    this.database = database;
    this.triggers = triggers;
    this.bindings = bindings;
    this.reader = reader;
    this.limits = limits;
    this.clock = clock;
    this.rate = new SnapshotRate(limits.rowsPerSecond(), System::nanoTime);
  }

  @Override
  public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    known = sink.knownKeys();
    sink.progress(SourceProgress.connecting(null));
    Connection connection = database.connect();
    try {
      read(connection, state, sink);
    } catch (SQLException failed) {
      if (closed || Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw changed(connection, failed);
    } finally {
      Database.close(connection);
    }
  }

  private void read(Connection connection, Map<String, String> state, ChangeSink sink)
      throws SQLException, InterruptedException {
    List<SnapshotCommand> first = List.copyOf(commands);
    boolean anew = first.stream().anyMatch(TriggerSource::repairs);
    BeginningSearch.Beginning beginning =
        new BeginningSearch(database, triggers, bindings, reader, known)
            .find(connection, state, limits.repairing(), anew);
    if (beginning.loss() != null) {
      commands.removeIf(TriggerSource::repairs);
    }
    tables = beginning.tables();
    consumers = new ConsumerKeys(known, tables);
    Map<Long, Shape> shapes = TriggerLog.shapes(connection);
    LogReading reading = triggers.reading(connection, shapes);
    LogReader log = new LogReader(tables, shapes, triggers, beginning.from(), sink);
    SourceReport report = new SourceReport(sink, tables, beginning.loss());
    log.begin(beginning.state());
    report.send();
    boolean whole = true;
    while (!closed) {
      if (whole) {
        takeCommands(log, report);
        prune(connection, log);
        watch(connection);
      }
      boolean worked = step(connection, reading, log, report);
      whole = reading.whole();
      if (System.nanoTime() - reportedNanos >= REPORT_NANOS) {
        reportedNanos = System.nanoTime();
        report.send();
      }
      if (!worked) {
        SnapshotCommand command = commands.poll(limits.poll().toNanos(), TimeUnit.NANOSECONDS);
        if (command != null) {
          order(command, log);
        }
      }
    }
    throw new InterruptedException();
  }

  /** Reads a page of the log, and a chunk or a portion with its end; false where nothing was. */
  private boolean step(
      Connection connection, LogReading reading, LogReader log, SourceReport report)
      throws SQLException, InterruptedException {
    boolean due = rate.waitNanos() <= 0;
    SnapshotTable next = due ? nextTable() : null;
    ConsumerKeys.Asked asked =
        due && next == null ? consumers.next(rate.atOnce(limits.chunkRows())) : null;
    if (next == null && asked == null && !reading.changed()) {
      return false;
    }
    reading.begin();
    Instant readAt = clock.instant();
    SnapshotTable.Chunk chunk = null;
    Sweep.Portion portion = null;
    List<LogEntry> page;
    boolean whole;
    try {
      checkReader(connection);
      page = reading.next(log.handed(), log.open(), limits.batchChanges(), limits.batchBytes());
      whole = reading.whole();
      if (whole && reading.shownAll()) {
        int rows = rate.atOnce(limits.chunkRows());
        if (next != null) {
          chunk = next.read(connection, rows);
        } else if (asked != null) {
          portion =
              asked
                  .table()
                  .compare(
                      connection,
                      asked.consumer(),
                      asked.portion().keys(),
                      asked.portion().place());
        }
      }
    } finally {
      reading.end();
    }
    log.take(page, whole);
    if (chunk != null) {
      rate.read(chunk.rows().size());
      log.place(chunk, readAt);
      report.send();
    }
    if (portion != null) {
      rate.read(portion.checked());
      log.place(portion, readAt);
      report.send();
    }
    return !page.isEmpty() || chunk != null || portion != null;
  }

  private @Nullable SnapshotTable nextTable() {
    for (SnapshotTable table : tables) {
      if (!table.done() && !table.paused()) {
        return table;
      }
    }
    return null;
  }

  private void checkReader(Connection connection) throws SQLException {
    Optional<TriggerLog.Standing> standing = TriggerLog.standing(connection);
    if (standing.isEmpty() || !standing.get().reader().equals(reader)) {
      throw taken();
    }
  }

  private UnisonoException taken() {
    return new UnisonoException(
        new Problem(
            "log-taken",
            ProblemType.USER,
            "Another installation, or another system of this config, reads the log of "
                + database.system()
                + " by now.",
            "systems." + database.system(),
            "A database has one log, for one reader. Let one of them read it; after a reload or a"
                + " restart this one takes it back."));
  }

  /** Removes from the log what is durable elsewhere (invariant 1). */
  private void prune(Connection connection, LogReader log) throws SQLException {
    long mark = durableMark;
    boolean due =
        System.nanoTime() - prunedNanos >= TimeUnit.MILLISECONDS.toNanos(triggers.pruneMillis());
    if (mark == prunedMark || !due) {
      return;
    }
    HandedOver durable = log.durable(mark);
    if (durable.isEmpty()) {
      prunedMark = mark;
      log.forget(mark);
      return;
    }
    prunedNanos = System.nanoTime();
    if (!TriggerLog.prune(database, connection, reader, durable)) {
      throw taken();
    }
    prunedMark = mark;
    log.pruned(durable, mark);
  }

  /** Whether the triggers still say all of the tables as they are. */
  private void watch(Connection connection) throws SQLException {
    if (System.nanoTime() - watchedNanos < WATCH_NANOS) {
      return;
    }
    watchedNanos = System.nanoTime();
    if (differs(connection)) {
      throw tableChanged(null);
    }
  }

  private boolean differs(Connection connection) throws SQLException {
    for (SnapshotTable table : tables) {
      Optional<Table> now = database.dialect().find(connection, table.binding().table());
      if (now.isEmpty() || !now.get().columns().equals(table.table().columns())) {
        return true;
      }
    }
    return !Installation.find(connection, database, triggers, bindings).statements().isEmpty();
  }

  /** What failed because a table or the log is not as it was passes with the next start. */
  private UnisonoException changed(Connection connection, SQLException failed) {
    boolean differs;
    try {
      database.dialect().rollback(connection);
    } catch (SQLException none) {
      // There was no transaction, or there is no session any more.
    }
    try {
      differs = !tables.isEmpty() && differs(connection);
    } catch (SQLException gone) {
      differs = false;
    }
    return differs ? tableChanged(failed) : database.failure("reading the log", failed);
  }

  private UnisonoException tableChanged(@Nullable SQLException cause) {
    return new UnisonoException(
        new Problem(
            "table-changed",
            ProblemType.TRANSIENT,
            "A table of "
                + database.system()
                + ", or what writes its changes down, is not as it was.",
            "systems." + database.system(),
            ""),
        cause);
  }

  @Override
  public void command(SnapshotCommand command) {
    if (bindings.stream().noneMatch(binding -> meant(command, binding))) {
      throw new UnisonoException(
          new Problem(
              "not-found",
              ProblemType.USER,
              "No sync named '" + command.sync() + "' is read from " + database.system() + ".",
              null,
              "Name one of " + bindings.stream().map(Binding::sync).sorted().toList() + "."));
    }
    commands.add(command);
  }

  private static boolean meant(SnapshotCommand command, Binding binding) {
    return command.sync() == null || binding.sync().equals(command.sync());
  }

  /** A command to repeat everything is an order to repair, too. */
  private static boolean repairs(SnapshotCommand command) {
    return command.action() == SnapshotCommand.Action.REPEAT && command.sync() == null;
  }

  private void takeCommands(LogReader log, SourceReport report) throws InterruptedException {
    SnapshotCommand command = commands.poll();
    if (command != null) {
      order(command, log);
      report.send();
    }
  }

  private void order(SnapshotCommand command, LogReader log) throws InterruptedException {
    for (SnapshotTable table : tables) {
      if (meant(command, table.binding())) {
        switch (command.action()) {
          case PAUSE -> table.pause(true);
          case RESUME -> table.pause(false);
          case REPEAT -> {
            if (!table.untouched()) { // Else it is about to be read for the first time.
              table.repeat(Sweep.COMMAND, known.sequence());
            }
          }
          case REFRESH -> {
            if (table.finished()) {
              table.repeat(Sweep.REFRESH, known.sequence());
            }
          }
        }
        log.changed(table);
      }
    }
    log.save();
  }

  @Override
  public void durable(long mark) {
    durableMark = mark;
  }

  @Override
  public void close() {
    closed = true;
  }
}
