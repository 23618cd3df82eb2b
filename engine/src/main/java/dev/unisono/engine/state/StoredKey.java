package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;

/** A record's key as the state's tables have it. Has no state; safe for threads. */
public final class StoredKey {
  private StoredKey() {}

  public static byte[] write(Entity entity, Key key) {
    Bytes bytes = new Bytes(64);
    BlockCodec.writeKey(bytes, entity, key);
    return bytes.toByteArray();
  }

  /** The key of a record that has a number of ours, since each member has one of its own for it. */
  public static byte[] write(long number) {
    Bytes bytes = new Bytes(16);
    BlockCodec.writeKey(bytes, number);
    return bytes.toByteArray();
  }

  public static Key read(byte[] stored) {
    return BlockCodec.readKey(new Bytes(stored));
  }
}
