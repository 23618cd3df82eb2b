package dev.unisono.server.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.server.limit.Replay.MovedClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is counted in memory, by many and for many. */
final class MemoryStoreTest {
  private static Check check(String caller, Rule... rules) {
    return Objects.requireNonNull(Check.of(rules, Replay.caller(caller), 1, false));
  }

  private static Rule rule(String name, Algorithm algorithm, int amount) {
    return new Rule(Replay.rule(name, algorithm, amount, Duration.ofSeconds(60)), new Tally());
  }

  @ParameterizedTest
  @EnumSource
  void manyThreadsTogetherNeverExceedTheLimit(Algorithm algorithm) throws InterruptedException {
    MovedClock clock = new MovedClock();
    MemoryStore store = new MemoryStore(clock::nanos);
    Rule one = rule("a", algorithm, 500);
    Rule other = rule("b", Algorithm.FIXED_WINDOW, 700);
    AtomicInteger passed = new AtomicInteger();
    CountDownLatch begin = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      // Some look at both rules, some at one, so that they meet at one and wait at the other.
      Check check = i % 4 == 0 ? check("all", one) : check("all", one, other);
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                try {
                  begin.await();
                } catch (InterruptedException stop) {
                  return;
                }
                for (int asked = 0; asked < 1_000; asked++) {
                  if (passes(store.check(check))) {
                    passed.incrementAndGet();
                  }
                }
              }));
    }
    begin.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    long left = store.check(check("all", one))[Check.REMAINING];
    assertTrue(passed.get() <= 500, algorithm + " let pass " + passed.get());
    assertEquals(0, left, "16,000 were asked for");
  }

  private static boolean passes(long[] measured) {
    boolean passes = true;
    for (int at = 0; at < measured.length; at += Check.MEASURES) {
      passes &= measured[at] >= 0;
    }
    return passes;
  }

  @Test
  void aMillionAddressesTakeNoMoreThanTheRoomThatThereIs() {
    MovedClock clock = new MovedClock();
    MemoryStore store = new MemoryStore(clock::nanos, 1_000);
    Rule rule = rule("a", Algorithm.TOKEN_BUCKET, 5);
    for (int i = 0; i < 1_000_000; i++) {
      store.check(check("caller-" + i, rule));
    }
    assertTrue(store.size() <= 1_000, store.size() + " are held");
  }

  @Test
  void whoDoesNotAskAnyMoreIsForgotten() {
    MovedClock clock = new MovedClock();
    MemoryStore store = new MemoryStore(clock::nanos);
    Rule rule = rule("a", Algorithm.SLIDING_WINDOW, 5);
    for (int i = 0; i < 100; i++) {
      store.check(check("caller-" + i, rule));
    }
    assertEquals(100, store.size());
    clock.micros += Duration.ofSeconds(60).toNanos() / 1_000;
    store.check(check("caller-7", rule));
    assertEquals(100, store.size());
    clock.micros += Duration.ofSeconds(100).toNanos() / 1_000;
    assertEquals(1, store.size());
  }

  @Test
  void longNamesAreHeldByADigest() {
    Rule rule = rule("a", Algorithm.TOKEN_BUCKET, 5);
    String one = check("x".repeat(5_000) + "1", rule).subjects().getFirst();
    String other = check("x".repeat(5_000) + "2", rule).subjects().getFirst();
    assertTrue(one.length() < 200, one);
    assertTrue(!one.equals(other), "they are two");
  }
}
