package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.merge.Conflict.Side;
import dev.unisono.engine.merge.MergeConflict.Decision;
import dev.unisono.engine.merge.MergeConflict.Filter;
import dev.unisono.engine.state.Bytes;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The conflicts in the state's database. Has no state but the entities; safe for threads, each with
 * a connection of its own.
 */
final class ConflictTable {
  private static final String COLUMNS =
      "id, entity, key, field, kept_by, kept_micros, other_by, other_micros, rows, rule,"
          + " first_load, recorded, closed, decided, pick, result";

  private final Shapes shapes;
  private final Map<Integer, MergePlan> plans = new HashMap<>();

  ConflictTable(Shapes shapes, List<MergePlan> plans) {
    this.shapes = shapes;
    plans.forEach(plan -> this.plans.put(plan.entity().id(), plan));
  }

  private byte[] stored(Entity entity, Key record) {
    MergePlan plan = plans.get(entity.id());
    return plan != null && plan.ownKeys()
        ? StoredKey.write((Long) record.part(0))
        : StoredKey.write(entity, record);
  }

  /** The key by which others know a record; its own number where no member has it any more. */
  private Key shown(Connection connection, Entity entity, Key record) throws SQLException {
    MergePlan plan = Objects.requireNonNull(plans.get(entity.id()));
    Key known = plan.ownKeys() ? RecordLinks.key(connection, entity, record) : record;
    return known == null ? record : known;
  }

  /**
   * Keeps a conflict. What is shown again is not another one: of the same two versions' writers the
   * newest is kept, and of one that is open what its members have written since.
   *
   * @return true where it is a new one
   */
  boolean write(Connection connection, MergePlan plan, Key key, Conflict conflict, Instant now)
      throws SQLException {
    Entity entity = plan.entity();
    String field =
        conflict.field() == Conflict.EXISTENCE
            ? ""
            : entity.schema().field(conflict.field()).name();
    byte[] stored = stored(entity, key);
    Long known = known(connection, plan, stored, field, conflict);
    String sql =
        known == null
            ? "INSERT INTO conflict (kept_by, kept_micros, other_by, other_micros, rows, rule,"
                + " first_load, recorded, closed, result, entity, key, field, decided)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"
            : "UPDATE conflict SET kept_by = ?, kept_micros = ?, other_by = ?, other_micros = ?,"
                + " rows = ?, rule = ?, first_load = ?, recorded = ?, closed = ?, result = ?"
                + " WHERE id = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      Side kept = conflict.kept();
      Side other = conflict.other();
      statement.setString(1, plan.writer(kept.version()));
      statement.setLong(2, kept.version().micros());
      statement.setString(3, plan.writer(other.version()));
      statement.setLong(4, other.version().micros());
      statement.setBytes(5, rows(entity, conflict.base(), kept.row(), other.row()));
      statement.setString(6, conflict.rule());
      statement.setBoolean(7, conflict.firstLoad());
      statement.setLong(8, now.toEpochMilli());
      statement.setObject(9, conflict.open() ? null : now.toEpochMilli());
      Row result = conflict.result();
      statement.setBytes(10, result == null ? null : rows(entity, result));
      if (known == null) {
        statement.setInt(11, entity.id());
        statement.setBytes(12, stored);
        statement.setString(13, field);
      } else {
        statement.setLong(11, known);
      }
      statement.executeUpdate();
    }
    return known == null;
  }

  private static @Nullable Long known(
      Connection connection, MergePlan plan, byte[] key, String field, Conflict conflict)
      throws SQLException {
    String which =
        conflict.open()
            ? " AND closed IS NULL"
            : " AND closed IS NOT NULL AND decided = 0 AND kept_by = ? AND kept_micros = ?";
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT id FROM conflict WHERE entity = ? AND key = ? AND field = ? AND other_by = ?"
                + which)) {
      statement.setInt(1, plan.entity().id());
      statement.setBytes(2, key);
      statement.setString(3, field);
      statement.setString(4, plan.writer(conflict.other().version()));
      if (!conflict.open()) {
        statement.setString(5, plan.writer(conflict.kept().version()));
        statement.setLong(6, conflict.kept().version().micros());
      }
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getLong(1) : null;
      }
    }
  }

  /** Ends all that is open of a field of a record, by what a person decided of one of them. */
  int decide(
      Connection connection,
      MergeConflict one,
      @Nullable String pick,
      @Nullable Row result,
      long at)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "UPDATE conflict SET closed = ?, decided = 1, pick = ?, result = ?"
                + " WHERE entity = ? AND key = ? AND field = ? AND closed IS NULL")) {
      statement.setLong(1, at);
      statement.setString(2, pick);
      statement.setBytes(3, pick == null ? rows(one.entity(), result) : null);
      statement.setInt(4, one.entity().id());
      statement.setBytes(5, stored(one.entity(), one.record()));
      statement.setString(6, one.field() == null ? "" : one.field());
      return statement.executeUpdate();
    }
  }

  /** Drops the oldest of those that are decided, and leaves so many. */
  static void trim(Connection connection, int kept) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "DELETE FROM conflict WHERE id IN (SELECT id FROM conflict WHERE closed IS NOT NULL"
                + " ORDER BY closed DESC, id DESC LIMIT -1 OFFSET ?)")) {
      statement.setInt(1, kept);
      statement.executeUpdate();
    }
  }

  /** By entity how many wait for a person. */
  static Map<Integer, Long> open(Connection connection) throws SQLException {
    Map<Integer, Long> open = new HashMap<>();
    try (var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT entity, count(*) FROM conflict WHERE closed IS NULL GROUP BY entity")) {
      while (rows.next()) {
        open.put(rows.getInt(1), rows.getLong(2));
      }
    }
    return open;
  }

  /** One of them; null where there is none of that number. */
  @Nullable MergeConflict find(Connection connection, long id) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT " + COLUMNS + " FROM conflict WHERE id = ?")) {
      statement.setLong(1, id);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? read(connection, row) : null;
      }
    }
  }

  /** Some of them, in the order of their numbers. */
  List<MergeConflict> list(Connection connection, Filter filter) throws SQLException {
    Entity entity = filter.entity();
    Key key = filter.key();
    Boolean open = filter.open();
    Key record = key;
    if (key != null
        && Objects.requireNonNull(plans.get(Objects.requireNonNull(entity).id())).ownKeys()) {
      Long number = RecordLinks.record(connection, entity, key);
      if (number == null) {
        return List.of();
      }
      record = new Key(number);
    }
    String sql =
        "SELECT "
            + COLUMNS
            + " FROM conflict WHERE id > ?"
            + (entity == null ? "" : " AND entity = " + entity.id())
            + (key == null ? "" : " AND key = ?")
            + (open == null ? "" : open ? " AND closed IS NULL" : " AND closed IS NOT NULL")
            + " ORDER BY id";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, filter.after());
      if (record != null) {
        statement.setBytes(2, stored(Objects.requireNonNull(entity), record));
      }
      List<MergeConflict> found = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (found.size() < filter.limit() && rows.next()) {
          MergeConflict conflict = read(connection, rows);
          if (conflict != null) {
            found.add(conflict);
          }
        }
      }
      return found;
    }
  }

  /** Null where the config has the entity, or the field, no longer. */
  private @Nullable MergeConflict read(Connection connection, ResultSet row) throws SQLException {
    MergePlan plan = plans.get(row.getInt(2));
    Entity entity = plan == null ? null : plan.entity();
    String field = row.getString(4);
    if (entity == null || (!field.isEmpty() && entity.schema().find(field) == null)) {
      return null;
    }
    Bytes in = new Bytes(row.getBytes(9));
    Row base = readRow(in);
    MergeConflict.Side kept =
        new MergeConflict.Side(row.getString(5), time(row.getLong(6)), readRow(in));
    MergeConflict.Side other =
        new MergeConflict.Side(row.getString(7), time(row.getLong(8)), readRow(in));
    byte[] result = row.getBytes(16);
    long closed = row.getLong(13);
    boolean open = row.wasNull();
    Key record = StoredKey.read(row.getBytes(3));
    return new MergeConflict(
        row.getLong(1),
        entity,
        record,
        shown(connection, entity, record),
        field.isEmpty() ? null : field,
        base,
        kept,
        other,
        result == null ? null : readRow(new Bytes(result)),
        row.getString(10),
        row.getBoolean(11),
        Instant.ofEpochMilli(row.getLong(12)),
        row.getBoolean(14) ? new Decision(Instant.ofEpochMilli(closed), row.getString(15)) : null,
        open);
  }

  private static @Nullable Instant time(long micros) {
    return micros <= Merger.NO_TIME
        ? null
        : Instant.EPOCH.plusNanos(Math.multiplyExact(micros, 1_000));
  }

  private byte[] rows(Entity entity, @Nullable Row... rows) {
    Bytes out = new Bytes(256);
    for (Row row : rows) {
      out.writeByte(row == null ? 0 : 1);
      if (row != null) {
        out.writeUnsigned(shapes.current(entity));
        Shapes.writeRow(out, row);
      }
    }
    return out.toByteArray();
  }

  private @Nullable Row readRow(Bytes in) {
    return in.readByte() == 0 ? null : Shapes.readRow(in, shapes.shape((int) in.readUnsigned()));
  }
}
