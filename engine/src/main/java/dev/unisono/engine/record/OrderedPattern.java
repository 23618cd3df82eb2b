package dev.unisono.engine.record;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Patterns of text as they meet {@link OrderedBytes}: the range in which all that begins like a
 * pattern lies, and its parts as bytes. No part can be found inside a character, since UTF-8 allows
 * none, nor inside what stands for a zero. Has no state; safe for threads.
 */
final class OrderedPattern {
  /** Stands between parts; neither UTF-8 nor what stands for a zero has it. */
  private static final byte STAR = (byte) 0xFE;

  private OrderedPattern() {}

  /** The least bytes of a text that begins like a pattern with a star. */
  static byte[] from(TextPattern pattern) {
    return OrderedBytes.beginning(pattern.parts().getFirst());
  }

  /** The pattern's parts, as {@link #matches} wants them; null where its beginning says all. */
  static byte @Nullable [] parts(TextPattern pattern) {
    List<String> parts = pattern.parts();
    return parts.stream().skip(1).allMatch(String::isEmpty) ? null : bytes(parts);
  }

  private static byte[] bytes(List<String> parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < parts.size() - 1; i++) {
      out.writeBytes(OrderedBytes.beginning(parts.get(i)));
      out.write(STAR);
    }
    out.writeBytes(OrderedBytes.text(parts.getLast()));
    return out.toByteArray();
  }

  /** The least bytes that are greater than all that begin with these; null where there are none. */
  static byte @Nullable [] successor(byte[] beginning) {
    for (int last = beginning.length - 1; last >= 0; last--) {
      if (beginning[last] != (byte) 0xFF) {
        byte[] next = Arrays.copyOf(beginning, last + 1);
        next[last]++;
        return next;
      }
    }
    return null;
  }

  /** Whether the ordered bytes of a text are as a pattern with a star says. */
  static boolean matches(byte[] text, byte[] parts) {
    int part = 0;
    int at = 0;
    while (true) {
      int end = part;
      while (end < parts.length && parts[end] != STAR) {
        end++;
      }
      int length = end - part;
      if (end == parts.length) {
        int start = text.length - length;
        return start >= at && Arrays.equals(text, start, text.length, parts, part, end);
      }
      at =
          part == 0
              ? (startsAt(text, 0, parts, 0, end) ? 0 : -1)
              : find(text, at, parts, part, end);
      if (at < 0) {
        return false;
      }
      at += length;
      part = end + 1;
    }
  }

  private static int find(byte[] text, int from, byte[] parts, int part, int end) {
    for (int at = from; at <= text.length - (end - part); at++) {
      if (startsAt(text, at, parts, part, end)) {
        return at;
      }
    }
    return -1;
  }

  private static boolean startsAt(byte[] text, int at, byte[] parts, int part, int end) {
    return at + end - part <= text.length
        && Arrays.equals(text, at, at + end - part, parts, part, end);
  }
}
