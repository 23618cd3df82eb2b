package dev.unisono.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A set of places of the log, as runs: those that were handed over and are there still. A place
 * that is not among them is new, however low: it may have been committed late. For one thread.
 */
final class HandedOver {
  /** From the first of a run to its last. */
  private final TreeMap<Long, Long> runs = new TreeMap<>();

  static HandedOver parse(String text) {
    HandedOver parsed = new HandedOver();
    for (String run : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      int dash = run.indexOf('-');
      parsed.runs.put(Long.valueOf(run.substring(0, dash)), Long.valueOf(run.substring(dash + 1)));
    }
    return parsed;
  }

  String text() {
    List<String> texts = new ArrayList<>();
    runs.forEach((from, to) -> texts.add(from + "-" + to));
    return String.join(",", texts);
  }

  void add(long place) {
    Map.Entry<Long, Long> before = runs.floorEntry(place);
    if (before != null && before.getValue() >= place) {
      return;
    }
    long from = before != null && before.getValue() == place - 1 ? before.getKey() : place;
    Long after = runs.remove(place + 1);
    runs.put(from, after == null ? place : after);
  }

  boolean contains(long place) {
    Map.Entry<Long, Long> run = runs.floorEntry(place);
    return run != null && run.getValue() >= place;
  }

  void addAll(HandedOver others) {
    others.runs.forEach((from, to) -> {
      for (long place = from; place <= to; place++) {
        add(place);
      }
    });
  }

  /** They are not in the log any more. */
  void removeAll(HandedOver others) {
    others.runs.forEach(this::remove);
  }

  private void remove(long from, long to) {
    Map.Entry<Long, Long> run = runs.floorEntry(from);
    if (run == null || run.getValue() < from) {
      run = runs.ceilingEntry(from);
    }
    while (run != null && run.getKey() <= to) {
      runs.remove(run.getKey());
      if (run.getKey() < from) {
        runs.put(run.getKey(), from - 1);
      }
      if (run.getValue() > to) {
        runs.put(to + 1, run.getValue());
      }
      run = runs.ceilingEntry(run.getKey() + 1);
    }
  }

  boolean isEmpty() {
    return runs.isEmpty();
  }

  /** How many there are. */
  long size() {
    long size = 0;
    for (Map.Entry<Long, Long> run : runs.entrySet()) {
      size += run.getValue() - run.getKey() + 1;
    }
    return size;
  }

  long last() {
    return runs.isEmpty() ? 0 : runs.lastEntry().getValue();
  }

  /** From the first of each run to its last. */
  Map<Long, Long> runs() {
    return runs;
  }
}
