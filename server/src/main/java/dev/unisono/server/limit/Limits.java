package dev.unisono.server.limit;

import dev.unisono.engine.config.LimitsConfig;
import dev.unisono.engine.config.LimitsConfig.Counted;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import dev.unisono.engine.config.LimitsConfig.ProxyHeader;
import dev.unisono.hub.Outlet;
import dev.unisono.server.operation.Caller;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.RoutingContext;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How much callers may ask for, whichever door they use: what is asked is held against all rules of
 * the config that are for it, and passes, waits, or is refused. Follows the config that is in
 * effect. Safe for threads.
 */
public final class Limits implements AutoCloseable {
  /** So many requests wait at once (invariant 7); beyond that they are refused. */
  private static final int MOST_WAITING = 10_000;

  private final Vertx vertx;
  private final Supplier<LimitsConfig> config;
  private final LongSupplier nanos;
  private final MemoryStore memory;
  private final AtomicInteger waiting = new AtomicInteger();
  private final Map<String, Tally> tallies = new ConcurrentHashMap<>();
  private final ReentrantLock renewing = new ReentrantLock();
  private volatile Ready ready;

  /** A config, made ready to be asked often. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Ready(
      LimitsConfig config,
      Rule[] requests,
      Rule[] costs,
      Rule[] deliveries,
      @Nullable RedisStore redis) {}

  /**
   * @param config gives the one that is in effect
   * @param nanos a clock that never goes back
   */
  public Limits(Vertx vertx, Supplier<LimitsConfig> config, LongSupplier nanos) {
    this.vertx = vertx;
    this.config = config;
    this.nanos = nanos;
    this.memory = new MemoryStore(nanos);
    LimitsConfig first = config.get();
    this.ready = ready(first, redis(first));
  }

  /** The time since 1970 as this machine had it at first, and from there on without jumps. */
  public static LongSupplier steadyNanos() {
    long from = System.currentTimeMillis() * 1_000_000 - System.nanoTime();
    return () -> from + System.nanoTime();
  }

  private @Nullable RedisStore redis(LimitsConfig config) {
    LimitsConfig.RedisStore store = config.redis();
    return store == null ? null : new RedisStore(vertx, store);
  }

  private Ready ready(LimitsConfig config, @Nullable RedisStore redis) {
    return new Ready(
        config,
        rules(config, Counted.REQUESTS),
        rules(config, Counted.GRAPHQL_COST),
        rules(config, Counted.DELIVERIES),
        redis);
  }

  /** In one order whatever the config's, so that those of two configs can be asked at once. */
  private Rule[] rules(LimitsConfig config, Counted counted) {
    return config.rules().stream()
        .filter(rule -> rule.counted() == counted)
        .sorted(Comparator.comparing(LimitRule::name))
        .map(rule -> new Rule(rule, tallies.computeIfAbsent(rule.name(), _ -> new Tally())))
        .toArray(Rule[]::new);
  }

  private Ready now() {
    Ready now = ready;
    return same(now.config(), config.get()) ? now : renewed();
  }

  @SuppressWarnings("ReferenceEquality") // what is equal and another is looked at anew
  private static boolean same(Object one, @Nullable Object other) {
    return one == other;
  }

  private Ready renewed() {
    renewing.lock();
    try {
      LimitsConfig wanted = config.get();
      Ready old = ready;
      if (same(old.config(), wanted)) {
        return old;
      }
      LimitsConfig.RedisStore store = wanted.redis();
      boolean kept = store != null && store.equals(old.config().redis());
      RedisStore redis = kept ? old.redis() : redis(wanted);
      Ready renewed = ready(wanted, redis);
      ready = renewed;
      RedisStore left = old.redis();
      if (left != null && !kept) {
        left.close();
      }
      return renewed;
    } finally {
      renewing.unlock();
    }
  }

  /** What became of requests so far, by rule. */
  public Map<String, Tally> tallies() {
    return Map.copyOf(tallies);
  }

  /** Whether there is to be a Redis, and it does not answer. */
  public boolean away() {
    RedisStore redis = now().redis();
    return redis != null && redis.away();
  }

  /** How important a caller is beside others: the higher the more. */
  public int priority(Caller caller) {
    return now().config().tiers().getOrDefault(tier(caller), 0);
  }

  private static String tier(@Nullable Caller caller) {
    return caller == null ? LimitsConfig.UNKNOWN : caller.tier();
  }

  /**
   * Holds a request against the limits.
   *
   * @param caller null where it is nobody we know
   * @param then goes on with it where it was, after as long as the limits have it wait
   */
  public void check(@Nullable Caller caller, RoutingContext context, Consumer<Verdict> then) {
    if (now().requests().length == 0) {
      then.accept(Verdict.UNLIMITED);
    } else {
      check(asked(caller, context), then);
    }
  }

  /** The same of something that is asked on a connection that is open. */
  public void check(Asked asked, Consumer<Verdict> then) {
    Ready now = now();
    Check check = Check.of(now.requests(), asked, 1, false);
    if (check == null) {
      then.accept(Verdict.UNLIMITED);
    } else {
      new Attempt(now, check, then).begin();
    }
  }

  /**
   * Charges for what a document of GraphQL may cost. Blocks for as long as the limits have it wait.
   */
  public Verdict charge(Asked asked, long cost) throws InterruptedException {
    Ready now = now();
    Check check = Check.of(now.costs(), asked, cost, false);
    if (check == null) {
      return Verdict.UNLIMITED;
    }
    CompletableFuture<Verdict> verdict = new CompletableFuture<>();
    new Attempt(now, check, verdict::complete).begin();
    try {
      return verdict.get();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException("it is completed by a verdict alone", impossible);
    }
  }

  /** A way out that keeps to the limits of what a subscriber is sent. */
  public Outlet paced(Outlet outlet, Asked subscriber) {
    return new PacedOutlet(outlet, this, subscriber, nanos);
  }

  /** Whether what is sent to a subscriber counts. */
  boolean counts(Asked subscriber) {
    Rule[] rules = now().deliveries();
    return rules.length > 0 && Check.of(rules, subscriber, 1, true) != null;
  }

  /**
   * Counts events that were sent.
   *
   * @param then is told how many microseconds nothing more is to be sent; on any thread
   */
  void sent(Asked subscriber, int events, Consumer<Long> then) {
    Ready now = now();
    Check check = Check.of(now.deliveries(), subscriber, events, true);
    if (check == null) {
      then.accept(0L);
      return;
    }
    check.rules().forEach(rule -> rule.tally().checks.increment());
    measure(
        now,
        check,
        measured -> {
          long pauseMicros = 0;
          int at = 0;
          for (Rule rule : check.rules()) {
            long longest = 0;
            for (Level level : rule.levels()) {
              if (measured != null) {
                longest = Math.max(longest, -measured[at] * level.tickMicros());
              }
              at += Check.MEASURES;
            }
            if (longest > 0) {
              rule.tally().delays.increment();
            }
            pauseMicros = Math.max(pauseMicros, longest);
          }
          then.accept(pauseMicros);
        });
  }

  private void measure(Ready now, Check check, Consumer<long @Nullable []> then) {
    RedisStore redis = now.redis();
    LimitsConfig.RedisStore store = now.config().redis();
    if (redis == null || store == null) {
      then.accept(memory.check(check));
      return;
    }
    redis.check(
        check,
        measured ->
            then.accept(measured == null && !store.refuses() ? memory.check(check) : measured));
  }

  /** One request, until it passes or does not. */
  private final class Attempt {
    private final Ready now;
    private final Check check;
    private final Consumer<Verdict> then;

    /** Where the request goes on; null where a thread waits for it. */
    private final @Nullable Context loop = Vertx.currentContext();

    private long waitedMicros;

    Attempt(Ready now, Check check, Consumer<Verdict> then) {
      this.now = now;
      this.check = check;
      this.then = then;
    }

    void begin() {
      check.rules().forEach(rule -> rule.tally().checks.increment());
      ask();
    }

    private void ask() {
      measure(now, check, this::decide);
    }

    private void decide(long @Nullable [] measured) {
      if (measured == null) {
        tell(Verdict.AWAY);
        return;
      }
      boolean passes = true;
      boolean again = true;
      long micros = 0;
      int at = 0;
      for (Rule rule : check.rules()) {
        for (Level level : rule.levels()) {
          long answer = measured[at];
          at += Check.MEASURES;
          if (answer >= 0) {
            micros = Math.max(micros, answer * level.tickMicros());
          } else {
            passes = false;
            // A bucket has said already that it would be too long; a window is asked again.
            again &=
                answer != Level.NEVER
                    && !rule.bucket()
                    && waitedMicros - answer * level.tickMicros() <= rule.throttleMicros();
          }
        }
      }
      if (passes && micros == 0) {
        tell(Verdict.of(check, measured, true));
      } else if (passes) {
        delay(measured, micros, () -> tell(Verdict.of(check, measured, true)));
      } else if (again) {
        long pause = longestRefusal(measured);
        waitedMicros += pause;
        delay(measured, pause, this::ask);
      } else {
        refuse(measured);
      }
    }

    private long longestRefusal(long[] measured) {
      long longest = 0;
      int at = 0;
      for (Rule rule : check.rules()) {
        for (Level level : rule.levels()) {
          longest = Math.max(longest, -measured[at] * level.tickMicros());
          at += Check.MEASURES;
        }
      }
      return longest;
    }

    private void refuse(long[] measured) {
      int at = 0;
      for (Rule rule : check.rules()) {
        boolean refuses = false;
        for (Level _ : rule.levels()) {
          refuses |= measured[at] < 0;
          at += Check.MEASURES;
        }
        if (refuses) {
          rule.tally().refusals.increment();
        }
      }
      tell(Verdict.of(check, measured, false));
    }

    /** No thread is held meanwhile. */
    private void delay(long[] measured, long micros, Runnable next) {
      if (waiting.incrementAndGet() > MOST_WAITING) {
        waiting.decrementAndGet();
        refuse(measured);
        return;
      }
      int at = 0;
      for (Rule rule : check.rules()) {
        boolean delays = false;
        for (Level _ : rule.levels()) {
          delays |= measured[at] != 0;
          at += Check.MEASURES;
        }
        if (delays) {
          rule.tally().delays.increment();
        }
      }
      vertx.setTimer(
          Math.ceilDiv(micros, 1_000),
          _ -> {
            waiting.decrementAndGet();
            next.run();
          });
    }

    private void tell(Verdict verdict) {
      Context home = loop;
      if (home == null || same(home, Vertx.currentContext())) {
        then.accept(verdict);
      } else {
        home.runOnContext(_ -> then.accept(verdict));
      }
    }
  }

  /** What a request asks, and who. */
  public Asked asked(@Nullable Caller caller, RoutingContext context) {
    HttpServerRequest request = context.request();
    LimitsConfig now = now().config();
    return new Asked(
        caller == null ? null : caller.name(),
        caller == null ? null : caller.credential(),
        tier(caller),
        request.method().name(),
        context.normalizedPath(),
        () -> address(request, now),
        () -> route(context));
  }

  /** What is asked on a connection that the request began, by a caller who is known by now. */
  public Asked within(Asked opening, @Nullable Caller caller, String method) {
    String address = opening.address();
    return new Asked(
        caller == null ? null : caller.name(),
        caller == null ? null : caller.credential(),
        tier(caller),
        method,
        opening.path(),
        () -> address,
        opening::path);
  }

  private static String address(HttpServerRequest request, LimitsConfig config) {
    SocketAddress peer = request.remoteAddress();
    String host = peer == null ? null : peer.hostAddress();
    return ClientAddress.of(
        host == null ? "" : host,
        request
            .headers()
            .getAll(
                config.proxyHeader() == ProxyHeader.FORWARDED ? "Forwarded" : "X-Forwarded-For"),
        config);
  }

  /** As the router knows it, but with the entity that it is about. */
  private static String route(RoutingContext context) {
    Route route = context.currentRoute();
    String path = route == null ? null : route.getPath();
    if (path == null) {
      return "";
    }
    String plural = context.pathParam("plural");
    return plural == null ? path : path.replace(":plural", plural);
  }

  @Override
  public void close() {
    RedisStore redis = ready.redis();
    if (redis != null) {
      redis.close();
    }
  }
}
