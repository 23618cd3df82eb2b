package dev.unisono.engine.deliver;

import dev.unisono.engine.EngineStatus.State;
import dev.unisono.engine.EngineStatus.TargetStatus;
import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.repair.KeyHolder;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Delivers the journal to one target, on a thread of its own, from where the target's cursors
 * stand; starts again from there after what can pass. A target that is away or stopped costs
 * nothing else. Its status can be asked from any thread.
 */
public final class TargetRunner implements KeyHolder, AutoCloseable {
  private static final long FIRST_PAUSE_MILLIS = 250;
  private static final long LONGEST_PAUSE_MILLIS = 30_000;
  private static final long LONG_RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(LONGEST_PAUSE_MILLIS);
  private static final long RECONNECT_POLL_MILLIS = 20;

  private final String system;
  private final ConnectedSystem connected;
  private final Map<Entity, Binding> bindings;
  private final Journal journal;

  /** True while a source is repaired: what a row refers to may not have been read again yet. */
  private final BooleanSupplier rowsMissing;

  private final ParkedRows parked;
  private final SystemLimits limits;
  private final InstantSource clock;
  private final Thread thread;
  private volatile State phase = State.STARTING;
  private volatile @Nullable Problem problem;
  private volatile @Nullable Delivering run;
  private volatile @Nullable LaneCursor repairing;
  private final AtomicLong deliveredBefore = new AtomicLong();
  private volatile long sequence;

  public TargetRunner(
      String system,
      ConnectedSystem connected,
      Map<Entity, Binding> bindings,
      Journal journal,
      BooleanSupplier rowsMissing,
      ParkedRows parked,
      SystemLimits limits,
      InstantSource clock) {
    this.system = system;
    this.connected = connected;
    this.bindings = bindings;
    this.journal = journal;
    this.rowsMissing = rowsMissing;
    this.parked = parked;
    this.limits = limits;
    parked.rowsMissingBy(this::rowsMissing);
    this.clock = clock;
    this.thread = Thread.ofPlatform().name("target-" + system).daemon().unstarted(this::run);
  }

  public ParkedRows parked() {
    return parked;
  }

  public void start() {
    thread.start();
  }

  public String system() {
    return system;
  }

  @Override
  public String holderName() {
    return "target " + system;
  }

  @Override
  public boolean keeps(Entity entity) {
    return bindings.containsKey(entity);
  }

  @Override
  public long through() {
    Delivering now = run;
    return now == null ? sequence : now.through();
  }

  @Override
  public KeyPage keys(Entity entity, @Nullable String after, int limit) {
    Binding binding = Objects.requireNonNull(bindings.get(entity));
    try (Target target = connected.target()) {
      return target.keys(binding, after, limit);
    }
  }

  /** The place to which its cursors were set, while what they passed over is not made good. */
  public Optional<LaneCursor> repairing() {
    return Optional.ofNullable(repairing);
  }

  /** Everything was compared and delivered; false where the target cannot be told at the moment. */
  public boolean endRepair() {
    try (Target target = connected.target()) {
      target.endRepair();
      repairing = null;
      problem = null;
      return true;
    } catch (UnisonoException away) {
      return false;
    }
  }

  private void run() {
    long pauseMillis = FIRST_PAUSE_MILLIS;
    try {
      while (true) {
        long before = deliveredBefore.get();
        long beganNanos = System.nanoTime();
        UnisonoException failure = runOnce();
        if (failure == null) {
          continue;
        }
        problem = failure.problem();
        boolean passes = passes(failure.problem());
        if (!passes) {
          phase = State.STOPPED;
          return;
        }
        // One that opens and takes nothing is no better off than one that is away.
        if (deliveredBefore.get() > before || System.nanoTime() - beganNanos > LONG_RUN_NANOS) {
          pauseMillis = FIRST_PAUSE_MILLIS;
        }
        phase = State.RETRYING;
        TimeUnit.MILLISECONDS.sleep(pauseMillis);
        pauseMillis = Math.min(pauseMillis * 2, LONGEST_PAUSE_MILLIS);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** Beside what may pass by itself: what a repair is about to make good. */
  private boolean passes(Problem failed) {
    return switch (failed.code()) {
      case "gap" -> true; // The next run passes it over, and has it compared.
      case "foreign-key", "value-taken" -> rowsMissing();
      default -> failed.type().retryable();
    };
  }

  private boolean rowsMissing() {
    return repairing != null || rowsMissing.getAsBoolean();
  }

  /** What made it fail; null where it is to be opened anew without a failure. */
  private @Nullable UnisonoException runOnce() throws InterruptedException {
    try (Target target = connected.target();
        Delivering delivery =
            target.keepsTransactions()
                ? new TransactionRun(system, target, bindings, journal, parked, limits)
                : new DeliveryRun(system, target, bindings, journal, parked, limits)) {
      delivery.open();
      repairing = delivery.repairing();
      run = delivery;
      phase = State.RUNNING;
      problem = delivery.repairCause();
      delivery.run();
      return null;
    } catch (UnisonoException failed) {
      return failed;
    } catch (RuntimeException unexpected) {
      System.getLogger(TargetRunner.class.getName())
          .log(System.Logger.Level.ERROR, "delivering to " + system, unexpected);
      return new UnisonoException(
          new Problem(
              "target-fault",
              ProblemType.INTERNAL,
              "Delivering to " + system + " failed: " + unexpected + ".",
              "systems." + system,
              "This is a fault of Unisono's own; please report it with the log."),
          unexpected);
    } finally {
      Delivering ended = run;
      run = null;
      if (ended != null) {
        deliveredBefore.addAndGet(ended.delivered());
        sequence = ended.through();
      }
    }
  }

  public TargetStatus status() {
    Delivering now = run;
    long through = now == null ? sequence : now.through();
    Instant oldest = now == null ? null : now.oldest();
    long head = journal.head().sequence();
    return new TargetStatus(
        system,
        phase == State.RUNNING && repairing != null ? State.RECONCILING : phase,
        problem,
        deliveredBefore.get() + (now == null ? 0 : now.delivered()),
        through,
        Math.max(0, head - through),
        oldest == null
            ? 0
            : Math.max(0, Duration.between(oldest, clock.instant()).toNanos() / 1_000_000_000.0),
        now == null ? 0 : now.waiting(),
        parked.parked(),
        parked.rejected());
  }

  /** Waits until the target has confirmed everything up to a sequence. */
  public boolean awaitDelivered(long upTo, Duration atMost) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + atMost.toNanos();
    while (true) {
      Delivering now = run;
      long leftNanos = deadlineNanos - System.nanoTime();
      if (now != null && now.awaitThrough(upTo, Duration.ofNanos(Math.max(0, leftNanos)))) {
        return true;
      }
      if (deadlineNanos - System.nanoTime() <= 0) {
        return false;
      }
      // It is between two runs: the next one may get there in time.
      TimeUnit.MILLISECONDS.sleep(RECONNECT_POLL_MILLIS);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(15));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
