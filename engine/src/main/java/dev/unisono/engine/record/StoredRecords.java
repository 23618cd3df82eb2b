package dev.unisono.engine.record;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.repair.KeyHolder;
import dev.unisono.engine.state.Bytes;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The records in their own database, as readers see them: a table for each served entity, with the
 * row as one blob and an ordered column for each indexed field. Safe for threads.
 */
public final class StoredRecords implements Records, KeyHolder, AutoCloseable {
  private static final int CONNECTIONS = 4;

  private final Shapes shapes;
  private final RecordProjection projection;
  private final BlockingQueue<Connection> connections = new ArrayBlockingQueue<>(CONNECTIONS);

  public StoredRecords(StateFolder folder, Shapes shapes, RecordProjection projection)
      throws SQLException {
    this.shapes = shapes;
    this.projection = projection;
    for (int i = 0; i < CONNECTIONS; i++) {
      connections.add(folder.connectRecords());
    }
  }

  @Override
  public Cursor position() {
    return projection.position();
  }

  @Override
  public boolean awaitSequence(long sequence, Duration atMost) throws InterruptedException {
    return projection.awaitSequence(sequence, atMost);
  }

  private interface Query<T extends @Nullable Object> {
    T run(Connection connection) throws SQLException;
  }

  private <T extends @Nullable Object> T read(Query<T> query) {
    Connection connection;
    try {
      connection = connections.take();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new UnisonoException(
          new Problem("interrupted", ProblemType.TRANSIENT, "The server is stopping.", null, ""),
          interrupted);
    }
    try {
      return query.run(connection);
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    } finally {
      connections.add(connection);
    }
  }

  @Override
  public Optional<EntityRecord> find(Entity entity, Key key) {
    return read(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT version, changed, body FROM "
                  + RecordTables.table(entity)
                  + " WHERE k = ?")) {
        select.setBytes(1, OrderedBytes.key(entity.schema(), key));
        try (ResultSet row = select.executeQuery()) {
          return row.next() ? Optional.of(record(row, key)) : Optional.empty();
        }
      }
    });
  }

  /**
   * A record from a row of (version, changed, body); its key comes from the body where it has one.
   */
  private EntityRecord record(ResultSet row, @Nullable Key known) throws SQLException {
    byte[] body = row.getBytes(3);
    Row image = body == null ? null : image(body);
    Key key = known;
    if (key == null) {
      if (image == null) {
        throw new IllegalStateException("a record without key and body");
      }
      key = image.schema().key(image);
    }
    return new EntityRecord(key, row.getLong(1), image, RecordTables.instant(row.getLong(2)));
  }

  private @Nullable Row image(byte[] body) {
    Bytes in = new Bytes(body);
    return Shapes.readRow(in, shapes.shape((int) in.readUnsigned()));
  }

  @Override
  public Page list(Entity entity, RecordQuery query) {
    // The position is read first: the page reflects it, and perhaps something later.
    Cursor position = position();
    ListStatement statement = ListStatement.of(entity, query);
    List<EntityRecord> found =
        read(connection -> {
          List<EntityRecord> records = new ArrayList<>();
          try (PreparedStatement select = connection.prepareStatement(statement.sql())) {
            for (int i = 0; i < statement.parameters().size(); i++) {
              select.setBytes(i + 1, statement.parameters().get(i));
            }
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                records.add(record(row, null));
              }
            }
          }
          return records;
        });
    boolean more = found.size() > query.limit();
    return new Page(
        more ? List.copyOf(found.subList(0, query.limit())) : List.copyOf(found), more, position);
  }

  @Override
  public String holderName() {
    return "records";
  }

  @Override
  public boolean keeps(Entity entity) {
    return entity.served();
  }

  @Override
  public long through() {
    return position().sequence();
  }

  /** A page ends with its last key's ordered bytes, in hexadecimal. */
  @Override
  public KeyPage keys(Entity entity, @Nullable String after, int limit) {
    return read(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT version, changed, body, k FROM "
                  + RecordTables.table(entity)
                  + " WHERE body IS NOT NULL AND k > ? ORDER BY k LIMIT ?")) {
        select.setBytes(1, after == null ? new byte[0] : HexFormat.of().parseHex(after));
        select.setInt(2, limit);
        List<Key> keys = new ArrayList<>();
        byte[] last = new byte[0];
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            keys.add(record(row, null).key());
            last = row.getBytes(4);
          }
        }
        return new KeyPage(
            List.copyOf(keys), keys.size() < limit ? null : HexFormat.of().formatHex(last));
      }
    });
  }

  @Override
  public long count(Entity entity) {
    return read(connection -> {
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT count(*) FROM "
                      + RecordTables.table(entity)
                      + " WHERE body IS NOT NULL")) {
        row.next();
        return row.getLong(1);
      }
    });
  }

  @Override
  public void close() {
    try {
      for (Connection connection : connections) {
        connection.close();
      }
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /** A list's statement and its parameters, all of them ordered bytes. */
  private record ListStatement(String sql, List<byte[]> parameters) {
    static ListStatement of(Entity entity, RecordQuery query) {
      Schema schema = entity.schema();
      List<String> conditions = new ArrayList<>(List.of("body IS NOT NULL"));
      List<byte[]> parameters = new ArrayList<>();
      for (RecordQuery.Filter filter : query.filters()) {
        byte[] value =
            OrderedBytes.value(
                schema.field(schema.position(filter.field())).type(), filter.value());
        String column = RecordTables.column(schema, filter.field());
        conditions.add(column + (value == null ? " IS NULL" : " = ?"));
        if (value != null) {
          parameters.add(value);
        }
      }
      RecordQuery.After after = query.after();
      if (after != null) {
        conditions.add(afterCondition(schema, query.sort(), after, parameters));
      }
      List<String> order = new ArrayList<>();
      for (RecordQuery.Sort sort : query.sort()) {
        order.add(RecordTables.column(schema, sort.field()) + (sort.descending() ? " DESC" : ""));
      }
      order.add("k");
      return new ListStatement(
          "SELECT version, changed, body FROM "
              + RecordTables.table(entity)
              + " WHERE "
              + String.join(" AND ", conditions)
              + " ORDER BY "
              + String.join(", ", order)
              + " LIMIT "
              + (query.limit() + 1),
          parameters);
    }

    /** (a, b, k) after (x, y, z), with a direction of its own for each and nulls lowest. */
    private static String afterCondition(
        Schema schema,
        List<RecordQuery.Sort> sorts,
        RecordQuery.After after,
        List<byte[]> parameters) {
      List<String> alternatives = new ArrayList<>();
      for (int i = 0; i <= sorts.size(); i++) {
        List<String> all = new ArrayList<>();
        for (int j = 0; j < i; j++) {
          all.add(compare(schema, sorts.get(j), after.sortValues().get(j), true, parameters));
        }
        if (i < sorts.size()) {
          all.add(compare(schema, sorts.get(i), after.sortValues().get(i), false, parameters));
        } else {
          all.add("k > ?");
          parameters.add(OrderedBytes.key(schema, after.key()));
        }
        alternatives.add("(" + String.join(" AND ", all) + ")");
      }
      return "(" + String.join(" OR ", alternatives) + ")";
    }

    private static String compare(
        Schema schema,
        RecordQuery.Sort sort,
        @Nullable Object value,
        boolean equal,
        List<byte[]> parameters) {
      String column = RecordTables.column(schema, sort.field());
      byte[] bytes = OrderedBytes.value(schema.field(schema.position(sort.field())).type(), value);
      if (bytes == null) {
        return column + (equal ? " IS NULL" : sort.descending() ? " < x''" : " IS NOT NULL");
      }
      parameters.add(bytes);
      if (equal) {
        return column + " = ?";
      }
      return sort.descending() ? "(" + column + " < ? OR " + column + " IS NULL)" : column + " > ?";
    }
  }
}
