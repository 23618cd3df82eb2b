package dev.unisono.engine.merge;

import dev.unisono.engine.EngineStatus.SourceStatus;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.merge.MergeStatus.OpenConflicts;
import dev.unisono.engine.merge.MergeStatus.OpenMatches;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.Merging;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.Upkeep;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.SourceProgress.TableProgress;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All entities of an engine that several members write: merged in the writer, members told by a
 * thread for each. An entity goes live once all its members have been read and, where the config
 * asks for it, somebody has said so: until then nobody is told anything. Safe for threads once it
 * is started.
 */
public final class Merges implements AutoCloseable {
  /** So many writes may be in line for one member (invariant 7). */
  private static final int QUEUE = 4_096;

  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration WRITE_PATIENCE = Duration.ofSeconds(30);
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final List<MergePlan> plans;
  private final Map<String, MemberQueue> queues = new LinkedHashMap<>();
  private final List<MemberRunner> runners = new CopyOnWriteArrayList<>();
  private final InstantSource clock;

  /** The entities that have been read and wait to be told to go live. */
  private final Set<String> awaiting = ConcurrentHashMap.newKeySet();

  private volatile @Nullable MergeStage stage;
  private @Nullable EngineState state;
  private @Nullable Thread thread;
  private volatile @Nullable ClockWatch clocks;

  Merges(List<MergePlan> plans, InstantSource clock) {
    this.plans = List.copyOf(plans);
    this.clock = clock;
    for (MergePlan plan : plans) {
      for (MergeMember member : plan.members()) {
        if (member.written()) {
          queues.computeIfAbsent(
              member.system(), system -> new MemberQueue(QUEUE, () -> sweepOwed(system)));
        }
      }
    }
  }

  /** What a config asks to be merged. */
  public static Merges of(Config config, List<Entity> entities, InstantSource clock) {
    return new Merges(MergePlans.of(config, entities), clock);
  }

  /** What merges, for the state's writer. */
  public Merging open(Connection connection, Shapes shapes) throws SQLException {
    ConflictInbox inbox = new ConflictInbox(connection, new ConflictTable(shapes, plans), clock);
    MergeStage made =
        new MergeStage(connection, shapes, plans, queues, inbox, this::sweepBehindBarrier, clock);
    stage = made;
    return made;
  }

  private MergeStage stage() {
    return Objects.requireNonNull(stage, "not open");
  }

  private EngineState state() {
    return Objects.requireNonNull(state, "not started");
  }

  private void sweepOwed(String system) {
    sweep(new Sweep.What(-1, system, 0, false));
  }

  private void sweepBehindBarrier(String system, long barrier) {
    sweep(new Sweep.What(-1, system, barrier, false));
  }

  private void sweep(Sweep.What what) {
    state().submit(new Sweep(stage(), state(), what));
  }

  /**
   * Begins; the writer and the sources are started by others.
   *
   * @param systems by their names
   * @param sources how reading goes
   */
  public void start(
      EngineState written,
      Map<String, ConnectedSystem> systems,
      Supplier<List<SourceStatus>> sources) {
    state = written;
    queues.forEach((system, queue) -> {
      ConnectedSystem connected = Objects.requireNonNull(systems.get(system));
      runners.add(
          new MemberRunner(
              system, connected, queue, stage(), written, () -> learn(system, connected)));
    });
    runners.forEach(MemberRunner::start);
    if (!plans.isEmpty()) {
      ClockWatch watched = new ClockWatch(members(systems), clock);
      watched.start();
      clocks = watched;
      thread =
          Thread.ofVirtual()
              .name("merges")
              .start(() -> {
                try {
                  watch(sources);
                } catch (InterruptedException stop) {
                  Thread.currentThread().interrupt();
                }
              });
    }
  }

  private Map<String, ConnectedSystem> members(Map<String, ConnectedSystem> systems) {
    Map<String, ConnectedSystem> members = new LinkedHashMap<>();
    for (MergePlan plan : plans) {
      for (MergeMember member : plan.members()) {
        members.put(member.system(), Objects.requireNonNull(systems.get(member.system())));
      }
    }
    return members;
  }

  /**
   * Asks a member what becomes of values there; before anything of it is merged, and before it is
   * told anything.
   *
   * @throws dev.unisono.spi.UnisonoException where it cannot be asked now
   */
  public void learn(String system, ConnectedSystem connected) {
    for (MergePlan plan : plans) {
      MergeMember member = plan.member(system);
      if (member != null) {
        member.learn(connected);
      }
    }
  }

  private void watch(Supplier<List<SourceStatus>> sources) throws InterruptedException {
    List<MergePlan> collecting = new ArrayList<>(plans);
    long retriedNanos = System.nanoTime();
    while (true) {
      List<SourceStatus> now = collecting.isEmpty() ? List.of() : sources.get();
      for (MergePlan plan : List.copyOf(collecting)) {
        if (collected(plan, now) && state().awaitWritten(WRITE_PATIENCE)) {
          collecting.remove(plan);
          if (plan.asks() && stage().collecting().contains(plan.entity().name())) {
            awaiting.add(plan.entity().name());
          } else {
            goLive(plan.entity());
          }
        }
      }
      if (System.nanoTime() - retriedNanos > RETRY_NANOS) {
        retriedNanos = System.nanoTime();
        for (MemberRunner runner : runners) {
          String system = runner.status().system();
          if (stage().telling().takeRefusing(system)) {
            sweep(new Sweep.What(-1, system, 0, true));
          }
        }
      }
      TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
    }
  }

  /** Whether all members have shown all they have. */
  private static boolean collected(MergePlan plan, List<SourceStatus> sources) {
    for (MergeMember member : plan.members()) {
      boolean read = false;
      for (SourceStatus source : sources) {
        for (TableProgress table : source.progress().tables()) {
          read |=
              source.system().equals(member.system())
                  && table.sync().equals(member.binding().sync())
                  && table.phase() == TablePhase.DONE;
        }
      }
      if (!read) {
        return false;
      }
    }
    return true;
  }

  /**
   * Lets an entity go live that waits for it; nothing happens where it is live.
   *
   * @throws UnisonoException not-merged, not-collected; state-unusable where it cannot be noted
   */
  public void live(String entity) throws InterruptedException {
    MergePlan plan =
        plans.stream()
            .filter(each -> each.entity().name().equals(entity))
            .findFirst()
            .orElseThrow(() ->
                refusal(
                    "not-merged",
                    entity + " is written by one member alone: there is nothing to be asked for.",
                    "Name a sync with several members that are read."));
    if (!stage().collecting().contains(entity)) {
      return;
    }
    if (!awaiting.contains(entity)) {
      throw refusal(
          "not-collected",
          "Not all members of " + entity + " have been read yet.",
          "Wait until /health/ready calls it AWAITING_LIVE.");
    }
    goLive(plan.entity());
    if (!state().awaitWritten(WRITE_PATIENCE)) {
      throw new UnisonoException(
          new Problem(
              "write-timeout",
              ProblemType.TRANSIENT,
              "It was not noted in time.",
              null,
              "Look at the status, and ask again."));
    }
    awaiting.remove(entity);
  }

  static UnisonoException refusal(String code, String message, String remedy) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, remedy));
  }

  private void goLive(Entity entity) {
    state()
        .submit(
            new Upkeep() {
              private boolean swept;

              @Override
              public void run(Connection connection) throws SQLException {
                swept = Boolean.TRUE.equals(MergeTable.swept(connection, entity.id()));
                stage().live(connection, entity);
              }

              @Override
              public void durable() {
                if (!swept) {
                  sweep(new Sweep.What(entity.id(), null, 0, false));
                }
              }
            });
  }

  /** How it goes; safe to be asked at any time. */
  public MergeStatus status() {
    MergeStage merging = stage;
    ClockWatch watched = clocks;
    List<String> waiting = awaiting.stream().sorted().toList();
    if (merging == null) {
      return new MergeStatus(List.of(), waiting, 0, List.of(), List.of(), List.of(), List.of());
    }
    List<OpenConflicts> open =
        plans.stream()
            .map(plan ->
                new OpenConflicts(
                    plan.members().getFirst().binding().sync(),
                    plan.entity().name(),
                    merging.inbox().open(plan.entity().id())))
            .toList();
    return new MergeStatus(
        merging.collecting().stream().filter(entity -> !waiting.contains(entity)).toList(),
        waiting,
        merging.inbox().seen(),
        open,
        matches(merging),
        runners.stream().map(MemberRunner::status).toList(),
        watched == null ? List.of() : watched.clocks());
  }

  private List<OpenMatches> matches(MergeStage merging) {
    return plans.stream()
        // Where the config has no fuzzy rule any more, somebody may still be asked.
        .filter(plan -> !plan.fuzzy().isEmpty() || merging.reviews().open(plan.entity().id()) > 0)
        .map(plan ->
            new OpenMatches(
                plan.members().getFirst().binding().sync(),
                plan.entity().name(),
                merging.reviews().open(plan.entity().id()),
                merging.reviews().crowdedBlocks(plan.entity().id())))
        .toList();
  }

  /** Which rows are one record; only after it was started. */
  public Matches matches() {
    return new Matches(state(), stage(), clock);
  }

  /** The conflicts of all that is merged; only after it was started. */
  public Conflicts conflicts() {
    return new Conflicts(state(), stage());
  }

  @Override
  public void close() {
    Thread watching = thread;
    if (watching != null) {
      watching.interrupt();
    }
    ClockWatch watched = clocks;
    if (watched != null) {
      watched.close();
    }
    runners.forEach(MemberRunner::close);
  }
}
