package dev.unisono.server.oauth;

import dev.unisono.engine.config.AccessConfig.IssuerConfig;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Others whose tokens are taken, as the config of now names them. Their keys are fetched by one
 * thread of its own, never by one that a request waits for. Safe for threads.
 */
final class OutsideIssuers {
  private static final Duration LOOK = Duration.ofSeconds(30);

  private final Supplier<List<IssuerConfig>> config;
  private final Discovery discovery;
  private final InstantSource clock;
  private final Semaphore wanted = new Semaphore(0);
  private volatile Built built = new Built(List.of(), Map.of());

  private record Built(List<IssuerConfig> from, Map<String, OutsideIssuer> issuers) {}

  OutsideIssuers(Supplier<List<IssuerConfig>> config, Discovery discovery, InstantSource clock) {
    this.config = config;
    this.discovery = discovery;
    this.clock = clock;
  }

  /** One that the config has; empty where it has no such. */
  Optional<OutsideIssuer> find(String issuer) {
    return Optional.ofNullable(current().get(issuer));
  }

  private Map<String, OutsideIssuer> current() {
    List<IssuerConfig> now = config.get();
    Built known = built;
    return known.from().equals(now) ? known.issuers() : rebuilt(now);
  }

  private synchronized Map<String, OutsideIssuer> rebuilt(List<IssuerConfig> now) {
    Built before = built;
    Map<String, OutsideIssuer> issuers = new HashMap<>();
    for (IssuerConfig each : now) {
      OutsideIssuer kept = before.issuers().get(each.issuer());
      issuers.put(
          each.issuer(),
          kept != null && kept.config().equals(each) ? kept : new OutsideIssuer(each, this, clock));
    }
    built = new Built(now, Map.copyOf(issuers));
    wanted.release();
    return built.issuers();
  }

  /** Somebody waits for keys. */
  void want() {
    wanted.release();
  }

  /**
   * Fetches, from time to time and where somebody waits for it, until the thread is interrupted.
   */
  void run() {
    try {
      while (true) {
        fetch();
        wanted.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        wanted.drainPermits();
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** Fetches where it is due. */
  void fetch() throws InterruptedException {
    for (OutsideIssuer issuer : current().values()) {
      issuer.fetch(discovery);
    }
  }
}
