package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.SourceProgress.TableProgress;
import dev.unisono.spi.ValueType;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The snapshot of one binding's table: how far it is, how its next chunk is read, and the
 * comparison that follows it. For one thread.
 */
final class SnapshotTable {
  /** What the names of its entries in the source's state begin with. */
  static final String SNAPSHOT = "snapshot/";

  private static final String PAUSED = "paused/";
  private static final String SWEEP = "sweep/";
  private static final String SWEPT = "swept/";

  /** That the log was read on while the config did not have the sync. */
  static final String AWAY = "away/";

  private static final String DONE = "done";

  private final Binding binding;
  private final Table table;
  private final TableQueries queries;
  private long rowsRead;
  private final SnapshotPace pace = new SnapshotPace();
  private final List<String> consumers;

  /** Those who keep nothing but what was handed over. */
  private final List<String> told;

  private final boolean away;
  private boolean begun;
  private boolean done;
  private boolean paused;

  /** The comparison that goes with the present snapshot; null where all is done. */
  private @Nullable Sweep sweep;

  /** The last comparison that was finished; null where there was none. */
  private @Nullable Sweep swept;

  /** What a comparison waits for, for people. */
  private @Nullable String waiting;

  /** What of its columns is not synced since they changed, for people. */
  private List<String> differences = List.of();

  /** The key of the last row whose chunk took its place; null at the beginning. */
  private @Nullable Key after;

  /**
   * @param state the source's state as it was kept, all of it
   */
  SnapshotTable(
      ReadDialect dialect,
      String system,
      Binding binding,
      Table table,
      Map<String, String> state,
      KnownKeys known) {
    this.binding = binding;
    this.table = table;
    this.queries = new TableQueries(dialect, system, binding, table);
    this.consumers = known.consumers(binding);
    this.told = known.told(binding);
    String reading = state.get(SNAPSHOT + binding.sync());
    if (DONE.equals(reading)) {
      done = true;
    } else if (reading != null && !reading.isEmpty()) {
      restore(reading);
    }
    paused = state.containsKey(PAUSED + binding.sync());
    String last = state.get(SWEPT + binding.sync());
    swept = last == null ? null : Sweep.restore(last, this::consumers);
    String comparing = state.get(SWEEP + binding.sync());
    if (comparing != null) {
      sweep = Sweep.restore(comparing, this::consumers);
    } else if (!done) {
      sweep =
          new Sweep(Sweep.FIRST_LOAD, known.deletesExtra(binding), known.sequence(), 1, consumers);
    }
    finishIfCompared();
    away = state.containsKey(AWAY + binding.sync());
  }

  /** How many rows were read, and the last one's key. */
  private void restore(String kept) {
    begun = true;
    String[] words = kept.split(" ", -1);
    rowsRead = Long.parseLong(words[0]);
    if (words.length > 1) {
      Object[] parts = new Object[words.length - 1];
      for (int i = 0; i < parts.length; i++) {
        ValueType type = binding.schema().field(binding.schema().keyPosition(i)).type();
        parts[i] = ValueText.read(type, URLDecoder.decode(words[i + 1], StandardCharsets.UTF_8));
      }
      after = new Key(parts);
    }
  }

  /** The state that is kept: where the snapshot stands. */
  private String state() {
    if (done) {
      return DONE;
    }
    if (!begun) {
      return "";
    }
    StringBuilder state = new StringBuilder(Long.toString(rowsRead));
    Key key = after;
    for (int i = 0; key != null && i < key.size(); i++) {
      String text = ValueText.write(key.part(i));
      state.append(' ').append(URLEncoder.encode(text, StandardCharsets.UTF_8));
    }
    return state.toString();
  }

  /**
   * Rows that were read together, as they were once all that was read of the log had been done.
   *
   * @param after the key of the last row that has one; null where none was read so far
   * @param last true where no more rows follow
   */
  record Chunk(SnapshotTable table, List<Row> rows, @Nullable Key after, boolean last) {}

  Binding binding() {
    return binding;
  }

  Table table() {
    return table;
  }

  /** True where everything has been read. */
  boolean done() {
    return done;
  }

  /** True where there is nothing to compare any more, either. */
  boolean finished() {
    return done && sweep == null;
  }

  /** True where no chunk has ever taken its place, so that nobody holds its rows by us. */
  boolean untouched() {
    return !done && !begun && firstLoad();
  }

  /** True while it is read for the first time. */
  boolean firstLoad() {
    Sweep now = sweep;
    return !done && now != null && now.firstLoad();
  }

  boolean paused() {
    return paused;
  }

  boolean away() {
    return away;
  }

  /** The comparison that goes with the present snapshot; null where all is done. */
  @Nullable Sweep sweep() {
    return sweep;
  }

  /** The code of the problem for which it is read and compared; null where there is none. */
  @Nullable String repairCause() {
    Sweep now = sweep;
    return now == null || !now.repairs() ? null : now.cause();
  }

  /** Who is compared; to a refresh nobody's rows matter that were never told of. */
  private List<String> consumers(String cause) {
    return Sweep.tellsDifferences(cause) ? told : consumers;
  }

  /** What the rows of its chunks are told as. */
  Operation operation() {
    Sweep now = sweep;
    return now != null && Sweep.tellsDifferences(now.cause()) ? Operation.REFRESH : Operation.READ;
  }

  /** What of its columns is not synced since they changed. */
  void differences(List<String> now) {
    differences = now;
  }

  /** What its comparison waits for, for people; null where it does not. */
  void waiting(@Nullable String what) {
    waiting = what;
  }

  /** No more chunks are begun, or again. */
  void pause(boolean now) {
    paused = now;
    pace.interrupted();
  }

  /** The snapshot begins anew, and a comparison follows. */
  void repeat(String cause, long sequence) {
    done = false;
    begun = false;
    Sweep before = sweep == null ? swept : sweep;
    long number = before == null ? 1 : before.number() + 1;
    sweep = new Sweep(cause, true, sequence, number, consumers(cause));
    waiting = null;
    after = null;
    rowsRead = 0;
  }

  /**
   * What is gone is looked for without its being read again; forgotten where this run ends before
   * it does.
   */
  void compare(long sequence) {
    Sweep before = swept;
    long number = before == null ? 1 : before.number();
    sweep = new Sweep(Sweep.COMPARISON, true, sequence, number, consumers(Sweep.COMPARISON));
    finishIfCompared();
  }

  /** True while what is gone is looked for, and nothing is read. */
  boolean comparing() {
    Sweep now = sweep;
    return now != null && now.cause().equals(Sweep.COMPARISON);
  }

  /** A portion of the comparison was handed over. */
  void swept(Sweep.Portion portion, int found) {
    Sweep now = sweep;
    if (now != null) {
      now.placed(portion, found);
    }
    finishIfCompared();
  }

  private void finishIfCompared() {
    Sweep now = sweep;
    if (done && now != null && now.finished()) {
      swept = now;
      sweep = null;
      waiting = null;
    }
  }

  TableProgress progress() {
    Sweep now = sweep;
    Sweep shown = now == null ? swept : now;
    return new TableProgress(
        binding.sync(),
        table.name(),
        phase(),
        shown == null ? Sweep.FIRST_LOAD : shown.cause(),
        shown == null ? 0 : shown.began(),
        shown == null ? 0 : shown.number(),
        rowsRead,
        -1,
        done ? 0 : pace.rowsPerSecond(),
        shown == null ? 0 : shown.checked(),
        shown == null ? 0 : shown.missing(),
        done ? waiting : null,
        done,
        differences);
  }

  private TablePhase phase() {
    if (finished()) {
      return TablePhase.DONE;
    }
    if (paused) {
      return TablePhase.PAUSED;
    }
    if (done) {
      return TablePhase.SWEEPING;
    }
    return begun ? TablePhase.READING : TablePhase.WAITING;
  }

  /** Puts everything that is kept into a batch's state. */
  void save(Map<String, @Nullable String> state) {
    Sweep now = sweep;
    Sweep last = swept;
    String sync = binding.sync();
    state.put(SNAPSHOT + sync, state());
    state.put(PAUSED + sync, paused ? "paused" : null);
    state.put(SWEEP + sync, now == null || comparing() ? null : now.text());
    state.put(SWEPT + sync, last == null ? null : last.text());
    state.put(AWAY + sync, null);
  }

  /** The chunk was handed over. */
  void emitted(Chunk chunk) {
    begun = true;
    rowsRead += chunk.rows().size();
    after = chunk.after();
    pace.read(chunk.rows().size());
    done = chunk.last();
    finishIfCompared();
  }

  /** Reads the next rows in key order. */
  Chunk read(Connection connection, int limit) throws SQLException {
    List<Row> rows = new ArrayList<>();
    queries.readNext(connection, after, limit, rows);
    boolean last = rows.size() < limit;
    Key reached = after;
    int known = rows.size();
    for (int i = rows.size() - 1; i >= 0; i--) {
      Key key = RowDecoder.key(rows.get(i));
      if (key != null) {
        reached = key;
        known = i + 1;
        break;
      }
      known = i;
    }
    if (!last && known == 0) {
      throw queries.onlyUnfit();
    }
    // Those without a key of its type are read again with what follows.
    return new Chunk(this, last ? rows : rows.subList(0, known), reached, last);
  }

  /** Looks keys up that a consumer holds: which of them does the table not have? */
  Sweep.Portion compare(
      Connection connection, String consumer, List<Key> keys, @Nullable String place)
      throws SQLException {
    List<Key> missing = new ArrayList<>();
    queries.findMissing(connection, keys, missing);
    return new Sweep.Portion(this, consumer, place, keys.size(), List.copyOf(missing));
  }
}
