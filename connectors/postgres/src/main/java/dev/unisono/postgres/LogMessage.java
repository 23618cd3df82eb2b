package dev.unisono.postgres;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A message that somebody has written to the log beside its changes. Immutable.
 *
 * @param prefix whose it is
 */
record LogMessage(String prefix, String content) {
  /**
   * Reads one and leaves the buffer behind it.
   *
   * @throws IndexOutOfBoundsException or another, where the buffer does not hold one
   */
  static LogMessage read(ByteBuffer in) {
    String prefix = text(in);
    int length = in.getInt();
    // Before anything is made of that size: what is damaged must not fill the memory.
    Objects.checkFromIndexSize(0, length, in.remaining());
    byte[] content = new byte[length];
    in.get(content);
    return new LogMessage(prefix, new String(content, StandardCharsets.UTF_8));
  }

  /** A text that ends with a zero. */
  static String text(ByteBuffer in) {
    int from = in.position();
    while (in.get() != 0) {
      // The text ends at the zero.
    }
    return new String(
        in.array(), in.arrayOffset() + from, in.position() - from - 1, StandardCharsets.UTF_8);
  }
}
