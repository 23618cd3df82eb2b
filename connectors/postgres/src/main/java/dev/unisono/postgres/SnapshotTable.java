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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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

  /** How the column of each of them is read. */
  private final List<ValueReader> readers = new ArrayList<>();

  private final AtomicLong rowsRead = new AtomicLong();
  private final Strays strays = new Strays();
  private volatile boolean begun;
  private volatile boolean done;

  /** Counts how often it began anew: what was read before is then no use. */
  private final AtomicInteger beginnings = new AtomicInteger();

  /** The last row's chunk has taken its place; what is left to read are strays. */
  private volatile boolean passed;

  /** The key of the last row whose chunk took its place, as texts; null at the beginning. */
  private volatile @Nullable List<String> after;

  SnapshotTable(Binding binding, Table table, @Nullable String state) {
    this.binding = binding;
    this.table = table;
    this.keyColumns = Table.keyColumns(binding);
    for (int i = 0; i < binding.schema().size(); i++) {
      if (binding.column(i) != null) {
        fields.add(i);
        readers.add(new ValueReader(binding.schema().field(i), table.type(binding.column(i))));
      }
    }
    if (DONE.equals(state)) {
      done = true;
    } else if (state != null && !state.isEmpty()) {
      restore(state.lines().toList());
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
      long number,
      SnapshotTable table,
      int beginning,
      VisibilitySnapshot snapshot,
      List<Row> rows,
      List<Key> keys,
      List<Key> strays,
      @Nullable Key reached,
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

  /** True where no chunk has ever taken its place. */
  boolean untouched() {
    return !done && !begun;
  }

  TableProgress progress() {
    return new TableProgress(table.plainName(), rowsRead.get(), table.rowsEstimated(), done);
  }

  /** The state that is kept: where the snapshot stands. */
  String state() {
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
  boolean expects(Chunk chunk) {
    return chunk.beginning() == beginnings.get();
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
    done = passed && strays.isEmpty();
  }

  /**
   * Reads the next rows in key order, the strays, and what the queries could see, in one snapshot.
   */
  Chunk read(Connection connection, long number, int limit) throws SQLException {
    int beginning = beginnings.get();
    List<Key> asked = strays.first(limit);
    Map<Key, Row> found = new LinkedHashMap<>();
    List<Row> next = new ArrayList<>();
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
      if (!asked.isEmpty()) {
        readStrays(connection, asked, found);
      }
      readNext(connection, limit, next);
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    Key reached = next.isEmpty() ? null : binding.schema().key(next.getLast());
    next.forEach(row -> found.put(binding.schema().key(row), row));
    return new Chunk(
        number,
        this,
        beginning,
        snapshot,
        List.copyOf(found.values()),
        List.copyOf(found.keySet()),
        asked,
        reached,
        next.size() < limit,
        readMillis);
  }

  private void readNext(Connection connection, int limit, List<Row> rows) throws SQLException {
    List<String> from = after;
    String values =
        keyColumns.stream()
            .map(column -> "?::" + table.column(column).type().sqlName())
            .collect(Collectors.joining(", "));
    String query =
        select()
            + (from == null ? "" : " WHERE (" + keyList() + ") > (" + values + ")")
            + " ORDER BY "
            + keyList()
            + " LIMIT ?";
    try (PreparedStatement select = connection.prepareStatement(query)) {
      int parameter = 1;
      if (from != null) {
        for (String part : from) {
          select.setString(parameter++, part);
        }
      }
      select.setInt(parameter, limit);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          rows.add(row(row));
        }
      }
    }
  }

  private void readStrays(Connection connection, List<Key> asked, Map<Key, Row> found)
      throws SQLException {
    List<ColumnType> types =
        keyColumns.stream().map(column -> table.column(column).type()).toList();
    String arrays =
        types.stream().map(ColumnType::arrayParameter).collect(Collectors.joining(", "));
    String keys =
        IntStream.range(0, types.size())
            .mapToObj(i -> types.get(i).ofElement("u.k" + i))
            .collect(Collectors.joining(", "));
    String names =
        IntStream.range(0, types.size()).mapToObj(i -> "k" + i).collect(Collectors.joining(", "));
    String query =
        select()
            + " WHERE ("
            + keyList()
            + ") IN (SELECT "
            + keys
            + " FROM unnest("
            + arrays
            + ") AS u ("
            + names
            + "))";
    try (PreparedStatement select = connection.prepareStatement(query)) {
      for (int i = 0; i < keyColumns.size(); i++) {
        int part = i;
        Object[] values = asked.stream().map(key -> TextValue.write(key.part(part))).toArray();
        select.setArray(i + 1, connection.createArrayOf("text", values));
      }
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Row read = row(row);
          found.put(binding.schema().key(read), read);
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
        values[field] = readers.get(i).read(bytes, 0, bytes.length);
      }
    }
    return new Row(binding.schema(), values);
  }

  private String keyList() {
    return keyColumns.stream()
        .map(column -> "t." + Database.quote(column))
        .collect(Collectors.joining(", "));
  }

  private String select() {
    // As they are: the session gives each type's own text form, and so does the log. A cast to text
    // would not, for some (the padding of a char(n), the mask of an inet).
    String columns =
        fields.stream()
            .map(field -> "t." + Database.quote(String.valueOf(binding.column(field))))
            .collect(Collectors.joining(", "));
    return "SELECT " + columns + " FROM " + table.sqlName() + " t";
  }
}
