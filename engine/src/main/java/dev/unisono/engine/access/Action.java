package dev.unisono.engine.access;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

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

  /** Those of some that fulfil a condition. */
  static Set<Action> among(Set<Action> some, Predicate<Action> condition) {
    EnumSet<Action> found = EnumSet.noneOf(Action.class);
    some.stream().filter(condition).forEach(found::add);
    return found;
  }
}
