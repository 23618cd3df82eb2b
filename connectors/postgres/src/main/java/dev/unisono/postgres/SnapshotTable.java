package dev.unisono.postgres;

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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
  private static final String RELATION = "relation/";

  /** That the log was read on while the config did not have the sync. */
  static final String AWAY = "away/";

  private static final String DONE = "done";

  private final Binding binding;
  private final Table table;
  private final TableQueries queries;
  private final AtomicLong rowsRead = new AtomicLong();
  private final Strays strays = new Strays();
  private final SnapshotPace pace = new SnapshotPace();
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

  private final List<String> consumers;

  /** Those who keep nothing but what was handed over. */
  private final List<String> told;

  /** True where the state was kept for another table of the same name. */
  private boolean replaced;

  /** True where the log was read on while the config did not have the sync. */
  private boolean away;

  /** Counts how often it began anew: what was read before is then no use. */
  private final AtomicInteger beginnings = new AtomicInteger();

  /** The last row's chunk has taken its place; what is left to read are strays. */
  private volatile boolean passed;

  /** The key of the last row whose chunk took its place, as texts; null at the beginning. */
  private volatile @Nullable List<String> after;

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
      restore(reading.lines().toList());
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
    String relation = state.get(RELATION + binding.sync());
    if (relation != null && !relation.equals(Long.toString(table.relation()))) {
      replaced = true;
    }
  }

  /** How many rows were read and the last one's key; then, on a line each, the strays. */
  private void restore(List<String> lines) {
    begun = true;
    List<String> first = words(lines.getFirst());
    rowsRead.set(Long.parseLong(first.getFirst()));
    after = first.size() == 1 ? null : first.subList(1, first.size());
    for (String line : lines.subList(1, lines.size())) {
      // The first chunk after a start sees all that was committed before it.
      strays.add(key(words(line)), null);
    }
  }

  private static List<String> words(String line) {
    return Stream.of(line.split(" ", -1))
        .map(word -> URLDecoder.decode(word, StandardCharsets.UTF_8))
        .toList();
  }

  private static String line(List<String> words) {
    return words.stream()
        .map(word -> URLEncoder.encode(word, StandardCharsets.UTF_8))
        .collect(Collectors.joining(" "));
  }

  private Key key(List<String> texts) {
    Object[] parts = new Object[texts.size()];
    for (int i = 0; i < parts.length; i++) {
      byte[] bytes = texts.get(i).getBytes(StandardCharsets.UTF_8);
      ValueType type = binding.schema().field(binding.schema().keyPosition(i)).type();
      parts[i] = TextValue.read(type, bytes, 0, bytes.length);
    }
    return new Key(parts);
  }

  private static List<String> texts(Key key) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < key.size(); i++) {
      texts.add(TextValue.write(key.part(i)));
    }
    return texts;
  }

  /**
   * Rows that were read together.
   *
   * @param beginning the snapshot's beginning it belongs to
   * @param snapshot what the query could see
   * @param strays the keys that were read beside those that follow the last chunk's
   * @param reached the key of the last row in the table's order; null where none followed
   * @param last true where no more rows follow
   * @param readMillis when it was read by the server's clock, since 1970
   */
  record Chunk(
      SnapshotTable table,
      int beginning,
      VisibilitySnapshot snapshot,
      List<Row> rows,
      List<Key> keys,
      List<Key> strays,
      @Nullable Key reached,
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

  /** True where it is to be read and compared, and no chunk has taken its place. */
  boolean awaitsRepair() {
    return !done && !begun && !firstLoad();
  }

  boolean paused() {
    return paused;
  }

  boolean replaced() {
    return replaced;
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
    replaced = false;
    away = false;
    Sweep before = sweep == null ? swept : sweep;
    long number = before == null ? 1 : before.number() + 1;
    sweep = new Sweep(cause, true, sequence, number, consumers(cause));
    waiting = null;
    beginAnew();
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

  TableProgress progress(@Nullable String earlier) {
    Sweep now = sweep;
    Sweep shown = now == null ? swept : now;
    return new TableProgress(
        binding.sync(),
        table.plainName(),
        phase(earlier),
        shown == null ? Sweep.FIRST_LOAD : shown.cause(),
        shown == null ? 0 : shown.began(),
        shown == null ? 0 : shown.number(),
        rowsRead.get(),
        table.rowsEstimated(),
        done ? 0 : pace.rowsPerSecond(),
        shown == null ? 0 : shown.checked(),
        shown == null ? 0 : shown.missing(),
        done ? waiting : earlier,
        done,
        differences);
  }

  private TablePhase phase(@Nullable String earlier) {
    if (finished()) {
      return TablePhase.DONE;
    }
    if (paused) {
      return TablePhase.PAUSED;
    }
    if (done) {
      return TablePhase.SWEEPING;
    }
    return begun && earlier == null ? TablePhase.READING : TablePhase.WAITING;
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
    state.put(RELATION + sync, Long.toString(table.relation()));
    state.put(AWAY + sync, null);
  }

  /** The state that is kept: where the snapshot stands. */
  private String state() {
    if (done) {
      return DONE;
    }
    if (!begun) {
      return ""; // Strays are no matter: the first chunk after a start sees where all rows lie.
    }
    List<String> first = new ArrayList<>();
    first.add(rowsRead.toString());
    List<String> key = after;
    if (key != null) {
      first.addAll(key);
    }
    StringBuilder state = new StringBuilder(line(first));
    strays.all().forEach(stray -> state.append('\n').append(line(texts(stray))));
    return state.toString();
  }

  /**
   * The log showed a row under a new key, and only a part of it.
   *
   * @return true where the state changed with that
   */
  boolean moved(Key from, Key to, int transaction) {
    if (passed && !strays.contains(from)) {
      return false; // All of the row was handed over under its old key.
    }
    if (!strays.add(to, transaction)) {
      beginAnew();
    }
    return true;
  }

  private void beginAnew() {
    passed = false;
    after = null;
    rowsRead.set(0);
    strays.clear();
    // Last: a chunk that is begun meanwhile must not count as one of the new beginning.
    beginnings.incrementAndGet();
  }

  /** Whether the chunk still follows what was handed over. */
  boolean expects(int beginning) {
    return beginning == beginnings.get();
  }

  /** The chunk has taken its place in the log's order. */
  void emitted(Chunk chunk) {
    begun = true;
    rowsRead.addAndGet(chunk.rows().size());
    Key reached = chunk.reached();
    if (reached != null) {
      after = texts(reached);
    }
    strays.found(chunk.strays(), chunk.snapshot());
    passed |= chunk.last();
    pace.read(chunk.rows().size());
    done = passed && strays.isEmpty();
    finishIfCompared();
  }

  /**
   * Reads the next rows in key order, the strays, and what the queries could see, in one snapshot.
   */
  Chunk read(Connection connection, int limit) throws SQLException {
    int beginning = beginnings.get();
    List<Key> asked = strays.first(limit);
    Map<Key, Row> found = new LinkedHashMap<>();
    List<Row> next = new ArrayList<>();
    Moment moment;
    connection.setAutoCommit(false);
    try {
      moment = moment(connection);
      if (!asked.isEmpty()) {
        queries.readKeys(connection, asked, found);
      }
      queries.readNext(connection, after, limit, next);
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    Key reached = next.isEmpty() ? null : binding.schema().key(next.getLast());
    next.forEach(row -> found.put(binding.schema().key(row), row));
    return new Chunk(
        this,
        beginning,
        moment.snapshot(),
        List.copyOf(found.values()),
        List.copyOf(found.keySet()),
        asked,
        reached,
        next.size() < limit,
        moment.readMillis());
  }

  /** What a transaction can see, and when it began by the server's clock. */
  private record Moment(VisibilitySnapshot snapshot, long readMillis) {}

  /** Begins the transaction in which everything is read from one snapshot. */
  private static Moment moment(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
      try (ResultSet row =
          statement.executeQuery(
              "SELECT pg_current_snapshot()::text,"
                  + " (extract(epoch FROM clock_timestamp()) * 1000)::bigint")) {
        row.next();
        return new Moment(VisibilitySnapshot.parse(row.getString(1)), row.getLong(2));
      }
    }
  }

  /** Looks keys up that a consumer holds: which of them does the table not have? */
  Sweep.Portion compare(
      Connection connection, String consumer, List<Key> keys, @Nullable String place)
      throws SQLException {
    int beginning = beginnings.get();
    List<Key> missing = new ArrayList<>();
    Moment moment;
    connection.setAutoCommit(false);
    try {
      moment = moment(connection);
      queries.findMissing(connection, keys, missing);
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    return new Sweep.Portion(
        this,
        beginning,
        consumer,
        place,
        keys.size(),
        List.copyOf(missing),
        moment.snapshot(),
        moment.readMillis());
  }
}
