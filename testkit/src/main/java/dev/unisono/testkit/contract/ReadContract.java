package dev.unisono.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Source;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a source shows of what is there and of what happens to it. */
interface ReadContract extends ContractPart {
  /** So often a source is stopped right after a batch while there is work for it. */
  int CRASHES = 8;

  private SourceRun start(Binding binding, Map<String, String> state, List<Change> before) {
    return SourceRun.followed(trial().reading(binding).source(), state, before, true);
  }

  private SourceRun start(Binding binding) {
    return start(binding, Map.of(), List.of());
  }

  private void insert(int from, int to) {
    for (int id = from; id < to; id++) {
      trial().system().insert("item", Item.of(id, "row " + id));
    }
  }

  @Test
  default void showsTheRowsThatAreThereThenWhatBecomesOfThem() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = trial().table("item");
    ContractSystem system = trial().system();
    insert(0, 8);
    try (SourceRun run = start(binding)) {
      run.awaitDone();
      List<Change> first = run.changes();
      assertEquals(8, first.size());
      for (Change change : first) {
        assertEquals(Operation.READ, change.operation());
        assertNull(change.previousKey());
      }
      assertEquals(trial().items(binding), ContractTrial.shown(first));
      system.insert("item", Item.of(100, "new"));
      system.update("item", Item.of(1, "changed"));
      system.move("item", 2, 200);
      system.delete("item", 3);
      trial().awaitEqual(run, binding);
      List<Change> later = run.changes().subList(8, run.changes().size());
      if (trial().can(Ability.EACH_CHANGE)) {
        assertEquals(
            List.of("CREATE [100] null", "UPDATE [1] null", "UPDATE [200] [2]", "DELETE [3] null"),
            later.stream()
                .map(change -> change.operation() + " " + change.key() + " " + change.previousKey())
                .toList());
      }
      run.wasWell();
    }
  }

  @Test
  default void aRowThatChangesAgainAndAgainIsShownInOrder() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = trial().table("item");
    ContractSystem system = trial().system();
    try (SourceRun run = start(binding)) {
      run.awaitDone();
      system.insert("item", Item.of(1, "a"));
      system.update("item", Item.of(1, "b"));
      system.update("item", Item.of(1, "c"));
      system.delete("item", 1);
      system.insert("item", Item.of(1, "d"));
      system.insert("item", Item.of(2, "last"));
      trial().awaitEqual(run, binding);
      if (trial().can(Ability.EACH_CHANGE)) {
        assertEquals(
            List.of("a", "b", "c", "gone", "d", "last"),
            run.changes().stream()
                .map(change -> change.after() == null ? "gone" : change.after().value(1))
                .toList());
      }
      assertGrowing(run.changes());
      run.wasWell();
    }
  }

  @Test
  default void valuesAreShownAsTheyAre() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = trial().table("item");
    List<Item> items = extremes();
    items.subList(0, 3).forEach(item -> trial().system().insert("item", item));
    try (SourceRun run = start(binding)) {
      run.awaitDone();
      items.subList(3, items.size()).forEach(item -> trial().system().insert("item", item));
      trial().awaitEqual(run, binding);
      assertEquals(items, ContractTrial.shown(run.changes()));
      for (Item item : items) {
        trial().system().update("item", new Item(item.id(), null, null, null, null));
      }
      trial().awaitEqual(run, binding);
      for (Item item : items) {
        trial().system().update("item", item);
      }
      trial().awaitEqual(run, binding);
      assertEquals(items, ContractTrial.shown(run.changes()));
    }
  }

  /** By key. */
  static List<Item> extremes() {
    return List.of(
        new Item(Long.MIN_VALUE, null, null, null, null),
        new Item(-1, "", Long.MIN_VALUE, new BigDecimal("-99999999999999.999999"), -0.1),
        new Item(0, " Grüße, 日本語 🎵 e\u0301 ", 0L, BigDecimal.ZERO, 0.0),
        new Item(1, "'one' \"two\" \\three\\ `four`", -1L, new BigDecimal("0.000001"), 1.0 / 3),
        new Item(
            2, "a\tb\nc\r\nd,e;f", 1L << 53 | 1, new BigDecimal("99999999999999.999999"), 1e300),
        new Item(3, "null", Long.MAX_VALUE, new BigDecimal("1.10"), -Double.MAX_VALUE),
        new Item(Long.MAX_VALUE, "NULL", 1L, BigDecimal.ONE, Double.MIN_NORMAL));
  }

  @Test
  default void aTableThatIsEmptiedIsEmptyToWhoeverFollowed() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = trial().table("item");
    insert(0, 5);
    try (SourceRun run = start(binding)) {
      run.awaitDone();
      trial().system().clear("item");
      trial().awaitEqual(run, binding);
      assertEquals(List.of(), ContractTrial.shown(run.changes()));
      assertEquals(
          trial().can(Ability.TRUNCATE),
          run.changes().stream().anyMatch(change -> change.operation() == Operation.TRUNCATE));
      insert(3, 7);
      trial().awaitEqual(run, binding);
      run.wasWell();
    }
  }

  @Test
  default void goesOnAtEachPlaceWhereItMayHaveStopped() throws InterruptedException {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = trial().table("item");
    insert(0, 10);
    List<Change> changes = new ArrayList<>();
    Map<String, String> state = new HashMap<>();
    Replica replica = new Replica();
    KnownKeys known = new ReplicaKeys(replica::keys, true);
    for (int crash = 0;
        crash < CRASHES || !ContractTrial.shown(changes).equals(trial().items(binding));
        crash++) {
      assertTrue(crash < 100, "it does not come to what is there");
      if (crash < CRASHES) {
        // The first ones while the rows that were there are still being read.
        trial().system().insert("item", Item.of(100 + crash, "new " + crash));
        trial().system().update("item", Item.of(crash, "changed " + crash));
        trial().system().delete("item", 9 - crash / 4);
      }
      // After any batch, or, since some only say where reading begins, after one with news.
      boolean any = crash < CRASHES && crash % 2 == 1;
      List<Item> before = ContractTrial.shown(changes);
      SourceRun run =
          SourceRun.stoppedAt(
              trial().reading(binding).source(),
              state,
              batch -> any || batch.changes().stream().anyMatch(change -> isNews(before, change)),
              known);
      run.awaitEnd();
      run.wasWell();
      changes.addAll(run.changes());
      replica.apply(run.changes());
      state = new HashMap<>(run.state());
    }
    assertNothingTwice(changes);
    try (SourceRun run = start(binding, state, List.copyOf(changes))) {
      trial().system().insert("item", Item.of(1_000, "last"));
      run.awaitKey(1_000);
      changes.addAll(run.changes());
      assertEquals(trial().items(binding), ContractTrial.shown(changes));
      assertNothingTwice(changes);
    }
  }

  /** Who only tells what differs may begin with what was told already. */
  private static boolean isNews(List<Item> before, Change change) {
    return change.operation() != Operation.REFRESH
        || change.after() == null
        || !before.contains(Item.of(change.after()));
  }

  /** What was done once is shown once; what is only told again ({@code REFRESH}) may be. */
  private void assertNothingTwice(List<Change> changes) {
    List<Change> done =
        changes.stream().filter(change -> change.operation() != Operation.READ).toList();
    assertGrowing(done);
    if (!trial().can(Ability.EACH_CHANGE)) {
      return;
    }
    Set<String> seen = new HashSet<>();
    for (Change change : done) {
      String what =
          change.operation()
              + " "
              + (change.after() == null ? change.key() : Replica.text(change.after()));
      assertTrue(seen.add(what), () -> "twice: " + what);
    }
  }

  private static void assertGrowing(List<Change> changes) {
    Position before = null;
    for (Change change : changes) {
      Position here = change.position();
      Position last = before;
      assertTrue(last == null || last.compareTo(here) < 0, () -> here + " comes after " + last);
      before = here;
    }
  }

  @Test
  default void whatIsDurableLateIsNeitherLostNorShownTwice() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = trial().table("item");
    insert(0, 4);
    List<Change> changes = new ArrayList<>();
    Map<String, String> state;
    try (SourceRun run =
        SourceRun.followed(trial().reading(binding).source(), Map.of(), List.of(), false)) {
      run.awaitDone();
      insert(10, 14);
      trial().awaitEqual(run, binding);
      run.acknowledge();
      insert(20, 24);
      trial().awaitEqual(run, binding);
      run.wasWell();
      changes.addAll(run.changes());
      state = run.state();
    }
    insert(30, 34);
    try (SourceRun run = start(binding, state, List.copyOf(changes))) {
      run.awaitKey(33);
      run.acknowledge();
      changes.addAll(run.changes());
    }
    assertEquals(trial().items(binding), ContractTrial.shown(changes));
    assertNothingTwice(changes);
  }

  @Test
  default void theMarksOfBatchesOnlyGrow() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = trial().table("item");
    insert(0, 7);
    try (SourceRun run = start(binding)) {
      run.awaitDone();
      insert(10, 15);
      trial().awaitEqual(run, binding);
      long before = Long.MIN_VALUE;
      for (Batch batch : run.batches()) {
        long last = before;
        assertTrue(batch.mark() >= last, () -> batch.mark() + " comes after " + last);
        assertTrue(batch.sizeBytes() > 0 || batch.changes().isEmpty(), batch::toString);
        before = batch.mark();
      }
      assertNotEquals(List.of(), run.batches());
    }
  }

  @Test
  default void endsWhenItIsClosedAndWhenItIsInterrupted() throws InterruptedException {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = trial().table("item");
    insert(0, 3);
    Source source = trial().reading(binding).source();
    SourceRun run = SourceRun.start(source, Map.of());
    run.awaitDone();
    source.close();
    run.awaitEnd();
    run.wasWell();
    source.close();
    SourceRun again = start(binding, run.state(), run.changes());
    again.awaitDone();
    again.interrupt();
    again.awaitEnd();
    again.wasWell();
    List<Change> done =
        again.changes().stream().filter(change -> change.operation() != Operation.REFRESH).toList();
    assertEquals(List.of(), done, "nothing is read again but what is told as such");
  }
}
