package dev.unisono.server.webhook;

import dev.unisono.engine.Doors;
import dev.unisono.engine.entity.Entity;
import dev.unisono.hub.View;
import dev.unisono.server.feed.EventFilter;
import dev.unisono.server.feed.StreamView;
import dev.unisono.server.operation.Lookup;
import dev.unisono.server.operation.Refusal;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one endpoint going on a thread of its own: run after run, for as long as it is enabled.
 * Safe for threads.
 */
final class EndpointRunner {
  private static final System.Logger LOG = System.getLogger(EndpointRunner.class.getName());
  private static final long PAUSE_MILLIS = 1_000;
  private static final long STOP_MILLIS = 20_000;

  private final long id;
  private final Doors doors;
  private final EndpointRun.Surroundings around;
  private final Thread thread;
  private volatile @Nullable EndpointRun running;

  EndpointRunner(long id, Doors doors, EndpointRun.Surroundings around) {
    this.id = id;
    this.doors = doors;
    this.around = around;
    this.thread = Thread.ofVirtual().name("webhook-endpoint-" + id).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Ends it; what is under way is sent again when it is next started. */
  void stop() {
    thread.interrupt();
    try {
      thread.join(STOP_MILLIS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** How it stands; null where nothing is delivered. */
  EndpointRun.@Nullable Standing standing() {
    EndpointRun run = running;
    return run == null ? null : run.standing();
  }

  private void run() {
    try {
      while (runOnce()) {
        // The next run begins from what is durable.
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** False where it is not enabled any more. */
  private boolean runOnce() throws InterruptedException {
    try {
      Endpoint endpoint = around.store().find(id).orElse(null);
      if (endpoint == null || !endpoint.enabled()) {
        return false;
      }
      EndpointRun run = new EndpointRun(endpoint, view(doors, endpoint.settings()), around);
      running = run;
      run.run();
    } catch (Refusal unfit) {
      disable(unfit);
    } catch (RuntimeException failed) {
      LOG.log(System.Logger.Level.ERROR, "delivering to webhook endpoint " + id, failed);
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } finally {
      running = null;
    }
    return true;
  }

  /** What it asks for was right when it was asked; the config may be another by now. */
  private void disable(Refusal unfit) {
    around
        .store()
        .find(id)
        .ifPresent(endpoint -> {
          Endpoint.Disabled disabled =
              new Endpoint.Disabled("unfit", unfit.detail(), around.clock().instant());
          around.store().disable(id, disabled);
          Webhooks.notice(endpoint, disabled);
        });
  }

  /**
   * How an endpoint sees events.
   *
   * @throws Refusal where it names what is not there, or its filter does not fit
   */
  static View view(Doors doors, EndpointSettings settings) {
    List<Entity> named =
        settings.entities().stream().map(name -> Lookup.named(doors, name)).toList();
    return StreamView.of(
        EventFilter.of(named.size() == 1 ? named.getFirst() : null, settings.filter()),
        settings.payload(),
        settings.format(),
        false);
  }
}
