package dev.unisono.server.limit;

import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * What a level of each algorithm is meant to do, said as plainly as possible: fractions without
 * bounds, and all that ever passed is remembered. For one thread.
 */
interface ReferenceModel {
  /** Microseconds after which it may go on; below zero where it may not pass. */
  long ask(long now, long cost);

  void charge(long now, long cost);

  static ReferenceModel of(LimitRule rule, LimitLevel level) {
    Integer burst = rule.burst();
    long capacity = burst == null ? level.amount() : burst;
    long window = level.window().toNanos() / 1_000;
    long patience = rule.throttle().toNanos() / 1_000;
    return switch (rule.algorithm()) {
      case TOKEN_BUCKET -> new Tokens(level.amount(), window, capacity, patience);
      case LEAKY_BUCKET -> new Queue(level.amount(), window, capacity, patience);
      case FIXED_WINDOW -> new Fixed(level.amount(), window);
      case SLIDING_WINDOW -> new Sliding(level.amount(), window);
    };
  }

  /** How much passed when. */
  record Passed(long at, long cost) {
    static long between(List<Passed> all, long from, long to) {
      return all.stream()
          .filter(one -> one.at() >= from && one.at() < to)
          .mapToLong(Passed::cost)
          .sum();
    }
  }

  /** So many tokens, which come back at a pace; some may be owed for as long as one may wait. */
  final class Tokens implements ReferenceModel {
    private final BigInteger amount;
    private final BigInteger window;
    private final BigInteger full;
    private final long patience;

    /** Times the window, so that a fraction is a whole number. */
    private BigInteger tokens;

    private long since;

    Tokens(long amount, long window, long capacity, long patience) {
      this.amount = BigInteger.valueOf(amount);
      this.window = BigInteger.valueOf(window);
      this.full = BigInteger.valueOf(capacity).multiply(this.window);
      this.patience = patience;
      this.tokens = full;
    }

    private BigInteger tokens(long now) {
      return tokens.add(amount.multiply(BigInteger.valueOf(now - since))).min(full);
    }

    @Override
    public long ask(long now, long cost) {
      BigInteger wanted = window.multiply(BigInteger.valueOf(cost));
      if (wanted.compareTo(full) > 0) {
        return -1;
      }
      // Tried one by one would take too long; a missing part of a token takes as long as it does.
      BigInteger missing = wanted.subtract(tokens(now)).max(BigInteger.ZERO);
      BigInteger[] parts = missing.divideAndRemainder(amount);
      long wait = parts[0].longValueExact() + parts[1].signum();
      return wait <= patience ? wait : -1;
    }

    @Override
    public void charge(long now, long cost) {
      tokens = tokens(now).subtract(window.multiply(BigInteger.valueOf(cost)));
      since = now;
    }
  }

  /** One after the other, each taking as long as the pace says; so many may be in the queue. */
  final class Queue implements ReferenceModel {
    private final BigInteger amount;
    private final long window;
    private final long capacity;
    private final long patience;

    /** When the last one will be through, times the amount. */
    private BigInteger through = BigInteger.ZERO;

    Queue(long amount, long window, long capacity, long patience) {
      this.amount = BigInteger.valueOf(amount);
      this.window = window;
      this.capacity = capacity;
      this.patience = patience;
    }

    private BigInteger ahead(long now) {
      return through.subtract(amount.multiply(BigInteger.valueOf(now))).max(BigInteger.ZERO);
    }

    @Override
    public long ask(long now, long cost) {
      BigInteger[] parts = ahead(now).divideAndRemainder(amount);
      long wait = parts[0].longValueExact() + parts[1].signum();
      BigInteger content =
          ahead(now).add(BigInteger.valueOf(cost).multiply(BigInteger.valueOf(window)));
      boolean fits =
          content.compareTo(BigInteger.valueOf(capacity).multiply(BigInteger.valueOf(window))) <= 0;
      return fits && wait <= patience ? wait : -1;
    }

    @Override
    public void charge(long now, long cost) {
      through =
          amount
              .multiply(BigInteger.valueOf(now))
              .add(ahead(now))
              .add(BigInteger.valueOf(cost).multiply(BigInteger.valueOf(window)));
    }
  }

  /** All that passed since the clock began a window. */
  final class Fixed implements ReferenceModel {
    private final long amount;
    private final long window;
    private final List<Passed> passed = new ArrayList<>();

    Fixed(long amount, long window) {
      this.amount = amount;
      this.window = window;
    }

    @Override
    public long ask(long now, long cost) {
      long begin = now - now % window;
      return Passed.between(passed, begin, begin + window) + cost <= amount ? 0 : -1;
    }

    @Override
    public void charge(long now, long cost) {
      passed.add(new Passed(now, cost));
    }
  }

  /** All of this window, and of the one before the part that is still seen. */
  final class Sliding implements ReferenceModel {
    private final long amount;
    private final long window;
    private final List<Passed> passed = new ArrayList<>();

    Sliding(long amount, long window) {
      this.amount = amount;
      this.window = window;
    }

    @Override
    public long ask(long now, long cost) {
      long begin = now - now % window;
      BigInteger here =
          BigInteger.valueOf(Passed.between(passed, begin, begin + window) + cost)
              .multiply(BigInteger.valueOf(window));
      BigInteger before =
          BigInteger.valueOf(Passed.between(passed, begin - window, begin))
              .multiply(BigInteger.valueOf(begin + window - now));
      BigInteger most = BigInteger.valueOf(amount).multiply(BigInteger.valueOf(window));
      return here.add(before).compareTo(most) <= 0 ? 0 : -1;
    }

    @Override
    public void charge(long now, long cost) {
      passed.add(new Passed(now, cost));
    }
  }
}
