package dev.unisono.server.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.engine.config.LimitsConfig.Counted;
import dev.unisono.engine.config.LimitsConfig.Dimension;
import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import dev.unisono.engine.config.LimitsConfig.LimitScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/**
 * Random rules, and random requests of a few callers at random times: what a store says of each is
 * compared with what reference models say. For one thread.
 */
final class Replay {
  /** Moved by the replay; a round time, so that windows begin and end within it. */
  static final class MovedClock {
    long micros = 1_764_288_000_000_000L;

    long nanos() {
      return micros * 1_000;
    }
  }

  static final LimitScope ALL = new LimitScope(Set.of(), List.of(), Set.of());

  private static final long[] AMOUNTS = {1, 2, 3, 7, 10, 100, 10_007};
  private static final Duration[] WINDOWS = {
    Duration.ofMinutes(2), Duration.ofSeconds(90), Duration.ofHours(1), Duration.ofDays(1)
  };

  private final Random random;
  private final MovedClock clock;
  private final Function<Check, long[]> store;
  private int passes;
  private int refusals;

  /**
   * @param seed so that what failed can be done again
   */
  Replay(long seed, MovedClock clock, Function<Check, long[]> store) {
    this.random = new Random(seed);
    this.clock = clock;
    this.store = store;
  }

  static Algorithm any(Random random) {
    return List.of(Algorithm.values()).get(random.nextInt(Algorithm.values().length));
  }

  static Asked caller(String name) {
    return new Asked(
        name, name, "standard", "GET", "/v1/items", () -> "192.0.2.1", () -> "/v1/items");
  }

  static LimitRule rule(String name, Algorithm algorithm, long amount, Duration window) {
    return new LimitRule(
        name,
        Set.of(Dimension.CALLER),
        ALL,
        Counted.REQUESTS,
        algorithm,
        List.of(new LimitLevel(amount, window, window.toString())),
        null,
        algorithm == Algorithm.LEAKY_BUCKET ? Duration.ofSeconds(1) : Duration.ZERO);
  }

  /** What is counted although it has happened already. */
  static LimitRule deliveries(String name, long amount, Duration window) {
    return new LimitRule(
        name,
        Set.of(Dimension.CALLER),
        ALL,
        Counted.DELIVERIES,
        Algorithm.TOKEN_BUCKET,
        List.of(new LimitLevel(amount, window, window.toString())),
        null,
        Duration.ZERO);
  }

  private LimitRule randomRule(String name, Algorithm algorithm) {
    List<LimitLevel> levels = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      Duration window = WINDOWS[random.nextInt(WINDOWS.length)];
      levels.add(new LimitLevel(AMOUNTS[random.nextInt(AMOUNTS.length)], window, "level" + i));
    }
    boolean bucket = algorithm.bucket();
    boolean throttles = algorithm == Algorithm.LEAKY_BUCKET || (bucket && random.nextBoolean());
    return new LimitRule(
        name,
        Set.of(Dimension.CALLER),
        ALL,
        Counted.REQUESTS,
        algorithm,
        levels,
        bucket && random.nextBoolean() ? Integer.valueOf(1 + random.nextInt(20)) : null,
        throttles ? Duration.ofSeconds(1 + random.nextInt(30)) : Duration.ZERO);
  }

  /** The requests of one config, each compared. */
  void run(List<Algorithm> algorithms, int requests) {
    List<LimitRule> config = new ArrayList<>();
    for (Algorithm algorithm : algorithms) {
      config.add(randomRule("rule-" + random.nextInt(1 << 30), algorithm));
    }
    Rule[] rules = config.stream().map(one -> new Rule(one, new Tally())).toArray(Rule[]::new);
    Map<String, List<ReferenceModel>> models = new HashMap<>();
    for (int i = 0; i < requests; i++) {
      clock.micros += step();
      String caller = "caller-" + random.nextInt(3);
      long cost = random.nextInt(10) == 0 ? 1 + random.nextInt(12) : 1;
      Check check = Check.of(rules, caller(caller), cost, false);
      if (check == null) {
        throw new AssertionError("rules for all are for each");
      }
      List<ReferenceModel> expected =
          models.computeIfAbsent(
              caller,
              _ ->
                  config.stream()
                      .flatMap(rule ->
                          rule.levels().stream().map(level -> ReferenceModel.of(rule, level)))
                      .toList());
      compare(config + ", request " + i, check, expected, store.apply(check));
    }
  }

  private void compare(String which, Check check, List<ReferenceModel> expected, long[] measured) {
    List<Level> levels = new ArrayList<>();
    check.rules().forEach(rule -> levels.addAll(List.of(rule.levels())));
    boolean passes = true;
    for (int i = 0; i < levels.size(); i++) {
      long asked = expected.get(i).ask(clock.micros, check.cost());
      long answer = measured[i * Check.MEASURES];
      assertEquals(1, levels.get(i).tickMicros(), which + " has to be exact to the microsecond");
      assertEquals(asked, answer < 0 ? -1 : answer, which + ", level " + i);
      assertTrue(measured[i * Check.MEASURES + Check.REMAINING] >= 0, which);
      assertTrue(measured[i * Check.MEASURES + Check.RESET] >= 0, which);
      passes &= asked >= 0;
    }
    if (passes) {
      expected.forEach(model -> model.charge(clock.micros, check.cost()));
      this.passes++;
    } else {
      refusals++;
    }
  }

  /** Often none, mostly a little, sometimes much; and now and then to the end of something. */
  private long step() {
    return switch (random.nextInt(12)) {
      case 0, 1, 2 -> 0;
      case 3 -> WINDOWS[random.nextInt(WINDOWS.length)].toNanos() / 1_000;
      case 4 -> 120_000_000 - clock.micros % 120_000_000;
      case 5 -> 120_000_000 - clock.micros % 120_000_000 - 1;
      case 6 -> random.nextLong(7_200_000_000L);
      default -> random.nextLong(20_000_000);
    };
  }

  /** A replay in which all pass, or none, would show little. */
  void checkBothHappened() {
    assertTrue(passes > 100 && refusals > 100, passes + " passed, " + refusals + " did not");
  }
}
