package dev.unisono.postgres;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what {@link LogMessages} reads, transaction by transaction, into batches of changes, and
 * lets chunks of the snapshot take their place among them. For one thread.
 */
final class LogReader {
  /** What a change takes in memory beside its values. */
  private static final int CHANGE_BYTES = 200;

  private static final long PROGRESS_PAUSE_NANOS = 500_000_000L;

  /** PostgreSQL counts time from the year 2000. */
  private static final long EPOCH_SECONDS = Instant.parse("2000-01-01T00:00:00Z").getEpochSecond();

  /** Told where the transactions of a batch end, by the batch's mark. */
  interface Ends {
    void put(long mark, long end);

    /** Whether everything that was handed over is durable, so that nothing is gained by waiting. */
    boolean allDurable();
  }

  private final String installation;
  private final List<SnapshotTable> tables;
  private final StreamState from;
  private final ChangeSink sink;
  private final Ends ends;

  /** Told that there is something to report. */
  private final Runnable onNews;

  private final SchemaWatch watch;
  private final ReadLimits limits;
  private final Map<SnapshotTable, Touches> touches = new HashMap<>();
  private final Map<Binding, Deferred> deferred = new HashMap<>();

  /** Tables whose snapshot stands elsewhere than the last batch said. */
  private final Set<SnapshotTable> advanced = new HashSet<>();

  private @Nullable SideThread side;

  private List<Change> changes = new ArrayList<>();
  private long sizeBytes;

  /** The server that is read, to be kept with the next batch; null where it is kept. */
  private @Nullable String server;

  /** Syncs that are read no more, to be noted with the next batch. */
  private List<String> away = List.of();

  private long mark;
  private boolean dirty;

  /** The end of the last transaction that is handed over whole with the batch at hand. */
  private volatile long end;

  private boolean inTransaction;
  private int transaction;
  private long commit;
  private long ordinal;
  private Instant commitTime = Instant.EPOCH;

  /** The marker that was last in this transaction, where it is one of our own; else 0. */
  private long marker;

  /** The highest of this transaction. */
  private long highestMarker;

  /** The highest marker of a transaction that ended since the last batch. */
  private long passed;

  /** So many changes of this transaction were handed over before a restart. */
  private long skip;

  private long progressNanos = System.nanoTime();

  LogReader(
      String installation,
      List<SnapshotTable> tables,
      StreamState from,
      ChangeSink sink,
      Ends ends,
      SchemaWatch watch,
      ReadLimits limits,
      Runnable onNews) {
    this.installation = installation;
    this.tables = tables;
    this.watch = watch;
    this.limits = limits;
    this.onNews = onNews;
    this.from = from;
    this.sink = sink;
    this.ends = ends;
    this.end = from.end();
    for (SnapshotTable table : tables) {
      if (!table.done()) {
        touches.put(table, new Touches());
        if (table.untouched()) {
          deferred.put(table.binding(), new Deferred());
        }
      }
    }
  }

  /**
   * Hands over, before anything of the stream is read, where it begins where that is anew, and what
   * was found to have changed in tables.
   *
   * @param fresh true where the slot was just made
   * @param news the server, where it or the tables are to be kept with the next batch; else null
   * @param gone syncs of which the next batch notes that what follows passes them by
   */
  void begin(boolean fresh, @Nullable String news, List<String> gone) throws InterruptedException {
    away = gone;
    server = news;
    if (news != null) {
      advanced.addAll(tables);
    }
    takeUp();
    if (fresh) {
      dirty = true;
      flush();
    }
  }

  /** What was seen of tables goes out with the next batch, which may be the last of this source. */
  private void takeUp() throws InterruptedException {
    dirty |= watch.changed();
    for (SnapshotTable table : watch.readAgain()) {
      if (!table.untouched()) { // Else it is about to be read for the first time.
        table.repeat(SchemaWatch.READ_AGAIN, sink.knownKeys().sequence());
      }
      advanced.add(table);
    }
    if (watch.ends()) {
      flush();
    }
  }

  /** The log describes a table anew; those who decode its rows from here on. */
  List<RelationDecoder> announced(AnnouncedTable announced) throws InterruptedException {
    List<RelationDecoder> decoders = new ArrayList<>();
    try {
      for (SnapshotTable table : tables) {
        if (table.table().relation() == announced.relation()) {
          decoders.add(watch.decoder(table, announced, ordinal < skip));
        } else if (table.table().plainName().equals(announced.plainName())) {
          throw watch.replaced(table);
        }
      }
    } catch (UnisonoException stop) {
      throw stopped(stop);
    }
    takeUp();
    return decoders;
  }

  /** What stands before the change of a table goes out; what follows is for after the remedy. */
  private UnisonoException stopped(UnisonoException stop) throws InterruptedException {
    dirty |= watch.changed();
    flush();
    return stop;
  }

  /** The catalog has changed: what it says is judged here, after all that the log tells before. */
  private void look(SchemaWatch.Sight seen) throws InterruptedException {
    try {
      watch.look(seen);
    } catch (UnisonoException stop) {
      throw stopped(stop);
    }
    takeUp();
  }

  void attach(SideThread beside) {
    side = beside;
    report();
  }

  /** The end of the last transaction that was read; can be asked from any thread. */
  long end() {
    return end;
  }

  /** True where nothing waits to be handed over that could be: then reading may block. */
  boolean idle() {
    return inTransaction || !dirty;
  }

  /** A transaction begins, in the order of commits. */
  void beginTransaction(long commitPosition, long micros, int number) {
    commit = commitPosition;
    transaction = number;
    commitTime =
        Instant.ofEpochSecond(
            EPOCH_SECONDS + Math.floorDiv(micros, 1_000_000L),
            Math.floorMod(micros, 1_000_000L) * 1_000);
    ordinal = 0;
    skip = commit == from.partialCommit() ? from.partialChanges() : 0;
    inTransaction = true;
    marker = 0;
    highestMarker = 0;
    beside().shown(transaction);
  }

  void endTransaction(long endPosition) throws InterruptedException {
    end = endPosition;
    inTransaction = false;
    dirty = true;
    passed = Math.max(passed, highestMarker);
    if (ends.allDurable()) {
      // To ask the connection whether more is there takes a millisecond.
      flush();
    }
    if (System.nanoTime() - progressNanos > PROGRESS_PAUSE_NANOS) {
      report();
    }
  }

  void add(
      RelationDecoder decoder,
      Operation operation,
      @Nullable Key key,
      @Nullable Key previousKey,
      @Nullable Row after,
      @Nullable Row before,
      int length) {
    Binding binding = decoder.binding();
    if (!touches.isEmpty()) {
      touch(binding, operation, key, previousKey, after);
    }
    long at = ordinal++;
    // What was held back before a restart was counted, but never handed over.
    Deferred waiting = deferred.isEmpty() ? null : deferred.get(binding);
    if (at < skip && waiting == null) {
      return;
    }
    Change change =
        new Change(
            binding,
            operation,
            key,
            previousKey,
            after,
            before,
            new Position(commit, at),
            commitTime,
            number(transaction),
            marker);
    int size = CHANGE_BYTES + 3 * length;
    if (waiting != null && waiting.add(transaction, change, size)) {
      return;
    }
    if (waiting != null) {
      release(binding, waiting.all());
    }
    changes.add(change);
    sizeBytes += size;
    dirty = true;
  }

  /** PostgreSQL counts transactions in 32 bits without a sign. */
  private static long number(int transaction) {
    return transaction & 0xFFFFFFFFL;
  }

  /** From now on the table's changes go out as they come. */
  private void release(Binding binding, List<Change> waiting) {
    deferred.remove(binding);
    changes.addAll(waiting);
    sizeBytes += (long) CHANGE_BYTES * waiting.size();
    dirty |= !waiting.isEmpty();
  }

  private void touch(
      Binding binding,
      Operation operation,
      @Nullable Key key,
      @Nullable Key previousKey,
      @Nullable Row after) {
    for (Map.Entry<SnapshotTable, Touches> pending : touches.entrySet()) {
      SnapshotTable table = pending.getKey();
      if (table.binding() == binding) {
        pending.getValue().add(transaction, key, previousKey, after, operation == Operation.DELETE);
        if (previousKey != null
            && key != null
            && after != null
            && after.partial()
            && table.moved(previousKey, key, transaction)) {
          advanced.add(table);
        }
      }
    }
  }

  /** The transaction is one that writes to members, and what comes next in it is behind this. */
  void marked(String content) {
    marker = WriteMarker.number(content, installation);
    highestMarker = Math.max(highestMarker, marker);
  }

  /** A message of ours. */
  void message(String content) throws InterruptedException {
    Mark mark = beside().mark(content);
    if (mark != null) {
      switch (mark) {
        case SnapshotTable.Chunk chunk -> place(chunk);
        case Sweep.Portion portion -> {
          place(portion);
          // The next keys are asked for when all this is in line.
          flush();
        }
        case Mark.Turn turn -> turn(turn);
        case Mark.Look look -> forgetVisible(look.snapshot());
        case Mark.Columns columns -> look(columns.seen());
      }
      beside().settle(mark);
      report();
    }
  }

  /** From here on, something is otherwise for some tables; nothing of a transaction is before. */
  private void turn(Mark.Turn turn) {
    for (SnapshotTable table : turn.tables()) {
      switch (turn.kind()) {
        case PAUSE -> table.pause(true);
        case RESUME -> table.pause(false);
        case REPEAT -> {
          boolean refresh = turn.cause().equals(Sweep.REFRESH);
          if (table.untouched() || (refresh && !table.finished())) {
            continue; // It is about to be read for the first time, or is being read.
          }
          table.repeat(turn.cause(), turn.sequence());
          arm(table);
        }
        case ARM -> arm(table);
        case DISARM -> touches.remove(table);
      }
      advanced.add(table);
      dirty = true;
    }
  }

  private void arm(SnapshotTable table) {
    touches.put(table, new Touches());
    beside().armed();
  }

  private void forgetVisible(VisibilitySnapshot snapshot) {
    touches.values().forEach(pending -> pending.forgetVisible(snapshot));
    deferred.values().forEach(pending -> pending.forgetVisible(snapshot));
  }

  /** What the comparison found missing is gone from here on, where the log does not say more. */
  private void place(Sweep.Portion portion) {
    SnapshotTable table = portion.table();
    Touches touched = touches.get(table);
    Sweep sweep = table.sweep();
    if (!table.expects(portion.beginning()) || touched == null || sweep == null) {
      return;
    }
    List<Key> missing = touched.untouched(portion.snapshot(), portion.missing());
    if (missing == null) {
      return;
    }
    if (sweep.deleting()) {
      Instant read = Instant.ofEpochMilli(portion.readMillis());
      for (Key key : missing) {
        addPlaced(table, Operation.DELETE, key, null, read);
      }
    }
    table.swept(portion, missing.size());
    advanced.add(table);
    dirty = true;
    forgetVisible(portion.snapshot());
    if (table.finished()) {
      touches.remove(table);
    }
  }

  private void addPlaced(
      SnapshotTable table, Operation operation, Key key, @Nullable Row row, Instant read) {
    changes.add(
        new Change(
            table.binding(),
            operation,
            key,
            null,
            row,
            null,
            new Position(commit, ordinal++),
            read,
            number(transaction)));
    sizeBytes += 2L * CHANGE_BYTES;
  }

  /** The chunk stands here in the log's order: all that its rows could miss was seen before. */
  private void place(SnapshotTable.Chunk chunk) {
    SnapshotTable table = chunk.table();
    if (!table.expects(chunk.beginning())) {
      return;
    }
    Touches touched = Objects.requireNonNull(touches.get(table));
    List<Row> rows = touched.resolve(chunk.snapshot(), chunk.rows(), chunk.keys());
    if (rows == null) {
      return;
    }
    Deferred waiting = deferred.get(table.binding());
    if (waiting != null) {
      release(table.binding(), waiting.unseen(chunk.snapshot()));
    }
    Instant read = Instant.ofEpochMilli(chunk.readMillis());
    for (Row row : rows) {
      addPlaced(table, table.operation(), table.binding().schema().key(row), row, read);
    }
    table.emitted(chunk);
    advanced.add(table);
    dirty = true;
    forgetVisible(chunk.snapshot());
    if (table.done()) {
      touches.remove(table);
    }
  }

  private SideThread beside() {
    return Objects.requireNonNull(side);
  }

  /** Hands over what makes a batch. */
  void flushFull() throws InterruptedException {
    if (changes.size() >= limits.batchChanges() || sizeBytes >= limits.batchBytes()) {
      flush();
    }
  }

  /** Hands over what there is. */
  void flush() throws InterruptedException {
    if (!dirty && changes.isEmpty()) {
      return;
    }
    // The commit's own record belongs to a transaction of which a part may be handed over.
    StreamState reached =
        inTransaction
            ? new StreamState(end, commit, Math.max(ordinal, skip))
            : new StreamState(end, 0, 0);
    Map<String, @Nullable String> state = new HashMap<>();
    state.put(PostgresSource.STREAM, reached.text());
    if (server != null) {
      state.put(PostgresSource.SERVER, server);
      server = null;
    }
    away.forEach(sync -> state.put(SnapshotTable.AWAY + sync, "away"));
    away = List.of();
    for (SnapshotTable table : advanced) {
      table.save(state);
    }
    boolean last = watch.ends();
    state.putAll(watch.takeState());
    long batchMark = ++mark;
    ends.put(batchMark, end);
    long unfinished = inTransaction ? number(transaction) : 0;
    sink.accept(
        new Batch(changes, state, batchMark, sizeBytes, watch.takeLearned(), unfinished, passed));
    if (last) {
      throw watch.end();
    }
    changes = new ArrayList<>();
    advanced.clear();
    sizeBytes = 0;
    passed = 0;
    dirty = false;
  }

  private void report() {
    progressNanos = System.nanoTime();
    onNews.run();
  }
}
