package dev.unisono.server.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.util.function.LongSupplier;

/**
 * Counts in this server's memory: of so many subjects at most, and of each for as long as it
 * matters (invariant 7). Safe for threads; nobody is waited for but whoever counts the same.
 */
final class MemoryStore {
  /** Beyond them those are forgotten that ask least: some 40 MB. */
  static final int MOST_SUBJECTS = 100_000;

  private final LongSupplier nanos;
  private final Cache<String, Counters> held;

  /**
   * @param nanos a clock that never goes back
   */
  MemoryStore(LongSupplier nanos) {
    this(nanos, MOST_SUBJECTS);
  }

  MemoryStore(LongSupplier nanos, int most) {
    this.nanos = nanos;
    this.held =
        Caffeine.newBuilder()
            .maximumSize(most)
            .ticker(nanos::getAsLong)
            .expireAfter(new WhileItMatters())
            .build();
  }

  private static final class WhileItMatters implements Expiry<String, Counters> {
    @Override
    public long expireAfterCreate(String subject, Counters counters, long now) {
      return counters.idleNanos();
    }

    @Override
    public long expireAfterUpdate(String subject, Counters counters, long now, long left) {
      return counters.idleNanos();
    }

    @Override
    public long expireAfterRead(String subject, Counters counters, long now, long left) {
      return counters.idleNanos();
    }
  }

  /** About how many subjects are held. */
  long size() {
    held.cleanUp();
    return held.estimatedSize();
  }

  /** Counts a request where all levels let it pass, else nothing; gives what {@link Check} says. */
  long[] check(Check check) {
    Counters[] counters = new Counters[check.rules().size()];
    for (int i = 0; i < counters.length; i++) {
      counters[i] = held.get(check.subjects().get(i), check.rules().get(i).fresh());
    }
    long[] measured = new long[Check.MEASURES * check.levels()];
    holding(check, counters, 0, measured);
    return measured;
  }

  /** Rules are in one order whoever asks, so that no two wait for each other. */
  private void holding(Check check, Counters[] counters, int rule, long[] measured) {
    if (rule == counters.length) {
      measure(check, counters, measured);
      return;
    }
    synchronized (counters[rule]) {
      holding(check, counters, rule + 1, measured);
    }
  }

  private void measure(Check check, Counters[] counters, long[] measured) {
    long micros = Math.floorDiv(nanos.getAsLong(), 1_000);
    boolean passes = true;
    int at = 0;
    for (int i = 0; i < counters.length; i++) {
      Level[] levels = check.rules().get(i).levels();
      for (int l = 0; l < levels.length; l++, at += Check.MEASURES) {
        long now = levels[l].ticks(micros);
        long[] state = counters[i].state();
        levels[l].advance(state, l * Level.STATE, now);
        measured[at] = levels[l].ask(state, l * Level.STATE, now, check.cost());
        passes &= measured[at] >= 0;
      }
    }
    at = 0;
    for (int i = 0; i < counters.length; i++) {
      Level[] levels = check.rules().get(i).levels();
      for (int l = 0; l < levels.length; l++, at += Check.MEASURES) {
        Level level = levels[l];
        long now = level.ticks(micros);
        long[] state = counters[i].state();
        if (passes || check.anyway()) {
          level.charge(state, l * Level.STATE, check.cost());
        }
        if (check.anyway()) {
          measured[at] = level.ask(state, l * Level.STATE, now, 0);
        }
        measured[at + Check.REMAINING] = level.remaining(state, l * Level.STATE, now);
        measured[at + Check.RESET] = level.reset(state, l * Level.STATE, now);
      }
    }
  }
}
