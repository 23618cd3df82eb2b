package dev.unisono.systemtests;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An observer of keys whose value only ever grows and that never come back once they are gone. Safe
 * for threads.
 */
final class NeverBack {
  private final String where;
  private final Map<Long, BigDecimal> highest = new HashMap<>();
  private final Set<Long> gone = new HashSet<>();
  private final List<String> complaints = new ArrayList<>();

  NeverBack(String where) {
    this.where = where;
  }

  /** For the live clients: customers by their balance. */
  void observe(StreamEvent event) {
    switch (event.kind()) {
      case "created", "updated" ->
          there(event.key(), event.record().path("balance").decimalValue());
      case "deleted" -> gone(event.key());
      default -> complain("an unexpected event: " + event);
    }
  }

  synchronized void there(long key, BigDecimal value) {
    if (gone.contains(key)) {
      complain(key + " is there with " + value + " after it was gone");
    }
    BigDecimal before = highest.put(key, value);
    if (before != null && before.compareTo(value) > 0) {
      complain(key + " went back from " + before + " to " + value);
    }
  }

  synchronized void gone(long key) {
    gone.add(key);
  }

  private synchronized void complain(String what) {
    if (complaints.size() < 20) {
      complaints.add(where + ": " + what);
    }
  }

  synchronized List<String> complaints() {
    return List.copyOf(complaints);
  }
}
