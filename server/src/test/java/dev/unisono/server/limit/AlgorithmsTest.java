package dev.unisono.server.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import dev.unisono.server.limit.Replay.MovedClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The four algorithms, in memory, by a clock that is moved. */
final class AlgorithmsTest {
  @ParameterizedTest
  @EnumSource
  void doesWhatItsReferenceDoes(Algorithm algorithm) {
    MovedClock clock = new MovedClock();
    MemoryStore store = new MemoryStore(clock::nanos);
    for (int seed = 0; seed < 100; seed++) {
      Replay replay = new Replay(seed, clock, store::check);
      replay.run(List.of(algorithm), 300);
    }
    Replay longer = new Replay(4_711, clock, store::check);
    for (int i = 0; i < 20; i++) {
      longer.run(List.of(algorithm), 300);
    }
    longer.checkBothHappened();
  }

  @Test
  void severalRulesOfDifferentKindsAreAllOrNothing() {
    MovedClock clock = new MovedClock();
    MemoryStore store = new MemoryStore(clock::nanos);
    Random random = new Random(1);
    Replay replay = new Replay(2, clock, store::check);
    for (int i = 0; i < 100; i++) {
      List<Algorithm> kinds = new ArrayList<>();
      for (int rules = 0; rules <= 1 + random.nextInt(3); rules++) {
        kinds.add(Replay.any(random));
      }
      replay.run(kinds, 200);
    }
    replay.checkBothHappened();
  }

  /** As if it were refused by a model of its own: a level that refuses costs the others nothing. */
  @Test
  void aRefusalOfOneLevelIsCountedByNone() {
    MovedClock clock = new MovedClock();
    MemoryStore store = new MemoryStore(clock::nanos);
    LimitRule narrow = Replay.rule("narrow", Algorithm.FIXED_WINDOW, 3, Duration.ofSeconds(60));
    LimitRule wide = Replay.rule("wide", Algorithm.TOKEN_BUCKET, 100, Duration.ofDays(1));
    Rule[] rules = {new Rule(narrow, new Tally()), new Rule(wide, new Tally())};
    for (int i = 0; i < 50; i++) {
      store.check(check(rules));
    }
    Check both = check(rules);
    assertEquals(97, store.check(both)[Check.MEASURES + Check.REMAINING]);
  }

  private static Check check(Rule... rules) {
    return Objects.requireNonNull(Check.of(rules, Replay.caller("one"), 1, false));
  }

  @ParameterizedTest
  @EnumSource
  void passesWhenItSaidThatItWould(Algorithm algorithm) {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      MovedClock clock = new MovedClock();
      clock.micros += random.nextLong(1_000_000_000);
      MemoryStore store = new MemoryStore(clock::nanos);
      Rule rule =
          new Rule(
              Replay.rule("one", algorithm, 1 + random.nextInt(9), Duration.ofSeconds(10)),
              new Tally());
      Check check = check(rule);
      long answer = 0;
      while (answer >= 0) {
        clock.micros += random.nextLong(500_000);
        answer = store.check(check)[Check.ASK];
      }
      clock.micros -= answer + 1;
      assertTrue(store.check(check)[Check.ASK] < 0, algorithm + " " + seed + " is not sooner");
      clock.micros += 1;
      assertTrue(store.check(check)[Check.ASK] >= 0, algorithm + " " + seed + " is then");
    }
  }

  @ParameterizedTest
  @EnumSource
  void letsPassAsManyAsItSaysThatRemain(Algorithm algorithm) {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      MovedClock clock = new MovedClock();
      MemoryStore store = new MemoryStore(clock::nanos);
      Check check =
          check(
              new Rule(
                  Replay.rule("one", algorithm, 1 + random.nextInt(40), Duration.ofSeconds(10)),
                  new Tally()));
      long remaining = 0;
      for (int i = 0; i < 20; i++) {
        clock.micros += random.nextLong(2_000_000);
        remaining = store.check(check)[Check.REMAINING];
      }
      int passed = 0;
      while (store.check(check)[Check.ASK] >= 0) {
        passed++;
      }
      assertEquals(remaining, passed, algorithm + " " + seed);
    }
  }

  @ParameterizedTest
  @EnumSource
  void isAsNewAfterItsReset(Algorithm algorithm) {
    MovedClock clock = new MovedClock();
    MemoryStore store = new MemoryStore(clock::nanos);
    Check check =
        check(new Rule(Replay.rule("one", algorithm, 20, Duration.ofSeconds(10)), new Tally()));
    long first = store.check(check)[Check.REMAINING];
    long reset = 0;
    for (int i = 0; i < 7; i++) {
      reset = store.check(check)[Check.RESET];
    }
    assertTrue(reset > 0);
    clock.micros += reset;
    assertEquals(first, store.check(check)[Check.REMAINING]);
  }

  @ParameterizedTest
  @EnumSource
  void aClockThatIsSetBackGivesNothing(Algorithm algorithm) {
    MovedClock clock = new MovedClock();
    MemoryStore store = new MemoryStore(clock::nanos);
    Check check =
        check(new Rule(Replay.rule("one", algorithm, 3, Duration.ofSeconds(10)), new Tally()));
    int passed = 0;
    for (int i = 0; i < 20; i++) {
      clock.micros -= 1_000_000;
      passed += store.check(check)[Check.ASK] >= 0 ? 1 : 0;
    }
    assertTrue(passed <= 3, algorithm + " let pass " + passed);
  }

  @ParameterizedTest
  @EnumSource
  void isExactAtTheEndsOfWhatTheConfigMaySay(Algorithm algorithm) {
    for (long amount : new long[] {1, 999_999_937, 1_000_000_000}) {
      for (Duration window : List.of(Duration.ofMillis(1), Duration.ofDays(31))) {
        LimitRule rule = Replay.rule("one", algorithm, amount, window);
        Level level = Level.of(rule, new LimitLevel(amount, window, "w"));
        long most = 1L << 52;
        assertTrue(level.capacity() <= most / level.windowTicks(), level.toString());
        assertTrue(
            level.patienceTicks() == 0 || amount <= most / level.patienceTicks(), level.toString());
        assertTrue(level.windowTicks() > 0 && level.idleMicros() > 0, level.toString());
      }
    }
  }

  @Test
  void whatHasHappenedIsCountedAlthoughItIsTooMuchAndThenPauses() {
    MovedClock clock = new MovedClock();
    MemoryStore store = new MemoryStore(clock::nanos);
    Rule[] rules = {new Rule(Replay.deliveries("one", 100, Duration.ofSeconds(10)), new Tally())};
    Check check = Objects.requireNonNull(Check.of(rules, Replay.caller("one"), 500, true));
    // 400 more than there are, at ten a second.
    assertEquals(-40_000_000, store.check(check)[Check.ASK]);
    clock.micros += 39_999_999;
    assertTrue(store.check(check(rules))[Check.ASK] < 0);
    clock.micros += 100_001;
    assertEquals(0, store.check(check(rules))[Check.ASK]);
  }
}
