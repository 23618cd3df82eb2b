package dev.unisono.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads SQLite's log. It has one writer at a time, so that what lies between two looks are whole
 * transactions in their order. A transaction that reads may keep others from writing: it is ended
 * with each page. For one thread.
 */
final class SqliteLogReading implements LogReading {
  private final Connection connection;
  private final Map<Long, Shape> shapes;
  private final String query;
  private final int keyWidth;
  private long seenVersion = -1;

  /** The highest place of the moment at hand. */
  private long upTo;

  private long newest;
  private long reached;
  private boolean full;

  SqliteLogReading(Connection connection, Map<Long, Shape> shapes) throws SQLException {
    this.connection = connection;
    this.shapes = shapes;
    this.keyWidth = SqliteTriggers.width(connection, TriggerLog.LOG, "o");
    int width = SqliteTriggers.width(connection, TriggerLog.LOG, "v");
    this.query =
        "SELECT place, kind, shape, number, at"
            + SqliteTriggers.numbered(", o", 0, keyWidth)
            + SqliteTriggers.numbered(", v", 0, width)
            + " FROM "
            + TriggerLog.LOG
            + " WHERE place > ? AND place <= ? ORDER BY place LIMIT ?";
  }

  @Override
  public boolean changed() throws SQLException {
    long version = number("PRAGMA data_version");
    boolean changed = version != seenVersion || full || reached < newest;
    seenVersion = version;
    return changed;
  }

  private long number(String text) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(text)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  @Override
  public void begin() throws SQLException {
    SqliteDialect.execute(connection, "BEGIN");
    newest = number("SELECT max(place) FROM " + TriggerLog.LOG);
    if (reached >= upTo) {
      upTo = newest;
    }
  }

  @Override
  public List<LogEntry> next(HandedOver handed, LogState.Open open, int most, long mostBytes)
      throws SQLException {
    List<LogEntry> entries = new ArrayList<>();
    long bytes = 0;
    full = false;
    try (PreparedStatement select = connection.prepareStatement(query)) {
      select.setLong(1, Math.max(reached, handed.last()));
      select.setLong(2, upTo);
      select.setInt(3, most);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          LogEntry entry = entry(row);
          entries.add(entry);
          reached = entry.place();
          bytes += LogReader.sizeBytes(entry);
          if (bytes >= mostBytes) {
            break;
          }
        }
      }
    }
    full = bytes >= mostBytes || entries.size() >= most;
    if (!full) {
      reached = Math.max(reached, upTo);
    }
    return entries;
  }

  private LogEntry entry(ResultSet row) throws SQLException {
    String kind = row.getString(2);
    Shape shape = shapes.get(row.getLong(3));
    boolean inserts = kind.equals(LogEntry.INSERT);
    boolean deletes = kind.equals(LogEntry.DELETE);
    return new LogEntry(
        row.getLong(1),
        kind,
        row.getLong(3),
        row.getLong(4),
        row.getLong(5),
        "",
        0,
        shape == null || inserts ? null : values(row, 6, shape.key().size()),
        shape == null || deletes ? null : values(row, 6 + keyWidth, shape.columns().size()));
  }

  private static List<@Nullable Object> values(ResultSet row, int from, int count)
      throws SQLException {
    List<@Nullable Object> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Object found = row.getObject(from + i);
      values.add(found instanceof Integer number ? Long.valueOf(number) : found);
    }
    return values;
  }

  @Override
  public boolean whole() {
    return reached >= upTo;
  }

  @Override
  public boolean shownAll() {
    return !full && upTo >= newest;
  }

  @Override
  public void end() throws SQLException {
    SqliteDialect.execute(connection, "COMMIT");
  }
}
