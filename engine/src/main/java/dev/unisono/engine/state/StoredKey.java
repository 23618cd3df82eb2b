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

  public static Key read(byte[] stored) {
    return BlockCodec.readKey(new Bytes(stored));
  }
}
