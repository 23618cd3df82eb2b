package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.match.MatchScore;
import dev.unisono.engine.merge.MergePair.State;
import dev.unisono.engine.state.Bytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pairs of records of one entity that may be one, in the state's database. For the writer's
 * thread, but for looking.
 */
final class PairTable {
  /** So many that are decided are kept; open ones are never dropped. */
  private static final int KEPT = 10_000;

  private static final String COLUMNS =
      "id, one, other, score, explained, ambiguous, state, recorded, decided, reason";

  private final Entity entity;

  PairTable(Entity entity) {
    this.entity = entity;
  }

  /**
   * A pair as it is stored. Immutable.
   *
   * @param one the lower number of both records
   * @param decided when; null where it is open
   */
  record Pair(
      long id,
      long one,
      long other,
      MatchScore score,
      boolean ambiguous,
      State state,
      Instant recorded,
      @Nullable Instant decided,
      @Nullable String reason) {
    long besides(long record) {
      return record == one ? other : one;
    }
  }

  /** Keeps a pair that waits for a person; false where it is known. */
  boolean open(
      Connection connection,
      long record,
      long with,
      MatchScore score,
      boolean ambiguous,
      Instant now)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT OR IGNORE INTO merge_pair (entity, one, other, score, explained, ambiguous,"
                + " state, recorded) VALUES (?, ?, ?, ?, ?, ?, 'open', ?)")) {
      insert.setInt(1, entity.id());
      insert.setLong(2, Math.min(record, with));
      insert.setLong(3, Math.max(record, with));
      insert.setDouble(4, score.total());
      insert.setBytes(5, write(score));
      insert.setBoolean(6, ambiguous);
      insert.setLong(7, now.toEpochMilli());
      return insert.executeUpdate() > 0;
    }
  }

  void score(Connection connection, Pair pair, MatchScore score) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE merge_pair SET score = ?, explained = ? WHERE id = ?")) {
      update.setDouble(1, score.total());
      update.setBytes(2, write(score));
      update.setLong(3, pair.id());
      update.executeUpdate();
    }
  }

  void decide(Connection connection, Pair pair, boolean same, Instant now, @Nullable String reason)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE merge_pair SET state = ?, decided = ?, reason = ? WHERE id = ?")) {
      update.setString(1, same ? "same" : "different");
      update.setLong(2, now.toEpochMilli());
      update.setString(3, reason);
      update.setLong(4, pair.id());
      update.executeUpdate();
    }
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM merge_pair WHERE id IN (SELECT id FROM merge_pair WHERE state <> 'open'"
                + " ORDER BY decided DESC, id DESC LIMIT -1 OFFSET ?)")) {
      delete.setInt(1, KEPT);
      delete.executeUpdate();
    }
  }

  /** It is none any more. */
  void close(Connection connection, Pair pair) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM merge_pair WHERE id = ?")) {
      delete.setLong(1, pair.id());
      delete.executeUpdate();
    }
  }

  /** One of its records is another one from now on; false where that pair is there already. */
  boolean rename(Connection connection, Pair pair, long gone, long record) throws SQLException {
    long besides = pair.besides(gone);
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE OR IGNORE merge_pair SET one = ?, other = ? WHERE id = ?")) {
      update.setLong(1, Math.min(besides, record));
      update.setLong(2, Math.max(besides, record));
      update.setLong(3, pair.id());
      return update.executeUpdate() > 0;
    }
  }

  /** The pairs of a record that wait for a person. */
  List<Pair> open(Connection connection, long record) throws SQLException {
    List<Pair> pairs = new ArrayList<>();
    for (String side : new String[] {"one", "other"}) {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT "
                  + COLUMNS
                  + " FROM merge_pair WHERE entity = ? AND "
                  + side
                  + " = ? AND state = 'open' ORDER BY id")) {
        select.setInt(1, entity.id());
        select.setLong(2, record);
        pairs.addAll(read(select, Integer.MAX_VALUE));
      }
    }
    return pairs;
  }

  /** The pair of two records; null where there is none. */
  @Nullable Pair of(Connection connection, long record, long with) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT " + COLUMNS + " FROM merge_pair WHERE entity = ? AND one = ? AND other = ?")) {
      select.setInt(1, entity.id());
      select.setLong(2, Math.min(record, with));
      select.setLong(3, Math.max(record, with));
      List<Pair> found = read(select, 1);
      return found.isEmpty() ? null : found.getFirst();
    }
  }

  /** One of them; null where there is none of that number. Safe for threads. */
  @Nullable Pair find(Connection connection, long id) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT " + COLUMNS + " FROM merge_pair WHERE entity = ? AND id = ?")) {
      select.setInt(1, entity.id());
      select.setLong(2, id);
      List<Pair> found = read(select, 1);
      return found.isEmpty() ? null : found.getFirst();
    }
  }

  /** Some of them, in the order of their numbers. Safe for threads. */
  List<Pair> list(Connection connection, @Nullable State state, long after, int limit)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM merge_pair WHERE entity = ? AND id > ?"
                + (state == null
                    ? ""
                    : " AND state = '" + state.name().toLowerCase(Locale.ROOT) + "'")
                + " ORDER BY id")) {
      select.setInt(1, entity.id());
      select.setLong(2, after);
      return read(select, limit);
    }
  }

  /** By entity how many wait for a person. */
  static Map<Integer, Long> open(Connection connection) throws SQLException {
    Map<Integer, Long> open = new HashMap<>();
    try (var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT entity, count(*) FROM merge_pair WHERE state = 'open' GROUP BY entity")) {
      while (rows.next()) {
        open.put(rows.getInt(1), rows.getLong(2));
      }
    }
    return open;
  }

  private static List<Pair> read(PreparedStatement select, int limit) throws SQLException {
    List<Pair> pairs = new ArrayList<>();
    try (ResultSet row = select.executeQuery()) {
      while (pairs.size() < limit && row.next()) {
        long decided = row.getLong(9);
        Instant decidedAt = row.wasNull() ? null : Instant.ofEpochMilli(decided);
        pairs.add(
            new Pair(
                row.getLong(1),
                row.getLong(2),
                row.getLong(3),
                read(row.getDouble(4), row.getBytes(5)),
                row.getBoolean(6),
                State.valueOf(row.getString(7).toUpperCase(Locale.ROOT)),
                Instant.ofEpochMilli(row.getLong(8)),
                decidedAt,
                row.getString(10)));
      }
    }
    return pairs;
  }

  private static byte[] write(MatchScore score) {
    Bytes out = new Bytes(256);
    out.writeUnsigned(score.parts().size());
    for (MatchScore.Part part : score.parts()) {
      out.writeText(String.join("\n", part.fields()));
      out.writeText(part.by());
      out.writeText(Double.toString(part.weight()));
      writeText(out, part.one());
      writeText(out, part.other());
      Double similarity = part.similarity();
      writeText(out, similarity == null ? null : similarity.toString());
    }
    return out.toByteArray();
  }

  private static void writeText(Bytes out, @Nullable String text) {
    out.writeByte(text == null ? 0 : 1);
    if (text != null) {
      out.writeText(text);
    }
  }

  private static MatchScore read(double total, byte[] explained) {
    Bytes in = new Bytes(explained);
    List<MatchScore.Part> parts = new ArrayList<>();
    for (long left = in.readUnsigned(); left > 0; left--) {
      List<String> fields = List.of(in.readText().split("\n", -1));
      String by = in.readText();
      double weight = Double.parseDouble(in.readText());
      String one = readText(in);
      String other = readText(in);
      String similarity = readText(in);
      parts.add(
          new MatchScore.Part(
              fields,
              by,
              weight,
              one,
              other,
              similarity == null ? null : Double.valueOf(similarity)));
    }
    return new MatchScore(total, parts);
  }

  private static @Nullable String readText(Bytes in) {
    return in.readByte() == 0 ? null : in.readText();
  }
}
