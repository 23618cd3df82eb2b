package dev.unisono.jdbc;

import dev.unisono.jdbc.CursorQueries.Found;
import dev.unisono.jdbc.CursorQueries.Place;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the polls of one table stand. A poll begins behind the highest value that was there when
 * the one before it began, and not when that ended: so a row is seen whose transaction committed no
 * later than the overlap allows, however long a poll takes. For one thread.
 */
final class CursorReading {
  private static final String CURSOR = "cursor/";

  private final CursorColumn column;
  private final CursorQueries queries;
  private final QueryLimits limits;
  private final String sync;

  /** The highest value up to which everything was handed over, but for what commits late. */
  private @Nullable Object highest;

  /** False as long as that was not asked for. */
  private boolean noted;

  private boolean polling;
  private boolean ahead;
  private @Nullable Object from;
  private @Nullable Object bound;
  private @Nullable Place place;
  private long dueNanos = System.nanoTime();

  /**
   * Rows of a poll. Immutable.
   *
   * @param behind true where the table holds nothing that was to be expected: it was set back
   */
  record Page(List<Found> rows, boolean behind) {}

  CursorReading(
      CursorColumn column,
      CursorQueries queries,
      QueryLimits limits,
      String sync,
      Map<String, String> state) {
    this.column = column;
    this.queries = queries;
    this.limits = limits;
    this.sync = sync;
    String kept = state.get(CURSOR + sync);
    List<String> words = kept == null ? List.of() : Shape.names(kept);
    if (words.size() >= 2 && column.same(words.get(0), words.get(1))) {
      noted = true;
      highest = words.size() > 2 ? ValueText.read(column.type(), words.get(2)) : null;
    }
  }

  /** Puts what is kept into a batch's state. */
  void save(Map<String, @Nullable String> state) {
    state.put(CURSOR + sync, text());
  }

  @Nullable String text() {
    if (!noted) {
      return null;
    }
    Object value = highest;
    String name = column.column().name();
    return Shape.text(
        value == null
            ? List.of(name, column.type().name())
            : List.of(name, column.type().name(), ValueText.write(value)));
  }

  /** Whether it is known from where polls go on. */
  boolean noted() {
    return noted;
  }

  /** True where values lie so far ahead of our clock that they are no times of changes. */
  boolean ahead() {
    return ahead;
  }

  boolean nullable() {
    return !column.column().notNull();
  }

  /** How long until a page can be read. */
  long waitNanos() {
    return polling ? 0 : Math.max(0, dueNanos - System.nanoTime());
  }

  /** Polls go on from what is the highest value now. */
  void note(Connection connection, Instant now) throws SQLException {
    highest = top(connection, now);
    noted = true;
    polling = false;
    dueNanos = System.nanoTime();
  }

  private @Nullable Object top(Connection connection, Instant now) throws SQLException {
    Object top = queries.highest(connection, null);
    Object horizon = column.horizon(now);
    ahead = top != null && horizon != null && CursorColumn.compare(top, horizon) > 0;
    return ahead ? queries.highest(connection, horizon) : top;
  }

  /** The next page of this poll, or the first of the next one. */
  Page read(Connection connection, Instant now) throws SQLException {
    boolean behind = !polling && begin(connection, now);
    if (!polling) {
      return new Page(List.of(), behind);
    }
    int limit = limits.pageRows();
    List<Found> rows = queries.read(connection, from, place, limit);
    boolean last = rows.size() < limit;
    int known = rows.size();
    while (known > 0 && RowDecoder.key(rows.get(known - 1).row()) == null) {
      known--;
    }
    if (last) {
      end(limits.poll().toNanos());
      return new Page(rows, behind);
    }
    if (known == 0) {
      throw queries.onlyUnfit();
    }
    Found reached = rows.get(known - 1);
    Key key = reached.row().schema().key(reached.row());
    go(new Place(reached.cursor(), key), now);
    // Those without a key of its type are read again with what follows.
    return new Page(rows.subList(0, known), behind);
  }

  /** Begins a poll where there is something to be read; true where the table was set back. */
  private boolean begin(Connection connection, Instant now) throws SQLException {
    Object top = top(connection, now);
    Object before = highest;
    boolean behind =
        before != null && (top == null || CursorColumn.compare(top, column.behind(before)) < 0);
    if (behind) {
      highest = top;
    }
    Object begins = highest;
    from = begins == null ? null : column.behind(begins);
    bound = top;
    place = null;
    polling = top != null || ahead;
    if (!polling) {
      dueNanos = System.nanoTime() + limits.poll().toNanos();
    }
    return behind;
  }

  /** A full page was read: where it goes on, if it does. */
  private void go(Place reached, Instant now) {
    if (reached.equals(place)) {
      throw queries.inexact();
    }
    place = reached;
    Object top = bound;
    Object horizon = column.horizon(now);
    boolean passed = top != null && CursorColumn.compare(reached.cursor(), top) > 0;
    boolean beyond = horizon != null && CursorColumn.compare(reached.cursor(), horizon) > 0;
    if (passed && !beyond) {
      // What is newer comes with the next poll, which begins at once.
      end(0);
    } else if (top != null && !passed) {
      highest = CursorColumn.higher(highest, reached.cursor());
    }
  }

  private void end(long pauseNanos) {
    Object top = bound;
    if (top != null) {
      highest = CursorColumn.higher(highest, top);
    }
    polling = false;
    dueNanos = System.nanoTime() + pauseNanos;
  }

  /** A page of rows has keys that are none. */
  UnisonoException onlyUnfit() {
    return queries.onlyUnfit();
  }

  /** The next rows whose cursor is null, in key order. */
  List<Row> readNulls(Connection connection, @Nullable Key after, int limit) throws SQLException {
    return queries.readNulls(connection, after, limit);
  }
}
