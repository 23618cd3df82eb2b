package dev.unisono.spi;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * The parts of a record's key in key order. Equal keys have equal parts; decimals are compared by
 * value, whatever their scale. Immutable; safe for threads.
 */
public final class Key {
  private final Object[] parts;
  private final long hash;

  public Key(Object... parts) {
    this.parts = comparable(parts.clone());
    this.hash = hashOf(this.parts);
  }

  private Key(Object[] parts, long hash) {
    this.parts = parts;
    this.hash = hash;
  }

  /** Of parts that are given away with it: no array is made for each change. */
  static Key of(Object[] parts) {
    Object[] own = comparable(parts);
    return new Key(own, hashOf(own));
  }

  private static Object[] comparable(Object[] parts) {
    for (int i = 0; i < parts.length; i++) {
      if (parts[i] instanceof BigDecimal decimal) {
        parts[i] = decimal.stripTrailingZeros();
      }
    }
    return parts;
  }

  private static long hashOf(Object[] parts) {
    long h = 0x9E3779B97F4A7C15L;
    for (Object part : parts) {
      h = mix(h ^ hashOf(part));
    }
    return h;
  }

  public int size() {
    return parts.length;
  }

  public Object part(int index) {
    return parts[index];
  }

  /**
   * A 64-bit hash of the parts that is the same in every process and version: shards and the
   * journal's index are built on it.
   */
  public long stableHash() {
    return hash;
  }

  private static long hashOf(Object part) {
    return switch (part) {
      case Long number -> mix(number);
      case UUID uuid -> mix(uuid.getMostSignificantBits() * 31 + uuid.getLeastSignificantBits());
      case byte[] bytes -> hashOf(bytes);
      default -> hashOf(part.toString().getBytes(StandardCharsets.UTF_8));
    };
  }

  private static long hashOf(byte[] bytes) {
    long h = bytes.length;
    for (byte b : bytes) {
      h = (h ^ (b & 0xff)) * 0x100000001B3L;
    }
    return mix(h);
  }

  /** The finalizer of MurmurHash3 (Austin Appleby, public domain): every input bit moves all. */
  private static long mix(long value) {
    long h = value;
    h = (h ^ (h >>> 33)) * 0xff51afd7ed558ccdL;
    h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return h ^ (h >>> 33);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Key key && hash == key.hash && Arrays.deepEquals(parts, key.parts);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(hash);
  }

  @Override
  public String toString() {
    return Arrays.deepToString(parts);
  }
}
