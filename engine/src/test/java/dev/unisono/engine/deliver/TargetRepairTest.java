package dev.unisono.engine.deliver;

import static dev.unisono.engine.fixture.Entities.binding;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.unisono.engine.EngineStatus.State;
import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Await;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.engine.fixture.FakeSystem;
import dev.unisono.engine.fixture.MemoryParkedStore;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.repair.HeldKeys;
import dev.unisono.engine.repair.KeyHolder;
import dev.unisono.engine.repair.TargetRepairs;
import dev.unisono.engine.source.DeleteGuard;
import dev.unisono.engine.source.SourceRunner;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.KnownKeys.Answer;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.SourceProgress.TableProgress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A target with the note of a repair, the source that is asked to repeat, and what they say. */
final class TargetRepairTest {
  private static final Entity HALL = entity(1, "hall", List.of("id LONG"), List.of("id"));
  private static final Binding BINDING = binding(HALL);
  private static final FieldConstraints FREE = new FieldConstraints(false, List.of());

  @TempDir Path temporary;
  private final MovableClock clock = new MovableClock();
  private final MemoryTarget target = new MemoryTarget(2);
  private final List<SnapshotCommand> commands = Collections.synchronizedList(new ArrayList<>());
  private final LinkedBlockingQueue<SnapshotCommand> toDo = new LinkedBlockingQueue<>();
  private StateFolder folder;
  private EngineState state;
  private TargetRunner written;
  private SourceRunner read;
  private TargetRepairs repairs;
  private HeldKeys held;

  @BeforeEach
  void wire() {
    folder = StateFolder.open(temporary, clock);
    state =
        new EngineState(
            folder,
            List.of(HALL),
            Duration.ofDays(7),
            Long.MAX_VALUE,
            Duration.ZERO,
            System::nanoTime,
            () -> 0);
    written =
        new TargetRunner(
            "shop",
            FakeSystem.written(() -> target),
            Map.of(HALL, BINDING),
            state.journal(),
            () -> false,
            new ParkedRows(
                "shop",
                Map.of(HALL, BINDING),
                Map.of("hall", new RefusalRules(false, 1, 1)),
                new MemoryParkedStore(),
                clock),
            SystemLimits.standard(),
            clock);
    held =
        new HeldKeys(state, Map.of("hall", HALL), new Nothing(), List.of(written), Set.of("other"));
    EntityConfig config =
        new EntityConfig(
            "halls",
            HALL.schema(),
            HALL.fields(),
            List.of(new FieldRules(List.of(), FREE)),
            HALL.indexed(),
            true);
    read =
        new SourceRunner(
            "crm",
            FakeSystem.read(RepeatingSource::new),
            List.of(HALL),
            Map.of("hall", new Cleaner(config)),
            new Warnings(Map.of()),
            state,
            held,
            new DeleteGuard("crm", Map.of()),
            SystemLimits.standard().readBufferBytes(),
            clock,
            () -> {},
            () -> {});
    repairs =
        new TargetRepairs(
            List.of(written),
            Map.of(HALL, new TargetRepairs.Reader(read, BINDING)),
            state.journal());
    state.start();
  }

  @AfterEach
  void close() {
    repairs.close();
    read.close();
    written.close();
    state.close();
    folder.close();
    assertEquals(List.of(), target.violations());
  }

  /** Records that keep no hall. */
  private static final class Nothing implements KeyHolder {
    @Override
    public String holderName() {
      return "records";
    }

    @Override
    public boolean keeps(Entity entity) {
      return false;
    }

    @Override
    public long through() {
      return 0;
    }

    @Override
    public KeyPage keys(Entity entity, @Nullable String after, int limit) {
      throw new AssertionError("nobody asks");
    }
  }

  /** Has the halls 1 to 3, hands them over when told to repeat, and deletes what else is held. */
  private final class RepeatingSource implements Source {
    private long number;
    private long mark;

    @Override
    public void run(Map<String, String> from, ChangeSink sink) throws InterruptedException {
      // However late: it has told only what differed, so that a target gets nothing back by it.
      say(sink, "refresh", TablePhase.DONE, 1_000_000);
      while (true) {
        toDo.take();
        long began = sink.knownKeys().sequence();
        number++;
        say(sink, "command", TablePhase.READING, began);
        for (long id = 1; id <= 3; id++) {
          hand(sink, Operation.READ, new Key(id));
        }
        say(sink, "command", TablePhase.SWEEPING, began);
        sweep(sink);
        say(sink, "command", TablePhase.DONE, began);
      }
    }

    private void sweep(ChangeSink sink) throws InterruptedException {
      assertEquals(List.of("target shop"), sink.knownKeys().consumers(BINDING));
      String place = null;
      while (true) {
        switch (sink.knownKeys().next(BINDING, "target shop", place, 2)) {
          case Answer.Later later -> {
            place = later.place();
            TimeUnit.MILLISECONDS.sleep(5);
          }
          case Answer.Portion portion -> {
            for (Key key : portion.keys()) {
              if ((Long) key.part(0) > 3) {
                hand(sink, Operation.DELETE, key);
              }
            }
            place = portion.place();
            if (place == null) {
              return;
            }
          }
        }
      }
    }

    private void hand(ChangeSink sink, Operation operation, Key key) throws InterruptedException {
      Change change =
          new Change(
              BINDING,
              operation,
              key,
              null,
              operation == Operation.DELETE ? null : row(HALL, key.part(0)),
              null,
              new Position(++mark, 0),
              Entities.TIME,
              mark);
      sink.accept(new Batch(List.of(change), Map.of(), mark, 100));
    }

    private void say(ChangeSink sink, String cause, TablePhase phase, long began) {
      sink.progress(
          new SourceProgress(
              SourceProgress.Phase.STREAMING,
              -1,
              SourceProgress.Retained.UNKNOWN,
              null,
              null,
              null,
              List.of(
                  new TableProgress(
                      BINDING.sync(),
                      "hall",
                      phase,
                      cause,
                      began,
                      number,
                      3,
                      3,
                      0,
                      0,
                      0,
                      null,
                      true))));
    }

    @Override
    public void durable(long mark) {}

    @Override
    public void command(SnapshotCommand command) {
      commands.add(command);
      toDo.add(command);
    }

    @Override
    public void close() {}
  }

  private void hold(long... ids) {
    for (long id : ids) {
      target.hold(HALL.schema(), new Key(id), row(HALL, id));
    }
  }

  @Test
  void aNotedTargetIsComparedOnceAndThenRunsOn() throws Exception {
    hold(2, 70, 71, 72);
    target.beginRepair(new LaneCursor(state.journal().head().epoch(), 0));
    written.start();
    read.start();
    Await.until("it says so", () -> written.status().state() == State.RECONCILING);
    repairs.start();
    Await.until("it is over", () -> written.status().state() == State.RUNNING);
    assertEquals(Set.of("[1]", "[2]", "[3]"), target.rows(HALL.schema()).keySet());
    assertEquals(
        List.of(new SnapshotCommand(SnapshotCommand.Action.REPEAT, BINDING.sync())), commands);
    assertEquals(java.util.Optional.empty(), target.repairing());
  }

  @Test
  void aHolderIsAskedOnlyOnceItHasPassedWhatWasInLine() throws Exception {
    read.start();
    toDo.add(new SnapshotCommand(SnapshotCommand.Action.REPEAT, null));
    Await.until("three are in line", () -> state.journal().head().sequence() >= 3);
    Answer first = held.next(BINDING, "target shop", null, 10);
    Answer.Later later = assertInstanceOf(Answer.Later.class, first);
    assertEquals("3", later.place());
    assertInstanceOf(Answer.Later.class, held.next(BINDING, "target shop", later.place(), 10));
    written.start();
    Await.until("they are delivered", () -> written.through() >= 3);
    Answer.Portion all =
        assertInstanceOf(
            Answer.Portion.class, held.next(BINDING, "target shop", later.place(), 10));
    assertEquals(List.of(new Key(1L), new Key(2L), new Key(3L)), all.keys());
    assertNull(all.place());
  }
}
