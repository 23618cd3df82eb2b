package dev.unisono.server.operation;

import java.util.Locale;

/** What callers can do with records, whatever the door. */
public enum Action {
  LIST,
  GET,
  CREATE,
  REPLACE,
  CHANGE,
  DELETE,
  /** Following changes as they happen. */
  FOLLOW;

  /** As metrics name it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it leaves everything as it is. */
  public boolean reads() {
    return this == LIST || this == GET || this == FOLLOW;
  }
}
