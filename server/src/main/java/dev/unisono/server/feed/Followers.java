package dev.unisono.server.feed;

import dev.unisono.engine.access.Rights;
import dev.unisono.engine.entity.Entity;
import dev.unisono.hub.Hub;
import dev.unisono.hub.Subscription;
import dev.unisono.server.operation.Caller;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Who follows changes, and as whom: a subscription of a caller who is not let in any more, or may
 * see something else than when it began, is ended within about a second. Safe for threads.
 */
public final class Followers implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Followers.class.getName());
  private static final long PAUSE_MILLIS = 1_000;

  private final Hub hub;
  private final Supplier<List<Entity>> entities;
  private final Map<Subscription, Caller> callers = new ConcurrentHashMap<>();
  private final Thread thread;

  /**
   * @param entities gives all that callers may be shown
   */
  public Followers(Hub hub, Supplier<List<Entity>> entities) {
    this.hub = hub;
    this.entities = entities;
    this.thread = Thread.ofPlatform().name("followers").daemon().unstarted(this::watch);
  }

  public void start() {
    thread.start();
  }

  public void subscribe(Caller caller, Subscription subscription) {
    callers.put(subscription, caller);
    hub.subscribe(subscription);
    if (!hub.has(subscription)) {
      // It has ended before it was known here that it had begun.
      callers.remove(subscription);
    }
  }

  public void unsubscribe(Subscription subscription) {
    callers.remove(subscription);
    hub.unsubscribe(subscription);
  }

  private void watch() {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        try {
          look();
        } catch (RuntimeException failed) {
          // Who may follow is looked at again in a second, whatever it was.
          LOG.log(System.Logger.Level.ERROR, "looking at who may follow", failed);
        }
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks at all once. */
  void look() {
    callers.forEach((subscription, caller) -> {
      if (!hub.has(subscription)) {
        callers.remove(subscription);
        return;
      }
      Optional<Caller> now = caller.standing().now(caller);
      if (now.isEmpty() || !alike(caller.rights(), now.get().rights())) {
        callers.remove(subscription);
        hub.revoke(subscription);
      } else {
        // Unless it was ended meanwhile.
        callers.replace(subscription, caller, now.get());
      }
    });
  }

  /** Whether the same is seen by them of everything. */
  private boolean alike(Rights before, Rights now) {
    return before.equals(now)
        || entities.get().stream().allMatch(each -> before.of(each).equals(now.of(each)));
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
