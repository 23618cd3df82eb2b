package dev.unisono.engine.merge;

import dev.unisono.engine.EngineStatus.State;
import dev.unisono.engine.merge.MergeStatus.MemberStatus;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.Upkeep;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes to one member what the others wrote, on a thread of its own, and begins again after what
 * can pass: with a marker that says where whatever was on its way has ended. Its status can be
 * asked from any thread.
 */
final class MemberRunner implements AutoCloseable {
  private static final int BATCH = 500;
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 10_000;

  private final String system;
  private final ConnectedSystem connected;
  private final MemberQueue queue;
  private final MergeStage stage;
  private final EngineState state;
  private final Runnable learn;
  private final Thread thread;
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private volatile State phase = State.STARTING;
  private volatile @Nullable Problem problem;

  /**
   * @param learn asks the member what becomes of values there; before each session
   */
  MemberRunner(
      String system,
      ConnectedSystem connected,
      MemberQueue queue,
      MergeStage stage,
      EngineState state,
      Runnable learn) {
    this.learn = learn;
    this.system = system;
    this.connected = connected;
    this.queue = queue;
    this.stage = stage;
    this.state = state;
    this.thread = Thread.ofPlatform().name("member-" + system).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  MemberStatus status() {
    return new MemberStatus(system, phase, problem, written.get(), refused.get(), queue.size());
  }

  private void run() {
    long pauseMillis = FIRST_PAUSE_MILLIS;
    try {
      while (true) {
        long before = written.get();
        Problem failed = runOnce();
        problem = failed;
        if (!failed.type().retryable()) {
          phase = State.STOPPED;
          return;
        }
        phase = State.RETRYING;
        pauseMillis = written.get() > before ? FIRST_PAUSE_MILLIS : pauseMillis;
        TimeUnit.MILLISECONDS.sleep(pauseMillis);
        pauseMillis = Math.min(pauseMillis * 2, LONGEST_PAUSE_MILLIS);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private Problem runOnce() throws InterruptedException {
    try (MemberWriter writer = connected.memberWriter()) {
      learn.run();
      // What an earlier session wrote has ended by now: it lies before this marker or never was.
      writer.mark(barrier());
      phase = State.RUNNING;
      problem = null;
      while (true) {
        write(writer, queue.take(BATCH));
      }
    } catch (UnisonoException failed) {
      return failed.problem();
    } catch (RuntimeException unexpected) {
      System.getLogger(MemberRunner.class.getName())
          .log(System.Logger.Level.ERROR, "writing to " + system, unexpected);
      return new Problem(
          "member-fault",
          ProblemType.INTERNAL,
          "Writing to " + system + " failed: " + unexpected + ".",
          "systems." + system,
          "This is a fault of Unisono's own; please report it with the log.");
    }
  }

  private long barrier() throws InterruptedException {
    return written(new Task<Long>(connection -> stage.telling().barrier(system), queue::begin));
  }

  private void write(MemberWriter writer, List<MemberWrite> batch) throws InterruptedException {
    List<MemberWriter.Refusal> refusals = writer.write(batch);
    written.addAndGet(batch.size() - refusals.size());
    refused.addAndGet(refusals.size());
    long last = batch.getLast().id();
    if (!refusals.isEmpty()) {
      written(
          new Task<Integer>(
              connection -> {
                for (MemberWriter.Refusal refusal : refusals) {
                  stage.telling().refused(connection, system, refusal.write(), refusal.cause());
                }
                return refusals.size();
              },
              _ -> {}));
    }
    if (stage.telling().through(system, last)) {
      state.submit((Upkeep) connection -> stage.telling().resolve(connection, system));
    }
  }

  private interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /** What the writer's thread does, and gives back once it is durable. */
  private static final class Task<T> implements Upkeep {
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private final Work<T> work;

    /** Called by the writer's thread, before it does anything else. */
    private final Consumer<T> after;

    private @Nullable T result;

    Task(Work<T> work, Consumer<T> after) {
      this.work = work;
      this.after = after;
    }

    @Override
    public void run(Connection connection) throws SQLException {
      result = work.on(connection);
    }

    @Override
    public void durable() {
      T made = Objects.requireNonNull(result);
      after.accept(made);
      done.complete(made);
    }
  }

  private <T> T written(Task<T> task) throws InterruptedException {
    state.submit(task);
    try {
      return task.done.get();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
