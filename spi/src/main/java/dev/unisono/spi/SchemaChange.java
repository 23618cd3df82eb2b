package dev.unisono.spi;

/** What a sync does when the columns of the table it reads change; declared in the config. */
public enum SchemaChange {
  /** The entity and, where they may be altered, the targets follow the table. */
  EVOLVE,
  /** The configured fields go on as far as they can; what was seen is reported. */
  IGNORE,
  /** The source stops before the change, with what to do about it. */
  STOP
}
