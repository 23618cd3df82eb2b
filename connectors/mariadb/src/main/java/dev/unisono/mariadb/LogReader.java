package dev.unisono.mariadb;

import dev.unisono.mariadb.Gtids.Gtid;
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
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what the Debezium engine reads, transaction by transaction, into batches of changes, and
 * lets chunks of the snapshot take their place among them. For one thread.
 */
final class LogReader {
  /** What a change takes in memory beside its values. */
  private static final int CHANGE_BYTES = 200;

  private static final int MOST_FORMS = 1_000;

  private final List<SnapshotTable> tables;
  private final StreamState from;
  private final ChangeSink sink;
  private final DefinitionWatch definitions;
  private final ReadLimits limits;

  /** Told that a mark has taken its place, or what it stands for is to be read again. */
  private final Consumer<Mark> settled;

  private final @Nullable OwnWrites ownWrites;
  private final LogRecord records = new LogRecord();
  private final IdentityHashMap<Schema, List<RowDecoder>> decoders = new IdentityHashMap<>();
  private final Map<SnapshotTable, Touches> touches = new HashMap<>();
  private final Map<Binding, Deferred> deferred = new HashMap<>();

  /** Tables whose snapshot stands elsewhere than the last batch said. */
  private final Set<SnapshotTable> advanced = new HashSet<>();

  private List<Change> changes = new ArrayList<>();
  private long sizeBytes;

  /** Syncs that are read no more, to be noted with the next batch. */
  private List<String> away = List.of();

  private long mark;
  private long handedOverNanos = System.nanoTime();

  /** True where the state has to go out with or without changes. */
  private boolean dirty;

  /** What waits for its place; at most one at a time. */
  private @Nullable Mark waiting;

  private boolean inTransaction;

  /** Everything of transactions that begin before this place was read. */
  private volatile LogPlace reached;

  /**
   * Where the present transaction begins, once something of it was read and no change: it may be a
   * statement, whose end the engine does not tell. Null otherwise.
   */
  private volatile @Nullable LogPlace begun;

  private StreamState stands;
  private Instant commitTime = Instant.EPOCH;
  private long transaction;
  private long count;
  private long ordinal;

  /** The present transaction empties a table, and is whole with that. */
  private boolean emptied;

  /** So many changes of this transaction were handed over before a restart. */
  private long skip;

  /** The number that was last in the present transaction where it is one of our own; else 0. */
  private long marker;

  /** The highest of the present transaction. */
  private long highestMarker;

  /** The highest marker of a transaction that ended since the last batch. */
  private long passed;

  /** The half of a move that came first; null where none waits for the other. */
  private @Nullable Struct moving;

  /**
   * @param ownWrites tells which transactions are our own; null where none is looked for
   */
  LogReader(
      List<SnapshotTable> tables,
      StreamState from,
      ChangeSink sink,
      DefinitionWatch definitions,
      @Nullable OwnWrites ownWrites,
      ReadLimits limits,
      Consumer<Mark> settled) {
    this.tables = tables;
    this.ownWrites = ownWrites;
    this.from = from;
    this.sink = sink;
    this.definitions = definitions;
    this.limits = limits;
    this.settled = settled;
    this.stands = from;
    this.reached = from.place();
    this.count = from.count();
    for (SnapshotTable table : tables) {
      if (!table.finished()) {
        touches.put(table, new Touches());
      }
      if (table.untouched()) {
        deferred.put(table.binding(), new Deferred());
      }
    }
  }

  /**
   * Hands over, before anything of the log is read, where it begins and how the tables are.
   *
   * @param gone syncs of which it is noted that what follows passes them by
   */
  void begin(List<String> gone) throws InterruptedException {
    away = gone;
    advanced.addAll(tables);
    dirty = true;
    flush();
  }

  /** Everything of transactions that begin before this place was read; for any thread. */
  LogPlace reached() {
    return reached;
  }

  /** What may be a statement, and have no end; null where there is none; for any thread. */
  @Nullable LogPlace begun() {
    return begun;
  }

  void take(SourceRecord record) throws InterruptedException {
    switch (records.kind(record)) {
      case CHANGE -> change(record);
      case TRANSACTION -> transaction(record);
      case DEFINITION -> define(LogRecord.value(record));
      case PLACE -> {
        if (!LogRecord.within(record)) {
          between(record);
        } else if (mayBeStatement() && LogRecord.events(record) > 0) {
          begun = reached;
        }
      }
    }
    if (changes.size() >= limits.batchChanges() || sizeBytes >= limits.batchBytes()) {
      flush();
    }
  }

  /** All that was read so far was taken: what is whole goes out. */
  void pause() throws InterruptedException {
    boolean due = System.nanoTime() - handedOverNanos >= limits.heartbeat().toNanos();
    if (!inTransaction && (dirty || definitions.dirty() || !changes.isEmpty() || due)) {
      flush();
    }
  }

  /**
   * Nothing of it was read but its begin; or it empties a table, and there is nothing else to it.
   */
  private boolean mayBeStatement() {
    return emptied || (inTransaction && ordinal == 0);
  }

  /** The log stands at the end of a transaction, before the next. */
  private void between(SourceRecord record) throws InterruptedException {
    inTransaction = false;
    emptied = false;
    begun = null;
    LogPlace place = LogRecord.place(record);
    definitions.passed();
    reached = place;
    stands =
        new StreamState(place, LogRecord.gtids(record), "", 0, count, LogRecord.server(record));
    placeWaiting();
  }

  private void transaction(SourceRecord record) throws InterruptedException {
    Struct value = LogRecord.value(record);
    if (value.getString("status").equals("END")) {
      // Where it ends is known by what comes next; that all of it was read is known now.
      inTransaction = false;
      stands = handedOver(ordinal);
      if (highestMarker > 0) {
        passed = Math.max(passed, highestMarker);
        dirty = true;
      }
      placeWaiting();
      return;
    }
    LogPlace place = LogRecord.place(record);
    inTransaction = false;
    definitions.passed();
    reached = place;
    placeWaiting();
    Gtid gtid = Gtid.parse(value.getString("id"));
    boolean again = from.within(gtid);
    skip = again ? from.handedOver() : 0;
    count = again ? from.count() : count + 1;
    stands =
        new StreamState(
            place, LogRecord.gtids(record), gtid.text(), 0, count, LogRecord.server(record));
    transaction = gtid.number();
    commitTime = Instant.ofEpochMilli(value.getInt64("ts_ms"));
    ordinal = 0;
    marker = 0;
    highestMarker = 0;
    begun = null;
    emptied = false;
    inTransaction = true;
  }

  /** The place as it is once so many changes of the present transaction were handed over. */
  private StreamState handedOver(long changesOfIt) {
    return new StreamState(
        stands.place(),
        stands.gtids(),
        stands.gtid(),
        Math.max(changesOfIt, skip),
        stands.count(),
        stands.server());
  }

  private void change(SourceRecord record) {
    Struct value = LogRecord.value(record);
    if (ownWrites != null && ownWrites.isMarker(record.valueSchema(), value)) {
      // It is none of the changes that are counted.
      marker = ownWrites.number(LogRecord.row(value, "after"));
      highestMarker = Math.max(highestMarker, marker);
      return;
    }
    if (LogRecord.movesTo(record)) {
      // The other half follows at once.
      moving = LogRecord.row(value, "before");
      return;
    }
    Struct before = moving == null ? LogRecord.row(value, "before") : moving;
    Operation operation =
        switch (value.getString("op")) {
          case "c" -> moving == null ? Operation.CREATE : Operation.UPDATE;
          case "u" -> Operation.UPDATE;
          case "d" -> Operation.DELETE;
          case "t" -> Operation.TRUNCATE;
          default -> throw new IllegalStateException("an operation that no log has");
        };
    moving = null;
    long at = ordinal++;
    Struct after = LogRecord.row(value, "after");
    for (RowDecoder decoder : decoders(record.valueSchema(), value)) {
      add(decoder, operation, before, after, at);
    }
    if (operation == Operation.TRUNCATE) {
      emptied = true;
      inTransaction = false;
      stands = handedOver(ordinal);
    }
  }

  private List<RowDecoder> decoders(Schema form, Struct value) {
    List<RowDecoder> known = decoders.get(form);
    if (known == null) {
      Struct source = value.getStruct("source");
      Table.Name name = new Table.Name(source.getString("db"), source.getString("table"));
      known = new ArrayList<>();
      for (SnapshotTable table : tables) {
        if (table.table().name().equals(name)) {
          known.add(new RowDecoder(table.binding(), form.field("after").schema()));
        }
      }
      if (decoders.size() >= MOST_FORMS) {
        decoders.clear();
      }
      decoders.put(form, known);
    }
    return known;
  }

  private void add(
      RowDecoder decoder,
      Operation operation,
      @Nullable Struct before,
      @Nullable Struct after,
      long at) {
    Binding binding = decoder.binding();
    Row was = before == null ? null : decoder.row(before);
    Row is = after == null ? null : decoder.row(after);
    Key oldKey = was == null ? null : binding.schema().key(was);
    Key newKey = is == null ? null : binding.schema().key(is);
    Key key = newKey == null ? oldKey : newKey;
    Key previousKey = newKey == null || oldKey == null || oldKey.equals(newKey) ? null : oldKey;
    for (Map.Entry<SnapshotTable, Touches> pending : touches.entrySet()) {
      if (pending.getKey().binding() == binding) {
        pending.getValue().add(reached, key, previousKey);
      }
    }
    Deferred waits = deferred.get(binding);
    // What was held back before a restart was counted, but never handed over.
    if (at < skip && waits == null) {
      return;
    }
    Change change =
        new Change(
            binding,
            operation,
            key,
            previousKey,
            is,
            was,
            new Position(count, at),
            commitTime,
            transaction,
            marker);
    int size =
        CHANGE_BYTES
            + (was == null ? 0 : RowDecoder.sizeBytes(was))
            + (is == null ? 0 : RowDecoder.sizeBytes(is));
    if (waits != null && waits.add(reached, change, size)) {
      return;
    }
    if (waits != null) {
      release(binding, waits);
    }
    changes.add(change);
    sizeBytes += size;
  }

  /** From now on the table's changes go out as they come. */
  private void release(Binding binding, Deferred waits) {
    deferred.remove(binding);
    changes.addAll(waits.all());
    sizeBytes += (long) CHANGE_BYTES * waits.all().size();
  }

  private void define(Struct statement) throws InterruptedException {
    Set<SnapshotTable> again;
    try {
      again = definitions.changed(statement);
    } catch (UnisonoException stop) {
      // What stands before the statement goes out; what follows is for after the remedy.
      flush();
      throw stop;
    }
    for (SnapshotTable table : again) {
      if (!table.untouched()) {
        repeat(table, DefinitionWatch.CHANGED, sink.knownKeys().sequence());
      }
    }
    tables.forEach(definitions::tellDifferences);
  }

  /** Something of the side wants its place; the one before has been settled. */
  void mark(Mark next) throws InterruptedException {
    if (next instanceof Mark.Statement statement) {
      end(statement);
      return;
    }
    waiting = next;
    placeWaiting();
  }

  /** The server says that what began there was a statement, and where it ends. */
  private void end(Mark.Statement statement) throws InterruptedException {
    if (statement.begin().equals(begun)) {
      inTransaction = false;
      emptied = false;
      begun = null;
      definitions.passed();
      reached = statement.end();
      String gtids = Gtids.parse(stands.gtids() + "," + stands.gtid()).text();
      stands = new StreamState(reached, gtids, "", 0, count, stands.server());
      placeWaiting();
    }
  }

  /** Never amid a transaction: its changes are counted. */
  private void placeWaiting() throws InterruptedException {
    Mark mark = waiting;
    if (mark == null || inTransaction) {
      return;
    }
    switch (mark) {
      case SnapshotTable.Chunk chunk -> {
        if (reached.before(chunk.at())) {
          return;
        }
        place(chunk);
      }
      case Sweep.Portion portion -> {
        if (reached.before(portion.at())) {
          return;
        }
        place(portion);
      }
      case Mark.Turn turn -> turn(turn);
      case Mark.Look look -> forgetBefore(look.place());
      case Mark.Statement statement -> end(statement);
    }
    waiting = null;
    if (!(mark instanceof Mark.Look)) {
      dirty = true;
      flush();
    }
    settled.accept(mark);
  }

  private void turn(Mark.Turn turn) {
    for (SnapshotTable table : turn.tables()) {
      switch (turn.kind()) {
        case PAUSE -> table.pause(true);
        case RESUME -> table.pause(false);
        case REPEAT -> {
          boolean refresh = turn.cause().equals(Sweep.REFRESH);
          // Else it is about to be read for the first time, or is being read.
          if (!table.untouched() && (!refresh || table.finished())) {
            repeat(table, turn.cause(), turn.sequence());
          }
        }
      }
      advanced.add(table);
    }
  }

  private void repeat(SnapshotTable table, String cause, long sequence) {
    table.repeat(cause, sequence);
    // What was touched before is remembered still: a chunk may be on its way.
    touches.computeIfAbsent(table, any -> new Touches());
    advanced.add(table);
    dirty = true;
  }

  private void forgetBefore(LogPlace place) {
    touches.values().forEach(pending -> pending.forgetBefore(place));
    deferred.values().forEach(pending -> pending.forgetBefore(place));
  }

  /** What the comparison found missing is gone from here on, where the log does not say more. */
  private void place(Sweep.Portion portion) {
    SnapshotTable table = portion.table();
    Touches touched = touches.get(table);
    Sweep sweep = table.sweep();
    if (!table.expects(portion.beginning())
        || touched == null
        || sweep == null
        || touched.unknownFrom(portion.at())) {
      return;
    }
    List<Key> missing = touched.untouched(portion.at(), portion.missing());
    if (sweep.deleting()) {
      begin(portion.readMillis());
      for (Key key : missing) {
        addPlaced(table, Operation.DELETE, key, null);
      }
    }
    table.swept(portion, missing.size());
    advanced.add(table);
    forgetBefore(portion.at());
    if (table.finished()) {
      touches.remove(table);
    }
  }

  /** The chunk stands here: it shows all that was read, and what is beyond it is remembered. */
  private void place(SnapshotTable.Chunk chunk) {
    SnapshotTable table = chunk.table();
    Touches touched = touches.get(table);
    if (!table.expects(chunk.beginning()) || touched == null || touched.unknownFrom(chunk.at())) {
      return;
    }
    List<Row> rows = touched.left(chunk.at(), chunk.rows(), chunk.keys());
    forgetBefore(chunk.at());
    Deferred waits = deferred.get(table.binding());
    if (waits != null) {
      release(table.binding(), waits);
    }
    begin(chunk.readMillis());
    for (Row row : rows) {
      addPlaced(table, table.operation(), table.binding().schema().key(row), row);
    }
    table.emitted(chunk);
    advanced.add(table);
    if (table.finished()) {
      touches.remove(table);
    }
  }

  /** What is placed between two transactions counts as one of its own. */
  private void begin(long readMillis) {
    count++;
    stands =
        new StreamState(
            stands.place(),
            stands.gtids(),
            stands.gtid(),
            stands.handedOver(),
            count,
            stands.server());
    commitTime = Instant.ofEpochMilli(readMillis);
    ordinal = 0;
  }

  private void addPlaced(SnapshotTable table, Operation operation, Key key, @Nullable Row row) {
    changes.add(
        new Change(
            table.binding(),
            operation,
            key,
            null,
            row,
            null,
            new Position(count, ordinal++),
            commitTime,
            0));
    sizeBytes += CHANGE_BYTES + (row == null ? 0 : RowDecoder.sizeBytes(row));
  }

  /** Hands over what there is. */
  private void flush() throws InterruptedException {
    StreamState reachedNow = inTransaction ? handedOver(ordinal) : stands;
    Map<String, @Nullable String> state = new HashMap<>();
    state.put(MariaDbSource.STREAM, reachedNow.text());
    away.forEach(sync -> state.put(SnapshotTable.AWAY + sync, "away"));
    away = List.of();
    for (SnapshotTable table : advanced) {
      table.save(state);
    }
    definitions.save(state);
    long unfinished = inTransaction ? transaction : 0;
    sink.accept(new Batch(changes, state, ++mark, sizeBytes, List.of(), unfinished, passed));
    passed = 0;
    changes = new ArrayList<>();
    advanced.clear();
    sizeBytes = 0;
    dirty = false;
    handedOverNanos = System.nanoTime();
  }
}
