package dev.unisono.engine.assess;

/**
 * How many different values there were, by their hashes of 64 bits: exact up to a bound, beyond it
 * only that there were at least so many (invariant 7). For one thread.
 */
final class DistinctValues {
  /** Half of the table at most is taken, so that a free place is near. */
  static final int MOST = 1 << 15;

  private static final int FIRST = 1 << 8;

  private long[] hashes = new long[FIRST];
  private int count;
  private boolean more;

  /** Notes a value; true where it was not there before, as far as that is known. */
  boolean add(long hash) {
    // Zero stands for a free place.
    long kept = hash == 0 ? 1 : hash;
    int place = place(hashes, kept);
    if (hashes[place] == kept) {
      return false;
    }
    if (count == MOST) {
      more = true;
      return true;
    }
    hashes[place] = kept;
    count++;
    if (count * 2 > hashes.length) {
      grow();
    }
    return true;
  }

  private void grow() {
    long[] larger = new long[hashes.length * 2];
    for (long hash : hashes) {
      if (hash != 0) {
        larger[place(larger, hash)] = hash;
      }
    }
    hashes = larger;
  }

  private static int place(long[] among, long hash) {
    int mask = among.length - 1;
    int place = (int) (hash ^ (hash >>> 32)) & mask;
    while (among[place] != 0 && among[place] != hash) {
      place = (place + 1) & mask;
    }
    return place;
  }

  /** Lets go of all but the count: nothing is added any more. */
  void settle() {
    hashes = new long[0];
  }

  int count() {
    return count;
  }

  /** False where there were more than are counted. */
  boolean exact() {
    return !more;
  }

  /** A hash of a text that spreads well (FNV-1a with a finish). */
  static long hash(CharSequence text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mixed(hash);
  }

  static long mixed(long value) {
    long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
