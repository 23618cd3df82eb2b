package dev.unisono.bench;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One connection that events come by. Of each portion that is read the last event's number is
 * looked up; since numbers have no gaps, those before it came, too. A witness has every event
 * looked at. For one thread.
 */
final class Subscriber {
  static final int ENDED = -1;

  private final Wire wire;
  private final boolean slow;
  private final boolean witness;

  /** The end of the portion before: a number may lie across. */
  private final byte[] overlap = new byte[EventScan.OVERLAP];

  private int overlapping;
  private int last;
  private int missing;

  /**
   * @param slow whether it stops reading when it is told to
   */
  Subscriber(Wire wire, boolean slow, boolean witness) {
    this.wire = wire;
    this.slow = slow;
    this.witness = witness;
  }

  Wire wire() {
    return wire;
  }

  boolean slow() {
    return slow;
  }

  /** The number of the last event that came. */
  int last() {
    return last;
  }

  /** Events that a witness should have had in their place; of others nothing is known. */
  int missing() {
    return missing;
  }

  /**
   * Reads a portion.
   *
   * @param buffer for the portion, shared with others
   * @param bytes as large as the buffer and an overlap, shared with others
   * @return how many bytes came; {@link #ENDED} where the connection has ended
   */
  int read(ByteBuffer buffer, byte[] bytes) throws IOException {
    buffer.clear();
    int read = wire.read(buffer);
    if (read <= 0) {
      return read;
    }
    // An event is shorter than this, so that the last number, which alone counts, is in it.
    int looked = witness ? read : Math.min(read, FanoutScenario.LONGEST_EVENT * 2);
    int before = looked == read ? overlapping : 0;
    System.arraycopy(overlap, 0, bytes, 0, before);
    buffer.get(read - looked, bytes, before, looked);
    int length = before + looked;
    take(bytes, length);
    overlapping = Math.min(length, overlap.length);
    System.arraycopy(bytes, length - overlapping, overlap, 0, overlapping);
    return read;
  }

  private void take(byte[] bytes, int length) {
    if (!witness) {
      int digits = EventScan.last(bytes, length);
      if (digits != EventScan.NONE) {
        last = Math.max(last, EventScan.number(bytes, digits));
      }
      return;
    }
    for (int digits = EventScan.next(bytes, 0, length);
        digits != EventScan.NONE;
        digits = EventScan.next(bytes, digits, length)) {
      int number = EventScan.number(bytes, digits);
      if (number != last + 1) {
        missing++;
      }
      last = number;
    }
  }
}
