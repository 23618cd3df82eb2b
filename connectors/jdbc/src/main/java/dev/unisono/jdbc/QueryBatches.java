package dev.unisono.jdbc;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Hands over what queries have found, with what of the state has changed. For one thread. */
final class QueryBatches {
  private static final String COUNT = "count";
  private static final int CHANGE_BYTES = 200;

  private final ChangeSink sink;

  /** The state as it was handed over last. */
  private final Map<String, String> kept;

  private List<Change> changes = new ArrayList<>();
  private long sizeBytes;
  private long count;
  private long mark;

  QueryBatches(ChangeSink sink, Map<String, String> state) {
    this.sink = sink;
    this.kept = new HashMap<>(state);
    // What was handed over may not have been durable.
    this.count = Long.parseLong(state.getOrDefault(COUNT, "0")) + 1;
  }

  /** A row as it is, where that says anything new. */
  void row(QueryTable table, Operation operation, Row row, Instant time) {
    Key found = RowDecoder.key(row);
    Key key = found == null ? RowDecoder.unfitKey(row) : found;
    if (table.tell(operation, key, row)) {
      add(table, operation, key, row, time);
      sizeBytes += LogReader.sizeBytes(row);
    }
  }

  /** A row that is there no more. */
  void gone(QueryTable table, Key key, Instant time) {
    table.gone(key);
    add(table, Operation.DELETE, key, null, time);
    sizeBytes += CHANGE_BYTES;
  }

  private void add(
      QueryTable table, Operation operation, Key key, @Nullable Row row, Instant time) {
    Position position = new Position(count, changes.size());
    changes.add(new Change(table.binding(), operation, key, null, row, null, position, time, 0));
  }

  /** Hands over what there is, and nothing where neither rows nor the state are new. */
  void flush(QueryTable table) throws InterruptedException {
    Map<String, @Nullable String> state = new HashMap<>();
    table.save(state);
    flush(state);
  }

  void flush(Map<String, @Nullable String> state) throws InterruptedException {
    state.entrySet().removeIf(entry -> Objects.equals(entry.getValue(), kept.get(entry.getKey())));
    if (changes.isEmpty() && state.isEmpty()) {
      return;
    }
    state.put(COUNT, Long.toString(count++));
    state.forEach((name, value) -> {
      if (value == null) {
        kept.remove(name);
      } else {
        kept.put(name, value);
      }
    });
    List<Change> given = changes;
    long size = sizeBytes;
    changes = new ArrayList<>();
    sizeBytes = 0;
    sink.accept(new Batch(given, state, ++mark, size));
  }
}
