package dev.unisono.engine.access;

/** The secret by which values are hashed. Immutable. */
public final class MaskKey {
  private static final int LEAST_BYTES = 32;

  private final byte[] bytes;

  public MaskKey(byte[] bytes) {
    if (bytes.length < LEAST_BYTES) {
      throw new IllegalArgumentException("a key has " + LEAST_BYTES + " bytes at least");
    }
    this.bytes = bytes.clone();
  }

  byte[] bytes() {
    return bytes;
  }
}
