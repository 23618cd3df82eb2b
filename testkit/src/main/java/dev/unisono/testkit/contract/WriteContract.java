package dev.unisono.testkit.contract;

import static dev.unisono.spi.Operation.CREATE;
import static dev.unisono.spi.Operation.DELETE;
import static dev.unisono.spi.Operation.READ;
import static dev.unisono.spi.Operation.TRUNCATE;
import static dev.unisono.spi.Operation.UPDATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.Target;
import dev.unisono.spi.Unchanged;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a target makes of deliveries. */
interface WriteContract extends ContractPart {
  /** A target with one of its lanes open. For one thread. */
  record Written(Target target, Lane lane, Binding binding) implements AutoCloseable {
    DeliveryOutcome apply(Delivery... deliveries) {
      return lane.apply(List.of(deliveries), cursor(deliveries));
    }

    DeliveryOutcome applyAsUnit(Delivery... deliveries) {
      return lane.applyAsUnit(List.of(deliveries), cursor(deliveries));
    }

    private static LaneCursor cursor(Delivery... deliveries) {
      return new LaneCursor(5, deliveries[deliveries.length - 1].sequence());
    }

    Delivery row(long sequence, Operation operation, Item item) {
      return delivery(sequence, operation, item.key(), null, item.row(binding));
    }

    Delivery named(long sequence, long id, String name) {
      return delivery(sequence, UPDATE, new Key(id), null, partial(id, name));
    }

    Delivery moved(long sequence, long from, long to) {
      return delivery(
          sequence, UPDATE, new Key(to), new Key(from), partial(to, Unchanged.UNCHANGED));
    }

    private Row partial(long id, Object name) {
      Object kept = Unchanged.UNCHANGED;
      return new Row(binding.schema(), new Object[] {id, name, kept, kept, kept});
    }

    Delivery deleted(long sequence, long id) {
      return delivery(sequence, DELETE, new Key(id), null, null);
    }

    Delivery truncated(long sequence) {
      return delivery(sequence, TRUNCATE, null, null, null);
    }

    private Delivery delivery(
        long sequence,
        Operation operation,
        @Nullable Key key,
        @Nullable Key previous,
        @Nullable Row row) {
      return new Delivery(sequence, binding, operation, key, previous, row, 0, Instant.EPOCH);
    }

    @Override
    public void close() {
      lane.close();
      target.close();
    }
  }

  private Written open(Binding binding) {
    Target target = trial().writing(binding).target();
    return new Written(target, target.open(0), binding);
  }

  private static void assertApplied(DeliveryOutcome outcome, int deliveries) {
    assertEquals(new DeliveryOutcome.Applied(deliveries), outcome);
  }

  @Test
  default void writesWhatIsMadeChangedMovedAndDeleted() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    trial().system().insert("item", Item.of(9, "was there"));
    try (Written written = open(binding)) {
      assertApplied(
          written.apply(
              written.row(1, CREATE, Item.of(1, "one")),
              written.row(2, READ, Item.of(2, "two")),
              written.row(3, CREATE, Item.of(3, "three")),
              written.row(4, CREATE, Item.of(4, "four")),
              written.row(5, CREATE, Item.of(9, "taken over"))),
          5);
      assertApplied(
          written.apply(
              written.named(6, 1, "changed"),
              written.row(7, UPDATE, new Item(2, null, null, null, null)),
              written.moved(8, 3, 30),
              written.deleted(9, 4),
              written.deleted(10, 555)),
          5);
      assertEquals(
          List.of(
              new Item(1, "changed", 1L, BigDecimal.ONE, 0.5),
              new Item(2, null, null, null, null),
              Item.of(9, "taken over"),
              new Item(30, "three", 3L, BigDecimal.valueOf(3), 0.5)),
          trial().items(binding));
    }
  }

  @Test
  default void imagesOfOneKeyComeToTheLast() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    try (Written written = open(binding)) {
      assertApplied(
          written.apply(
              written.row(1, CREATE, Item.of(1, "a")),
              written.named(2, 1, "b"),
              written.row(3, CREATE, Item.of(2, "a")),
              written.deleted(4, 2),
              written.row(5, CREATE, Item.of(3, "a")),
              written.deleted(6, 3),
              written.row(7, CREATE, Item.of(3, "b")),
              written.row(8, CREATE, Item.of(4, "a")),
              written.moved(9, 4, 40),
              written.named(10, 40, "b")),
          10);
      assertEquals(
          List.of(
              Item.of(1, "b"), Item.of(3, "b"), new Item(40, "b", 4L, BigDecimal.valueOf(4), 0.5)),
          trial().items(binding));
    }
  }

  @Test
  default void aTruncateRemovesWhatCameBeforeIt() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    trial().system().insert("item", Item.of(9, "was there"));
    try (Written written = open(binding)) {
      assertApplied(
          written.apply(
              written.row(1, CREATE, Item.of(1, "before")),
              written.truncated(2),
              written.row(3, CREATE, Item.of(2, "after"))),
          3);
      assertEquals(List.of(Item.of(2, "after")), trial().items(binding));
    }
  }

  @Test
  default void valuesAreWrittenAsTheyAre() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    List<Item> items = ReadContract.extremes();
    try (Written written = open(binding)) {
      Delivery[] deliveries = new Delivery[items.size()];
      for (int i = 0; i < deliveries.length; i++) {
        deliveries[i] = written.row(i + 1, CREATE, items.get(i));
      }
      assertApplied(written.apply(deliveries), items.size());
      assertEquals(items, trial().items(binding));
    }
  }

  @Test
  default void deliveringTwiceIsAsDeliveringOnce() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    List<Item> once = List.of();
    for (int time = 0; time < 2; time++) {
      try (Written written = open(binding)) {
        Delivery[] deliveries = {
          written.row(1, CREATE, Item.of(1, "a")),
          written.row(2, CREATE, Item.of(2, "a")),
          written.named(3, 1, "b"),
          written.moved(4, 2, 20),
          written.row(5, CREATE, Item.of(3, "a")),
          written.deleted(6, 3)
        };
        // By ones and all at once: as before a crash, and after it.
        if (time == 0) {
          for (Delivery delivery : deliveries) {
            assertApplied(written.apply(delivery), 1);
          }
          once = trial().items(binding);
        } else {
          deliver(written, deliveries);
        }
      }
    }
    assertEquals(2, once.size());
    assertEquals(once, trial().items(binding));
  }

  /** As the engine does: what waits for something is tried as a unit. */
  private static void deliver(Written written, Delivery... deliveries) {
    DeliveryOutcome outcome = written.apply(deliveries);
    int left = deliveries.length - outcome.applied();
    if (outcome instanceof DeliveryOutcome.Waiting waiting) {
      ContractTrial.assertTold(waiting.cause());
      outcome =
          written.applyAsUnit(
              java.util.Arrays.copyOfRange(deliveries, waiting.applied(), deliveries.length));
    } else {
      left = deliveries.length;
    }
    assertApplied(outcome, left);
  }

  @Test
  default void theCursorMovesWithWhatIsWrittenAndOutlivesTheLane() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    try (Written written = open(binding)) {
      assertEquals(Optional.empty(), written.lane().cursor());
      assertApplied(written.apply(written.row(7, CREATE, Item.of(1, "one"))), 1);
      assertEquals(Optional.of(new LaneCursor(5, 7)), written.lane().cursor());
    }
    try (Written written = open(binding)) {
      assertEquals(Optional.of(new LaneCursor(5, 7)), written.lane().cursor());
      written.lane().advance(new LaneCursor(5, 12));
    }
    try (Written written = open(binding)) {
      assertEquals(Optional.of(new LaneCursor(5, 12)), written.lane().cursor());
      assertEquals(List.of(Item.of(1, "one")), trial().items(binding));
    }
  }

  @Test
  default void aRowThatIsRefusedIsNamedAndWhatCameBeforeItStays() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    Item refused = trial().system().refused();
    try (Written written = open(binding)) {
      Delivery[] deliveries = {
        written.row(1, CREATE, Item.of(1, "one")),
        written.row(2, CREATE, Item.of(2, "two")),
        written.row(3, CREATE, refused),
        written.row(4, CREATE, Item.of(3, "three"))
      };
      DeliveryOutcome.Refused outcome =
          assertInstanceOf(DeliveryOutcome.Refused.class, written.apply(deliveries));
      assertEquals(2, outcome.applied());
      ContractTrial.assertTold(outcome.cause());
      assertTrue(outcome.cause().message().contains("[" + refused.id() + "]"), outcome::toString);
      assertTrue(!outcome.constraint().isBlank(), outcome::toString);
      assertEquals(Optional.of(new LaneCursor(5, 2)), written.lane().cursor());
      assertEquals(List.of(Item.of(1, "one"), Item.of(2, "two")), trial().items(binding));
      DeliveryOutcome unit =
          written.applyAsUnit(
              written.row(3, CREATE, Item.of(30, "thirty")), written.row(4, CREATE, refused));
      assertEquals(0, assertInstanceOf(DeliveryOutcome.Refused.class, unit).applied());
      assertEquals(2, trial().items(binding).size());
      // Set aside by the engine, it is in nobody's way.
      assertApplied(written.apply(written.row(5, CREATE, Item.of(3, "three"))), 1);
      assertApplied(
          written.applyAsUnit(written.row(6, CREATE, Item.of(4, "four")), written.deleted(7, 1)),
          2);
      assertEquals(
          List.of(Item.of(2, "two"), Item.of(3, "three"), Item.of(4, "four")),
          trial().items(binding));
    }
  }

  @Test
  default void theKeysThatAreThereAreListedByPages() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    Set<Key> there = new HashSet<>();
    for (long id : new long[] {Long.MIN_VALUE, -3, 0, 7, 8, 9, Long.MAX_VALUE}) {
      trial().system().insert("item", Item.of(id, "row"));
      there.add(new Key(id));
    }
    try (Target target = trial().writing(binding).target()) {
      List<Key> listed = new ArrayList<>();
      String after = null;
      int pages = 0;
      do {
        KeyPage page = target.keys(binding, after, 3);
        assertTrue(page.keys().size() <= 3, page::toString);
        listed.addAll(page.keys());
        after = page.next();
        assertTrue(++pages < 10, "no end");
      } while (after != null);
      assertEquals(there.size(), listed.size());
      assertEquals(there, new HashSet<>(listed));
    }
  }

  @Test
  default void aRepairIsNotedWithTheCursorsUntilItIsDone() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    LaneCursor head = new LaneCursor(6, 99);
    try (Written written = open(binding)) {
      written.apply(written.row(1, CREATE, Item.of(1, "one")));
      assertEquals(Optional.empty(), written.target().repairing());
    }
    try (Target target = trial().writing(binding).target()) {
      target.beginRepair(head);
    }
    try (Target target = trial().writing(binding).target()) {
      assertEquals(Optional.of(head), target.repairing());
      for (int lane = 0; lane < target.lanes(); lane++) {
        try (Lane opened = target.open(lane)) {
          assertEquals(Optional.of(head), opened.cursor());
        }
      }
      target.endRepair();
      assertEquals(Optional.empty(), target.repairing());
    }
  }

  @Test
  default void eachLaneHasACursorOfItsOwnAndTheirNumberFollowsTheConfig() {
    if (!trial().can(Ability.WRITE)) {
      return;
    }
    Binding binding = trial().table("item");
    if (!trial().can(Ability.LANES)) {
      try (Target target = trial().writing(binding).target()) {
        assertEquals(1, target.lanes());
        assertEquals(1, target.wantedLanes());
      }
      return;
    }
    try (Target target = withLanes(2, binding)) {
      assertEquals(2, target.lanes());
      try (Written first = new Written(target, target.open(0), binding);
          Lane second = target.open(1)) {
        first.apply(first.row(3, CREATE, Item.of(1, "one")));
        assertEquals(Optional.empty(), second.cursor());
        second.advance(new LaneCursor(5, 4));
        assertEquals(Optional.of(new LaneCursor(5, 3)), first.lane().cursor());
      }
    }
    LaneCursor all = new LaneCursor(5, 8);
    try (Target target = withLanes(3, binding)) {
      assertEquals(2, target.lanes());
      assertEquals(3, target.wantedLanes());
      target.changeLanes(all);
      assertEquals(3, target.lanes());
      for (int lane = 0; lane < 3; lane++) {
        try (Lane opened = target.open(lane)) {
          assertEquals(Optional.of(all), opened.cursor());
        }
      }
    }
  }

  private Target withLanes(long lanes, Binding binding) {
    return trial().connect(Map.of("lanes", lanes), List.of(), List.of(binding)).target();
  }
}
