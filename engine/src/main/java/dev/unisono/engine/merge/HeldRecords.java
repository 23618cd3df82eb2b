package dev.unisono.engine.merge;

import dev.unisono.engine.merge.MergeTable.Place;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The merged records that are in memory: read from the state when they are first asked for, and
 * those that were changed written to it before each commit. For the writer's thread.
 */
final class HeldRecords {
  /** So many records stay in memory between commits. */
  private static final int KEPT = 8_192;

  /** Which record. Immutable. */
  record RecordKey(int entity, Key key) {}

  /** A record in memory. For the writer's thread. */
  static final class Held {
    final EntityMerge of;
    final MergedRecord record;
    private final byte[] key;
    private boolean dirty;

    private Held(EntityMerge of, byte[] key, MergedRecord record) {
      this.of = of;
      this.key = key;
      this.record = record;
    }

    RecordKey place() {
      return new RecordKey(of.number(), record.key());
    }

    MemberView view(MergeMember member) {
      return record.members[member.number()];
    }
  }

  private final Map<Integer, EntityMerge> entities;
  private final MergeTable table;
  private final Map<RecordKey, Held> held =
      new LinkedHashMap<>(1024, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<RecordKey, Held> eldest) {
          return size() > KEPT && !eldest.getValue().dirty;
        }
      };

  /** Of this transaction. */
  private final List<Held> dirty = new ArrayList<>();

  /**
   * @param entities by their numbers
   */
  HeldRecords(Map<Integer, EntityMerge> entities, MergeTable table) {
    this.entities = Map.copyOf(entities);
    this.table = table;
  }

  /** One record; a new one where the state has none. */
  Held of(Connection connection, EntityMerge of, Key key) throws SQLException {
    RecordKey place = new RecordKey(of.number(), key);
    Held known = held.get(place);
    if (known != null) {
      return known;
    }
    byte[] stored = of.stored(key);
    byte[] record = table.find(connection, place.entity(), stored);
    Held read =
        new Held(of, stored, record == null ? of.newRecord(key) : of.codec.read(key, record));
    held.put(place, read);
    return read;
  }

  Held of(Connection connection, RecordKey place) throws SQLException {
    return of(connection, Objects.requireNonNull(entities.get(place.entity())), place.key());
  }

  /** The record of a place in the state; null where its entity is merged no more. */
  @Nullable Held of(Connection connection, Place place) throws SQLException {
    EntityMerge of = entities.get(place.entity());
    return of == null ? null : of(connection, of, StoredKey.read(place.key()));
  }

  /** It is written before the next commit. */
  void mark(Held one) {
    if (!one.dirty) {
      one.dirty = true;
      dirty.add(one);
    }
  }

  /** Writes what was changed, and tells of each record that was. */
  void write(Connection connection, Consumer<Held> written) throws SQLException {
    for (Held one : dirty) {
      table.write(
          connection, one.of.number(), one.key, one.record.open(), one.of.codec.write(one.record));
      written.accept(one);
    }
    dirty.forEach(one -> one.dirty = false);
    dirty.clear();
  }

  /** What was changed since the last commit is undone. */
  void forget() {
    held.clear();
    dirty.clear();
    table.forget();
  }
}
