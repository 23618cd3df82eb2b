package dev.unisono.engine.deliver;

import static dev.unisono.engine.fixture.Entities.binding;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.entry;
import static dev.unisono.engine.fixture.Entities.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.EngineStatus.State;
import dev.unisono.engine.EngineStatus.TargetStatus;
import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Await;
import dev.unisono.engine.fixture.FakeSystem;
import dev.unisono.engine.fixture.MemoryJournal;
import dev.unisono.engine.fixture.MemoryParkedStore;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TargetRunnerTest {
  private static final Entity HALL = entity(1, "hall", List.of("id LONG"), List.of("id"));
  private static final Map<Entity, Binding> BINDINGS = Map.of(HALL, binding(HALL));

  private static final Entity OTHER = entity(2, "other", List.of("id LONG"), List.of("id"));

  private final MemoryJournal journal = new MemoryJournal(1, 10);
  private final MemoryTarget target = new MemoryTarget(2);
  private @Nullable TargetRunner runner;
  private volatile boolean rowsMissing;

  @AfterEach
  void close() {
    if (runner != null) {
      runner.close();
    }
    assertEquals(List.of(), target.violations());
  }

  private TargetRunner start(Supplier<Target> opened) {
    TargetRunner started =
        new TargetRunner(
            "shop",
            FakeSystem.written(opened),
            BINDINGS,
            journal,
            () -> rowsMissing,
            new ParkedRows(
                "shop",
                BINDINGS,
                Map.of("hall", new RefusalRules(false, 1, 1)),
                new MemoryParkedStore(),
                new MovableClock()),
            SystemLimits.standard(),
            new MovableClock());
    runner = started;
    started.start();
    return started;
  }

  private void append(int halls) {
    for (int i = 0; i < halls; i++) {
      long id = journal.next();
      journal.append(
          List.of(entry(id, HALL, Operation.CREATE, new Key(id), null, row(HALL, id), id)));
    }
  }

  private static void reaches(TargetRunner runner, long sequence) throws Exception {
    Await.until("all is delivered", () -> runner.awaitDelivered(sequence, Duration.ofMillis(50)));
  }

  private static Problem problem(TargetStatus status) {
    return Objects.requireNonNull(status.problem());
  }

  @Test
  void goesOnByItselfAfterWhatCanPass() throws Exception {
    append(20);
    target.faults(MemoryTarget.breakingSometimes(5, 1, 2));
    TargetRunner runner = start(() -> target);
    reaches(runner, 20);
    append(5);
    reaches(runner, 25);
    TargetStatus status = runner.status();
    assertEquals(State.RUNNING, status.state());
    assertNull(status.problem());
    assertEquals(0, status.lagEntries());
    assertEquals(25, status.sequence());
    assertEquals(List.of(), target.repeated());
    assertTrue(runner.keeps(HALL));
  }

  @Test
  void triesAgainToOpenWhatCouldNotBeReached() throws Exception {
    append(3);
    AtomicInteger attempts = new AtomicInteger();
    TargetRunner runner =
        start(() -> {
          if (attempts.incrementAndGet() == 1) {
            throw MemoryTarget.lost();
          }
          return target;
        });
    reaches(runner, 3);
    assertEquals(2, attempts.get());
  }

  @Test
  void stopsWithTheProblemThatAPersonMustSolve() throws Exception {
    append(3);
    target.refuse(new Key(2L));
    TargetRunner runner = start(() -> target);
    Await.until("it stops", () -> runner.status().state() == State.STOPPED);
    TargetStatus status = runner.status();
    assertEquals("refused-by-target", problem(status).code());
    assertEquals("systems.shop", problem(status).configPath());
    assertTrue(status.sequence() < 2, "it stands before what is refused");
    assertEquals(3 - status.sequence(), status.lagEntries());
    assertFalse(runner.awaitDelivered(3, Duration.ZERO));
  }

  @Test
  void aRowWhoseParentARepairWillBringIsTriedAgain() throws Exception {
    rowsMissing = true;
    target.refer(HALL.schema(), "id", OTHER.schema());
    append(1);
    TargetRunner runner = start(() -> target);
    Await.until(
        "it is tried again",
        () -> runner.status().state() == State.RETRYING && runner.status().problem() != null);
    assertEquals("foreign-key", problem(runner.status()).code());
    target.hold(OTHER.schema(), new Key(1L), row(OTHER, 1L));
    reaches(runner, 1);
  }

  @Test
  void whatTheJournalDropsMeanwhileIsPassedOverWithANote() throws Exception {
    append(5);
    journal.failOnce(
        new UnisonoException(new Problem("gap", ProblemType.USER, "No longer held.", null, "")));
    TargetRunner runner = start(() -> target);
    reaches(runner, 5);
    assertEquals(State.RUNNING, runner.status().state());
  }

  @Test
  void aFaultOfOurOwnStopsItAndIsCalledSo() throws Exception {
    append(1);
    target.faults(
        new MemoryTarget.Faults() {
          @Override
          public void before(int lane, List<Delivery> deliveries) {
            throw new IllegalStateException("unforeseen");
          }
        });
    TargetRunner runner = start(() -> target);
    Await.until("it stops", () -> runner.status().state() == State.STOPPED);
    assertEquals("target-fault", problem(runner.status()).code());
    assertEquals(ProblemType.INTERNAL, problem(runner.status()).type());
  }
}
