package dev.unisono.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.server.grpc.Frames.Frame;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages come out whole, wherever the body is cut. */
final class FramesTest {
  private static Buffer frame(int flag, int length) {
    Buffer frame = Buffer.buffer().appendByte((byte) flag).appendInt(length);
    for (int i = 0; i < length; i++) {
      frame.appendByte((byte) (length + i));
    }
    return frame;
  }

  @Test
  void messagesAreTheSameWhereverTheirBodyIsCut() {
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      Buffer body = Buffer.buffer();
      int sent = 30;
      for (int message = 0; message < sent; message++) {
        body.appendBuffer(frame(message % 2, random.nextInt(8) == 0 ? 40_000 : random.nextInt(20)));
      }
      Frames frames = new Frames(40_000);
      List<Integer> lengths = new ArrayList<>();
      int at = 0;
      while (at < body.length()) {
        int to = Math.min(body.length(), at + 1 + random.nextInt(20_000));
        frames.add(body.getBuffer(at, to));
        at = to;
        for (Frame next = frames.next(); next != null; next = frames.next()) {
          int length = next.bytes().size();
          assertEquals(lengths.size() % 2 == 1, next.compressed());
          for (int i = 0; i < length; i++) {
            assertEquals((byte) (length + i), next.bytes().byteAt(i));
          }
          lengths.add(length);
        }
      }
      assertEquals(sent, lengths.size());
      assertTrue(frames.taken());
    }
  }

  @Test
  void whatIsTooLongIsKnownByItsHeadAlone() {
    Frames frames = new Frames(100);
    frames.add(Buffer.buffer().appendByte((byte) 0).appendInt(101));
    assertEquals("body-too-large", assertThrows(Refusal.class, frames::next).code());
    Frames negative = new Frames(100);
    negative.add(Buffer.buffer().appendByte((byte) 0).appendInt(-1));
    assertEquals("body-too-large", assertThrows(Refusal.class, negative::next).code());
  }

  @Test
  void aFlagThatIsNoneAndARestAreTold() {
    Frames frames = new Frames(100);
    frames.add(frame(2, 3));
    assertEquals("bad-body", assertThrows(Refusal.class, frames::next).code());
    Frames half = new Frames(100);
    half.add(frame(0, 3).getBuffer(0, 7));
    assertNull(half.next());
    assertFalse(half.taken());
  }
}
