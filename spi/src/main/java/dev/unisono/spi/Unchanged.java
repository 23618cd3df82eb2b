package dev.unisono.spi;

/**
 * The value of a field that the source did not send because the change left it as it was (an
 * unchanged TOAST column of PostgreSQL, for instance). It is not null and never becomes null
 * (invariant 6). A singleton: compare by identity.
 */
public enum Unchanged {
  /** The only instance. */
  UNCHANGED
}
