package dev.unisono.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Unchanged;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a system does that is read and written by one sync, and how it lists rows. */
interface MemberPartContract extends ContractPart {
  private static Row name(Binding binding, @Nullable Object name) {
    Object kept = Unchanged.UNCHANGED;
    return new Row(binding.schema(), new @Nullable Object[] {kept, name, kept, kept, kept});
  }

  @Test
  default void whatItCannotDoItRefuses() {
    Binding binding = trial().table("item");
    ConnectedSystem system = trial().member(binding);
    if (!trial().can(Ability.READ)) {
      ContractTrial.assertNotAvailable(() -> trial().reading(binding).source());
    }
    if (!trial().can(Ability.WRITE)) {
      ContractTrial.assertNotAvailable(() -> trial().writing(binding).target());
    }
    if (!trial().can(Ability.MEMBER)) {
      ContractTrial.assertNotAvailable(system::memberWriter);
      // The config is checked before anything is written.
      assertTrue(
          system.check().stream().anyMatch(problem -> problem.code().equals("not-available")),
          "said by the check");
    }
    if (!trial().can(Ability.OWNER)) {
      ContractTrial.assertNotAvailable(system::owner);
    }
    if (!trial().can(Ability.ROWS)) {
      ContractTrial.assertNotAvailable(() -> system.rows(binding));
    }
  }

  @Test
  default void aMembersWritesAreMadeWhereTheyFitAndComeBackMarked() {
    if (!trial().can(Ability.MEMBER)) {
      return;
    }
    Binding binding = trial().table("item");
    trial().system().insert("item", Item.of(1, "one"));
    trial().system().insert("item", Item.of(2, "two"));
    ConnectedSystem system = trial().member(binding);
    system.publish();
    try (SourceRun run = SourceRun.followed(system.source(), Map.of(), List.of(), true)) {
      run.awaitDone();
      assertEquals(List.of(), system.check());
      try (MemberWriter writer = system.memberWriter()) {
        Row one = ContractTrial.row(run, 1);
        Row two = ContractTrial.row(run, 2);
        writer.mark(10);
        run.awaitBatch("a marker by itself", batch -> batch.passed() == 10);
        int before = run.changes().size();
        List<MemberWriter.Refusal> refusals =
            writer.write(
                List.of(
                    new MemberWrite(11, binding, new Key(1L), name(binding, "ours"), one),
                    // They are not as they are said to be.
                    new MemberWrite(12, binding, new Key(2L), name(binding, "ours"), one),
                    new MemberWrite(13, binding, new Key(9L), name(binding, "ours"), one),
                    new MemberWrite(14, binding, new Key(2L), null, one),
                    new MemberWrite(15, binding, new Key(2L), two, null),
                    new MemberWrite(
                        16, binding, new Key(3L), Item.of(3, "three").row(binding), null),
                    new MemberWrite(
                        17, binding, new Key(4L), Item.of(4, "four").row(binding), null)));
        assertEquals(List.of(), refusals);
        run.awaitBatch("the end of what was written", batch -> batch.passed() == 17);
        assertEquals(
            List.of("ours", "two", "three", "four"),
            trial().items(binding).stream().map(Item::name).toList());
        List<Change> echo = run.changes().subList(before, run.changes().size());
        assertEquals(List.of(), echo.stream().filter(change -> change.marker() != 17).toList());
        writer.write(
            List.of(new MemberWrite(18, binding, new Key(4L), null, ContractTrial.row(run, 4))));
        run.awaitBatch("the end of the delete", batch -> batch.passed() == 18);
        trial().system().update("item", Item.of(3, "theirs"));
        Change theirs =
            run.await(change ->
                change.operation() == Operation.UPDATE
                    && Objects.equals(new Key(3L), change.key()));
        assertEquals(0, theirs.marker());
        assertEquals(trial().items(binding), ContractTrial.shown(run.changes()));
        refuse(writer, binding);
      }
      run.wasWell();
    }
  }

  private void refuse(MemberWriter writer, Binding binding) {
    Item refused = trial().system().refused();
    List<MemberWriter.Refusal> refusals =
        writer.write(
            List.of(
                new MemberWrite(19, binding, refused.key(), refused.row(binding), null),
                new MemberWrite(20, binding, new Key(5L), Item.of(5, "five").row(binding), null)));
    assertEquals(List.of(19L), refusals.stream().map(refusal -> refusal.write().id()).toList());
    ContractTrial.assertTold(refusals.getFirst().cause());
    assertTrue(trial().items(binding).contains(Item.of(5, "five")));
  }

  @Test
  default void rowsAreListedInTheOrderOfTheirKeys() {
    if (!trial().can(Ability.ROWS)) {
      return;
    }
    Binding binding = trial().table("item");
    List<Item> items = ReadContract.extremes();
    items.reversed().forEach(item -> trial().system().insert("item", item));
    List<Item> listed = new ArrayList<>();
    try (RowReader rows = trial().reading(binding).rows(binding)) {
      for (List<Row> page = rows.next(3); !page.isEmpty(); page = rows.next(3)) {
        assertTrue(page.size() <= 3);
        page.forEach(row -> listed.add(Item.of(row)));
      }
    }
    assertEquals(items, listed);
  }
}
