package dev.unisono.server.webhook;

import dev.unisono.engine.Doors;
import dev.unisono.engine.config.Config.WebhookConfig;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.hub.Feed;
import dev.unisono.server.operation.Cursors;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that changes are sent to, and what callers do with them. Whoever changes one stops
 * it first, so that nothing goes by half of what was and half of what is. Safe for threads.
 */
public final class Webhooks implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Webhooks.class.getName());

  /** Each takes a few threads and reads the journal by itself. */
  private static final int MOST_ENDPOINTS = 200;

  /** After a rotation the secret before signs for so long as well. */
  static final Duration OVERLAP = Duration.ofHours(24);

  private final Doors doors;
  private final EndpointStore store;
  private final AttemptLog log;
  private final Sender sender;
  private final InstantSource clock;
  private final Outcomes outcomes = new Outcomes();
  private final SecureRandom random = new SecureRandom();
  private final EndpointRun.Surroundings around;
  private final Map<Long, EndpointRunner> runners = new ConcurrentHashMap<>();

  /** One change at a time. */
  private final ReentrantLock lock = new ReentrantLock();

  private boolean started;
  private boolean closed;

  public Webhooks(
      Doors doors,
      Feed feed,
      DoorsDatabase database,
      Vertx vertx,
      Supplier<WebhookConfig> config,
      InstantSource clock) {
    this.doors = doors;
    this.store = new EndpointStore(database);
    this.log = new AttemptLog(database);
    this.sender = new Sender(vertx, config, clock, Sender.Resolver::system);
    this.clock = clock;
    this.around =
        new EndpointRun.Surroundings(
            doors.journal(),
            feed,
            store,
            log,
            sender,
            config,
            new Backoff(random),
            clock,
            outcomes);
  }

  /** Begins to deliver. */
  public void start() {
    lock.lock();
    try {
      started = true;
      store.list(0, MOST_ENDPOINTS).forEach(this::begin);
    } finally {
      lock.unlock();
    }
  }

  private void begin(Endpoint endpoint) {
    if (endpoint.enabled() && started && !closed) {
      EndpointRunner runner = new EndpointRunner(endpoint.id(), doors, around);
      runners.put(endpoint.id(), runner);
      runner.start();
    }
  }

  /** Says in the log that an endpoint is sent nothing any more. */
  static void notice(Endpoint endpoint, Endpoint.Disabled disabled) {
    LOG.log(
        System.Logger.Level.WARNING,
        "webhook endpoint {0} is disabled ({1}): {2}",
        Long.toString(endpoint.id()),
        disabled.code(),
        disabled.message());
  }

  /** An endpoint, and how delivering to it goes; null where nothing is delivered. */
  record Known(Endpoint endpoint, EndpointRun.@Nullable Standing standing) {}

  private Known known(Endpoint endpoint) {
    EndpointRunner runner = runners.get(endpoint.id());
    return new Known(endpoint, runner == null ? null : runner.standing());
  }

  List<Known> list(long after, int limit) {
    return store.list(after, limit).stream().map(this::known).toList();
  }

  Known find(long id) {
    return known(endpoint(id));
  }

  private Endpoint endpoint(long id) {
    return store
        .find(id)
        .orElseThrow(
            () -> new Refusal(404, "not-found", "There is no webhook endpoint " + id + "."));
  }

  /**
   * Registers an endpoint.
   *
   * @param after the cursor it begins behind; null for what comes from now on
   * @throws Refusal where it asks for what cannot be
   */
  Endpoint add(EndpointSettings settings, boolean enabled, @Nullable String after) {
    check(settings);
    long sequence = Cursors.sequence(doors.journal(), after);
    lock.lock();
    try {
      if (store.count() >= MOST_ENDPOINTS) {
        throw new Refusal(
            409, "too-many-endpoints", "There are " + MOST_ENDPOINTS + " endpoints: delete some.");
      }
      Endpoint added =
          store.add(
              settings,
              enabled,
              WebhookSecret.random(random),
              new Cursor(doors.journal().head().epoch(), sequence),
              clock.instant());
      begin(added);
      return added;
    } finally {
      lock.unlock();
    }
  }

  private void check(EndpointSettings settings) {
    EndpointRunner.view(doors, settings);
    String refusal = sender.refusal(settings);
    if (refusal != null) {
      throw new Refusal(422, "address-refused", refusal, "url");
    }
  }

  /** Something that is done to an endpoint while nothing is delivered to it. */
  private interface Change {
    void make(Endpoint endpoint);
  }

  private Known changed(long id, Change change) {
    lock.lock();
    try {
      Endpoint endpoint = endpoint(id);
      EndpointRunner runner = runners.remove(id);
      if (runner != null) {
        runner.stop();
      }
      try {
        change.make(endpoint);
      } finally {
        store.find(id).ifPresent(this::begin);
      }
      return known(endpoint(id));
    } finally {
      lock.unlock();
    }
  }

  /** Reads what an endpoint shall be from what it is. */
  interface Patch {
    EndpointBody read(Endpoint endpoint);
  }

  Known patch(long id, Patch patch) {
    EndpointBody now = patch.read(endpoint(id));
    check(now.settings());
    return changed(
        id,
        endpoint -> {
          store.change(id, now.settings(), now.enabled());
          if (now.enabled() && !endpoint.enabled()) {
            store.enable(id);
          }
        });
  }

  Known enable(long id) {
    return changed(id, _ -> store.enable(id));
  }

  /** Gives an endpoint a new secret. */
  Endpoint rotate(long id) {
    Instant until = clock.instant().plus(OVERLAP);
    return changed(id, _ -> store.rotate(id, WebhookSecret.random(random), until)).endpoint();
  }

  Known replay(long id, String after) {
    long sequence = Cursors.sequence(doors.journal(), after);
    Cursor cursor = new Cursor(doors.journal().head().epoch(), sequence);
    return changed(id, _ -> store.replay(id, cursor));
  }

  void remove(long id) {
    lock.lock();
    try {
      endpoint(id);
      EndpointRunner runner = runners.remove(id);
      if (runner != null) {
        runner.stop();
      }
      store.remove(id);
    } finally {
      lock.unlock();
    }
  }

  List<AttemptLog.Entry> deliveries(long id, long after, int limit) {
    endpoint(id);
    return log.list(id, after, limit);
  }

  long head() {
    return doors.journal().head().sequence();
  }

  /**
   * How the endpoints are, for status and metrics.
   *
   * @param disabled those that were disabled without anybody asking
   * @param failing those whose last attempt failed
   * @param waiting messages that have failed, or are behind one that has
   * @param lagEntries journal entries that the furthest behind of the enabled ones has not passed
   */
  public record Figures(int endpoints, int disabled, int failing, long waiting, long lagEntries) {}

  public Figures figures() {
    int disabled = 0;
    int failing = 0;
    long waiting = 0;
    long lag = 0;
    List<Known> all = list(0, MOST_ENDPOINTS);
    for (Known each : all) {
      disabled += each.endpoint().disabled() == null ? 0 : 1;
      EndpointRun.Standing standing = each.standing();
      if (standing != null) {
        failing += standing.failures() > 0 ? 1 : 0;
        waiting += standing.waiting();
        lag = Math.max(lag, head() - standing.cursor());
      }
    }
    return new Figures(all.size(), disabled, failing, waiting, lag);
  }

  /** The words by which attempts are counted. */
  public static List<String> outcomes() {
    return List.of(Attempt.Outcome.values()).stream().map(Attempt.Outcome::word).toList();
  }

  /** How many attempts came to that since the start. */
  public long attempts(String outcome) {
    for (Attempt.Outcome each : Attempt.Outcome.values()) {
      if (each.word().equals(outcome)) {
        return outcomes.of(each);
      }
    }
    throw new IllegalArgumentException("no outcome: " + outcome);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      List<Thread> stopping =
          runners.values().stream()
              .map(runner -> Thread.ofVirtual().name("closing").start(runner::stop))
              .toList();
      for (Thread each : stopping) {
        each.join();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
      sender.close();
    }
  }
}
