package dev.unisono.engine.merge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.expression.ConflictExpression;
import dev.unisono.engine.merge.MergeConflict.Choice;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is in conflict is kept once, with both sides, and is what a person decides of it. */
class ConflictInboxTest {
  private static final Key KEY = MergeWorld.key(1);
  private static final Row FIRST = MergeWorld.row(1, "a", "b", BigDecimal.ONE);

  private static MergeWorld world(FieldStrategy texts, DeleteRule deletes) throws Exception {
    MergeWorld world = new MergeWorld(3, false, deletes, texts, new FieldStrategy.Latest());
    world.edit(0, KEY, FIRST, 0);
    world.goLive();
    world.settle();
    return world;
  }

  private static void set(MergeWorld world, int member, int field, Object value) {
    Row present = Objects.requireNonNull(world.members.get(member).row(KEY));
    @Nullable Object[] values = present.copyValues();
    values[field] = value;
    world.edit(member, KEY, new Row(present.schema(), values), 0);
  }

  private static void assertEverywhere(MergeWorld world, Object value) {
    for (FakeMember member : world.members) {
      Row row = Objects.requireNonNull(member.row(KEY), member.member.system());
      assertEquals(value, row.value(MergeWorld.A), member.member.system());
    }
  }

  private static @Nullable Object a(@Nullable Row row) {
    return Objects.requireNonNull(row).value(MergeWorld.A);
  }

  private static Row edited(Object value) {
    @Nullable Object[] values = {
      Unchanged.UNCHANGED, value, Unchanged.UNCHANGED, Unchanged.UNCHANGED
    };
    return new Row(FIRST.schema(), values);
  }

  @Test
  void whatIsThereStaysUntilAPersonPicksASide() throws Exception {
    try (MergeWorld world = world(new FieldStrategy.Manual(), DeleteRule.EDIT_WINS)) {
      set(world, 1, MergeWorld.A, "theirs");
      set(world, 2, MergeWorld.A, "lost");
      set(world, 2, MergeWorld.A, "mine");
      set(world, 0, 2, "other field");
      world.settle();
      assertEverywhere(world, "theirs");
      MergeConflict open = world.conflicts(true).getFirst();
      assertEquals(1, world.conflicts(null).size(), "both edits of one side are one conflict");
      assertEquals(1, world.openCount());
      assertEquals("a", open.field());
      assertEquals("manual", open.rule());
      assertFalse(open.firstLoad());
      assertEquals("m1 theirs", open.kept().member() + " " + a(open.kept().row()));
      assertEquals("m2 mine", open.other().member() + " " + a(open.other().row()));
      assertNotNull(open.other().writtenAt());
      world.restart();
      world.decide(open, new Choice.Pick("m2"));
      world.settle();
      assertEverywhere(world, "mine");
      assertEquals("mine", a(world.merged(KEY)), "and the journal has it");
      MergeConflict decided = world.conflicts(false).getFirst();
      assertEquals("m2", Objects.requireNonNull(decided.decision()).pick());
      assertEquals(List.of(), world.conflicts(true));
      assertEquals(0, world.openCount());
      assertProblem("conflict-decided", () -> world.decide(open, new Choice.Pick("m1")));
    }
  }

  private interface Deciding {
    void run() throws Exception;
  }

  private static void assertProblem(String code, Deciding deciding) {
    UnisonoException refused = assertThrows(UnisonoException.class, deciding::run);
    assertEquals(code, refused.problem().code());
  }

  @Test
  void anotherValueIsTheNewestToo() throws Exception {
    try (MergeWorld world = world(new FieldStrategy.Manual(), DeleteRule.EDIT_WINS)) {
      set(world, 1, MergeWorld.A, "x");
      set(world, 2, MergeWorld.A, "y");
      world.settle();
      MergeConflict open = world.conflicts(true).getFirst();
      assertProblem("no-such-side", () -> world.decide(open, new Choice.Pick("m0")));
      world.decide(open, new Choice.Edit(edited("z")));
      world.settle();
      assertEverywhere(world, "z");
      assertEquals("z", a(world.conflicts(false).getFirst().result()));
      set(world, 1, MergeWorld.A, "later");
      world.settle();
      assertEverywhere(world, "later");
      assertEquals(1, world.conflicts(null).size(), "an edit made in knowledge is none");
    }
  }

  @Test
  void aDeleteIsAskedForWhileTheRecordStays() throws Exception {
    for (String pick : List.of("m1", "m2")) {
      try (MergeWorld world = world(new FieldStrategy.Latest(), DeleteRule.ASK)) {
        world.edit(1, KEY, null, 0);
        set(world, 2, MergeWorld.A, "edited");
        world.settle();
        assertEverywhere(world, "edited");
        MergeConflict open = world.conflicts(true).getFirst();
        assertNull(open.field());
        assertEquals("m2", open.kept().member());
        assertNull(open.other().row(), "deleted");
        assertProblem("no-such-side", () -> world.decide(open, new Choice.Edit(edited("z"))));
        world.decide(open, new Choice.Pick(pick));
        world.settle();
        for (FakeMember member : world.members) {
          assertEquals(pick.equals("m1"), member.row(KEY) == null, member.member.system());
        }
        assertEquals(0, world.openCount());
      }
    }
  }

  @Test
  void theRuleForDeletesHoldsWhateverTheTimeAndIsKept() throws Exception {
    for (DeleteRule rule : List.of(DeleteRule.EDIT_WINS, DeleteRule.DELETE_WINS)) {
      for (int first : List.of(1, 2)) {
        try (MergeWorld world = world(new FieldStrategy.Latest(), rule)) {
          set(world, 2, MergeWorld.A, "edited");
          world.edit(1, KEY, null, 5_000_000);
          world.read(first, 10);
          world.settle();
          boolean gone = rule == DeleteRule.DELETE_WINS;
          for (FakeMember member : world.members) {
            assertEquals(gone, member.row(KEY) == null, rule + " " + member.member.system());
          }
          MergeConflict conflict = world.conflicts(false).getFirst();
          assertEquals(gone, conflict.kept().row() == null, rule + " first " + first);
          assertEquals("edited", a(gone ? conflict.other().row() : conflict.kept().row()));
        }
      }
    }
  }

  @Test
  void differencesOfTheFirstLoadAreMarked() throws Exception {
    for (FieldStrategy strategy : List.of(new FieldStrategy.Manual(), new FieldStrategy.Latest())) {
      try (MergeWorld world =
          new MergeWorld(2, false, DeleteRule.EDIT_WINS, strategy, new FieldStrategy.Latest())) {
        world.edit(1, KEY, MergeWorld.row(1, "second", "b", BigDecimal.ONE), 0);
        world.edit(0, KEY, MergeWorld.row(1, "first", "b", BigDecimal.ONE), 0);
        world.goLive();
        world.settle();
        assertEverywhere(world, "first");
        MergeConflict conflict = world.conflicts(null).getFirst();
        assertTrue(conflict.firstLoad());
        assertNull(conflict.kept().writtenAt());
        assertEquals(strategy instanceof FieldStrategy.Manual, conflict.open());
      }
    }
  }

  @Test
  void anExpressionMakesAThirdValueOfTwo() throws Exception {
    FieldStrategy both =
        new FieldStrategy.Computed(
            ConflictExpression.compile(
                "older.value + '+' + newer.value + '/' + base", ValueType.STRING));
    try (MergeWorld world = world(both, DeleteRule.EDIT_WINS)) {
      set(world, 1, MergeWorld.A, "x");
      set(world, 2, MergeWorld.A, "y");
      world.read(2, 10);
      world.settle();
      assertEverywhere(world, "x+y/a");
      MergeConflict conflict = world.conflicts(false).getFirst();
      assertEquals("x+y/a", a(conflict.result()));
      assertEquals("y", a(conflict.kept().row()));
      set(world, 0, MergeWorld.A, "plain");
      world.settle();
      assertEverywhere(world, "plain");
    }
  }

  /** Who decides nothing does not fill the disk; who decides late loses nothing. */
  @Test
  void onlyTheLastOfThoseThatAreDecidedAreKept() throws Exception {
    try (MergeWorld world = world(new FieldStrategy.Manual(), DeleteRule.EDIT_WINS)) {
      set(world, 1, MergeWorld.A, "x");
      set(world, 2, MergeWorld.A, "y");
      world.settle();
      world.fill(ConflictInbox.KEPT + 1_200);
      int decided = world.conflicts(false).size();
      assertTrue(decided >= ConflictInbox.KEPT && decided < ConflictInbox.KEPT + 500, "" + decided);
      assertEquals(1, world.conflicts(true).size());
    }
  }
}
