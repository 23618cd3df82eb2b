package dev.unisono.jdbc;

import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.KnownKeys.Answer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks those who keep rows for the keys they hold, for the comparisons of some tables. For one
 * thread.
 */
final class ConsumerKeys {
  private static final long ASK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final KnownKeys known;
  private final List<SnapshotTable> tables;

  /** When consumers that were not ready are asked again. */
  private final Map<String, Long> askAgainNanos = new HashMap<>();

  /** Keys that a consumer holds, to be looked up. */
  record Asked(SnapshotTable table, String consumer, Answer.Portion portion) {}

  /**
   * @param tables parents before children
   */
  ConsumerKeys(KnownKeys known, List<SnapshotTable> tables) {
    this.known = known;
    this.tables = tables;
  }

  /**
   * The next keys that a consumer holds, once everything is read: children before parents, so that
   * a target can delete what the one refers to after the other. A consumer that is not ready keeps
   * no other from being asked.
   *
   * @param most so many keys at once
   * @return null where nobody is to be asked, or can be for the moment
   */
  @Nullable Asked next(int most) throws InterruptedException {
    Set<String> tried = new HashSet<>();
    for (SnapshotTable any : tables) {
      Sweep sweep = any.sweep();
      for (String consumer : sweep == null ? List.<String>of() : sweep.consumers()) {
        if (tried.add(consumer) && due(consumer)) {
          Asked asked = ask(consumer, most);
          if (asked != null) {
            return asked;
          }
        }
      }
    }
    return null;
  }

  private boolean due(String consumer) {
    Long again = askAgainNanos.get(consumer);
    return again == null || System.nanoTime() - again >= 0;
  }

  private @Nullable Asked ask(String consumer, int most) throws InterruptedException {
    for (SnapshotTable table : tables.reversed()) {
      Sweep sweep = table.sweep();
      if (sweep == null || !sweep.consumers().contains(consumer) || sweep.asked(consumer)) {
        continue;
      }
      if (table.paused() || !table.done()) {
        return null;
      }
      return switch (known.next(table.binding(), consumer, sweep.place(consumer), most)) {
        case Answer.Later later -> {
          sweep.later(consumer, later.place());
          table.waiting(later.why());
          askAgainNanos.put(consumer, System.nanoTime() + ASK_AGAIN_NANOS);
          yield null;
        }
        case Answer.Portion portion -> {
          table.waiting(null);
          yield new Asked(table, consumer, portion);
        }
      };
    }
    return null;
  }
}
