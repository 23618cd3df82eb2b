package dev.unisono.engine.merge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.standardize.StepKind;
import dev.unisono.engine.standardize.Steps;
import dev.unisono.spi.Key;
import dev.unisono.spi.Projection;
import dev.unisono.spi.Row;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A member to which texts are written in large letters alone never takes the small ones from the
 * others: what comes back in that form is no edit.
 */
class DeliveredStepsTest {
  private static final Key KEY = MergeWorld.key(1);

  private static MergeWorld world(int count, FieldStrategy texts) throws Exception {
    return new MergeWorld(
        count,
        Projection.EXACT,
        DeleteRule.EDIT_WINS,
        texts,
        texts,
        List.of(),
        Map.of("a", List.of(Steps.plain(StepKind.UPPER_CASE))));
  }

  private static @Nullable Object a(MergeWorld world, int member) {
    return Objects.requireNonNull(world.members.get(member).row(KEY)).value(MergeWorld.A);
  }

  @Test
  void theMemberHasLargeLettersAndTheOthersWhatWasWritten() throws Exception {
    try (MergeWorld world = world(3, new FieldStrategy.Latest())) {
      world.edit(0, KEY, MergeWorld.row(1, "Ada", "b", BigDecimal.ONE), 0);
      world.goLive();
      world.settle();
      assertEquals(List.of("Ada", "Ada", "ADA"), List.of(a(world, 0), a(world, 1), a(world, 2)));
      world.edit(2, KEY, MergeWorld.row(1, "ADA", "other", BigDecimal.ONE), 0);
      world.settle();
      assertEquals(List.of("Ada", "Ada", "ADA"), List.of(a(world, 0), a(world, 1), a(world, 2)));
    }
  }

  @Test
  void whatTheMemberWritesItselfIsAnEdit() throws Exception {
    try (MergeWorld world = world(2, new FieldStrategy.Latest())) {
      world.edit(0, KEY, MergeWorld.row(1, "Ada", "b", BigDecimal.ONE), 0);
      world.goLive();
      world.settle();
      world.edit(1, KEY, MergeWorld.row(1, "Bob", "b", BigDecimal.ONE), 0);
      world.settle();
      assertEquals(List.of("Bob", "BOB"), List.of(a(world, 0), a(world, 1)));
    }
  }

  @Test
  void rowsThatWereThereInThatFormAreTheSameWhoeverIsReadFirst() throws Exception {
    for (int first = 0; first < 2; first++) {
      try (MergeWorld world = world(2, new FieldStrategy.Latest())) {
        world.edit(0, KEY, MergeWorld.row(1, "Ada", "b", BigDecimal.ONE), 0);
        world.edit(1, KEY, MergeWorld.row(1, "ADA", "b", BigDecimal.ONE), 0);
        world.read(first, 10);
        world.read(1 - first, 10);
        world.goLive();
        world.settle();
        assertEquals(List.of("Ada", "ADA"), List.of(a(world, 0), a(world, 1)));
        assertEquals(List.of(), world.conflicts(null));
      }
    }
  }

  /** Edits that cross, broken connections and kills. */
  @Property(tries = 3_000, shrinking = ShrinkingMode.FULL)
  void theOthersHoldWhatSomebodyWroteWhateverHappens(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    int count = 2 + random.nextInt(2);
    int large = count - 1;
    FieldStrategy texts =
        random.nextBoolean() ? new FieldStrategy.Latest() : new FieldStrategy.Priority();
    Set<Object> written = new HashSet<>(Set.of("Ada"));
    try (MergeWorld world = world(count, texts)) {
      world.edit(0, KEY, MergeWorld.row(1, "Ada", "b", BigDecimal.ONE), 0);
      world.goLive();
      for (int step = 5 + random.nextInt(50); step > 0; step--) {
        int member = random.nextInt(count);
        switch (random.nextInt(10)) {
          case 0, 1 -> edit(world, random, member, member != large, written);
          case 2, 3, 4 -> world.read(member, 1 + random.nextInt(3));
          case 5, 6 -> {
            if (world.canWrite(member)) {
              world.write(member, 1 + random.nextInt(3));
            }
          }
          case 7 -> {
            if (world.canSweep()) {
              world.sweep();
            }
          }
          case 8 -> world.breakWrite(member, random.nextBoolean());
          default -> world.restart();
        }
      }
      world.settle();
      String merged = (String) Objects.requireNonNull(a(world, 0));
      assertTrue(written.contains(merged), merged + " was written by nobody");
      for (int member = 1; member < large; member++) {
        assertEquals(merged, a(world, member));
      }
      assertEquals(merged.toUpperCase(Locale.ROOT), a(world, large));
    }
  }

  private static void edit(
      MergeWorld world, Random random, int member, boolean a, Set<Object> written) {
    Row present = world.members.get(member).row(KEY);
    if (present == null) {
      return;
    }
    @Nullable Object[] values = present.copyValues();
    if (a) {
      values[MergeWorld.A] = "Name" + random.nextInt(30);
      written.add(values[MergeWorld.A]);
    } else {
      values[2] = "b" + random.nextInt(30);
    }
    world.edit(member, KEY, new Row(present.schema(), values), random.nextInt(200) - 100);
  }
}
