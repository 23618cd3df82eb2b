package dev.unisono.server.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.LimitsConfig;
import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.engine.config.LimitsConfig.ProxyHeader;
import dev.unisono.server.limit.Replay.MovedClock;
import dev.unisono.testkit.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is counted in a real Redis. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RedisStoreTest {
  private final List<AutoCloseable> opened = new ArrayList<>();
  private RedisServer server;
  private Vertx vertx;

  @BeforeAll
  void start() {
    server = RedisServer.start();
    vertx = Vertx.vertx();
  }

  @AfterEach
  void closeStores() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    opened.clear();
  }

  @AfterAll
  void stop() {
    if (server != null) {
      vertx.close().toCompletionStage().toCompletableFuture().join();
      server.close();
    }
  }

  private LimitsConfig.RedisStore config(boolean refuses) {
    return new LimitsConfig.RedisStore(server.url(), refuses, Duration.ofSeconds(5));
  }

  private RedisStore store(@Nullable MovedClock clock) throws InterruptedException {
    RedisStore store =
        new RedisStore(vertx, config(false), clock == null ? null : () -> clock.micros);
    opened.add(store);
    await(() -> !store.away());
    return store;
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadlineNanos < 0, "it does not come to that within 30 s");
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static long @Nullable [] check(RedisStore store, Check check) {
    CompletableFuture<Long[]> answer = new CompletableFuture<>();
    store.check(
        check,
        measured -> {
          if (measured == null) {
            answer.complete(new Long[0]);
          } else {
            Long[] boxed = new Long[measured.length];
            for (int i = 0; i < boxed.length; i++) {
              boxed[i] = measured[i];
            }
            answer.complete(boxed);
          }
        });
    Long[] boxed = answer.orTimeout(30, TimeUnit.SECONDS).join();
    if (boxed.length == 0) {
      return null;
    }
    long[] measured = new long[boxed.length];
    for (int i = 0; i < measured.length; i++) {
      measured[i] = boxed[i];
    }
    return measured;
  }

  @ParameterizedTest
  @EnumSource
  void theScriptDoesWhatTheReferenceDoes(Algorithm algorithm) throws InterruptedException {
    MovedClock clock = new MovedClock();
    RedisStore store = store(clock);
    Replay replay =
        new Replay(
            algorithm.word().length(), clock, check -> Objects.requireNonNull(check(store, check)));
    for (int i = 0; i < 12; i++) {
      replay.run(List.of(algorithm), 120);
    }
    replay.checkBothHappened();
  }

  @Test
  void theScriptIsAllOrNothingOverRulesOfDifferentKinds() throws InterruptedException {
    MovedClock clock = new MovedClock();
    RedisStore store = store(clock);
    Random random = new Random(3);
    Replay replay = new Replay(4, clock, check -> Objects.requireNonNull(check(store, check)));
    for (int i = 0; i < 15; i++) {
      List<Algorithm> kinds = new ArrayList<>();
      for (int rules = 0; rules <= 1 + random.nextInt(3); rules++) {
        kinds.add(Replay.any(random));
      }
      replay.run(kinds, 120);
    }
    replay.checkBothHappened();
  }

  /** Number by number: what is told of a level, and what is never let pass, too. */
  @Test
  void theScriptSaysTheSameAsMemory() throws InterruptedException {
    MovedClock clock = new MovedClock();
    RedisStore store = store(clock);
    MemoryStore memory = new MemoryStore(clock::nanos);
    Random random = new Random(5);
    List<Rule> rules = new ArrayList<>();
    rules.add(new Rule(Replay.deliveries("same", 7, Duration.ofMinutes(2)), new Tally()));
    for (Algorithm algorithm : Algorithm.values()) {
      rules.add(
          new Rule(
              Replay.rule("same-" + algorithm.word(), algorithm, 7, Duration.ofMinutes(2)),
              new Tally()));
    }
    for (int i = 0; i < 1_000; i++) {
      clock.micros += random.nextInt(4) == 0 ? random.nextLong(200_000_000) : 1_000;
      boolean anyway = random.nextInt(20) == 0;
      Rule[] some =
          anyway
              ? new Rule[] {rules.getFirst()}
              : new Rule[] {rules.get(1 + random.nextInt(4)), rules.getFirst()};
      long cost = anyway ? 30 : 1 + random.nextInt(9) / 4;
      Check check = Objects.requireNonNull(Check.of(some, Replay.caller("one"), cost, anyway));
      assertEquals(
          numbers(memory.check(check)), numbers(Objects.requireNonNull(check(store, check))));
    }
  }

  private static List<Long> numbers(long[] measured) {
    List<Long> numbers = new ArrayList<>();
    for (long each : measured) {
      numbers.add(each);
    }
    return numbers;
  }

  @Test
  void severalServersTogetherNeverExceedTheLimit() throws Exception {
    Rule rule =
        new Rule(
            Replay.rule("shared", Algorithm.SLIDING_WINDOW, 200, Duration.ofHours(1)), new Tally());
    Check check =
        Objects.requireNonNull(Check.of(new Rule[] {rule}, Replay.caller("all"), 1, false));
    AtomicInteger passed = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      RedisStore store = store(null);
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int asked = 0; asked < 150; asked++) {
                  if (Objects.requireNonNull(check(store, check))[Check.ASK] >= 0) {
                    passed.incrementAndGet();
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(200, passed.get());
  }

  @Test
  void whatIsHeldExpiresByItself() throws InterruptedException {
    Rule rule =
        new Rule(
            Replay.rule("expiring", Algorithm.FIXED_WINDOW, 5, Duration.ofMillis(1_500)),
            new Tally());
    Check check =
        Objects.requireNonNull(Check.of(new Rule[] {rule}, Replay.caller("one"), 1, false));
    assertNotNull(check(store(null), check));
    Redis client = Redis.createClient(vertx, server.url());
    opened.add(client::close);
    String key = "unisono:limit:" + check.subjects().getFirst();
    await(() -> number(client, Command.EXISTS, key) == 0);
  }

  private static long number(Redis client, Command command, String key) {
    Response answer =
        client.send(Request.cmd(command).arg(key)).toCompletionStage().toCompletableFuture().join();
    return Long.parseLong(answer.toString());
  }

  @Test
  void aScriptThatRedisHasForgottenIsSentAgain() throws InterruptedException {
    RedisStore store = store(null);
    Rule rule =
        new Rule(
            Replay.rule("flushed", Algorithm.TOKEN_BUCKET, 5, Duration.ofHours(1)), new Tally());
    Check check =
        Objects.requireNonNull(Check.of(new Rule[] {rule}, Replay.caller("one"), 1, false));
    assertNotNull(check(store, check));
    Redis client = Redis.createClient(vertx, server.url());
    opened.add(client::close);
    client
        .send(Request.cmd(Command.SCRIPT).arg("FLUSH"))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    assertEquals(3, Objects.requireNonNull(check(store, check))[Check.REMAINING]);
  }

  private Limits limits(LimitsConfig.RedisStore redis) {
    LimitsConfig config =
        new LimitsConfig(
            redis,
            Map.of(),
            List.of(),
            ProxyHeader.X_FORWARDED_FOR,
            List.of(
                Replay.rule(
                    "away-" + System.nanoTime(), Algorithm.FIXED_WINDOW, 3, Duration.ofDays(31))));
    Limits limits = new Limits(vertx, () -> config, Limits.steadyNanos());
    opened.add(limits);
    return limits;
  }

  private static Verdict verdict(Limits limits) {
    CompletableFuture<Verdict> verdict = new CompletableFuture<>();
    limits.check(Replay.caller("one"), verdict::complete);
    return verdict.orTimeout(30, TimeUnit.SECONDS).join();
  }

  @Test
  void thisServerCountsAloneWhileRedisIsAway() throws InterruptedException {
    Limits limits = limits(config(false));
    await(() -> !limits.away());
    assertTrue(verdict(limits).passes());
    server.kill();
    try {
      await(limits::away);
      for (int i = 0; i < 3; i++) {
        assertTrue(verdict(limits).passes(), "this server has seen " + i);
      }
      assertEquals(429, Objects.requireNonNull(verdict(limits).refusal()).status());
    } finally {
      server.restart();
    }
    await(() -> !limits.away());
    assertTrue(verdict(limits).passes(), "Redis has forgotten what it held");
  }

  @Test
  void nothingPassesWhileRedisIsAwayWhereTheConfigSaysSo() throws InterruptedException {
    Limits limits = limits(config(true));
    await(() -> !limits.away());
    assertTrue(verdict(limits).passes());
    server.kill();
    try {
      await(limits::away);
      var refusal = Objects.requireNonNull(verdict(limits).refusal());
      assertEquals(503, refusal.status());
      assertEquals("limits-unavailable", refusal.code());
      assertNotNull(refusal.retryAfter());
    } finally {
      server.restart();
    }
    await(() -> !limits.away());
    assertTrue(verdict(limits).passes());
  }

  @Test
  void aRedisThatHangsIsAwayUntilItAnswers() throws InterruptedException {
    Limits limits =
        limits(new LimitsConfig.RedisStore(server.url(), false, Duration.ofMillis(200)));
    await(() -> !limits.away());
    server.hang();
    try {
      assertTrue(verdict(limits).passes(), "it is counted here instead");
      assertTrue(limits.away());
    } finally {
      server.resume();
    }
    await(() -> !limits.away());
    assertNull(verdict(limits).refusal());
    assertFalse(limits.away());
  }
}
