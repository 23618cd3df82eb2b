package dev.unisono.server.webhook;

import dev.unisono.engine.config.Config.WebhookConfig;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import dev.unisono.hub.Event;
import dev.unisono.hub.Feed;
import dev.unisono.hub.View;
import dev.unisono.server.feed.Told;
import dev.unisono.server.webhook.EndpointLedger.Step;
import dev.unisono.server.webhook.Lines.Entry;
import dev.unisono.server.webhook.Lines.Line;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Delivers to one endpoint, from what is durable of it until it is stopped, is disabled or
 * something fails; then the next run begins from what is durable. One thread decides what is sent,
 * one reads the journal, and each message that is under way has one. Its figures can be asked from
 * any thread.
 */
final class EndpointRun {
  /** So many messages of different keys are under way at once. */
  private static final int PARALLEL = 8;

  /** After so many failures in a row it is the endpoint that fails, and not a message. */
  private static final int DOWN = 8;

  /** The journal is read on while there is less in line (invariant 7). */
  private static final int MOST_OPEN = 256;

  private static final int MOST_WAITING = 10_000;
  private static final int READ_BYTES = 256 << 10;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  /** What a run needs of its surroundings. */
  record Surroundings(
      Journal journal,
      Feed feed,
      EndpointStore store,
      AttemptLog log,
      Sender sender,
      Supplier<WebhookConfig> config,
      Backoff backoff,
      InstantSource clock,
      Outcomes outcomes) {}

  private final Endpoint endpoint;
  private final View view;
  private final Set<String> entities;
  private final Surroundings around;
  private final EndpointLedger ledger;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Lines lines = new Lines();
  private final Set<Thread> senders = new HashSet<>();
  private long readUpTo;
  private int failures;
  private long pausedUntilMillis;

  /** So many at once, as far as the endpoint has been seen to take them. */
  private int parallel = PARALLEL;

  private int takenInARow;
  private boolean stopping;

  /** That this run is over by itself, and why. */
  private boolean over;

  private @Nullable RuntimeException failure;

  EndpointRun(Endpoint endpoint, View view, Surroundings around) {
    this.endpoint = endpoint;
    this.view = view;
    this.entities = Set.copyOf(endpoint.settings().entities());
    this.around = around;
    this.readUpTo = endpoint.cursor().sequence();
    this.ledger = new EndpointLedger(endpoint, around.store(), around.log(), around.clock());
  }

  /**
   * How an endpoint stands.
   *
   * @param cursor up to where all is delivered or waits
   * @param waiting messages that have failed, or are behind one that has
   * @param failures attempts that failed in a row
   */
  record Standing(long cursor, int waiting, int failures) {}

  Standing standing() {
    lock.lock();
    try {
      return new Standing(lines.cursor(readUpTo), lines.waiting(), failures);
    } finally {
      lock.unlock();
    }
  }

  /** Delivers; returns where the endpoint has to be looked at anew. */
  void run() throws InterruptedException {
    Cursor head = around.journal().head();
    if (endpoint.cursor().epoch() != head.epoch() || readUpTo > head.sequence()) {
      gap(true);
      return;
    }
    Endpoint.Gap untold = endpoint.gap();
    Thread reader = null;
    if (untold != null && !untold.told()) {
      lines.add(
          new Entry(
              readUpTo, EndpointLedger.GAP_PART, Message.EVERY_KEY, Message.gap(endpoint, untold)));
    } else {
      around.store().waiting(endpoint.id()).forEach(kept -> lines.add(Entry.of(kept)));
      reader = Thread.ofVirtual().name("webhook-reader-" + endpoint.id()).start(this::read);
    }
    try {
      dispatch();
    } finally {
      stop(reader);
    }
  }

  private void dispatch() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!over) {
        RuntimeException failed = failure;
        if (failed != null) {
          throw failed;
        }
        long now = around.clock().millis();
        boolean may =
            senders.size() < (failures >= DOWN ? 1 : parallel) && now >= pausedUntilMillis;
        Line line = may ? lines.take(now) : null;
        if (line != null) {
          Entry entry = line.head();
          Thread sending =
              Thread.ofVirtual()
                  .name("webhook-" + endpoint.id())
                  .unstarted(() -> send(line, entry));
          senders.add(sending);
          sending.start();
        } else {
          long due =
              may
                  ? lines.nextDueMillis()
                  : now < pausedUntilMillis ? pausedUntilMillis : Long.MAX_VALUE;
          long waitMillis = Math.clamp(due - now, 1, LONGEST_WAIT.toMillis());
          var _ = changed.await(waitMillis, TimeUnit.MILLISECONDS);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends all that this run has begun; what is under way then is sent again by the next. */
  private void stop(@Nullable Thread reader) throws InterruptedException {
    List<Thread> ending = new ArrayList<>();
    lock.lock();
    try {
      stopping = true;
      ending.addAll(senders);
      if (reader != null) {
        ending.add(reader);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    ending.forEach(Thread::interrupt);
    boolean interrupted = Thread.interrupted();
    for (Thread thread : ending) {
      var _ = thread.join(STOP_LIMIT);
    }
    if (interrupted) {
      throw new InterruptedException();
    }
  }

  private void fail(RuntimeException failed) {
    lock.lock();
    try {
      if (failure == null) {
        failure = failed;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void read() {
    try {
      while (true) {
        long after = awaitRoom();
        if (around.feed().awaitBeyond(after, PATIENCE)) {
          take(around.feed().read(after, READ_BYTES));
        }
      }
    } catch (Feed.Gap gone) {
      guarded(() -> gap(false));
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException failed) {
      fail(failed);
    }
  }

  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException failed) {
      fail(failed);
    }
  }

  private long awaitRoom() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (lines.open() >= MOST_OPEN
          || lines.waiting() >= MOST_WAITING
          || lines.barred()
          || failures >= DOWN) {
        changed.await();
      }
      return readUpTo;
    } finally {
      lock.unlock();
    }
  }

  private void take(Feed.Events read) {
    lock.lock();
    try {
      if (stopping) {
        return;
      }
      List<Entry> behind = new ArrayList<>();
      long through = read.through();
      long sequence = 0;
      int part = 0;
      for (Event event : read.events()) {
        part = event.sequence() == sequence ? part + 1 : 0;
        sequence = event.sequence();
        Told told = told(event);
        Message message = seen(event, told, part);
        if (message == null) {
          continue;
        }
        Entry entry = new Entry(sequence, part, Message.line(told), message);
        if (lines.add(entry)) {
          behind.add(entry);
        }
        if (lines.barred()) {
          through = sequence; // What is behind it is read when it is gone.
          break;
        }
      }
      readUpTo = through;
      behind.forEach(lines::waits);
      ledger.keep(behind, lines.cursor(readUpTo));
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static Told told(Event event) {
    if (!(event.subject() instanceof Told told)) {
      throw new IllegalStateException("an event that tells of nothing");
    }
    return told;
  }

  /** The message that an event becomes; null where the endpoint does not want it. */
  private @Nullable Message seen(Event event, Told told, int part) {
    if (!entities.isEmpty() && !entities.contains(told.entity().name())) {
      return null;
    }
    Event seen = view.of(event);
    return seen == null ? null : Message.of(endpoint, seen, told, part);
  }

  /** Reads a message that waits once more; null where nobody would be told of it any more. */
  private @Nullable Message reread(Entry entry) throws Feed.Gap {
    int part = 0;
    for (Event event : around.feed().read(entry.sequence() - 1, 1).events()) {
      if (event.sequence() == entry.sequence() && part++ == entry.part()) {
        return seen(event, told(event), entry.part());
      }
    }
    return null;
  }

  private void send(Line line, Entry entry) {
    try {
      Message message = entry.message();
      if (message == null) {
        message = reread(entry);
      }
      Instant at = around.clock().instant();
      long startNanos = System.nanoTime();
      Attempt attempt = message == null ? null : around.sender().send(endpoint, message);
      Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
      completed(line, new Step(entry, message, attempt, at, took));
    } catch (Feed.Gap gone) {
      guarded(() -> gap(false));
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException failed) {
      fail(failed);
    }
  }

  /** Memory first: whatever fails then ends the run, and the next one begins from the store. */
  private void completed(Line line, Step step) {
    lock.lock();
    try {
      if (stopping) {
        return;
      }
      senders.remove(Thread.currentThread());
      Attempt attempt = step.attempt();
      if (attempt != null) {
        around.outcomes().count(attempt.outcome());
      }
      if (attempt == null || attempt.delivered()) {
        succeeded(line, attempt);
        ledger.record(step, List.of(), lines.cursor(readUpTo));
        over |= step.gap();
      } else {
        List<Entry> keep = postponed(line, attempt);
        ledger.record(step, keep, lines.cursor(readUpTo));
        over |= ledger.givesUp(attempt, around.config().get().disableAfter());
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void succeeded(Line line, @Nullable Attempt attempt) {
    lines.done(line);
    if (failures >= DOWN) {
      lines.releaseAll();
    }
    failures = 0;
    if (around.clock().millis() >= pausedUntilMillis) {
      pausedUntilMillis = 0;
      // One more at once for each round that was taken: what is too much shows itself again.
      if (parallel < PARALLEL && ++takenInARow >= parallel) {
        takenInARow = 0;
        parallel++;
      }
    }
    if (attempt != null) {
      pauseFor(attempt.usedUp());
    }
  }

  private void pauseFor(@Nullable Duration pause) {
    if (pause != null) {
      pausedUntilMillis = Math.max(pausedUntilMillis, around.clock().millis() + pause.toMillis());
    }
  }

  private List<Entry> postponed(Line line, Attempt attempt) {
    failures++;
    long now = around.clock().millis();
    Duration asked = attempt.retryAfter();
    Duration pause = around.backoff().pause(line.head().attempts() + 1, asked);
    if (attempt.busy()) {
      pauseFor(asked == null ? pause : asked);
    }
    pauseFor(attempt.usedUp());
    if (attempt.tooMany()) {
      parallel = Math.max(1, parallel / 2);
      takenInARow = 0;
    }
    List<Entry> keep = lines.failed(line, now + pause.toMillis());
    if (line.head().part() == EndpointLedger.GAP_PART) {
      return List.of(); // Kept with the endpoint.
    }
    keep.forEach(lines::waits);
    return keep;
  }

  /**
   * Goes on from the oldest that is held; the endpoint is told by the next run.
   *
   * @param all whether nothing that waits is held any more
   */
  private void gap(boolean all) {
    lock.lock();
    try {
      if (stopping || over) {
        return;
      }
      ledger.gap(lines.cursor(readUpTo), around.journal().oldest(), all);
      over = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
