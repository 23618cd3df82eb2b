package dev.unisono.engine.source;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Change;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Notices that more is deleted from a table at once than its sync lets through unasked, before any
 * of it is passed on. For the source's thread; leave can be given from any.
 */
public final class DeleteGuard {
  private static final long WINDOW_SECONDS = 60;

  /** What was deleted in the minute at hand, by the source's clock. */
  private static final class Count {
    long window;
    long deletes;
  }

  private final String system;
  private final Map<String, Integer> limits;
  private final Map<String, Count> counts = new HashMap<>();
  private final Set<String> allowed = ConcurrentHashMap.newKeySet();

  /**
   * @param limits by sync how many deletes a minute are let through; a sync without one is not
   *     looked at
   */
  public DeleteGuard(String system, Map<String, Integer> limits) {
    this.system = system;
    this.limits = Map.copyOf(limits);
  }

  /** The source begins anew, where it was durably: what comes was counted before. */
  void begin() {
    counts.clear();
  }

  /**
   * Takes note of a batch that is to be passed on.
   *
   * @throws UnisonoException mass-delete where it is not to be
   */
  void check(Batch batch) {
    if (limits.isEmpty()) {
      return;
    }
    for (Change change : batch.changes()) {
      boolean deletes =
          change.operation() == Operation.DELETE || change.operation() == Operation.TRUNCATE;
      // What we deleted there ourselves was asked for elsewhere.
      if (deletes && change.marker() == 0) {
        count(change);
      }
    }
  }

  private void count(Change change) {
    String sync = change.binding().sync();
    Integer limit = limits.get(sync);
    if (limit == null) {
      return;
    }
    Count count = counts.computeIfAbsent(sync, any -> new Count());
    long window = Math.floorDiv(change.sourceTime().getEpochSecond(), WINDOW_SECONDS);
    if (window != count.window) {
      if (count.window != 0 && count.deletes <= limit) {
        // It is as ever again: leave was given for what came before.
        allowed.remove(sync);
      }
      count.window = window;
      count.deletes = 0;
    }
    count.deletes += change.operation() == Operation.TRUNCATE ? limit + 1L : 1;
    if (count.deletes > limit && !allowed.contains(sync)) {
      throw new UnisonoException(
          new Problem(
              "mass-delete",
              ProblemType.USER,
              (change.operation() == Operation.TRUNCATE
                      ? "All rows of "
                      : "More than " + limit + " rows of ")
                  + change.binding().table()
                  + " were deleted in "
                  + system
                  + " within a minute: nothing more of "
                  + system
                  + " is passed on.",
              change.binding().configPath(),
              "If that is meant, ./unisono allow-deletes "
                  + system
                  + " "
                  + sync
                  + " lets it through; if not, put the rows back first."));
    }
  }

  /** Lets what is deleted of a sync through, until a minute with less than its limit has passed. */
  void allow(String sync) {
    allowed.add(sync);
  }

  boolean guards(String sync) {
    return limits.containsKey(sync);
  }
}
