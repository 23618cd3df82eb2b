package dev.unisono.engine.record;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.record.Records.Page;
import org.jspecify.annotations.Nullable;

/**
 * Pages that were asked for lately, up to a number of bytes: first and last ones, since who comes
 * back begins there. Whether one is still what there is, the caller knows by its position. Safe for
 * threads.
 */
final class RecentPages {
  /** Of the heap. */
  private static final int PART_OF_HEAP = 32;

  /** Larger ones are passes through all there is. */
  static final int MOST_RECORDS = 200;

  /** Also of a page of nothing: there is no end to what may be asked for in vain. */
  private static final int LEAST_BYTES = 1_000;

  private record Asked(Entity entity, RecordQuery query) {}

  /**
   * A page as it was read.
   *
   * @param heldBytes what it is guessed to take in memory
   */
  private record Read(Page page, int heldBytes) {}

  private final Cache<Asked, Read> held =
      Caffeine.newBuilder()
          .maximumWeight(Runtime.getRuntime().maxMemory() / PART_OF_HEAP)
          .weigher((Asked asked, Read read) -> read.heldBytes())
          .executor(Runnable::run)
          .build();

  /** Whether a page of this kind is kept: one whose total was asked for is of all records. */
  static boolean keeps(RecordQuery query) {
    return query.edge().place() == null
        && query.countAtMost() == null
        && query.limit() <= MOST_RECORDS;
  }

  /**
   * Keeps a page.
   *
   * @param recordBytes what its records are guessed to take in memory
   */
  void keep(Entity entity, RecordQuery query, Page page, int recordBytes) {
    int queryBytes = LEAST_BYTES + 4 * query.toString().length();
    held.put(new Asked(entity, query), new Read(page, queryBytes + recordBytes));
  }

  /** Null where memory does not have it. Does not block. */
  @Nullable Page held(Entity entity, RecordQuery query) {
    Read read = keeps(query) ? held.getIfPresent(new Asked(entity, query)) : null;
    return read == null ? null : read.page();
  }
}
