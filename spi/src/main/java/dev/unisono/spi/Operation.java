package dev.unisono.spi;

/** What a change did to its record. */
public enum Operation {
  /** The record was inserted. */
  CREATE,
  /** The record was changed; its key may have been too, then the change names the previous key. */
  UPDATE,
  /** The record was deleted. */
  DELETE,
  /** The record was read by a snapshot, as it stood; whether it was there before is not known. */
  READ,
  /**
   * The record was read again, as it stood; only where it differs from what its source told of it
   * before, or nothing was told, is it a change. So a source that cannot know what has changed may
   * tell all that may have. The journal never holds it.
   */
  REFRESH,
  /** Every record of the collection was deleted at once. */
  TRUNCATE
}
