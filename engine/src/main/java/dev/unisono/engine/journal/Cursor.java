package dev.unisono.engine.journal;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Optional;

/**
 * A position in the journal: everything up to and including this sequence of this epoch has been
 * seen. Its text is opaque to whoever holds it. Immutable.
 *
 * @param epoch raised by restore and rebuild; sequences of different epochs cannot be compared
 * @param sequence 0 is before the first entry
 */
public record Cursor(long epoch, long sequence) {
  private static final String PREFIX = "u1.";
  private static final byte VERSION = 1;

  /** {@code u1.} and, in URL-safe base64 without padding, version, epoch and sequence. */
  public String text() {
    ByteBuffer bytes = ByteBuffer.allocate(17).put(VERSION).putLong(epoch).putLong(sequence);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  /** Reads a cursor's text; empty where it is none of ours. */
  public static Optional<Cursor> parse(String text) {
    if (!text.startsWith(PREFIX)) {
      return Optional.empty();
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text.substring(PREFIX.length()));
    } catch (IllegalArgumentException notBase64) {
      return Optional.empty();
    }
    if (bytes.length != 17 || bytes[0] != VERSION) {
      return Optional.empty();
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 1, 16);
    Cursor cursor = new Cursor(buffer.getLong(), buffer.getLong());
    return cursor.sequence() < 0 ? Optional.empty() : Optional.of(cursor);
  }
}
