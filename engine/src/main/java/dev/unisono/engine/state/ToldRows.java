package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was last told of each record, as a digest, for the entities whose source tells rows again:
 * of those only what differs goes on. In the writer's transaction, so that it says neither more nor
 * less than the journal (invariant 2). For the writer's thread; its statements end with the
 * connection's transaction where that fails, and are made anew.
 */
final class ToldRows {
  private static final int DIGEST_BYTES = 16;
  private static final byte[] UNKNOWN = {};

  private final Map<Entity, Told> kept;
  private final MessageDigest digest;
  private @Nullable PreparedStatement select;
  private @Nullable PreparedStatement write;
  private @Nullable PreparedStatement delete;

  private ToldRows(Map<Entity, Told> kept) {
    this.kept = kept;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }

  /** Forgets what it does not go on with: it would be wrong by the time it is asked again. */
  static ToldRows open(Connection connection, Map<Entity, Told> kept) throws SQLException {
    String entities =
        kept.keySet().stream()
            .map(entity -> Integer.toString(entity.id()))
            .collect(Collectors.joining(", "));
    try (PreparedStatement forget =
        connection.prepareStatement("DELETE FROM told WHERE entity NOT IN (" + entities + ")")) {
      forget.executeUpdate();
    }
    return new ToldRows(Map.copyOf(kept));
  }

  static KeyPage keys(Connection connection, Entity entity, @Nullable String after, int limit)
      throws SQLException {
    try (PreparedStatement next =
        connection.prepareStatement(
            "SELECT key FROM told WHERE entity = ? AND key > ? ORDER BY key LIMIT ?")) {
      next.setInt(1, entity.id());
      next.setBytes(2, after == null ? new byte[0] : HexFormat.of().parseHex(after));
      next.setInt(3, limit);
      List<Key> keys = new ArrayList<>();
      byte[] last = new byte[0];
      try (ResultSet row = next.executeQuery()) {
        while (row.next()) {
          last = row.getBytes(1);
          keys.add(StoredKey.read(last));
        }
      }
      return new KeyPage(
          List.copyOf(keys), keys.size() < limit ? null : HexFormat.of().formatHex(last));
    }
  }

  boolean keeps(Entity entity) {
    return kept.containsKey(entity);
  }

  /** What goes on of a change; null where it says nothing new. */
  @Nullable CleanChange take(Connection connection, CleanChange clean) throws SQLException {
    Change change = clean.change();
    Entity entity = clean.entity();
    Key key = change.key();
    Row row = clean.row();
    if (change.previousKey() != null) {
      forget(connection, entity, change.previousKey());
    }
    if (key == null) {
      forgetAll(connection, entity);
      return clean;
    }
    byte[] stored = StoredKey.write(entity, key);
    if (row == null) {
      remove(connection, entity, stored);
      return clean;
    }
    byte[] now = digest(row);
    if (change.operation() != Operation.REFRESH) {
      set(connection, entity, stored, now);
      return clean;
    }
    byte[] before = find(connection, entity, stored);
    if (before != null && now.length > 0 && Arrays.equals(before, now)) {
      return null;
    }
    set(connection, entity, stored, now);
    Operation unknown = kept.get(entity) == Told.ALL ? Operation.CREATE : Operation.READ;
    return as(clean, before == null ? unknown : Operation.UPDATE);
  }

  /** The same change, of an operation that the journal has. */
  static CleanChange as(CleanChange clean, Operation operation) {
    return new CleanChange(
        clean.entity(), clean.change().with(operation), clean.row(), clean.before());
  }

  /** Like no other where the row does not say all: nobody can compare with it. */
  private byte[] digest(Row row) {
    Schema schema = row.schema();
    Bytes bytes = new Bytes(256);
    for (int i = 0; i < schema.size(); i++) {
      Object value = row.value(i);
      if (value == Unchanged.UNCHANGED) {
        return UNKNOWN;
      }
      ValueCodec.write(bytes, schema.field(i), value);
    }
    return Arrays.copyOf(digest.digest(bytes.toByteArray()), DIGEST_BYTES);
  }

  private byte @Nullable [] find(Connection connection, Entity entity, byte[] key)
      throws SQLException {
    PreparedStatement statement = select;
    if (statement == null) {
      statement =
          connection.prepareStatement("SELECT digest FROM told WHERE entity = ? AND key = ?");
      select = statement;
    }
    statement.setInt(1, entity.id());
    statement.setBytes(2, key);
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getBytes(1) : null;
    }
  }

  private void set(Connection connection, Entity entity, byte[] key, byte[] now)
      throws SQLException {
    PreparedStatement statement = write;
    if (statement == null) {
      statement = connection.prepareStatement("INSERT OR REPLACE INTO told VALUES (?, ?, ?)");
      write = statement;
    }
    statement.setInt(1, entity.id());
    statement.setBytes(2, key);
    statement.setBytes(3, now);
    statement.executeUpdate();
  }

  private void forget(Connection connection, Entity entity, Key key) throws SQLException {
    remove(connection, entity, StoredKey.write(entity, key));
  }

  private void remove(Connection connection, Entity entity, byte[] key) throws SQLException {
    PreparedStatement statement = delete;
    if (statement == null) {
      statement = connection.prepareStatement("DELETE FROM told WHERE entity = ? AND key = ?");
      delete = statement;
    }
    statement.setInt(1, entity.id());
    statement.setBytes(2, key);
    statement.executeUpdate();
  }

  private static void forgetAll(Connection connection, Entity entity) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("DELETE FROM told WHERE entity = ?")) {
      statement.setInt(1, entity.id());
      statement.executeUpdate();
    }
  }

  /** Its statements are of no use any more. */
  void rolledBack() {
    for (PreparedStatement statement : new PreparedStatement[] {select, write, delete}) {
      close(statement);
    }
    select = null;
    write = null;
    delete = null;
  }

  private static void close(@Nullable PreparedStatement statement) {
    try {
      if (statement != null) {
        statement.close();
      }
    } catch (SQLException gone) {
      // Closed is closed.
    }
  }
}
