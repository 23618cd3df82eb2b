package dev.unisono.engine.deliver;

import static dev.unisono.engine.fixture.Entities.binding;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.entry;
import static dev.unisono.engine.fixture.Entities.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Await;
import dev.unisono.engine.fixture.MemoryJournal;
import dev.unisono.engine.fixture.MemoryParkedStore;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class TransactionRunTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Entity HALL =
      entity(1, "hall", List.of("id LONG", "name STRING"), List.of("id"));
  private static final Map<Entity, Binding> BINDINGS = Map.of(HALL, binding(HALL));

  private static List<JournalEntry> halls(long from, long to, long transaction) {
    return LongStream.rangeClosed(from, to)
        .mapToObj(id ->
            entry(
                id,
                HALL,
                Operation.CREATE,
                new Key(id),
                null,
                row(HALL, id, "t" + transaction),
                transaction))
        .toList();
  }

  @Test
  void whatIsLargerThanTheBufferIsWrittenAsItComesAndCommittedOnce() throws Exception {
    MemoryJournal journal = new MemoryJournal(1, 1_000);
    List<Long> commits = Collections.synchronizedList(new ArrayList<>());
    AtomicLong written = new AtomicLong();
    MemoryTarget target = new MemoryTarget(2).keep(commits::add);
    target.faults(
        new MemoryTarget.Faults() {
          @Override
          public void before(int lane, List<Delivery> deliveries) {
            deliveries.forEach(each -> written.accumulateAndGet(each.sequence(), Math::max));
          }
        });
    ParkedRows parked =
        new ParkedRows(
            "shop",
            BINDINGS,
            Map.of("hall", RefusalRules.standard()),
            new MemoryParkedStore(),
            new MovableClock());
    SystemLimits small = new SystemLimits(1 << 20, 1_000, 1 << 20, 300);
    String origin = halls(1, 1, 7).getFirst().origin();
    try (TransactionRun run =
        new TransactionRun("shop", target, BINDINGS, journal, parked, small)) {
      run.open();
      Thread dispatcher =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  run.run();
                } catch (InterruptedException stop) {
                  Thread.currentThread().interrupt();
                }
              });
      journal.append(halls(1, 10, 7), Map.of(origin, 7L));
      Await.until("the first part is written", () -> written.get() == 10);
      journal.append(halls(11, 20, 7), Map.of(origin, 7L));
      Await.until("the second part is written", () -> written.get() == 20);
      assertEquals(Map.of(), target.rows(HALL.schema()));
      journal.append(halls(21, 21, 7), Map.of());
      assertTrue(run.awaitThrough(21, SOON));
      assertEquals(21, target.rows(HALL.schema()).size());
      assertEquals(List.of(21L), commits);
      dispatcher.interrupt();
      dispatcher.join();
    }
    assertEquals(List.of(), target.violations());
    assertEquals(List.of(), target.repeated());
  }
}
