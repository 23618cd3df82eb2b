package dev.unisono.server.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.access.SignInThrottle.Attempt;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How often somebody may try. */
final class SignInThrottleTest {
  @SuppressWarnings("NullAway.Init") // by JUnit
  @TempDir
  private Path folder;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-02T03:04:05Z"));

  @SuppressWarnings("NullAway.Init") // before each test
  private DoorsDatabase database;

  @SuppressWarnings("NullAway.Init") // before each test
  private SignInThrottle throttle;

  @BeforeEach
  void open() {
    database = DoorsDatabase.open(folder);
    throttle = new SignInThrottle(database, now::get);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void pass(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  private Duration tried(String name, String address) {
    return throttle.begin(name, address).pause();
  }

  @Test
  void waitsGrowUpToTheLongestAndNeverBeyond() {
    List<Long> waits = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Duration wait = tried("ada", "10.0.0." + i);
      if (!wait.isZero()) {
        waits.add(wait.toSeconds());
        // Who asks meanwhile makes it no longer.
        pass(wait.minusMillis(1));
        assertEquals(Duration.ofMillis(1), tried("ada", "10.0.1." + i));
        pass(Duration.ofMillis(1));
        assertEquals(Duration.ZERO, tried("ada", "10.0.2." + i));
      }
    }
    assertEquals(List.of(30L, 60L, 120L, 240L, 480L), waits.subList(0, 5));
    assertEquals(List.of(900L), waits.subList(5, waits.size()).stream().distinct().toList());
    assertEquals(List.of("ada"), throttle.locked());
    pass(SignInThrottle.FORGOTTEN);
    assertEquals(List.of(), throttle.locked());
    for (int i = 0; i < SignInThrottle.FREE_OF_NAME; i++) {
      assertEquals(Duration.ZERO, tried("ada", "10.0.3." + i), "all is forgotten");
    }
  }

  @Test
  void waitsOutliveARestart() {
    for (int i = 0; i < SignInThrottle.FREE_OF_NAME; i++) {
      assertEquals(Duration.ZERO, tried("ada", "10.0.0.1"));
    }
    throttle = new SignInThrottle(database, now::get);
    assertEquals(SignInThrottle.FIRST_WAIT, tried("ada", "10.0.0.1"));
  }

  @Test
  void strangersKeepNobodyOutOfWhereTheyHaveSignedInFrom() {
    throttle.succeeded(throttle.begin("ada", "10.0.0.1"));
    for (int i = 0; i < 50; i++) {
      tried("ada", "10.0.9." + i);
    }
    assertFalse(tried("ada", "10.0.9.1").isZero());
    // From there Ada has failures of her own alone.
    for (int i = 0; i < SignInThrottle.FREE_OF_NAME; i++) {
      assertEquals(Duration.ZERO, tried("ada", "10.0.0.1"));
    }
    assertEquals(SignInThrottle.FIRST_WAIT, tried("ada", "10.0.0.1"));
    pass(SignInThrottle.FIRST_WAIT);
    throttle.succeeded(throttle.begin("ada", "10.0.0.1"));
    assertEquals(Duration.ZERO, tried("ada", "10.0.0.1"));
  }

  @Test
  void oneAddressTriesNoEndOfNames() {
    int free = 0;
    while (tried("name-" + free, "10.0.0.1").isZero()) {
      free++;
    }
    assertEquals(SignInThrottle.FREE_OF_ADDRESS, free);
    assertEquals(Duration.ZERO, tried("name-0", "10.0.0.2"));
    // An account of one's own does not help.
    pass(SignInThrottle.FIRST_WAIT);
    throttle.succeeded(throttle.begin("mallory", "10.0.0.1"));
    assertEquals(Duration.ZERO, tried("name-x", "10.0.0.1"));
    assertFalse(tried("name-y", "10.0.0.1").isZero());
  }

  @Test
  void theAddressesOfOneNetworkAreOne() {
    for (int i = 0; i < SignInThrottle.FREE_OF_ADDRESS; i++) {
      assertEquals(Duration.ZERO, tried("name-" + i, "2001:db8:1:2::" + i));
    }
    assertFalse(tried("x", "2001:db8:1:2:ffff::1").isZero());
    assertTrue(tried("x", "2001:db8:1:3::1").isZero());
  }

  @Test
  void whatIsTakenBackWasNotMade() {
    for (int i = 0; i < 100; i++) {
      Attempt attempt = throttle.begin("ada", "10.0.0.1");
      assertEquals(Duration.ZERO, attempt.pause());
      throttle.takeBack(attempt);
    }
  }

  @Test
  void manyAtOnceAreNoMoreThanManyInTurn() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Boolean>> attempts = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String address = "10.0.0." + i;
        attempts.add(() -> tried("ada", address).isZero());
      }
      int made = 0;
      for (Future<Boolean> each : threads.invokeAll(attempts)) {
        made += each.get() ? 1 : 0;
      }
      assertEquals(SignInThrottle.FREE_OF_NAME, made);
    }
  }

  /** Whoever never succeeds makes no more attempts at a name than the waits leave room for. */
  @Test
  void randomSequencesNeverExceedTheThrottle() {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      String name = "ada-" + seed;
      Map<String, List<Instant>> made = new HashMap<>();
      Instant begin = now.get();
      for (int step = 0; step < 150; step++) {
        String address = "10." + seed + ".0." + random.nextInt(40);
        Attempt attempt = throttle.begin(name, address);
        if (attempt.pause().isZero()) {
          made.computeIfAbsent(name, _ -> new ArrayList<>()).add(now.get());
          made.computeIfAbsent(address, _ -> new ArrayList<>()).add(now.get());
        }
        long longest = random.nextInt(10) == 0 ? 1_200_000 : 20_000;
        pass(Duration.ofMillis(random.nextLong(longest)));
      }
      String of = "seed " + seed;
      made.forEach((subject, times) -> {
        int free =
            subject.equals(name) ? SignInThrottle.FREE_OF_NAME : SignInThrottle.FREE_OF_ADDRESS;
        for (int i = free; i < times.size(); i++) {
          Duration apart = Duration.between(times.get(i - 1), times.get(i));
          Duration wait = SignInThrottle.wait(i - free);
          assertTrue(apart.compareTo(wait) >= 0, () -> of + ": " + subject + " after " + apart);
        }
      });
      Duration whole = Duration.between(begin, now.get());
      long most = SignInThrottle.FREE_OF_NAME + 6 + whole.dividedBy(SignInThrottle.LONGEST_WAIT);
      assertTrue(made.getOrDefault(name, List.of()).size() <= most, () -> of + " within " + whole);
    }
  }
}
