package dev.unisono.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FormatTest {
  private static Event event(@Nullable String cursor, String data) {
    return new Event(1, 1, cursor, "updated", data.getBytes(StandardCharsets.UTF_8));
  }

  private static String written(Format format, Event... events) {
    ByteBuf out = Unpooled.directBuffer();
    for (Event event : events) {
      format.append(out, event);
    }
    ByteBuf finished = format.finish(out);
    String text = finished.toString(StandardCharsets.UTF_8);
    finished.release();
    assertEquals(0, out.refCnt());
    return text;
  }

  @Test
  void serverSentEventsAsTheStandardSays() {
    assertEquals(
        "id: u1.AA\nevent: updated\ndata: {\"a\":1}\n\nevent: updated\ndata: {\"ä\":2}\n\n",
        written(new Format.Sse(false), event("u1.AA", "{\"a\":1}"), event(null, "{\"ä\":2}")));
  }

  @Test
  void lineEndsInTheDataStayWithinTheEvent() {
    assertEquals(
        "event: updated\ndata: {\"a\":\ndata: {\ndata: \ndata: \"b\":1}}\n\n",
        written(new Format.Sse(false), event(null, "{\"a\":\n{\r\n\"b\":1}}")));
  }

  @Test
  void aChunkHasItsLengthInHexBytesNotLetters() {
    String body = "event: updated\ndata: {\"ä\":1}\n\n";
    assertEquals(31, body.getBytes(StandardCharsets.UTF_8).length);
    assertEquals("1f\r\n" + body + "\r\n", written(new Format.Sse(true), event(null, "{\"ä\":1}")));
  }

  @Test
  void severalEventsAreOneChunk() {
    String one = "event: updated\ndata: {\"a\":1}\n\n";
    assertEquals(
        "3c\r\n" + one + one + "\r\n",
        written(new Format.Sse(true), event(null, "{\"a\":1}"), event(null, "{\"a\":1}")));
  }

  private static byte[] frame(int payloadLength) {
    String head = "{\"sub\":\"s\",\"event\":\"updated\",";
    String start = "{\"a\":\"";
    int padding = payloadLength - head.length() - (start.length() - 1) - 2;
    ByteBuf out = Unpooled.directBuffer();
    new Format.Socket("s").append(out, event(null, start + "x".repeat(padding) + "\"}"));
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    out.release();
    return bytes;
  }

  private static void assertFrame(int payloadLength, int... head) {
    byte[] bytes = frame(payloadLength);
    assertEquals(head.length + payloadLength, bytes.length);
    byte[] expected = new byte[head.length];
    for (int i = 0; i < head.length; i++) {
      expected[i] = (byte) head[i];
    }
    assertArrayEquals(expected, java.util.Arrays.copyOf(bytes, head.length));
    assertEquals('{', bytes[head.length]);
    assertEquals('}', bytes[bytes.length - 1]);
  }

  @Test
  void framesHaveTheShortestFormOfTheirLength() {
    assertFrame(125, 0x81, 125);
    assertFrame(126, 0x81, 126, 0, 126);
    assertFrame(127, 0x81, 126, 0, 127);
    assertFrame(65_535, 0x81, 126, 0xff, 0xff);
    assertFrame(65_536, 0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0);
  }

  @Test
  void aFrameIsOneObjectWithWhatIsOursFirst() {
    String text =
        written(new Format.Socket("a\"b\\c\nd\u0001é"), event("u1.AB", "{\"entity\":\"x\"}"));
    // Two bytes of head: the length of the payload is in the second.
    assertEquals(
        "{\"sub\":\"a\\\"b\\\\c\\u000ad\\u0001é\",\"cursor\":\"u1.AB\",\"event\":\"updated\","
            + "\"entity\":\"x\"}",
        text.substring(text.indexOf('{')));
  }
}
