package dev.unisono.hub;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Events that go out together, looked at once for each interest and encoded once for each class of
 * receivers (what they want, and how). Each event loop gives it back when it is done; the last one
 * frees its buffers. Safe for threads.
 */
final class Block {
  private record Kind(Interest interest, Format format) {}

  private final List<Event> events;
  private final long after;
  private final long through;
  private final Map<Interest, List<Event>> seen = new ConcurrentHashMap<>();
  private final Map<Kind, ByteBuf> encoded = new ConcurrentHashMap<>();
  private final AtomicInteger holders;
  private final Runnable whenDone;

  /**
   * @param after the sequence before its first event
   * @param through everything up to here is in it
   */
  Block(List<Event> events, long after, long through, int holders, Runnable whenDone) {
    this.events = events;
    this.after = after;
    this.through = through;
    this.holders = new AtomicInteger(holders);
    this.whenDone = whenDone;
  }

  long after() {
    return after;
  }

  long through() {
    return through;
  }

  /** What a receiver at a position gets of it; null where that is nothing. */
  @Nullable ByteBuf frames(Interest interest, Format format, long position) {
    List<Event> wanted = seen.computeIfAbsent(interest, each -> each.among(events));
    if (position > after) {
      ByteBuf rest = encode(wanted, format, position);
      return rest.isReadable() ? rest : released(rest);
    }
    ByteBuf shared =
        encoded.computeIfAbsent(new Kind(interest, format), _ -> encode(wanted, format, position));
    return shared.isReadable() ? shared.retainedDuplicate() : null;
  }

  /** How many events a receiver at a position gets of it. */
  int count(Interest interest, long position) {
    return count(seen.computeIfAbsent(interest, each -> each.among(events)), position);
  }

  /** How many of some events lie behind a position. */
  static int count(List<Event> events, long position) {
    int count = 0;
    for (Event event : events) {
      if (event.sequence() > position) {
        count++;
      }
    }
    return count;
  }

  private static @Nullable ByteBuf released(ByteBuf empty) {
    empty.release();
    return null;
  }

  /** Those of some events that lie behind a position. */
  static ByteBuf encode(List<Event> events, Format format, long position) {
    ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer(512);
    for (Event event : events) {
      if (event.sequence() > position) {
        format.append(out, event);
      }
    }
    return out.isReadable() ? format.finish(out) : out;
  }

  void done() {
    if (holders.decrementAndGet() == 0) {
      encoded.values().forEach(ByteBuf::release);
      whenDone.run();
    }
  }
}
