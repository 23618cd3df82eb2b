package dev.unisono.webhook;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Position;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.SourceProgress.Phase;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.SourceProgress.TableProgress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hands over what was brought, in the order in which it came. The ids of deliveries become durable
 * with their changes, so that none is taken twice and none is answered before (invariants 1 and 2).
 */
final class WebhookSource implements Source {
  private static final String NUMBER = "number";
  private static final String ID = "id/";
  private static final int MOST_AT_ONCE = 200;

  private final List<Binding> bindings;
  private final Inbox inbox;
  private final InstantSource clock;

  /** Handed over and not durable yet; guarded by itself. */
  private final Deque<Handed> handed = new ArrayDeque<>();

  private volatile @Nullable Thread running;
  private volatile boolean closed;

  private record Handed(
      long mark, List<Inbox.Delivery> deliveries, Instant at, List<String> forgotten) {}

  WebhookSource(List<Binding> bindings, Inbox inbox, InstantSource clock) {
    this.bindings = bindings;
    this.inbox = inbox;
    this.clock = clock;
  }

  @Override
  public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    running = Thread.currentThread();
    long number = Long.parseLong(state.getOrDefault(NUMBER, "0"));
    Map<String, Long> ids = new HashMap<>();
    state.forEach((name, value) -> {
      if (name.startsWith(ID)) {
        ids.put(name.substring(ID.length()), Long.parseLong(value));
      }
    });
    inbox.open(ids);
    sink.progress(progress());
    try {
      while (!closed) {
        hand(inbox.next(MOST_AT_ONCE), ++number, sink);
      }
      throw new InterruptedException();
    } finally {
      inbox.close(open());
    }
  }

  private List<Inbox.Delivery> open() {
    synchronized (handed) {
      return handed.stream().flatMap(each -> each.deliveries().stream()).toList();
    }
  }

  private void hand(List<Inbox.Delivery> deliveries, long number, ChangeSink sink)
      throws InterruptedException {
    Instant now = clock.instant();
    List<Change> changes = new ArrayList<>();
    Map<String, @Nullable String> state = new HashMap<>();
    long sizeBytes = 0;
    List<String> forgotten = inbox.forgettable(now, deliveries.size());
    forgotten.forEach(id -> state.put(ID + id, null));
    state.put(NUMBER, Long.toString(number));
    for (Inbox.Delivery delivery : deliveries) {
      for (Change change : delivery.changes()) {
        changes.add(at(change, new Position(number, changes.size())));
      }
      String id = delivery.id();
      if (id != null) {
        state.put(ID + id, Long.toString(now.toEpochMilli()));
      }
      sizeBytes += delivery.sizeBytes();
    }
    synchronized (handed) {
      handed.add(new Handed(number, deliveries, now, forgotten));
    }
    sink.accept(new Batch(changes, state, number, sizeBytes));
  }

  private static Change at(Change change, Position position) {
    return new Change(
        change.binding(),
        change.operation(),
        change.key(),
        null,
        change.after(),
        null,
        position,
        change.sourceTime(),
        0);
  }

  /** There is nothing to be read first: what is there is what was brought. */
  private SourceProgress progress() {
    List<TableProgress> tables =
        bindings.stream()
            .map(binding ->
                new TableProgress(
                    binding.sync(),
                    binding.table(),
                    TablePhase.DONE,
                    "first-load",
                    0,
                    1,
                    0,
                    -1,
                    0,
                    0,
                    0,
                    null,
                    true))
            .toList();
    return new SourceProgress(
        Phase.STREAMING, -1, SourceProgress.Retained.UNKNOWN, null, null, null, tables);
  }

  @Override
  public void durable(long mark) {
    while (true) {
      Handed done;
      synchronized (handed) {
        Handed first = handed.peek();
        if (first == null || first.mark() > mark) {
          return;
        }
        done = handed.remove();
      }
      inbox.durable(done.deliveries(), done.at(), done.forgotten());
    }
  }

  @Override
  public void close() {
    closed = true;
    Thread thread = running;
    if (thread != null && !thread.equals(Thread.currentThread())) {
      thread.interrupt();
    }
  }
}
