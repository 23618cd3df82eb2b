package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LogMessageTest {
  private static ByteBuffer message(int length) {
    ByteBuffer message =
        ByteBuffer.allocate(10)
            .put("unisono".substring(0, 2).getBytes(StandardCharsets.UTF_8))
            .put((byte) 0)
            .putInt(length)
            .put("abc".getBytes(StandardCharsets.UTF_8));
    return message.flip();
  }

  @Test
  void readsPrefixAndContent() {
    ByteBuffer message = message(2);
    assertEquals(new LogMessage("un", "ab"), LogMessage.read(message));
    assertEquals(1, message.remaining());
  }

  /** The largest would be an error for which no memory is left, and end the source's thread. */
  @ParameterizedTest
  @ValueSource(ints = {4, Integer.MAX_VALUE, -1, Integer.MIN_VALUE})
  void refusesLengthBeyondTheMessage(int length) {
    ByteBuffer message = message(length);
    assertThrows(IndexOutOfBoundsException.class, () -> LogMessage.read(message));
  }
}
