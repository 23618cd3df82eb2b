package dev.unisono.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads H2's log. Transactions write to it side by side and are committed in another order than
 * their entries have: those of one are read together, at the place of its last, in a snapshot that
 * is kept until all of it was read and hinders nobody. For one thread.
 */
final class H2LogReading implements LogReading {
  private static final String QUERY =
      "SELECT place, kind, shape, number, at, transaction, session, old_key, image FROM "
          + TriggerLog.LOG
          // What was begun goes first: whatever it had to come after came before.
          + " ORDER BY CASE WHEN transaction = ? THEN 0 ELSE 1 END,"
          + " MAX(place) OVER (PARTITION BY COALESCE(transaction, 'place ' || place)), place";

  private final Connection connection;
  private final Map<Long, Shape> shapes;
  private @Nullable PreparedStatement select;
  private @Nullable ResultSet row;
  private boolean shownAll = true;

  H2LogReading(Connection connection, Map<Long, Shape> shapes) throws SQLException {
    this.connection = connection;
    this.shapes = shapes;
  }

  /** H2 does not tell. */
  @Override
  public boolean changed() {
    return true;
  }

  @Override
  public void begin() throws SQLException {
    if (row == null) {
      connection.setAutoCommit(true); // Ends what other statements have begun to look at.
      connection.setAutoCommit(false);
    }
  }

  @Override
  public List<LogEntry> next(HandedOver handed, LogState.Open open, int most, long mostBytes)
      throws SQLException {
    ResultSet reading = row;
    if (reading == null) {
      PreparedStatement begun = connection.prepareStatement(QUERY);
      select = begun;
      begun.setString(1, open.key());
      reading = begun.executeQuery();
      row = reading;
    }
    List<LogEntry> entries = new ArrayList<>();
    long bytes = 0;
    shownAll = false;
    while (entries.size() < most && bytes < mostBytes) {
      if (!reading.next()) {
        shownAll = true;
        close();
        break;
      }
      if (!handed.contains(reading.getLong(1))) {
        LogEntry entry = entry(reading);
        entries.add(entry);
        bytes += LogReader.sizeBytes(entry);
      }
    }
    return entries;
  }

  private LogEntry entry(ResultSet reading) throws SQLException {
    String transaction = reading.getString(6);
    Shape shape = shapes.get(reading.getLong(3));
    return new LogEntry(
        reading.getLong(1),
        reading.getString(2),
        reading.getLong(3),
        reading.getLong(4),
        reading.getLong(5),
        transaction == null ? "" : transaction,
        reading.getLong(7),
        shape == null ? null : values(reading.getString(8)),
        shape == null ? null : values(reading.getString(9)));
  }

  /** As the trigger wrote it: for each value its length and its text, or a sign. */
  static @Nullable List<@Nullable Object> values(@Nullable String text) {
    if (text == null) {
      return null;
    }
    List<@Nullable Object> values = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      char sign = text.charAt(at);
      if (sign == H2Triggers.NULL || sign == H2Triggers.ABSENT) {
        values.add(sign == H2Triggers.NULL ? null : LogEntry.ABSENT);
        at++;
      } else {
        int colon = text.indexOf(':', at);
        int end = colon + 1 + Integer.parseInt(text, at, colon, 10);
        values.add(text.substring(colon + 1, end));
        at = end;
      }
    }
    return values;
  }

  private void close() throws SQLException {
    ResultSet reading = row;
    PreparedStatement begun = select;
    row = null;
    select = null;
    if (reading != null) {
      reading.close();
    }
    if (begun != null) {
      begun.close();
    }
  }

  @Override
  public boolean whole() {
    return shownAll;
  }

  @Override
  public boolean shownAll() {
    return shownAll;
  }

  @Override
  public void end() throws SQLException {
    if (shownAll) {
      close();
      connection.commit();
      connection.setAutoCommit(true);
    }
  }
}
