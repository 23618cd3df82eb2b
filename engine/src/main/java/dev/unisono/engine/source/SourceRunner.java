package dev.unisono.engine.source;

import dev.unisono.engine.EngineStatus.SourceStatus;
import dev.unisono.engine.EngineStatus.State;
import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.clean.Refusals;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.Intake;
import dev.unisono.engine.state.Intake.Refusal;
import dev.unisono.engine.state.KeptLetter.Counts;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Batch;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs one system's source on a thread of its own: cleans what it reads, hands it to the writer
 * within a budget of bytes, and starts it again after what can pass. Its status can be asked from
 * any thread.
 */
public final class SourceRunner implements AutoCloseable {
  private static final int LEAST_BYTES = 256;
  private static final long FIRST_PAUSE_MILLIS = 250;
  private static final long LONGEST_PAUSE_MILLIS = 30_000;

  private final String system;
  private final ConnectedSystem connected;
  private final Map<String, Entity> entityBySchema;
  private final Map<String, Cleaner> cleaners;
  private final Warnings warnings;
  private final EngineState state;
  private final InstantSource clock;
  private final WaitingLetters waiting;

  /** What may be in line for one source, in bytes of memory (invariant 7). */
  private final int budgetBytes;

  private final Semaphore budget;
  private final AtomicLong changes = new AtomicLong();
  private final Thread thread;
  private volatile State phase = State.STARTING;
  private volatile @Nullable Problem problem;
  private volatile double lagSeconds;
  private volatile SourceProgress progress = SourceProgress.connecting(null);
  private volatile @Nullable Source running;
  private final KnownKeys known;
  private final Runnable beforeReading;
  private final DeleteGuard guard;
  private final Runnable onLearned;

  /** Lets a source begin again that has stopped, with a command or as it was. */
  private final SynchronousQueue<Optional<SnapshotCommand>> restarts = new SynchronousQueue<>();

  /**
   * @param guard stops the source where too much is deleted at once
   * @param budgetBytes what may be in line for the journal, in bytes of memory
   * @param beforeReading called before each time that the source runs; may ask the system
   * @param onLearned called once when something that was learned is durable: the source then waits
   *     to be closed, and whoever is called makes everything anew. Must not block
   */
  public SourceRunner(
      String system,
      ConnectedSystem connected,
      List<Entity> entities,
      Map<String, Cleaner> cleaners,
      Warnings warnings,
      EngineState state,
      KnownKeys known,
      DeleteGuard guard,
      int budgetBytes,
      InstantSource clock,
      Runnable beforeReading,
      Runnable onLearned) {
    this.beforeReading = beforeReading;
    this.known = known;
    this.guard = guard;
    this.budgetBytes = budgetBytes;
    this.budget = new Semaphore(budgetBytes);
    this.onLearned = onLearned;
    this.system = system;
    this.connected = connected;
    this.entityBySchema =
        entities.stream().collect(Collectors.toMap(Entity::name, entity -> entity));
    this.cleaners = cleaners;
    this.warnings = warnings;
    this.state = state;
    this.clock = clock;
    this.waiting = new WaitingLetters(system, state.deadLetters(), this::awaitDurable);
    this.thread = Thread.ofPlatform().name("source-" + system).daemon().unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  public String system() {
    return system;
  }

  public SourceStatus status() {
    return new SourceStatus(system, phase, problem, changes.get(), lagSeconds, progress);
  }

  /**
   * Passes a command on to the source that runs. One that has stopped begins again with a REPEAT of
   * everything.
   *
   * @throws UnisonoException source-not-running where there is nobody to take it up
   */
  public void command(SnapshotCommand command) {
    Source source = running;
    if (source != null) {
      source.command(command);
      return;
    }
    boolean begins = command.action() == SnapshotCommand.Action.REPEAT && command.sync() == null;
    if (!begins || !restarts.offer(Optional.of(command))) {
      throw new UnisonoException(
          new Problem(
              "source-not-running",
              ProblemType.TRANSIENT,
              system + " is not read at the moment.",
              "systems." + system,
              "Its status says why. Where it has stopped, a repeat of all its snapshots lets it"
                  + " begin again."));
    }
  }

  /**
   * Lets deletes of a sync through that the source stopped at, or would.
   *
   * @throws UnisonoException not-found where its deletes are not limited
   */
  public void allowDeletes(String sync) {
    if (!guard.guards(sync)) {
      throw new UnisonoException(
          new Problem(
              "not-found",
              ProblemType.USER,
              "The deletes of '" + sync + "' in " + system + " are not limited.",
              null,
              "Name a sync with a delete-limit that reads from " + system + "."));
    }
    guard.allow(sync);
    Problem stopped = problem;
    if (phase == State.STOPPED && stopped != null && stopped.code().equals("mass-delete")) {
      restarts.offer(Optional.empty());
    }
  }

  private void run() {
    long pauseMillis = FIRST_PAUSE_MILLIS;
    SnapshotCommand command = null;
    try {
      while (true) {
        long before = changes.get();
        UnisonoException failure = runOnce(command);
        command = null;
        problem = failure.problem();
        if (!failure.problem().type().retryable()) {
          phase = State.STOPPED;
          command = restarts.take().orElse(null);
          phase = State.STARTING;
          pauseMillis = FIRST_PAUSE_MILLIS;
          continue;
        }
        phase = State.RETRYING;
        if (changes.get() > before) {
          pauseMillis = FIRST_PAUSE_MILLIS;
        }
        TimeUnit.MILLISECONDS.sleep(pauseMillis);
        pauseMillis = Math.min(pauseMillis * 2, LONGEST_PAUSE_MILLIS);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs a source until it fails; what it had handed over is durable when this returns. */
  private UnisonoException runOnce(@Nullable SnapshotCommand command) throws InterruptedException {
    UnisonoException failure;
    try (Source source = connected.source()) {
      if (command != null) {
        source.command(command);
      }
      running = source;
      beforeReading.run();
      waiting.begin();
      guard.begin();
      source.run(state.sourceState(system), new Sink(source));
      failure =
          new UnisonoException(
              new Problem(
                  "source-ended",
                  ProblemType.TRANSIENT,
                  "Reading " + system + " has ended by itself.",
                  "systems." + system,
                  ""));
    } catch (UnisonoException failed) {
      failure = failed;
    } catch (RuntimeException unexpected) {
      failure =
          new UnisonoException(
              new Problem(
                  "source-fault",
                  ProblemType.INTERNAL,
                  "Reading " + system + " failed: " + unexpected + ".",
                  "systems." + system,
                  "This is a fault of Unisono's own; please report it with the log."),
              unexpected);
      System.getLogger(SourceRunner.class.getName())
          .log(System.Logger.Level.ERROR, "reading " + system, unexpected);
    } finally {
      running = null;
    }
    // The next source starts from the state of the last durable batch: none may be on its way.
    awaitDurable();
    return failure;
  }

  /**
   * What would be refused waits in its source where too much waits here already (invariant 7): it
   * is read again until somebody has made room.
   */
  private void checkRoom(Intake intake) {
    Counts counts = state.deadLetters().counts();
    if (!counts.full() || (intake.refusals().isEmpty() && !state.deadLetters().late(system))) {
      return;
    }
    throw new UnisonoException(
        new Problem(
            "dead-letters-full",
            ProblemType.TRANSIENT,
            counts.open()
                + " dead letters wait; "
                + system
                + " has more that is refused, and is not read on.",
            "state.dead-letters",
            "Replay or discard some: ./unisono deadletters list FILE. It goes on by itself then."));
  }

  private void awaitDurable() throws InterruptedException {
    budget.acquire(budgetBytes);
    budget.release(budgetBytes);
  }

  private final class Sink implements ChangeSink {
    private final Source source;

    Sink(Source source) {
      this.source = source;
    }

    @Override
    public void accept(Batch batch) throws InterruptedException {
      guard.check(batch);
      waiting.bound();
      int permits = Math.clamp(batch.sizeBytes(), LEAST_BYTES, budgetBytes);
      // Made first: a batch that cannot be cleaned must not keep its part of the budget.
      Intake intake = intake(batch, permits);
      checkRoom(intake);
      budget.acquire(permits);
      state.submit(intake);
      phase = State.RUNNING;
      problem = null;
      if (!batch.learned().isEmpty()) {
        awaitDurable();
        onLearned.run();
        new CountDownLatch(1).await();
      }
    }

    @Override
    public void progress(SourceProgress now) {
      progress = now;
      if (now.phase() != SourceProgress.Phase.CONNECTING) {
        phase = State.RUNNING;
        problem = null;
      }
    }

    @Override
    public KnownKeys knownKeys() {
      return known;
    }

    private Intake intake(Batch batch, int permits) throws InterruptedException {
      List<CleanChange> clean = new ArrayList<>(batch.changes().size());
      List<Refusal> refused = new ArrayList<>(0);
      for (Change change : batch.changes()) {
        clean(change, clean, refused);
      }
      Instant last = batch.changes().isEmpty() ? null : batch.changes().getLast().sourceTime();
      return new Intake(
          system,
          clean,
          refused,
          batch.state(),
          batch.sizeBytes(),
          batch.learned(),
          batch.unfinished(),
          batch.passed(),
          () -> {
            // Invariant 1: the source hears of it only now.
            source.durable(batch.mark());
            changes.addAndGet(batch.changes().size());
            if (last != null) {
              lagSeconds =
                  Math.max(0, Duration.between(last, clock.instant()).toNanos() / 1_000_000_000.0);
            }
            budget.release(permits);
          });
    }
  }

  private void clean(Change shown, List<CleanChange> clean, List<Refusal> refused)
      throws InterruptedException {
    String name = shown.binding().schema().name();
    Entity entity = entityBySchema.get(name);
    Cleaner cleaner = cleaners.get(name);
    if (entity == null || cleaner == null) {
      throw new IllegalStateException("a change of an entity nobody configured: " + shown);
    }
    Change change = waiting.carried(entity, shown, clean, refused);
    Key between = shown.previousKey();
    if (between != null && !Objects.equals(between, change.previousKey())) {
      // It was never seen under the key in between, by which the refused one waits.
      clean.add(new CleanChange(entity, shown.gone(between), null, null));
    }
    Row after = change.after();
    Row row = after == null ? null : cleaner.standardize(after);
    if (row != null) {
      List<Finding> findings = cleaner.validate(row);
      List<Finding> doubts =
          findings.isEmpty() && !state.deadLetters().isLetThrough(system, entity, change.key())
              ? cleaner.doubts(row)
              : List.of();
      if (!findings.isEmpty() || !doubts.isEmpty()) {
        // Invariant 8: what is refused is kept with its cause.
        refused.add(
            new Refusal(
                clean.size(),
                findings.isEmpty()
                    ? Refusals.held(entity, change, doubts, clock.instant())
                    : Refusals.refused(entity, change, system, findings, clock.instant())));
        waiting.refused(entity, change);
        return;
      }
      warnings.count(entity.name(), cleaner.warnings(row));
    }
    Row before = change.before();
    clean.add(
        new CleanChange(entity, change, row, before == null ? null : cleaner.standardize(before)));
    if (after == null && !Objects.equals(change.key(), shown.key())) {
      // What was known under another key is deleted there; so is what was refused under this one.
      clean.add(new CleanChange(entity, shown, null, null));
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    Source source = running;
    if (source != null) {
      source.close();
    }
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
