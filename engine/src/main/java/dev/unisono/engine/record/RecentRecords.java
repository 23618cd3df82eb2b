package dev.unisono.engine.record;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Records that were asked for by their keys lately, up to a number of bytes, as they are in the
 * database: a change forgets them between its commit and the moment from which its position is
 * told. Safe for threads.
 */
final class RecentRecords {
  /** Of the heap. */
  private static final int PART_OF_HEAP = 16;

  /** A record in memory, with its JSON, is guessed to be so many times as large as in the file. */
  private static final int TIMES_LARGER = 8;

  private static final int LEAST_BYTES = 300;

  /** A record's place: its key by its ordered bytes. Immutable. */
  private static final class Place {
    private final Entity entity;
    private final byte[] key;

    /** Of all records: what is read for an earlier one is found by nobody. */
    private final long generation;

    private final int hash;

    Place(Entity entity, byte[] key, long generation) {
      this.entity = entity;
      this.key = key;
      this.generation = generation;
      // Keys are often numbers in a row: their last bytes must not make the same sum.
      int mixed = entity.id();
      for (byte each : key) {
        mixed = (mixed ^ each) * 0x01000193;
      }
      this.hash = mixed ^ mixed >>> 15;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Place place
          && hash == place.hash
          && generation == place.generation
          && Arrays.equals(key, place.key)
          && entity.equals(place.entity);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /**
   * A record as it was read.
   *
   * @param storedBytes what it takes in the file
   */
  record Read(EntityRecord record, int storedBytes) {
    /** What it is guessed to take in memory. */
    int heldBytes() {
      return LEAST_BYTES + TIMES_LARGER * storedBytes;
    }
  }

  /** Its upkeep, which may wait for a place that is being read for, is not done by who asks. */
  private final Cache<Place, Read> held =
      Caffeine.newBuilder()
          .maximumWeight(Runtime.getRuntime().maxMemory() / PART_OF_HEAP)
          .weigher((Place place, Read read) -> read.heldBytes())
          .build();

  /** Until then nothing is held and nothing on its way here: who only feeds others pays nothing. */
  private volatile boolean asked;

  private final AtomicLong generation = new AtomicLong();

  private Place place(Entity entity, byte[] key) {
    return new Place(entity, key, generation.get());
  }

  /** A record; null where memory does not have it. Does not block. */
  @Nullable Read held(Entity entity, byte[] key) {
    return held.getIfPresent(place(entity, key));
  }

  /** Some records; null where memory does not have all of them. Does not block. */
  @Nullable List<Read> allHeld(Entity entity, List<byte[]> keys) {
    List<Read> records = new ArrayList<>(keys.size());
    for (byte[] key : keys) {
      Read record = held(entity, key);
      if (record == null) {
        return null;
      }
      records.add(record);
    }
    return records;
  }

  /**
   * Keeps a record that was read together with others. Waits while its place is being read for
   * another, so whoever calls must hold nothing that reading needs.
   *
   * @param current whether nothing was changed since: asked while whoever would forget it waits
   */
  void keep(Entity entity, byte[] key, Read read, BooleanSupplier current) {
    asked = true;
    Place place = place(entity, key);
    if (held.getIfPresent(place) == null) {
      var _ = held.asMap().compute(place, (_, before) -> current.getAsBoolean() ? read : before);
    }
  }

  /**
   * A record from memory, or as it is read now. Whoever forgets it meanwhile waits until it was
   * read, so that nothing older than that moment stays.
   *
   * @param reading gives null where there is no such record
   */
  @Nullable Read get(Entity entity, byte[] key, Supplier<@Nullable Read> reading) {
    asked = true;
    return held.get(place(entity, key), _ -> reading.get());
  }

  void forget(Entity entity, Collection<Key> keys) {
    if (asked) {
      for (Key key : keys) {
        held.invalidate(place(entity, OrderedBytes.key(entity.schema(), key)));
      }
    }
  }

  /**
   * Forgets all records, also those that are just being read: a walk through what is held would not
   * meet them. What was held makes room by itself.
   */
  void forgetAll() {
    generation.incrementAndGet();
  }
}
