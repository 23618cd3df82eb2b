package dev.unisono.server.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.LimitsConfig;
import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.engine.config.LimitsConfig.Counted;
import dev.unisono.engine.config.LimitsConfig.Dimension;
import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import dev.unisono.engine.config.LimitsConfig.LimitScope;
import dev.unisono.engine.config.LimitsConfig.ProxyHeader;
import dev.unisono.server.limit.Replay.MovedClock;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Which rules are for whom, what callers are told, and what waits. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LimitsTest {
  private final MovedClock clock = new MovedClock();
  private Vertx vertx;

  @BeforeAll
  void start() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private static LimitsConfig config(LimitRule... rules) {
    return new LimitsConfig(
        null, Map.of("standard", 4), List.of(), ProxyHeader.X_FORWARDED_FOR, List.of(rules));
  }

  private static LimitRule rule(
      String name, Set<Dimension> by, LimitScope scope, Algorithm algorithm, LimitLevel... levels) {
    return new LimitRule(
        name, by, scope, Counted.REQUESTS, algorithm, List.of(levels), null, Duration.ZERO);
  }

  private static LimitLevel level(long amount, long seconds, String per) {
    return new LimitLevel(amount, Duration.ofSeconds(seconds), per);
  }

  private static Asked asked(
      @Nullable String caller, String tier, String method, String path, String address) {
    return new Asked(caller, caller, tier, method, path, () -> address, () -> path);
  }

  private Limits limits(LimitsConfig config) {
    return new Limits(vertx, () -> config, clock::nanos);
  }

  private static Verdict verdict(Limits limits, Asked asked) {
    CompletableFuture<Verdict> verdict = new CompletableFuture<>();
    limits.check(asked, verdict::complete);
    return verdict.orTimeout(30, TimeUnit.SECONDS).join();
  }

  private static int passing(Limits limits, Asked asked) {
    int passed = 0;
    while (verdict(limits, asked).passes()) {
      passed++;
      assertTrue(passed < 1_000, "it is not limited");
    }
    return passed;
  }

  @Test
  void eachSubjectIsCountedByItself() {
    Limits limits =
        limits(
            config(
                rule(
                    "two",
                    Set.of(Dimension.CALLER, Dimension.ADDRESS),
                    Replay.ALL,
                    Algorithm.TOKEN_BUCKET,
                    level(2, 60, "min"))));
    assertEquals(2, passing(limits, asked("one", "standard", "GET", "/v1/a", "192.0.2.1")));
    assertEquals(2, passing(limits, asked("one", "standard", "GET", "/v1/b", "192.0.2.2")));
    assertEquals(2, passing(limits, asked("other", "standard", "GET", "/v1/a", "192.0.2.1")));
    assertEquals(0, passing(limits, asked("other", "standard", "PUT", "/v1/z", "192.0.2.1")));
    // By caller there is nothing to count of nobody.
    assertNull(verdict(limits, asked(null, "unknown", "GET", "/v1/a", "192.0.2.1")).refusal());
    assertTrue(
        told(verdict(limits, asked(null, "unknown", "GET", "/v1/a", "192.0.2.1"))).isEmpty());
  }

  @Test
  void aRuleIsForWhatItSaysAlone() {
    Limits limits =
        limits(
            config(
                rule(
                    "guessing",
                    Set.of(Dimension.ADDRESS),
                    new LimitScope(Set.of("unknown"), List.of("/v1/*", "/sign-in"), Set.of("GET")),
                    Algorithm.FIXED_WINDOW,
                    level(3, 60, "min"))));
    assertEquals(3, passing(limits, asked(null, "unknown", "GET", "/v1/items", "192.0.2.1")));
    assertEquals(0, passing(limits, asked(null, "unknown", "GET", "/sign-in", "192.0.2.1")));
    for (Asked free :
        List.of(
            asked("one", "standard", "GET", "/v1/items", "192.0.2.1"),
            asked(null, "unknown", "POST", "/v1/items", "192.0.2.1"),
            asked(null, "unknown", "GET", "/v1", "192.0.2.1"),
            asked(null, "unknown", "GET", "/sign-in/x", "192.0.2.1"))) {
      assertTrue(verdict(limits, free).passes());
    }
  }

  private static MultiMap told(Verdict verdict) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    verdict.tell(headers);
    return headers;
  }

  @Test
  void headersTellAllPoliciesAndTheLevelThatIsClosestToItsEnd() {
    Limits limits =
        limits(
            config(
                rule(
                    "per-caller",
                    Set.of(Dimension.CALLER),
                    Replay.ALL,
                    Algorithm.FIXED_WINDOW,
                    level(2, 1, "s"),
                    level(10, 60, "min")),
                rule("all", Set.of(), Replay.ALL, Algorithm.TOKEN_BUCKET, level(100, 10, "10s"))));
    clock.micros += 60_000_000 - clock.micros % 60_000_000;
    Asked asked = asked("one", "standard", "GET", "/v1/items", "192.0.2.1");
    MultiMap first = told(verdict(limits, asked));
    assertEquals(
        "\"all\";q=100;w=10, \"per-caller-s\";q=2;w=1, \"per-caller-min\";q=10;w=60",
        first.get("RateLimit-Policy"));
    assertEquals("\"per-caller-s\";r=1;t=1", first.get("RateLimit"));
    assertEquals("2", first.get("X-RateLimit-Limit"));
    assertEquals("1", first.get("X-RateLimit-Remaining"));
    assertEquals("1", first.get("X-RateLimit-Reset"));
    verdict(limits, asked);
    Verdict refused = verdict(limits, asked);
    assertFalse(refused.passes());
    assertEquals("\"per-caller-s\";r=0;t=1", told(refused).get("RateLimit"));
    assertEquals(Duration.ofSeconds(1), Objects.requireNonNull(refused.refusal()).retryAfter());
    for (int second = 0; second < 4; second++) {
      clock.micros += 1_000_000;
      verdict(limits, asked);
      verdict(limits, asked);
    }
    clock.micros += 1_000_000;
    Verdict longer = verdict(limits, asked);
    assertEquals("\"per-caller-min\";r=0;t=55", told(longer).get("RateLimit"));
    assertEquals(Duration.ofSeconds(55), Objects.requireNonNull(longer.refusal()).retryAfter());
  }

  @Test
  void whatNeverFitsIsRefusedWithoutATimeToAskAgain() throws InterruptedException {
    LimitRule cost =
        new LimitRule(
            "cost",
            Set.of(Dimension.CALLER),
            Replay.ALL,
            Counted.GRAPHQL_COST,
            Algorithm.TOKEN_BUCKET,
            List.of(level(100, 60, "min")),
            null,
            Duration.ZERO);
    Limits limits = limits(config(cost));
    Asked asked = asked("one", "standard", "POST", "/v1/graphql", "192.0.2.1");
    assertTrue(limits.charge(asked, 60).passes());
    var never = Objects.requireNonNull(limits.charge(asked, 101).refusal());
    assertEquals("rate-limited", never.code());
    assertNull(never.retryAfter());
    var later = Objects.requireNonNull(limits.charge(asked, 50).refusal());
    assertEquals(Duration.ofSeconds(6), later.retryAfter());
    assertTrue(limits.charge(asked, 40).passes());
    assertTrue(verdict(limits, asked).passes(), "requests are not what it counts");
  }

  @Test
  void aReloadTakesEffectAndKeepsWhatUnchangedRulesHaveCounted() {
    LimitRule kept =
        rule(
            "kept",
            Set.of(Dimension.CALLER),
            Replay.ALL,
            Algorithm.TOKEN_BUCKET,
            level(5, 60, "min"));
    AtomicReference<LimitsConfig> config = new AtomicReference<>(LimitsConfig.NONE);
    Limits limits = new Limits(vertx, config::get, clock::nanos);
    Asked asked = asked("one", "standard", "GET", "/v1/items", "192.0.2.1");
    assertTrue(verdict(limits, asked).passes());
    config.set(config(kept));
    assertTrue(verdict(limits, asked).passes());
    assertTrue(verdict(limits, asked).passes());
    config.set(
        config(
            kept,
            rule("new", Set.of(), Replay.ALL, Algorithm.FIXED_WINDOW, level(100, 60, "min"))));
    assertEquals(3, passing(limits, asked));
    config.set(
        config(
            rule(
                "kept",
                Set.of(Dimension.CALLER),
                Replay.ALL,
                Algorithm.TOKEN_BUCKET,
                level(7, 60, "min"))));
    assertEquals(7, passing(limits, asked));
    config.set(LimitsConfig.NONE);
    for (int i = 0; i < 100; i++) {
      assertTrue(verdict(limits, asked).passes());
    }
    assertEquals(0, Objects.requireNonNull(limits.tallies().get("new")).refusals());
    assertTrue(Objects.requireNonNull(limits.tallies().get("kept")).refusals() >= 2);
  }

  private static LimitRule throttled(Algorithm algorithm, long amount, Duration throttle) {
    return new LimitRule(
        "throttled",
        Set.of(Dimension.CALLER),
        Replay.ALL,
        Counted.REQUESTS,
        algorithm,
        List.of(new LimitLevel(amount, Duration.ofSeconds(1), "s")),
        algorithm.bucket() ? 5 : null,
        throttle);
  }

  /** By real time, in which all of them have to pass sooner or later. */
  @Test
  void whoIsThrottledWaitsAndPassesInTheEnd() {
    for (Algorithm algorithm : Algorithm.values()) {
      LimitsConfig one = config(throttled(algorithm, 20, Duration.ofSeconds(30)));
      Limits steady = new Limits(vertx, () -> one, Limits.steadyNanos());
      Asked asked = asked("one", "standard", "GET", "/v1/items", "192.0.2.1");
      List<CompletableFuture<Verdict>> verdicts = new ArrayList<>();
      // A leaky bucket has no place for more than it holds.
      int requests = algorithm == Algorithm.LEAKY_BUCKET ? 5 : 30;
      for (int i = 0; i < requests; i++) {
        CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        steady.check(asked, verdict::complete);
        verdicts.add(verdict);
      }
      for (CompletableFuture<Verdict> verdict : verdicts) {
        assertTrue(verdict.orTimeout(60, TimeUnit.SECONDS).join().passes(), algorithm.word());
      }
      Tally tally = Objects.requireNonNull(steady.tallies().get("throttled"));
      assertTrue(tally.delays() > 0, algorithm.word() + " has delayed nobody");
      assertEquals(0, tally.refusals(), algorithm.word());
    }
  }

  @Test
  void whoWouldHaveToWaitForLongerIsRefusedAtOnce() {
    LimitsConfig config = config(throttled(Algorithm.TOKEN_BUCKET, 1, Duration.ofMillis(500)));
    Limits limits = limits(config);
    Asked asked = asked("one", "standard", "GET", "/v1/items", "192.0.2.1");
    for (int i = 0; i < 5; i++) {
      assertTrue(verdict(limits, asked).passes());
    }
    var refusal = Objects.requireNonNull(verdict(limits, asked).refusal());
    assertEquals(Duration.ofSeconds(1), refusal.retryAfter());
  }
}
