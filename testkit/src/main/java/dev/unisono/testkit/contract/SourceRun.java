package dev.unisono.testkit.contract;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A source that reads on a thread of its own, as the engine would run it, and all it handed over.
 * Safe for threads.
 */
public final class SourceRun implements ChangeSink, AutoCloseable {
  private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

  private final Source source;
  private final boolean acknowledging;
  private final int mostBatches;
  private final Map<String, String> state;
  private final List<Batch> batches = new ArrayList<>();
  private final List<Change> changes = new ArrayList<>();
  private final Thread thread;
  private final KnownKeys known;
  private Predicate<Batch> last = batch -> false;
  private CountDownLatch taking = new CountDownLatch(0);
  private SourceProgress progress = SourceProgress.connecting(null);
  private SourceProgress.@Nullable Phase phase;
  private @Nullable Throwable failure;
  private boolean ended;

  private SourceRun(
      Source source,
      Map<String, String> state,
      boolean acknowledging,
      int mostBatches,
      KnownKeys known) {
    this.source = source;
    this.known = known;
    this.state = new HashMap<>(state);
    this.acknowledging = acknowledging;
    this.mostBatches = mostBatches;
    this.thread = Thread.ofPlatform().name("source-run").unstarted(this::run);
  }

  private static SourceRun started(SourceRun run) {
    run.thread.start();
    return run;
  }

  /** Runs it and tells it that each batch is durable. */
  public static SourceRun start(Source source, Map<String, String> state) {
    return started(new SourceRun(source, state, true, Integer.MAX_VALUE, KnownKeys.NONE));
  }

  /** Runs it and never tells it that anything is durable. */
  public static SourceRun withoutAcknowledging(Source source, Map<String, String> state) {
    return started(new SourceRun(source, state, false, Integer.MAX_VALUE, KnownKeys.NONE));
  }

  /** Runs it until so many batches were taken; the next one is lost, as in a crash. */
  public static SourceRun untilBatches(Source source, Map<String, String> state, int batches) {
    return started(new SourceRun(source, state, true, batches, KnownKeys.NONE));
  }

  /**
   * Runs it until a batch was taken and made durable, of which it is not told any more; as in a
   * crash right after a commit.
   */
  public static SourceRun stoppedAt(
      Source source, Map<String, String> state, Predicate<Batch> last, KnownKeys known) {
    SourceRun run = new SourceRun(source, state, false, Integer.MAX_VALUE, known);
    run.last = last;
    return started(run);
  }

  /**
   * Runs it for somebody who keeps what it hands over, and kept what was handed over before.
   *
   * @param acknowledging false where it is told that something is durable only when asked for
   */
  public static SourceRun followed(
      Source source, Map<String, String> state, List<Change> before, boolean acknowledging) {
    AtomicReference<@Nullable SourceRun> self = new AtomicReference<>();
    KnownKeys known =
        new ReplicaKeys(
            () ->
                new Replica()
                    .apply(before)
                    .apply(Objects.requireNonNull(self.get()).changes())
                    .keys(),
            true);
    SourceRun run = new SourceRun(source, state, acknowledging, Integer.MAX_VALUE, known);
    self.set(run);
    return started(run);
  }

  /** Runs it for somebody who keeps what it hands over, until so many batches were taken. */
  public static SourceRun feeding(
      Source source, Map<String, String> state, int batches, KnownKeys known) {
    return started(new SourceRun(source, state, true, batches, known));
  }

  private void run() {
    try {
      source.run(Map.copyOf(state), this);
    } catch (InterruptedException stopped) {
      // As asked.
    } catch (RuntimeException failed) {
      synchronized (this) {
        failure = failed;
      }
    } finally {
      source.close();
      synchronized (this) {
        ended = true;
        notifyAll();
      }
    }
  }

  /** Runs it and takes nothing, as a state whose disk is full, until it is let go. */
  public static SourceRun stuck(Source source, Map<String, String> state) {
    SourceRun run = new SourceRun(source, state, true, Integer.MAX_VALUE, KnownKeys.NONE);
    run.taking = new CountDownLatch(1);
    return started(run);
  }

  /** Tells it now that all it has handed over is durable. */
  public synchronized void acknowledge() {
    batches.forEach(batch -> source.durable(batch.mark()));
  }

  public void letGo() {
    taking.countDown();
  }

  @Override
  public void accept(Batch batch) throws InterruptedException {
    taking.await();
    take(batch);
  }

  private synchronized void take(Batch batch) throws InterruptedException {
    if (batches.size() >= mostBatches) {
      throw new InterruptedException();
    }
    batches.add(batch);
    changes.addAll(batch.changes());
    fold(state, batch);
    if (acknowledging) {
      source.durable(batch.mark());
    }
    if (!batch.learned().isEmpty() || last.test(batch)) {
      notifyAll();
      // As the engine does: the source is stopped and started anew.
      throw new InterruptedException();
    }
    notifyAll();
  }

  public static void fold(Map<String, String> state, Batch batch) {
    batch
        .state()
        .forEach((name, value) -> {
          if (value == null) {
            state.remove(name);
          } else {
            state.put(name, value);
          }
        });
  }

  @Override
  public synchronized void progress(SourceProgress now) {
    phase = now.phase();
    progress = now;
    notifyAll();
  }

  @Override
  public KnownKeys knownKeys() {
    return known;
  }

  /** What the source last said of itself. */
  public synchronized SourceProgress progress() {
    return progress;
  }

  /** Waits until the source says something of itself. */
  public SourceRun awaitProgress(String what, Predicate<SourceProgress> wanted) {
    await(() -> wanted.test(progress), what);
    return this;
  }

  /** Waits until every table is read and compared. */
  public SourceRun awaitDone() {
    return awaitProgress(
        "the end of the comparison",
        now ->
            !now.tables().isEmpty()
                && now.tables().stream().allMatch(table -> table.phase() == TablePhase.DONE));
  }

  public void command(SnapshotCommand.Action action, @Nullable String sync) {
    source.command(new SnapshotCommand(action, sync));
  }

  private synchronized void await(BooleanSupplier condition, String what) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      long left = deadline - System.nanoTime();
      if (ended || left <= 0) {
        List<Change> last = changes.subList(Math.max(0, changes.size() - 5), changes.size());
        throw new AssertionError(
            "%s did not come%s; of %d changes the last are %s"
                .formatted(what, ended ? "; the source has ended" : "", changes.size(), last),
            failure);
      }
      try {
        wait(Math.clamp(left / 1_000_000, 1, 50)); // What is waited for may be elsewhere.
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", interrupted);
      }
    }
  }

  public SourceRun awaitStreaming() {
    await(() -> phase == SourceProgress.Phase.STREAMING, "the end of the snapshot");
    return this;
  }

  /** What is said of tables whose columns have changed. */
  public synchronized List<String> differences() {
    return progress.tables().stream().flatMap(table -> table.differences().stream()).toList();
  }

  public synchronized boolean ended() {
    return ended;
  }

  public synchronized @Nullable Throwable failure() {
    return failure;
  }

  public synchronized boolean streaming() {
    return phase == SourceProgress.Phase.STREAMING;
  }

  public List<Change> awaitChanges(int count) {
    await(() -> changes.size() >= count, count + " changes");
    return changes();
  }

  /** Waits for a change of a row whose key is this number. */
  public Change awaitKey(long number) {
    return await(change -> Objects.equals(new Key(number), change.key()));
  }

  public Change await(Predicate<Change> wanted) {
    await(() -> changes.stream().anyMatch(wanted), "a change");
    return changes().stream().filter(wanted).findFirst().orElseThrow();
  }

  /** Waits until all that was handed over is as wanted. */
  public void awaitThat(Predicate<List<Change>> wanted, String what) {
    await(() -> wanted.test(List.copyOf(changes)), what);
  }

  public void awaitBatch(String what, Predicate<Batch> wanted) {
    await(() -> batches.stream().anyMatch(wanted), what);
  }

  public void awaitBatches(int count) {
    await(() -> batches.size() >= count, count + " batches");
  }

  /** Waits until it ends by itself, and gives the problem; fails where there was none. */
  public UnisonoException awaitFailure() throws InterruptedException {
    awaitEnd();
    synchronized (this) {
      if (failure instanceof UnisonoException problem) {
        return problem;
      }
      throw new AssertionError("ended without a problem", failure);
    }
  }

  /** Waits until it ends because the batches it may hand over were taken. */
  public void awaitEnd() throws InterruptedException {
    if (!thread.join(Duration.ofSeconds(60))) {
      throw new AssertionError("still running");
    }
  }

  /** Asks it to stop as the engine does, and does not wait. */
  public void interrupt() {
    thread.interrupt();
  }

  public synchronized List<Change> changes() {
    return List.copyOf(changes);
  }

  public synchronized List<Batch> batches() {
    return List.copyOf(batches);
  }

  /** The state as of the last batch taken. */
  public synchronized Map<String, String> state() {
    return Map.copyOf(state);
  }

  /** Fails where it ended otherwise than by being told to. */
  public synchronized void wasWell() {
    if (failure != null) {
      throw new AssertionError("the source failed", failure);
    }
  }

  @Override
  public void close() {
    source.close();
    thread.interrupt();
    try {
      awaitEnd();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
