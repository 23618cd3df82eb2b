package dev.unisono.engine.record;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Records that were asked for by their keys lately, up to a number of bytes, as they are in the
 * database: a change forgets them between its commit and the moment from which its position is
 * told. Safe for threads.
 */
final class RecentRecords {
  /** Of the heap; a record in memory is guessed to be so many times as large as in the file. */
  private static final int PART_OF_HEAP = 16;

  private static final int TIMES_LARGER = 4;
  private static final int LEAST_BYTES = 300;

  /**
   * A record's place.
   *
   * @param generation of all records: what is read for an earlier one is found by nobody
   */
  private record Place(Entity entity, Key key, long generation) {}

  /**
   * A record as it was read.
   *
   * @param storedBytes what it takes in the file
   */
  record Read(EntityRecord record, int storedBytes) {}

  private final Cache<Place, Read> held =
      Caffeine.newBuilder()
          .maximumWeight(Runtime.getRuntime().maxMemory() / PART_OF_HEAP)
          .weigher((Place place, Read read) -> LEAST_BYTES + TIMES_LARGER * read.storedBytes())
          .executor(Runnable::run)
          .build();

  /** Until then nothing is held and nothing on its way here: who only feeds others pays nothing. */
  private volatile boolean asked;

  private final AtomicLong generation = new AtomicLong();

  private Place place(Entity entity, Key key) {
    return new Place(entity, key, generation.get());
  }

  /** A record; null where memory does not have it. Does not block. */
  @Nullable EntityRecord held(Entity entity, Key key) {
    Read read = held.getIfPresent(place(entity, key));
    return read == null ? null : read.record();
  }

  /**
   * A record from memory, or as it is read now. Whoever forgets it meanwhile waits until it was
   * read, so that nothing older than that moment stays.
   *
   * @param reading gives null where there is no such record
   */
  @Nullable EntityRecord get(Entity entity, Key key, Supplier<@Nullable Read> reading) {
    asked = true;
    Read read = held.get(place(entity, key), _ -> reading.get());
    return read == null ? null : read.record();
  }

  void forget(Entity entity, Collection<Key> keys) {
    if (asked) {
      for (Key key : keys) {
        held.invalidate(place(entity, key));
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
