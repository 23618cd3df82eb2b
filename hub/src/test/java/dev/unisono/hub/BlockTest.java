package dev.unisono.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class BlockTest {
  private static final Format SSE = new Format.Sse(true);

  private final AtomicInteger done = new AtomicInteger();

  private static Event event(long sequence, int topic) {
    return new Event(
        sequence, topic, "c" + sequence, "updated", "{\"a\":1}".getBytes(StandardCharsets.UTF_8));
  }

  private Block block(int holders) {
    return new Block(
        List.of(event(11, 1), event(12, 2), event(13, 1)), 10, 13, holders, done::incrementAndGet);
  }

  private static ByteBuf some(@Nullable ByteBuf frames) {
    assertNotNull(frames);
    return frames;
  }

  @Test
  void isEncodedOnceForAllThatWantTheSameInTheSameForm() {
    Block block = block(2);
    ByteBuf one = some(block.frames(new Interest(1), SSE, 10));
    ByteBuf two = some(block.frames(new Interest(1), new Format.Sse(true), 10));
    ByteBuf other = some(block.frames(Interest.ALL, SSE, 10));
    ByteBuf socket = some(block.frames(new Interest(1), new Format.Socket("s"), 10));
    assertEquals(one.memoryAddress(), two.memoryAddress());
    one.readByte();
    assertEquals(0, two.readerIndex(), "each reads for itself");
    assertEquals(false, one.memoryAddress() == other.memoryAddress());
    assertEquals(false, one.memoryAddress() == socket.memoryAddress());
    block.done();
    assertEquals(0, done.get());
    block.done();
    assertEquals(1, done.get());
    List.of(one, two, other, socket).forEach(ByteBuf::release);
    assertEquals(0, two.refCnt());
    assertEquals(0, socket.refCnt());
  }

  /** Sees the events of even numbers, under another name; equal to any other of its kind. */
  private record EvenNumbers(AtomicInteger asked) implements View {
    @Override
    public @Nullable Event of(Event event) {
      asked.incrementAndGet();
      return event.sequence() % 2 == 0
          ? event.seenAs("even", "{\"b\":2}".getBytes(StandardCharsets.UTF_8))
          : null;
    }
  }

  @Test
  void eventsAreLookedAtOnceForAllWhoSeeThemAlike() {
    AtomicInteger asked = new AtomicInteger();
    Block block = block(1);
    Format plain = new Format.Sse(false);
    ByteBuf one = some(block.frames(new Interest(-1, new EvenNumbers(asked)), plain, 10));
    ByteBuf two = some(block.frames(new Interest(-1, new EvenNumbers(asked)), plain, 10));
    ByteBuf socket =
        some(block.frames(new Interest(-1, new EvenNumbers(asked)), new Format.Socket("s"), 10));
    assertNull(block.frames(new Interest(-1, new EvenNumbers(asked)), plain, 12));
    assertEquals(3, asked.get());
    assertEquals("id: c12\nevent: even\ndata: {\"b\":2}\n\n", one.toString(StandardCharsets.UTF_8));
    assertEquals(one.memoryAddress(), two.memoryAddress());
    assertNull(block.frames(new Interest(1, new EvenNumbers(asked)), plain, 10));
    assertEquals(5, asked.get(), "of a topic of its own it is asked about nothing else");
    List.of(one, two, socket).forEach(ByteBuf::release);
    block.done();
  }

  @Test
  void whoIsInTheMiddleOfItGetsTheRest() {
    Block block = block(1);
    ByteBuf rest = some(block.frames(Interest.ALL, new Format.Sse(false), 12));
    assertEquals(
        "id: c13\nevent: updated\ndata: {\"a\":1}\n\n", rest.toString(StandardCharsets.UTF_8));
    rest.release();
    assertNull(block.frames(new Interest(2), SSE, 12));
    assertNull(block.frames(new Interest(3), SSE, 10));
    assertNull(block.frames(Interest.ALL, SSE, 13));
    block.done();
    assertEquals(0, LeakWatch.found());
  }

  @Test
  void aLeakWouldBeSeen() {
    leak();
    long end = System.nanoTime() + 30_000_000_000L;
    int found = 0;
    while (found == 0 && System.nanoTime() < end) {
      found = LeakWatch.found();
    }
    assertEquals(1, found);
    LeakWatch.forget();
    assertEquals(0, LeakWatch.found());
  }

  private static void leak() {
    PooledByteBufAllocator.DEFAULT.directBuffer(64).writeByte(1);
  }
}
