package dev.unisono.jdbc;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes batches of changes of what is read of the log, and of chunks and portions that were read
 * with it. For one thread.
 */
final class LogReader {
  /** What a change takes in memory beside its values. */
  private static final int CHANGE_BYTES = 200;

  private static final int VALUE_BYTES = 24;

  /** The name of the entry of the source's state that says how far the log was handed over. */
  static final String LOG = "log";

  /** Places that were handed over with a batch. */
  private record Pending(long mark, HandedOver places) {}

  private final List<SnapshotTable> tables;
  private final Map<Long, Shape> shapes;
  private final TriggerDialect triggers;
  private final ChangeSink sink;
  private final Map<Long, List<RowDecoder>> decoders = new HashMap<>();
  private final Map<Binding, SnapshotTable> byBinding = new HashMap<>();
  private final Map<String, @Nullable String> unsaved = new HashMap<>();

  /** Tables whose snapshot stands elsewhere than the last batch said. */
  private final Set<SnapshotTable> advanced = new HashSet<>();

  /** Handed over, and not known to be durable. */
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();

  private final String epoch;
  private final HandedOver handed;
  private HandedOver fresh = new HandedOver();
  private long turn;
  private long highest;
  private long count;
  private long ordinal;
  private long mark;
  private boolean dirty;
  private List<Change> changes = new ArrayList<>();
  private long sizeBytes;
  private long passed;

  /** The transaction of the last entry. */
  private LogState.Open open;

  /** Writes of our own that have begun, by session. */
  private final Map<Long, LogState.Open> writes = new HashMap<>();

  LogReader(
      List<SnapshotTable> tables,
      Map<Long, Shape> shapes,
      TriggerDialect triggers,
      LogState from,
      ChangeSink sink) {
    this.tables = tables;
    this.shapes = shapes;
    this.triggers = triggers;
    this.sink = sink;
    this.epoch = from.epoch();
    this.turn = from.turn();
    this.highest = from.highest();
    this.count = from.count() + 1; // What was handed over may not have been durable.
    this.handed = from.handed();
    this.open = from.open();
    if (open.bracket()) {
      writes.put(open.session(), open);
    }
    tables.forEach(table -> byBinding.put(table.binding(), table));
    HandedOver durable = new HandedOver();
    durable.addAll(handed);
    pending.add(new Pending(0, durable));
  }

  /** About how many bytes an entry takes in memory. */
  static long sizeBytes(LogEntry entry) {
    return CHANGE_BYTES + sizeBytes(entry.oldKey()) + sizeBytes(entry.values());
  }

  /** About how many bytes a change to a row takes in memory. */
  static long sizeBytes(Row row) {
    return CHANGE_BYTES + sizeBytes(Arrays.asList(row.copyValues()));
  }

  private static long sizeBytes(@Nullable List<@Nullable Object> values) {
    long size = 0;
    for (Object value : values == null ? List.of() : values) {
      size += VALUE_BYTES;
      size +=
          switch (value) {
            case String text -> text.length();
            case byte[] bytes -> bytes.length;
            case null, default -> 0;
          };
    }
    return size;
  }

  /** What was handed over and may still be in the log. */
  HandedOver handed() {
    return handed;
  }

  LogState.Open open() {
    return open;
  }

  /** Hands over, before anything is read, where it begins and how the tables are. */
  void begin(Map<String, @Nullable String> state) throws InterruptedException {
    unsaved.putAll(state);
    advanced.addAll(tables);
    flush(true);
  }

  /** What is durable by now and can be removed; empty where there is nothing. */
  HandedOver durable(long durableMark) {
    HandedOver durable = new HandedOver();
    for (Pending each : pending) {
      if (each.mark() <= durableMark) {
        durable.addAll(each.places());
      }
    }
    return durable;
  }

  /** What was durable had nothing in the log. */
  void forget(long durableMark) {
    pending.removeIf(each -> each.mark() <= durableMark);
  }

  /** All that was durable is out of the log. */
  void pruned(HandedOver gone, long durableMark) {
    forget(durableMark);
    handed.removeAll(gone);
    turn++;
  }

  /**
   * Takes a page of the log.
   *
   * @param whole whether with it all transactions that it has to do with are whole
   */
  void take(List<LogEntry> page, boolean whole) throws InterruptedException {
    for (LogEntry entry : page) {
      take(entry);
    }
    if (whole) {
      writes.values().forEach(write -> passed = Math.max(passed, write.marker()));
      writes.clear();
    }
    boolean wasOpen = open.place() != 0;
    if (!page.isEmpty() || (whole && wasOpen)) {
      flush(whole);
    }
    if (whole) {
      open = LogState.Open.NONE;
    }
  }

  private void take(LogEntry entry) {
    handed.add(entry.place());
    fresh.add(entry.place());
    highest = Math.max(highest, entry.place());
    switch (entry.kind()) {
      case LogEntry.MARKER -> {
        LogState.Open write =
            new LogState.Open(
                entry.place(), entry.number(), true, entry.session(), entry.transaction());
        writes.put(entry.session(), write);
        begin(write);
      }
      case LogEntry.END -> {
        writes.remove(entry.session());
        passed = Math.max(passed, entry.number());
        open = LogState.Open.NONE;
      }
      default -> change(entry);
    }
  }

  /** What follows is of this transaction. */
  private void begin(LogState.Open transaction) {
    if (!transaction.equals(open)) {
      open = transaction;
      count++;
      ordinal = 0;
    }
  }

  private void change(LogEntry entry) {
    LogState.Open write = writes.get(entry.session());
    if (write != null) {
      begin(write);
    } else if (open.place() == 0 || open.bracket() || !open.key().equals(entry.transaction())) {
      begin(new LogState.Open(entry.place(), 0, false, 0, entry.transaction()));
    }
    for (RowDecoder decoder : decoders(entry.shape())) {
      SnapshotTable table = byBinding.get(decoder.binding());
      // Of a table that was not begun the first chunk will show what all this came to.
      if (table != null && !table.untouched()) {
        change(decoder, entry);
      }
    }
  }

  private List<RowDecoder> decoders(long number) {
    return decoders.computeIfAbsent(
        number,
        any -> {
          List<RowDecoder> made = new ArrayList<>();
          Shape shape = shapes.get(number);
          for (SnapshotTable table : tables) {
            if (shape != null && shape.table().equals(table.table().name())) {
              made.add(new RowDecoder(table.binding(), shape, triggers));
            }
          }
          return made;
        });
  }

  private void change(RowDecoder decoder, LogEntry entry) {
    List<@Nullable Object> values = entry.values();
    List<@Nullable Object> old = entry.oldKey();
    Row row = values == null ? null : decoder.row(values);
    Key before = old == null ? null : decoder.oldKey(old);
    Key key = row == null ? before : RowDecoder.key(row);
    Instant time = Instant.ofEpochMilli(entry.atMillis());
    if (row != null && key == null) {
      // What it was is gone, and what it is has no key: that is refused, and kept as such.
      if (before != null) {
        add(decoder.binding(), Operation.DELETE, before, null, null, time);
      }
      add(decoder.binding(), Operation.CREATE, RowDecoder.unfitKey(row), null, row, time);
    } else if (row == null && before != null) {
      add(decoder.binding(), Operation.DELETE, before, null, null, time);
    } else if (row != null && key != null) {
      boolean moved = before != null && !before.equals(key);
      add(
          decoder.binding(),
          before == null ? Operation.CREATE : Operation.UPDATE,
          key,
          moved ? before : null,
          row,
          time);
    }
    sizeBytes += sizeBytes(entry);
  }

  private void add(
      Binding binding,
      Operation operation,
      Key key,
      @Nullable Key previousKey,
      @Nullable Row row,
      Instant time) {
    changes.add(
        new Change(
            binding,
            operation,
            key,
            previousKey,
            row,
            null,
            new Position(count, ordinal++),
            time,
            open.place(),
            open.marker()));
  }

  /** What a chunk and a portion hold counts as a transaction of its own, of no number. */
  private void beginPlaced() {
    count++;
    ordinal = 0;
  }

  private void addPlaced(
      SnapshotTable table, Operation operation, Key key, @Nullable Row row, Instant time) {
    changes.add(
        new Change(
            table.binding(),
            operation,
            key,
            null,
            row,
            null,
            new Position(count, ordinal++),
            time,
            0));
    sizeBytes += row == null ? CHANGE_BYTES : sizeBytes(row);
  }

  /** A chunk that shows what all that was read of the log has come to. */
  void place(SnapshotTable.Chunk chunk, Instant time) throws InterruptedException {
    beginPlaced();
    for (Row row : chunk.rows()) {
      Key key = RowDecoder.key(row);
      addPlaced(
          chunk.table(),
          chunk.table().operation(),
          key == null ? RowDecoder.unfitKey(row) : key,
          row,
          time);
    }
    chunk.table().emitted(chunk);
    advanced.add(chunk.table());
    flush(true);
  }

  /** What a comparison found missing, once all that was read of the log has been done. */
  void place(Sweep.Portion portion, Instant time) throws InterruptedException {
    SnapshotTable table = portion.table();
    Sweep sweep = table.sweep();
    if (sweep != null && sweep.deleting()) {
      beginPlaced();
      for (Key key : new LinkedHashSet<>(portion.missing())) {
        addPlaced(table, Operation.DELETE, key, null, time);
      }
    }
    table.swept(portion, portion.missing().size());
    advanced.add(table);
    flush(true);
  }

  /** What is kept of a table's snapshot has changed. */
  void changed(SnapshotTable table) {
    advanced.add(table);
    dirty = true;
  }

  /** Hands over what is to be kept though nothing was read. */
  void save() throws InterruptedException {
    if (dirty) {
      flush(open.place() == 0);
    }
  }

  private void flush(boolean whole) throws InterruptedException {
    Map<String, @Nullable String> state = new HashMap<>(unsaved);
    unsaved.clear();
    LogState.Open kept = whole ? LogState.Open.NONE : open;
    state.put(LOG, new LogState(epoch, turn, highest, count, handed, kept).text());
    for (SnapshotTable table : advanced) {
      table.save(state);
    }
    advanced.clear();
    dirty = false;
    List<Change> given = changes;
    long size = sizeBytes;
    long ended = passed;
    changes = new ArrayList<>();
    sizeBytes = 0;
    passed = 0;
    pending.add(new Pending(++mark, fresh));
    fresh = new HandedOver();
    sink.accept(new Batch(given, state, mark, size, List.of(), kept.place(), ended));
  }
}
