package dev.unisono.server.webhook;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is in line for one endpoint: a line for each key, whose messages go one after the other, and
 * lines beside each other. A message is <em>open</em> while only the cursor keeps it, which
 * therefore stays before it; one that has failed, and all behind it in its line, are
 * <em>waiting</em>: they are kept by themselves, so that the cursor goes on. Not safe for threads.
 */
final class Lines {
  /** A message in line. */
  static final class Entry {
    private final long sequence;
    private final int part;
    private final long line;
    private @Nullable Message message;
    private boolean waiting;
    private int attempts;

    /**
     * @param message null where it is still to be read
     */
    Entry(long sequence, int part, long line, @Nullable Message message) {
      this.sequence = sequence;
      this.part = part;
      this.line = line;
      this.message = message;
    }

    /** One that was kept. */
    static Entry of(EndpointStore.Waiting kept) {
      Entry entry = new Entry(kept.sequence(), kept.part(), kept.line(), null);
      entry.waiting = true;
      entry.attempts = kept.attempts();
      return entry;
    }

    EndpointStore.Waiting kept() {
      return new EndpointStore.Waiting(sequence, part, line, attempts);
    }

    long sequence() {
      return sequence;
    }

    int part() {
      return part;
    }

    @Nullable Message message() {
      return message;
    }

    boolean waiting() {
      return waiting;
    }

    int attempts() {
      return attempts;
    }
  }

  /** The messages of one key. */
  static final class Line {
    private final long key;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private long dueMillis;

    private Line(long key) {
      this.key = key;
    }

    Entry head() {
      return entries.getFirst();
    }

    private long dueMillis() {
      return dueMillis;
    }

    private long headSequence() {
      return head().sequence;
    }
  }

  private final Map<Long, Line> lines = new HashMap<>();

  /** The lines that nobody is sending of. */
  private final PriorityQueue<Line> ready =
      new PriorityQueue<>(
          Comparator.comparingLong(Line::dueMillis).thenComparingLong(Line::headSequence));

  /** How many open messages each sequence has. */
  private final TreeMap<Long, Integer> open = new TreeMap<>();

  private int openCount;
  private int waitingCount;

  /** What goes when all before it are gone, and before all behind it. */
  private @Nullable Entry barrier;

  /**
   * Puts a message at the end of its line.
   *
   * @return true where that waits, so that this one has to be kept, too, and then told by {@link
   *     #waits}
   */
  boolean add(Entry entry) {
    count(entry, 1);
    if (entry.line == Message.EVERY_KEY) {
      if (barrier != null) {
        throw new IllegalStateException("nothing is taken behind a barrier");
      }
      barrier = entry;
      return false;
    }
    Line line = lines.computeIfAbsent(entry.line, Line::new);
    boolean waits = !line.entries.isEmpty() && line.head().waiting;
    boolean alone = line.entries.isEmpty();
    line.entries.addLast(entry);
    if (alone) {
      ready.add(line);
    }
    return waits && !entry.waiting;
  }

  private void count(Entry entry, int by) {
    if (entry.waiting) {
      waitingCount += by;
    } else {
      openCount += by;
      open.merge(entry.sequence, by, (was, change) -> was + change == 0 ? null : was + change);
    }
  }

  /** A message is kept by itself from now on. */
  void waits(Entry entry) {
    if (!entry.waiting) {
      count(entry, -1);
      entry.waiting = true;
      entry.message = null; // It is read again: what waits may be much.
      count(entry, 1);
    }
  }

  /** The line whose first message is to be sent; null where none is due. */
  @Nullable Line take(long nowMillis) {
    Entry last = barrier;
    if (lines.isEmpty() && last != null) {
      Line line = new Line(Message.EVERY_KEY);
      line.entries.add(last);
      lines.put(line.key, line);
      ready.add(line);
    }
    Line next = ready.peek();
    if (next == null || next.dueMillis > nowMillis) {
      return null;
    }
    return ready.poll();
  }

  /** When the next line is due; the greatest number where there is none. */
  long nextDueMillis() {
    Line next = ready.peek();
    return next == null ? Long.MAX_VALUE : next.dueMillis;
  }

  /** The first message of a line that was taken is delivered. */
  void done(Line line) {
    Entry entry = line.entries.removeFirst();
    count(entry, -1);
    line.dueMillis = 0;
    if (Objects.equals(barrier, entry)) {
      barrier = null;
    }
    if (line.entries.isEmpty()) {
      lines.remove(line.key);
    } else {
      ready.add(line);
    }
  }

  /**
   * The first message of a line that was taken is to be sent once more.
   *
   * @return what has to be kept of the line: its first message, and those that were open
   */
  List<Entry> failed(Line line, long dueMillis) {
    Entry first = line.head();
    first.attempts++;
    List<Entry> keep = new ArrayList<>();
    for (Entry entry : line.entries) {
      if (entry == first || !entry.waiting) {
        keep.add(entry);
      }
    }
    line.dueMillis = dueMillis;
    ready.add(line);
    return keep;
  }

  /** Everything may be tried at once. */
  void releaseAll() {
    List<Line> all = List.copyOf(ready);
    ready.clear();
    for (Line line : all) {
      line.dueMillis = 0;
      ready.add(line);
    }
  }

  /** Up to where all is delivered or waits, if everything up to a sequence was put in line. */
  long cursor(long readUpTo) {
    return open.isEmpty() ? readUpTo : open.firstKey() - 1;
  }

  int open() {
    return openCount;
  }

  int waiting() {
    return waitingCount;
  }

  boolean barred() {
    return barrier != null;
  }
}
