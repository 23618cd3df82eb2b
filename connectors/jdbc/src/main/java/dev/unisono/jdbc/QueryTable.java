package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One table that is read by queries: whole at first and where that is asked for, then by polls of
 * its cursor column, if it has one; what is gone is found by comparison. For one thread.
 */
final class QueryTable {
  private static final String FIELDS = "fields/";

  private final SnapshotTable snapshot;
  private final @Nullable CursorReading cursor;
  private final LastTold told = new LastTold();
  private final String fields;
  private final long pauseNanos;
  private boolean waiting;
  private long compareNanos;

  /** Rows whose cursor is null are being read. */
  private boolean nulls;

  private @Nullable Key nullsAfter;

  /** Why it is read again by itself; null where that is not known any more, or it is not. */
  private @Nullable Problem cause;

  QueryTable(
      SnapshotTable snapshot,
      @Nullable CursorReading cursor,
      QueryLimits limits,
      Map<String, String> state,
      KnownKeys known) {
    this.snapshot = snapshot;
    this.cursor = cursor;
    this.pauseNanos = limits.deletesEvery().toNanos();
    this.fields = fields(snapshot);
    boolean changed =
        !Objects.requireNonNullElse(state.get(FIELDS + sync()), fields).equals(fields);
    if (!snapshot.untouched() && (changed || (cursor != null && !cursor.noted()))) {
      repeat(readingChanged(), known.sequence());
    } else if (!snapshot.done() && !snapshot.firstLoad()) {
      // What is read again is read as a whole.
      Sweep sweep = snapshot.sweep();
      snapshot.repeat(sweep == null ? Sweep.REFRESH : sweep.cause(), known.sequence());
    }
  }

  /** What of its table is read, and which of its rows. */
  private static String fields(SnapshotTable snapshot) {
    Binding binding = snapshot.binding();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      boolean there = column != null && snapshot.table().columns().containsKey(column);
      texts.add(binding.schema().field(i).name() + (there ? " " + column : ""));
    }
    texts.add(Objects.requireNonNullElse(binding.where(), ""));
    return Shape.text(texts);
  }

  SnapshotTable snapshot() {
    return snapshot;
  }

  Binding binding() {
    return snapshot.binding();
  }

  private String sync() {
    return binding().sync();
  }

  /** Notes that a row is handed over; false where that would say nothing new in this run. */
  boolean tell(Operation operation, Key key, Row row) {
    boolean news = told.tell(key, row);
    return news || operation != Operation.REFRESH;
  }

  void gone(Key key) {
    told.gone(key);
  }

  /** The polls, where one is due or goes on. */
  @Nullable CursorReading due() {
    CursorReading polls = cursor;
    return polls == null || snapshot.firstLoad() || polls.waitNanos() > 0 ? null : polls;
  }

  /** Polls go on from where the table stands now, unless that is known already. */
  void note(Connection connection, Instant now) throws SQLException {
    CursorReading polls = cursor;
    if (polls != null && !polls.noted()) {
      polls.note(connection, now);
    }
  }

  /** It is read again as a whole, for a reason that is no command. */
  void repeat(Problem why, long sequence) {
    cause = why;
    snapshot.repeat(why.code(), sequence);
    System.getLogger(QueryTable.class.getName())
        .log(
            System.Logger.Level.WARNING,
            "{0} is read and compared again ({1})",
            snapshot.table().name(),
            why.code());
  }

  /** Begins a comparison where one is due. */
  void compareWhereDue(KnownKeys known) {
    CursorReading polls = cursor;
    if (polls == null || pauseNanos == 0 || snapshot.paused() || !snapshot.finished()) {
      waiting = false;
    } else if (!waiting) {
      waiting = true;
      compareNanos = System.nanoTime() + pauseNanos;
    } else if (System.nanoTime() - compareNanos >= 0) {
      waiting = false;
      nulls = polls.nullable();
      nullsAfter = null;
      snapshot.compare(known.sequence());
    }
  }

  /** The next rows whose cursor is null; null where that is not to be asked. */
  @Nullable List<Row> readNulls(Connection connection, int limit) throws SQLException {
    CursorReading polls = cursor;
    if (polls == null || !nulls) {
      return null;
    }
    List<Row> rows = polls.readNulls(connection, nullsAfter, limit);
    Key last = null;
    for (Row row : rows) {
      Key key = RowDecoder.key(row);
      last = key == null ? last : key;
    }
    nulls = rows.size() == limit;
    if (nulls && last == null) {
      throw polls.onlyUnfit();
    }
    nullsAfter = last;
    return rows;
  }

  /** How long until it has something to do by itself, as far as is known. */
  long waitNanos() {
    CursorReading polls = cursor;
    long poll = polls == null || snapshot.firstLoad() ? Long.MAX_VALUE : polls.waitNanos();
    return waiting ? Math.min(poll, Math.max(0, compareNanos - System.nanoTime())) : poll;
  }

  /** Why it is read again, while it is. */
  @Nullable Problem cause() {
    String now = snapshot.repairCause();
    Problem known = cause;
    return known != null && known.code().equals(now) ? known : null;
  }

  /** What people should know; null where there is nothing. */
  @Nullable Problem warning() {
    CursorReading polls = cursor;
    if (polls != null && polls.ahead()) {
      return new Problem(
          "cursor-ahead",
          ProblemType.USER,
          "Rows of "
              + snapshot.table().name()
              + " have a "
              + binding().cursor()
              + " that is more than a day ahead. They are read with each poll.",
          binding().configPath() + ".cursor",
          "Correct their values.");
    }
    return cause();
  }

  /** That the table holds nothing of what it held last. */
  Problem setBack() {
    return new Problem(
        "cursor-behind",
        ProblemType.TRANSIENT,
        "The highest "
            + binding().cursor()
            + " of "
            + snapshot.table().name()
            + " is far lower than it was: the database was restored to an earlier time, or its"
            + " newest rows were deleted. The table is read and compared again.",
        binding().configPath() + ".cursor",
        "It ends by itself.");
  }

  private Problem readingChanged() {
    return new Problem(
        "reading-changed",
        ProblemType.TRANSIENT,
        "The config reads "
            + snapshot.table().name()
            + " otherwise than before. The table is read and compared again.",
        binding().configPath(),
        "It ends by itself.");
  }

  /** Puts everything that is kept into a batch's state. */
  void save(Map<String, @Nullable String> state) {
    snapshot.save(state);
    state.put(FIELDS + sync(), fields);
    CursorReading polls = cursor;
    if (polls != null) {
      polls.save(state);
    }
  }
}
