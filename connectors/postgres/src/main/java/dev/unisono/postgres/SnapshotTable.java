package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.SourceProgress.TableProgress;
import dev.unisono.spi.ValueType;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The snapshot of one binding's table: how far it is, and how its next chunk is read. Chunks are
 * read by one thread, progress is asked by another.
 */
final class SnapshotTable {
  private static final String DONE = "done";

  private final Binding binding;
  private final Table table;
  private final List<String> keyColumns;

  /** The fields that the table keeps, in the order the chunk's query gives them. */
  private final List<Integer> fields = new ArrayList<>();

  private volatile boolean done;
  private final AtomicLong rowsRead = new AtomicLong();

  /** The key of the last row whose chunk took its place, as texts; null before the first. */
  private volatile @Nullable List<String> after;

  SnapshotTable(Binding binding, Table table, @Nullable String state) {
    this.binding = binding;
    this.table = table;
    this.keyColumns = Table.keyColumns(binding);
    for (int i = 0; i < binding.schema().size(); i++) {
      if (binding.column(i) != null) {
        fields.add(i);
      }
    }
    if (DONE.equals(state)) {
      done = true;
    } else if (state != null && !state.isEmpty()) {
      String[] parts = state.split(" ", -1);
      rowsRead.set(Long.parseLong(parts[0]));
      List<String> key = new ArrayList<>();
      for (int i = 1; i < parts.length; i++) {
        key.add(URLDecoder.decode(parts[i], StandardCharsets.UTF_8));
      }
      after = key;
    }
  }

  /**
   * Rows that were read together.
   *
   * @param snapshot what the query could see
   * @param last true where no more rows follow
   * @param readMillis when it was read by the server's clock, since 1970
   */
  record Chunk(
      long number,
      SnapshotTable table,
      VisibilitySnapshot snapshot,
      List<Row> rows,
      List<Key> keys,
      boolean last,
      long readMillis) {}

  Binding binding() {
    return binding;
  }

  Table table() {
    return table;
  }

  boolean done() {
    return done;
  }

  /** True where no chunk has taken its place yet. */
  boolean untouched() {
    return !done && after == null;
  }

  TableProgress progress() {
    return new TableProgress(table.plainName(), rowsRead.get(), table.rowsEstimated(), done);
  }

  /** The state that is kept: where the snapshot stands. */
  String state() {
    List<String> key = after;
    if (done) {
      return DONE;
    }
    return key == null
        ? ""
        : rowsRead.get()
            + " "
            + key.stream()
                .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8))
                .collect(Collectors.joining(" "));
  }

  /** The chunk has taken its place in the log's order. */
  void emitted(Chunk chunk) {
    rowsRead.addAndGet(chunk.rows().size());
    if (!chunk.keys().isEmpty()) {
      Key last = chunk.keys().getLast();
      List<String> key = new ArrayList<>();
      for (int i = 0; i < last.size(); i++) {
        key.add(TextValue.write(last.part(i)));
      }
      after = key;
    }
    done = chunk.last();
  }

  /** Reads the next rows in key order, and what the query could see, in one snapshot. */
  Chunk read(Connection connection, long number, int limit) throws SQLException {
    List<Row> rows = new ArrayList<>();
    List<Key> keys = new ArrayList<>();
    VisibilitySnapshot snapshot;
    long readMillis;
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
      try (ResultSet row =
          statement.executeQuery(
              "SELECT pg_current_snapshot()::text,"
                  + " (extract(epoch FROM clock_timestamp()) * 1000)::bigint")) {
        row.next();
        snapshot = VisibilitySnapshot.parse(row.getString(1));
        readMillis = row.getLong(2);
      }
      readRows(connection, limit, rows, keys);
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    return new Chunk(number, this, snapshot, rows, keys, rows.size() < limit, readMillis);
  }

  private void readRows(Connection connection, int limit, List<Row> rows, List<Key> keys)
      throws SQLException {
    List<String> from = after;
    try (PreparedStatement select = connection.prepareStatement(query(from != null))) {
      int parameter = 1;
      if (from != null) {
        for (String part : from) {
          select.setString(parameter++, part);
        }
      }
      select.setInt(parameter, limit);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Row read = row(row);
          rows.add(read);
          keys.add(binding.schema().key(read));
        }
      }
    }
  }

  private Row row(ResultSet row) throws SQLException {
    @Nullable Object[] values = new @Nullable Object[binding.schema().size()];
    for (int i = 0; i < fields.size(); i++) {
      int field = fields.get(i);
      String text = row.getString(i + 1);
      if (text != null) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ValueType type = binding.schema().field(field).type();
        values[field] = TextValue.read(type, bytes, 0, bytes.length);
      }
    }
    return new Row(binding.schema(), values);
  }

  /** A field's column as the log writes it; a cast would take the padding off a char(n). */
  private String asText(int field) {
    String name = String.valueOf(binding.column(field));
    String column = "t." + Database.quote(name);
    return table.column(name).type().equals("bpchar")
        ? "textin(bpcharout(" + column + "))"
        : column + "::text";
  }

  private String query(boolean fromKey) {
    String columns = fields.stream().map(this::asText).collect(Collectors.joining(", "));
    // By the alias: a bare name in ORDER BY would mean the text in the list, and its order.
    String key =
        keyColumns.stream()
            .map(column -> "t." + Database.quote(column))
            .collect(Collectors.joining(", "));
    String values =
        keyColumns.stream()
            .map(column -> "?::" + Database.quote(table.column(column).type()))
            .collect(Collectors.joining(", "));
    return "SELECT "
        + columns
        + " FROM "
        + table.sqlName()
        + " t"
        + (fromKey ? " WHERE (" + key + ") > (" + values + ")" : "")
        + " ORDER BY "
        + key
        + " LIMIT ?";
  }
}
