package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The parked rows of one target in the state database, written by the one writer (invariant 2) and
 * asked of it too, so that an answer has all that was handed in before. Safe for threads.
 */
final class StoredParkedRows implements ParkedStore {
  private static final String COLUMNS =
      "id, entity, key, sequence, operation, image, source_time, parked_at, attempts, waits, code,"
          + " message, config_path, remedy, reason, rejected";

  /** What is kept of a place. */
  private static final String IMAGE =
      "p.id, p.sequence, p.operation, p.image, p.source_time, p.parked_at, p.attempts, p.waits,"
          + " p.code, p.message, p.config_path, p.remedy, p.reason, p.rejected";

  private final StateFolder folder;
  private final StateWriter writer;
  private final Shapes shapes;
  private final Map<Integer, Entity> entities;
  private final String target;

  StoredParkedRows(
      StateFolder folder, StateWriter writer, Shapes shapes, List<Entity> entities, String target) {
    this.folder = folder;
    this.writer = writer;
    this.shapes = shapes;
    this.entities = entities.stream().collect(Collectors.toMap(Entity::id, entity -> entity));
    this.target = target;
  }

  @Override
  public void forEach(Consumer<ParkedRow> consumer) {
    try (Connection connection = folder.connectState();
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT " + COLUMNS + " FROM parked_row WHERE target = ? ORDER BY id")) {
      select.setString(1, target);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          ParkedRow row = read(rows);
          if (row != null) {
            consumer.accept(row.withoutRow());
          }
        }
      }
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  @Override
  public Optional<ParkedRow> find(String entity, Key key) throws InterruptedException {
    Optional<Entity> named =
        entities.values().stream().filter(one -> one.name().equals(entity)).findAny();
    if (named.isEmpty()) {
      return Optional.empty();
    }
    return written(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT "
                  + COLUMNS
                  + " FROM parked_row WHERE target = ? AND entity = ? AND key = ?")) {
        select.setString(1, target);
        select.setInt(2, named.get().id());
        select.setBytes(3, StoredKey.write(named.get(), key));
        try (ResultSet rows = select.executeQuery()) {
          return rows.next() ? Optional.ofNullable(read(rows)) : Optional.<ParkedRow>empty();
        }
      }
    });
  }

  @Override
  public List<ParkedRow> keep(List<ParkedRow> rows, boolean undoable) throws InterruptedException {
    return written(connection -> {
      List<ParkedRow> kept = new ArrayList<>();
      for (ParkedRow row : rows) {
        if (undoable) {
          setBeside(connection, row);
        }
        kept.add(row.numbered(insert(connection, row)));
      }
      return kept;
    });
  }

  private long insert(Connection connection, ParkedRow row) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO parked_row (target, entity, key, sequence, operation, image, source_time,"
                + " parked_at, attempts, waits, code, message, config_path, remedy, reason,"
                + " rejected) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                + " ON CONFLICT (target, entity, key) DO UPDATE SET sequence = excluded.sequence,"
                + " operation = excluded.operation, image = excluded.image, source_time ="
                + " excluded.source_time, parked_at = excluded.parked_at, attempts ="
                + " excluded.attempts, waits = excluded.waits, code = excluded.code, message ="
                + " excluded.message, config_path = excluded.config_path, remedy ="
                + " excluded.remedy, reason = excluded.reason, rejected = excluded.rejected"
                + " RETURNING id")) {
      insert.setString(1, target);
      insert.setInt(2, row.entity().id());
      insert.setBytes(3, StoredKey.write(row.entity(), row.key()));
      insert.setLong(4, row.sequence());
      insert.setString(5, row.operation().name());
      insert.setBytes(6, image(row));
      insert.setString(7, row.sourceTime().toString());
      insert.setLong(8, row.parkedAt().toEpochMilli());
      insert.setInt(9, row.attempts());
      insert.setBoolean(10, row.waits());
      insert.setString(11, row.cause().code());
      insert.setString(12, row.cause().message());
      insert.setString(13, row.cause().configPath());
      insert.setString(14, row.cause().remedy());
      insert.setString(15, row.constraint());
      insert.setString(16, row.rejected());
      try (ResultSet number = insert.executeQuery()) {
        number.next();
        return number.getLong(1);
      }
    }
  }

  @Override
  public void remove(List<Long> ids, long sequence, boolean undoable) throws InterruptedException {
    written(connection -> {
      if (undoable) {
        for (long id : ids) {
          setBeside(connection, id, sequence);
        }
      }
      try (PreparedStatement delete =
          connection.prepareStatement("DELETE FROM parked_row WHERE target = ? AND id = ?")) {
        for (long id : ids) {
          delete.setString(1, target);
          delete.setLong(2, id);
          delete.executeUpdate();
        }
      }
      return ids;
    });
  }

  /** What stands in a place, and be it nothing, is kept until it is settled what comes of it. */
  private void setBeside(Connection connection, ParkedRow newer) throws SQLException {
    try (PreparedStatement copy =
        connection.prepareStatement(
            "INSERT OR IGNORE INTO parked_before SELECT t.target, t.entity, t.key, t.sequence, "
                + IMAGE
                + " FROM (SELECT ? AS target, ? AS entity, ? AS key, ? AS sequence) t"
                + " LEFT JOIN parked_row p USING (target, entity, key)")) {
      copy.setString(1, target);
      copy.setInt(2, newer.entity().id());
      copy.setBytes(3, StoredKey.write(newer.entity(), newer.key()));
      copy.setLong(4, newer.sequence());
      copy.executeUpdate();
    }
  }

  private void setBeside(Connection connection, long id, long sequence) throws SQLException {
    try (PreparedStatement copy =
        connection.prepareStatement(
            "INSERT OR IGNORE INTO parked_before SELECT p.target, p.entity, p.key, ?, "
                + IMAGE
                + " FROM parked_row p WHERE p.id = ?")) {
      copy.setLong(1, sequence);
      copy.setLong(2, id);
      copy.executeUpdate();
    }
  }

  private int forTarget(Connection connection, String sql, long... further) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, target);
      for (int i = 0; i < further.length; i++) {
        statement.setLong(i + 2, further[i]);
      }
      return statement.executeUpdate();
    }
  }

  @Override
  public void settle() throws InterruptedException {
    written(connection -> forTarget(connection, "DELETE FROM parked_before WHERE target = ?"));
  }

  @Override
  public boolean undo(long reached) throws InterruptedException {
    return written(connection -> {
      forTarget(
          connection,
          "DELETE FROM parked_row WHERE target = ?1 AND EXISTS (SELECT * FROM parked_before b"
              + " WHERE b.target = ?1 AND b.entity = parked_row.entity AND b.key ="
              + " parked_row.key AND b.replaced_at > ?2)",
          reached);
      forTarget(
          connection,
          "INSERT INTO parked_row (target, entity, key, id, sequence, operation, image,"
              + " source_time, parked_at, attempts, waits, code, message, config_path, remedy,"
              + " reason, rejected) SELECT p.target, p.entity, p.key, "
              + IMAGE
              + " FROM parked_before p WHERE p.target = ? AND p.replaced_at > ? AND p.id IS NOT"
              + " NULL",
          reached);
      return forTarget(connection, "DELETE FROM parked_before WHERE target = ?") > 0;
    });
  }

  @Override
  public List<ParkedRow> list(long afterId, int atMost, boolean rejected) {
    try (Connection connection = folder.connectState();
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT "
                    + COLUMNS
                    + " FROM parked_row WHERE target = ? AND id > ? AND (rejected IS NOT NULL) = ?"
                    + " ORDER BY id")) {
      select.setString(1, target);
      select.setLong(2, afterId);
      select.setBoolean(3, rejected);
      List<ParkedRow> found = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (found.size() < atMost && rows.next()) {
          ParkedRow row = read(rows);
          if (row != null) {
            found.add(row);
          }
        }
      }
      return found;
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /** Work for the only thread that writes. */
  private interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  /** Waits for as long as the writer needs: a full disk stops the target that parks, too. */
  private <T> T written(Work<T> work) throws InterruptedException {
    AtomicReference<@Nullable T> result = new AtomicReference<>();
    CountDownLatch durable = new CountDownLatch(1);
    writer.submit(
        new Upkeep() {
          @Override
          public void run(Connection connection) throws SQLException {
            result.set(work.run(connection));
          }

          @Override
          public void durable() {
            durable.countDown();
          }
        });
    durable.await();
    return java.util.Objects.requireNonNull(result.get());
  }

  private byte @Nullable [] image(ParkedRow parked) {
    Row row = parked.row();
    if (row == null) {
      return null;
    }
    Bytes image = new Bytes(256);
    image.writeUnsigned(shapes.current(parked.entity()));
    Shapes.writeRow(image, row);
    return image.toByteArray();
  }

  /** Null where the config has the entity no longer. */
  private @Nullable ParkedRow read(ResultSet row) throws SQLException {
    Entity entity = entities.get(row.getInt(2));
    if (entity == null) {
      return null;
    }
    byte[] image = row.getBytes(6);
    return new ParkedRow(
        row.getLong(1),
        entity,
        BlockCodec.readKey(new Bytes(row.getBytes(3))),
        row.getLong(4),
        Operation.valueOf(row.getString(5)),
        image == null ? null : readImage(image),
        Instant.parse(row.getString(7)),
        Instant.ofEpochMilli(row.getLong(8)),
        row.getInt(9),
        row.getBoolean(10),
        new Problem(
            row.getString(11),
            ProblemType.USER,
            row.getString(12),
            row.getString(13),
            row.getString(14)),
        row.getString(15),
        row.getString(16));
  }

  private @Nullable Row readImage(byte[] image) {
    Bytes in = new Bytes(image);
    return Shapes.readRow(in, shapes.shape((int) in.readUnsigned()));
  }
}
