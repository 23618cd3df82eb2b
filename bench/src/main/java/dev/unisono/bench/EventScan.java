package dev.unisono.bench;

import java.nio.charset.StandardCharsets;

/**
 * Finds the numbers of events in what a connection has brought, without reading it as a protocol:
 * the client shares its processors with the server, and what it costs would be measured too. Every
 * event has {@value #MARKER} once, and behind it a number of always as many digits. Has no state.
 */
final class EventScan {
  static final String MARKER = "\"record\":{\"id\":";
  static final int DIGITS = 10;

  /** The numbers of events begin behind this one; all have as many digits. */
  static final long BASE = 1_000_000_000;

  /** So many bytes of what came before may be the beginning of an event's number. */
  static final int OVERLAP = MARKER.length() + DIGITS - 1;

  static final int NONE = -1;
  private static final byte[] BYTES = MARKER.getBytes(StandardCharsets.US_ASCII);

  private EventScan() {}

  /** Where the digits of the last whole number begin; {@link #NONE} where there is none. */
  static int last(byte[] bytes, int length) {
    for (int at = length - DIGITS - BYTES.length; at >= 0; at--) {
      if (matches(bytes, at)) {
        return at + BYTES.length;
      }
    }
    return NONE;
  }

  /** Where the digits of the next whole number begin; {@link #NONE} where there is none. */
  static int next(byte[] bytes, int from, int length) {
    for (int at = from; at + BYTES.length + DIGITS <= length; at++) {
      if (matches(bytes, at)) {
        return at + BYTES.length;
      }
    }
    return NONE;
  }

  private static boolean matches(byte[] bytes, int at) {
    for (int i = 0; i < BYTES.length; i++) {
      if (bytes[at + i] != BYTES[i]) {
        return false;
      }
    }
    return true;
  }

  /** The event's number, from 1 on. */
  static int number(byte[] bytes, int digits) {
    long value = 0;
    for (int i = 0; i < DIGITS; i++) {
      value = value * 10 + (bytes[digits + i] - '0');
    }
    return (int) (value - BASE);
  }
}
