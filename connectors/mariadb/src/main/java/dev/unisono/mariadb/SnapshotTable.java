package dev.unisono.mariadb;

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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The snapshot of one binding's table: how far it is, how its next chunk is read, and the
 * comparison that follows it. Chunks are read by one thread, moved on by another, progress is asked
 * by any.
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
  private final AtomicLong rowsRead = new AtomicLong();
  private final SnapshotPace pace = new SnapshotPace();
  private final List<String> consumers;

  /** Those who keep nothing but what was handed over. */
  private final List<String> told;

  private final boolean away;
  private volatile boolean begun;
  private volatile boolean done;
  private volatile boolean paused;

  /** The comparison that goes with the present snapshot; null where all is done. */
  private volatile @Nullable Sweep sweep;

  /** The last comparison that was finished; null where there was none. */
  private volatile @Nullable Sweep swept;

  /** What a comparison waits for, for people. */
  private volatile @Nullable String waiting;

  /** What of its columns is not synced since they changed, for people. */
  private volatile List<String> differences = List.of();

  /** Counts how often it began anew: what was read before is then no use. */
  private final AtomicInteger beginnings = new AtomicInteger();

  /** The key of the last row whose chunk took its place; null at the beginning. */
  private volatile @Nullable Key after;

  /**
   * @param state the source's state as it was kept, all of it
   */
  SnapshotTable(Binding binding, Table table, Map<String, String> state, KnownKeys known) {
    this.binding = binding;
    this.table = table;
    this.queries = new TableQueries(binding, table);
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
    rowsRead.set(Long.parseLong(words[0]));
    if (words.length > 1) {
      Object[] parts = new Object[words.length - 1];
      for (int i = 0; i < parts.length; i++) {
        ValueType type = binding.schema().field(binding.schema().keyPosition(i)).type();
        parts[i] = TableValues.parse(type, URLDecoder.decode(words[i + 1], StandardCharsets.UTF_8));
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
    StringBuilder state = new StringBuilder(rowsRead.toString());
    Key key = after;
    for (int i = 0; key != null && i < key.size(); i++) {
      String text = TableValues.text(key.part(i));
      state.append(' ').append(URLEncoder.encode(text, StandardCharsets.UTF_8));
    }
    return state.toString();
  }

  /**
   * Rows that were read together.
   *
   * @param beginning the snapshot's beginning it belongs to
   * @param at where in the log it stands
   * @param last true where no more rows follow
   * @param readMillis when it was read by the server's clock, since 1970
   */
  record Chunk(
      SnapshotTable table,
      int beginning,
      LogPlace at,
      List<Row> rows,
      List<Key> keys,
      boolean last,
      long readMillis)
      implements Mark {}

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
    if (now == null || now.firstLoad()) {
      return null;
    }
    String cause = now.cause();
    return cause.equals(Sweep.COMMAND) || cause.equals(Sweep.REFRESH) ? null : cause;
  }

  /** Who is compared; to a refresh nobody's rows matter that were never told of. */
  private List<String> consumers(String cause) {
    return cause.equals(Sweep.REFRESH) ? told : consumers;
  }

  /** What the rows of its chunks are told as. */
  Operation operation() {
    Sweep now = sweep;
    return now != null && now.cause().equals(Sweep.REFRESH) ? Operation.REFRESH : Operation.READ;
  }

  /** From the reader: what of its columns is not synced since they changed. */
  void differences(List<String> now) {
    differences = now;
  }

  /** What its comparison waits for, for people; null where it does not. */
  void waiting(@Nullable String what) {
    waiting = what;
  }

  /** From the reader: no more chunks are begun, or again. */
  void pause(boolean now) {
    paused = now;
    pace.interrupted();
  }

  /** From the reader, or before it runs: the snapshot begins anew, and a comparison follows. */
  void repeat(String cause, long sequence) {
    done = false;
    begun = false;
    Sweep before = sweep == null ? swept : sweep;
    long number = before == null ? 1 : before.number() + 1;
    sweep = new Sweep(cause, true, sequence, number, consumers(cause));
    waiting = null;
    after = null;
    rowsRead.set(0);
    // Last: a chunk that is begun meanwhile must not count as one of the new beginning.
    beginnings.incrementAndGet();
  }

  /** From the reader: a portion of the comparison has taken its place. */
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
        table.name().plain(),
        phase(),
        shown == null ? Sweep.FIRST_LOAD : shown.cause(),
        shown == null ? 0 : shown.began(),
        shown == null ? 0 : shown.number(),
        rowsRead.get(),
        table.rowsEstimated(),
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
    state.put(SWEEP + sync, now == null ? null : now.text());
    state.put(SWEPT + sync, last == null ? null : last.text());
    state.put(AWAY + sync, null);
  }

  /** Whether the chunk still follows what was handed over. */
  boolean expects(int beginning) {
    return beginning == beginnings.get();
  }

  /** The chunk has taken its place in the log's order. */
  void emitted(Chunk chunk) {
    begun = true;
    rowsRead.addAndGet(chunk.rows().size());
    if (!chunk.keys().isEmpty()) {
      after = chunk.keys().getLast();
    }
    pace.read(chunk.rows().size());
    done = chunk.last();
    finishIfCompared();
  }

  /** Reads the next rows in key order, all from one snapshot. */
  Chunk read(Connection connection, int limit) throws SQLException {
    int beginning = beginnings.get();
    List<Row> rows = new ArrayList<>();
    Moment moment;
    try {
      moment = Moment.begin(connection);
      queries.readNext(connection, after, limit, rows);
    } finally {
      Moment.end(connection);
    }
    List<Key> keys = rows.stream().map(binding.schema()::key).toList();
    return new Chunk(
        this, beginning, moment.place(), rows, keys, rows.size() < limit, moment.readMillis());
  }

  /** Looks keys up that a consumer holds: which of them does the table not have? */
  Sweep.Portion compare(
      Connection connection, String consumer, List<Key> keys, @Nullable String place)
      throws SQLException {
    int beginning = beginnings.get();
    List<Key> missing = new ArrayList<>();
    Moment moment;
    try {
      moment = Moment.begin(connection);
      queries.findMissing(connection, keys, missing);
    } finally {
      Moment.end(connection);
    }
    return new Sweep.Portion(
        this,
        beginning,
        consumer,
        place,
        keys.size(),
        List.copyOf(missing),
        moment.place(),
        moment.readMillis());
  }
}
