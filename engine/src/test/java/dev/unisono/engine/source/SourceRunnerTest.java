package dev.unisono.engine.source;

import static dev.unisono.engine.fixture.Entities.binding;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.row;
import static dev.unisono.engine.fixture.Entities.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.EngineStatus.State;
import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Await;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.engine.fixture.FakeSystem;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.standardize.StepKind;
import dev.unisono.engine.standardize.Steps;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.Intake;
import dev.unisono.engine.state.LearnedField;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.engine.validate.TextLength;
import dev.unisono.spi.Batch;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.LearnedColumn;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SourceRunnerTest {
  private static final Entity PERSON =
      entity(1, "person", List.of("id LONG", "name STRING"), List.of("id"));
  private static final FieldConstraints FREE = new FieldConstraints(false, List.of());
  private static final FieldConstraints SHORT =
      new FieldConstraints(false, List.of(new TextLength(0, 5)));

  /** What one run of the source does with its sink. */
  private interface Script {
    void run(Map<String, String> state, ChangeSink sink) throws InterruptedException;
  }

  @TempDir Path temporary;
  private final MovableClock clock = new MovableClock();
  private final LinkedBlockingQueue<Script> scripts = new LinkedBlockingQueue<>();
  private final List<SnapshotCommand> commands = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger learned = new AtomicInteger();
  private final List<Long> durable = Collections.synchronizedList(new ArrayList<>());
  private StateFolder folder;
  private EngineState state;
  private SourceRunner runner;

  @BeforeEach
  void open() {
    folder = StateFolder.open(temporary, clock);
    state =
        new EngineState(
            folder,
            List.of(PERSON),
            Duration.ofDays(7),
            Long.MAX_VALUE,
            Duration.ZERO,
            System::nanoTime,
            () -> 0);
    state.start();
    EntityConfig config =
        new EntityConfig(
            "people",
            PERSON.schema(),
            PERSON.fields(),
            List.of(
                new FieldRules(List.of(), FREE),
                new FieldRules(List.of(Steps.plain(StepKind.TRIM)), SHORT)),
            PERSON.indexed(),
            true);
    runner =
        new SourceRunner(
            "crm",
            FakeSystem.read(ScriptedSource::new),
            List.of(PERSON),
            Map.of("person", new Cleaner(config)),
            new Warnings(Map.of()),
            state,
            KnownKeys.NONE,
            new DeleteGuard("crm", Map.of(binding(PERSON).sync(), 3)),
            SystemLimits.standard().readBufferBytes(),
            clock,
            () -> {},
            learned::incrementAndGet);
  }

  @AfterEach
  void close() {
    runner.close();
    state.close();
    folder.close();
  }

  /** Does what the next script says and then waits to be stopped. */
  private final class ScriptedSource implements Source {
    @Override
    public void run(Map<String, String> from, ChangeSink sink) throws InterruptedException {
      scripts.take().run(from, sink);
      new CountDownLatch(1).await();
    }

    @Override
    public void durable(long mark) {
      durable.add(mark);
    }

    @Override
    public void command(SnapshotCommand command) {
      commands.add(command);
    }

    @Override
    public void close() {}
  }

  private static Change change(long id, @Nullable Object name) {
    return new Change(
        binding(PERSON),
        Operation.CREATE,
        new Key(id),
        null,
        row(PERSON, id, name),
        null,
        new Position(id, 0),
        Entities.TIME,
        id);
  }

  private static Batch batch(long mark, Change... changes) {
    return new Batch(
        List.of(changes), Map.of("position", Long.toString(mark)), mark, changes.length * 100L);
  }

  private static UnisonoException failure(ProblemType type) {
    return new UnisonoException(new Problem("it-failed", type, "It failed.", null, ""));
  }

  private void reaches(long sequence) throws InterruptedException {
    assertTrue(state.journal().awaitBeyond(sequence - 1, Duration.ofSeconds(20)));
  }

  @Test
  void changesComeCleanIntoTheJournalAndTheSourceHearsOfItAfterwards() throws Exception {
    scripts.add((from, sink) -> {
      assertEquals(Map.of(), from);
      sink.accept(batch(7, change(1, " Ada "), change(2, null)));
      sink.accept(batch(8));
    });
    runner.start();
    reaches(2);
    Await.until("both are durable", () -> durable.equals(List.of(7L, 8L)));
    assertEquals(
        List.of("[1, Ada]", "[2, null]"),
        state.journal().read(0, 1_000).stream().map(entry -> text(entry.row())).toList());
    assertEquals(Map.of("position", "8"), state.sourceState("crm"));
    assertEquals(2, runner.status().changes());
    assertEquals(State.RUNNING, runner.status().state());
  }

  @Test
  void whatTheRulesRefuseIsADeadLetterAndTheRestGoesOn() throws Exception {
    scripts.add((_, sink) -> sink.accept(batch(1, change(1, "far too long"), change(2, "Bob"))));
    runner.start();
    reaches(1);
    assertEquals(new Key(2L), state.journal().read(0, 1_000).getFirst().key());
    assertEquals(1, state.deadLetters().counts().open());
    assertEquals(2, runner.status().changes());
  }

  @Test
  void afterAFailureTheNextRunStartsFromWhatWasMadeDurable() throws Exception {
    scripts.add((_, sink) -> {
      sink.accept(batch(5, change(1, "Ada")));
      throw failure(ProblemType.EXTERNAL);
    });
    List<Map<String, String>> starts = Collections.synchronizedList(new ArrayList<>());
    scripts.add((from, sink) -> {
      starts.add(from);
      sink.accept(batch(6, change(2, "Bob")));
    });
    runner.start();
    reaches(2);
    assertEquals(List.of(Map.of("position", "5")), starts);
    Await.until("the problem has passed", () -> runner.status().problem() == null);
  }

  @Test
  void whatIsLearnedIsDurableBeforeItIsTakenUpAndTheSourceReadsNoFurther() throws Exception {
    LearnedColumn phone = new LearnedColumn("people", "phone", null, "phone", "{ type: string }");
    LearnedColumn mobile = new LearnedColumn("people", "phone", "phone", "mobile", null);
    LearnedColumn label = new LearnedColumn("people", "name", "name", "label", null);
    List<String> further = Collections.synchronizedList(new ArrayList<>());
    scripts.add((_, sink) -> {
      sink.accept(
          new Batch(
              List.of(change(1, "Ada")),
              Map.of("position", "1"),
              1,
              100,
              List.of(phone, mobile, label),
              0));
      further.add("read on");
    });
    runner.start();
    Await.until("it is taken up", () -> learned.get() == 1);
    assertEquals(List.of(1L), durable);
    assertEquals(Map.of("position", "1"), state.sourceState("crm"));
    assertEquals(
        List.of(
            new LearnedField("people", "name", "name", "label", null),
            new LearnedField("people", "phone", "phone", "mobile", "{ type: string }")),
        folder.learned());
    runner.close();
    assertEquals(List.of(), further);
  }

  @Test
  void aColumnIsFollowedFromTheOneThatTheConfigHadWhenItWasRenamed() throws Exception {
    scripts.add((_, sink) -> sink.accept(learning(1, "a", "b")));
    runner.start();
    Await.until("it is taken up", () -> learned.get() == 1);
    assertEquals(List.of(new LearnedField("people", "name", "a", "b", null)), folder.learned());
    state.submit(intake(learning(2, "b", "c")));
    // The config names another column since.
    state.submit(intake(learning(3, "x", "y")));
    Await.until(
        "the last is durable",
        () -> folder.learned().equals(List.of(new LearnedField("people", "name", "x", "y", null))));
  }

  private static Batch learning(long mark, String previous, String column) {
    return new Batch(
        List.of(),
        Map.of(),
        mark,
        100,
        List.of(new LearnedColumn("people", "name", previous, column, null)),
        0);
  }

  private static Intake intake(Batch batch) {
    return new Intake(
        "crm", List.of(), List.of(), batch.state(), 100, batch.learned(), 0, 0, () -> {});
  }

  @Test
  void aProblemForAPersonStopsIt() throws Exception {
    scripts.add((_, _) -> {
      throw failure(ProblemType.USER);
    });
    runner.start();
    Await.until("it stops", () -> runner.status().state() == State.STOPPED);
    assertEquals("it-failed", Objects.requireNonNull(runner.status().problem()).code());
  }

  @Test
  void aFaultOfOurOwnStopsItAndIsCalledSo() throws Exception {
    scripts.add((_, _) -> {
      throw new IllegalStateException("unforeseen");
    });
    runner.start();
    Await.until("it stops", () -> runner.status().state() == State.STOPPED);
    Problem problem = Objects.requireNonNull(runner.status().problem());
    assertEquals("source-fault", problem.code());
    assertEquals(ProblemType.INTERNAL, problem.type());
  }

  private static Change delete(long id, long seconds, long marker) {
    return new Change(
        binding(PERSON),
        Operation.DELETE,
        new Key(id),
        null,
        null,
        null,
        new Position(id, 0),
        Entities.TIME.plusSeconds(seconds),
        id,
        marker);
  }

  @Test
  void aMassDeleteIsPassedOnOnlyOnceSomebodySaysSo() throws Exception {
    String sync = binding(PERSON).sync();
    scripts.add((_, sink) -> {
      // Our own do not count, nor do those of another minute.
      sink.accept(batch(1, delete(1, 0, 9), delete(2, 0, 9), delete(3, 0, 9), delete(4, 0, 9)));
      sink.accept(batch(2, delete(5, 0, 0), delete(6, 0, 0), delete(7, 0, 0)));
      sink.accept(batch(3, delete(8, 60, 0), delete(9, 60, 0), delete(10, 60, 0)));
      sink.accept(batch(4, delete(11, 61, 0)));
    });
    runner.start();
    Await.until("it stops", () -> runner.status().state() == State.STOPPED);
    assertEquals("mass-delete", Objects.requireNonNull(runner.status().problem()).code());
    reaches(10);
    assertEquals(10, state.journal().read(0, 1_000).size(), "nothing of what is too much");
    assertEquals(Map.of("position", "3"), state.sourceState("crm"));
    assertThrows(UnisonoException.class, () -> runner.allowDeletes("other"));
    scripts.add((from, sink) -> {
      assertEquals("3", from.get("position"));
      for (long id = 11; id < 20; id++) {
        sink.accept(batch(id, delete(id, 61, 0)));
      }
      // A quiet minute, and then it is as before.
      sink.accept(batch(20, delete(20, 121, 0)));
      sink.accept(batch(21, delete(21, 181, 0)));
      sink.accept(
          batch(
              22, delete(22, 241, 0), delete(23, 241, 0), delete(24, 241, 0), delete(25, 241, 0)));
    });
    Await.until(
        "it waits to be let go on",
        () -> {
          if (runner.status().state() != State.STOPPED
              || !Map.of("position", "3").equals(state.sourceState("crm"))) {
            return true;
          }
          runner.allowDeletes(sync);
          return false;
        });
    reaches(21);
    Await.until("it stops again", () -> runner.status().state() == State.STOPPED);
    assertEquals(Map.of("position", "21"), state.sourceState("crm"));
  }

  @Test
  void aRepeatOfEverythingLetsASourceBeginAgainThatHasStopped() throws Exception {
    scripts.add((_, _) -> {
      throw failure(ProblemType.USER);
    });
    runner.start();
    Await.until("it stops", () -> runner.status().state() == State.STOPPED);
    UnisonoException refused =
        assertThrows(
            UnisonoException.class,
            () -> runner.command(new SnapshotCommand(SnapshotCommand.Action.PAUSE, null)));
    assertEquals("source-not-running", refused.problem().code());
    scripts.add((_, sink) -> sink.accept(batch(1, change(1, "Ada"))));
    SnapshotCommand repeat = new SnapshotCommand(SnapshotCommand.Action.REPEAT, null);
    Await.until(
        "it takes the command",
        () -> {
          try {
            runner.command(repeat);
            return true;
          } catch (UnisonoException notYet) {
            return false;
          }
        });
    reaches(1);
    assertEquals(List.of(repeat), commands);
    assertEquals(State.RUNNING, runner.status().state());
  }

  @Test
  void nothingIsWrongBeforeItStarts() {
    assertNull(runner.status().problem());
    assertEquals(State.STARTING, runner.status().state());
  }

  @Test
  void stopsWithTheFaultWhereABatchCannotBeCleaned() throws Exception {
    Entity unknown = entity(9, "unknown", List.of("id LONG"), List.of("id"));
    Change change =
        new Change(
            binding(unknown),
            Operation.CREATE,
            new Key(1L),
            null,
            row(unknown, 1L),
            null,
            new Position(1, 0),
            Entities.TIME,
            1);
    scripts.add((from, sink) -> sink.accept(new Batch(List.of(change), Map.of(), 1, 100)));
    runner.start();
    Await.until("it has stopped", () -> runner.status().state() == State.STOPPED);
    assertEquals("source-fault", Objects.requireNonNull(runner.status().problem()).code());
  }
}
