package dev.unisono.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a system does for callers of doors, who change one record at a time. */
interface OwnerContract extends ContractPart {
  private static Row name(Binding binding, @Nullable Object name) {
    Object kept = Unchanged.UNCHANGED;
    return new Row(binding.schema(), new @Nullable Object[] {kept, name, kept, kept, kept});
  }

  /** What the system has against a write, said in words that help. */
  private static String refused(Executable write) {
    Problem problem = assertThrows(UnisonoException.class, write).problem();
    ContractTrial.assertTold(problem);
    assertEquals(ProblemType.USER, problem.type());
    return problem.code();
  }

  @Test
  default void anOwnersWriteIsMadeWhereItFitsAndComesBackByItsNumber() {
    if (!trial().can(Ability.OWNER)) {
      return;
    }
    Binding binding = trial().table("item");
    trial().system().insert("item", Item.of(1, "one"));
    ConnectedSystem system = trial().reading(binding);
    try (SourceRun run = SourceRun.followed(system.source(), Map.of(), List.of(), true);
        Owner owner = system.owner()) {
      run.awaitDone();
      Row one = ContractTrial.row(run, 1);
      Optional<Owner.WriteReceipt> receipt =
          owner.update(binding, new Key(1L), name(binding, "patched"), one);
      assertTrue(receipt.orElseThrow().changed());
      Change change = run.await(any -> any.operation() == Operation.UPDATE);
      assertEquals(receipt.get().transaction(), change.transaction());
      assertEquals("patched", Objects.requireNonNull(change.after()).value(1));
      assertEquals(
          Optional.empty(), owner.update(binding, new Key(1L), name(binding, "late"), one));
      assertEquals(
          Optional.empty(), owner.update(binding, new Key(9L), name(binding, "nobody"), null));
      Problem refused =
          assertThrows(
                  UnisonoException.class,
                  () ->
                      owner.update(
                          binding,
                          new Key(1L),
                          name(binding, trial().system().refused().name()),
                          null))
              .problem();
      ContractTrial.assertTold(refused);
      assertEquals(List.of(Item.of(1, "patched")), trial().items(binding));
      run.wasWell();
    }
  }

  @Test
  default void whatAnOwnerMakesComesBackByItsNumberWithTheKeyThatItHasGot() {
    if (!trial().can(Ability.OWNER)) {
      return;
    }
    trial().system().makeNumberingTable("item");
    Binding binding = trial().system().bound(Item.binding("item"));
    ConnectedSystem system = trial().reading(binding);
    try (SourceRun run = SourceRun.followed(system.source(), Map.of(), List.of(), true);
        Owner owner = system.owner()) {
      run.awaitDone();
      List<Key> keyed = new ArrayList<>();
      Item given = Item.of(40, "its own key");
      Owner.Inserted one = owner.insert(binding, given.row(binding), keyed::add);
      Owner.Inserted other = owner.insert(binding, name(binding, "no key"), keyed::add);
      assertEquals(List.of(one.key(), other.key()), keyed);
      assertEquals(given.key(), one.key());
      for (Owner.Inserted each : List.of(one, other)) {
        Change change = run.await(any -> Objects.equals(each.key(), any.key()));
        assertEquals(Operation.CREATE, change.operation());
        assertEquals(each.receipt().transaction(), change.transaction());
      }
      assertEquals(trial().items(binding), ContractTrial.shown(run.changes()));
      // The name that was given, and nothing else but the key.
      List<Item> made = trial().items(binding);
      assertTrue(made.contains(given));
      assertTrue(
          made.contains(new Item((Long) other.key().part(0), "no key", null, null, null)),
          made::toString);
      assertEquals("exists", refused(() -> owner.insert(binding, given.row(binding), keyed::add)));
      assertEquals(
          "refused-by-owner",
          refused(
              () -> owner.insert(binding, trial().system().refused().row(binding), keyed::add)));
      assertEquals(2, keyed.size());
      assertEquals(made, trial().items(binding));
      assertTrue(owner.filling(binding).filled().contains(0));
      assertEquals(Set.of(), owner.filling(binding).computed());
      run.wasWell();
    }
  }

  @Test
  default void anOwnerDeletesWhatIsAsExpectedAndNotReferredTo() {
    if (!trial().can(Ability.OWNER)) {
      return;
    }
    Binding binding = trial().table("item");
    trial().system().makeReferringTable("part", "item");
    trial().system().insert("item", Item.of(1, "one"));
    trial().system().insert("item", Item.of(2, "two"));
    trial().system().insert("part", new Item(7, "of two", 2L, null, null));
    ConnectedSystem system = trial().reading(binding);
    try (SourceRun run = SourceRun.followed(system.source(), Map.of(), List.of(), true);
        Owner owner = system.owner()) {
      run.awaitDone();
      Row one = ContractTrial.row(run, 1);
      Row two = ContractTrial.row(run, 2);
      assertEquals("refused-by-owner", refused(() -> owner.delete(binding, new Key(2L), two)));
      assertEquals(Optional.empty(), owner.delete(binding, new Key(1L), two));
      assertEquals(Optional.empty(), owner.delete(binding, new Key(9L), null));
      assertEquals(List.of(Item.of(1, "one"), Item.of(2, "two")), trial().items(binding));
      Owner.WriteReceipt receipt = owner.delete(binding, new Key(1L), one).orElseThrow();
      Change change = run.await(any -> any.operation() == Operation.DELETE);
      assertEquals(new Key(1L), change.key());
      assertEquals(receipt.transaction(), change.transaction());
      assertEquals(Optional.empty(), owner.delete(binding, new Key(1L), null));
      assertEquals(List.of(Item.of(2, "two")), trial().items(binding));
      run.wasWell();
    }
  }
}
