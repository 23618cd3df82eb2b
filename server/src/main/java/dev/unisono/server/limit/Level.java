package dev.unisono.server.limit;

import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.engine.config.LimitsConfig.Counted;
import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;

/**
 * One level of a rule in whole numbers: time in ticks, and a bucket's content as how much of it is
 * used times the window's ticks, so that each tick gives back the level's amount and nothing is
 * ever rounded. No product that arises exceeds 2^53, which is as far as the numbers of a Redis
 * script are exact. Immutable.
 *
 * @param tickMicros how long a tick is: as short as exactness allows
 * @param windowTicks the time that the level is about
 * @param capacity how many a bucket holds
 * @param patienceTicks for how long a bucket may have its caller wait
 * @param mostUsed how much of a bucket is ever used, what is owed included
 */
record Level(
    Algorithm algorithm,
    long amount,
    long windowTicks,
    long tickMicros,
    long capacity,
    long patienceTicks,
    long mostUsed) {
  /** Numbers that the state of a level has. */
  static final int STATE = 3;

  /** It can never be let pass: it asks for more than there ever is. */
  static final long NEVER = Long.MIN_VALUE;

  private static final long EXACT = 1L << 51;
  private static final long[] TICKS = {1, 1_000, 1_000_000, 10_000_000};

  /** What was sent beyond a limit is paid off for no longer than that. */
  private static final long LONGEST_DEBT_MICROS = 3_600_000_000L;

  static Level of(LimitRule rule, LimitLevel level) {
    long windowMicros = level.window().toNanos() / 1_000;
    long throttleMicros = rule.throttle().toNanos() / 1_000;
    Integer burst = rule.burst();
    boolean bucket = rule.algorithm().bucket();
    long capacity = bucket && burst != null ? burst : level.amount();
    long debtMicros = rule.counted() == Counted.DELIVERIES ? LONGEST_DEBT_MICROS : throttleMicros;
    for (long tick : TICKS) {
      long window = Math.ceilDiv(windowMicros, tick);
      long debt = bucket ? debtMicros / tick : 0;
      if (fits(Math.max(capacity, level.amount()), window) && fits(level.amount(), debt)) {
        return new Level(
            rule.algorithm(),
            level.amount(),
            window,
            tick,
            capacity,
            bucket ? throttleMicros / tick : 0,
            capacity * window + debt * level.amount());
      }
    }
    throw new IllegalArgumentException(level + " is out of the config's range");
  }

  private static boolean fits(long one, long other) {
    return other == 0 || one <= EXACT / other;
  }

  long ticks(long micros) {
    return Math.floorDiv(micros, tickMicros);
  }

  /** After so long without a request the state says nothing any more. */
  long idleMicros() {
    long ticks =
        switch (algorithm) {
          case TOKEN_BUCKET, LEAKY_BUCKET -> Math.ceilDiv(mostUsed, amount);
          case FIXED_WINDOW -> windowTicks;
          case SLIDING_WINDOW -> 2 * windowTicks;
        };
    return (ticks + 1) * tickMicros;
  }

  /**
   * Brings a state to the present; it says the same as before.
   *
   * @param state of this and other levels
   * @param at where that of this one begins
   */
  void advance(long[] state, int at, long now) {
    switch (algorithm) {
      case TOKEN_BUCKET, LEAKY_BUCKET -> Buckets.drain(this, state, at, now);
      case FIXED_WINDOW, SLIDING_WINDOW -> Windows.turn(this, state, at, now);
    }
  }

  /**
   * Asks of a state of the present whether something may pass.
   *
   * @return ticks after which it may go on, 0 or more; where it may not pass, how many ticks later
   *     it could be asked again, below zero; or {@link #NEVER}
   */
  long ask(long[] state, int at, long now, long cost) {
    if (cost > capacity) {
      return NEVER;
    }
    return switch (algorithm) {
      case TOKEN_BUCKET -> Buckets.askTokens(this, state[at], cost);
      case LEAKY_BUCKET -> Buckets.askPlace(this, state[at], cost);
      case FIXED_WINDOW -> Windows.askFixed(this, state, at, now, cost);
      case SLIDING_WINDOW -> Windows.askSliding(this, state, at, now, cost);
    };
  }

  /** Counts what passes. */
  void charge(long[] state, int at, long cost) {
    if (algorithm.bucket()) {
      state[at] = Math.min(state[at] + cost * windowTicks, mostUsed);
    } else {
      state[at + 1] += cost;
    }
  }

  /** How many more may pass now. */
  long remaining(long[] state, int at, long now) {
    return switch (algorithm) {
      case TOKEN_BUCKET -> Math.max(0, (capacity * windowTicks - state[at]) / windowTicks);
      case LEAKY_BUCKET -> Buckets.places(this, state[at]);
      case FIXED_WINDOW -> Math.max(0, amount - state[at + 1]);
      case SLIDING_WINDOW -> Windows.remaining(this, state, at, now);
    };
  }

  /** Ticks until all of it is there again, if nothing more passes. */
  long reset(long[] state, int at, long now) {
    return switch (algorithm) {
      case TOKEN_BUCKET, LEAKY_BUCKET -> Math.ceilDiv(state[at], amount);
      case FIXED_WINDOW -> state[at + 1] == 0 ? 0 : Windows.untilNext(this, state, at, now);
      case SLIDING_WINDOW -> Windows.untilForgotten(this, state, at, now);
    };
  }
}
