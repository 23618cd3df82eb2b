package dev.unisono.engine.merge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.convert.Conversions;
import dev.unisono.engine.convert.Conversions.UnfitConversion;
import dev.unisono.engine.convert.Conversions.Written;
import dev.unisono.engine.convert.ConvertingConnector;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.engine.fixture.FakeConnector;
import dev.unisono.engine.fixture.FakeSystem;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Key;
import dev.unisono.spi.Projection;
import dev.unisono.spi.Row;
import dev.unisono.spi.Settings;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A member that keeps amounts in feet and inches never takes what the others have in metres. */
class ConvertedMemberTest {
  private static final Key KEY = MergeWorld.key(1);

  /** Stores everything as it is, and has the form that stands before it. */
  private static Projection feetAndInches() throws UnfitConversion {
    Connector exact =
        new FakeConnector(
            "exact",
            _ ->
                FakeSystem.written(() -> {
                  throw new UnsupportedOperationException("nothing is delivered");
                }));
    Binding binding =
        Entities.binding(
            Entities.entity(
                1,
                "item",
                List.of("id LONG", "a STRING", "b STRING", "amount DECIMAL"),
                List.of("id")));
    return new ConvertingConnector(
            exact,
            Map.of(
                binding.sync(),
                Map.of(
                    "amount",
                    Conversions.unit(ValueType.DECIMAL, "ft+in", "m", null, Written.PLAIN))))
        .connect(
            new Connector.SystemContext(
                "last", new Settings(Map.of()), List.of(binding), List.of(binding), Map.of()))
        .projection(binding);
  }

  private static MergeWorld world(int count) throws Exception {
    return new MergeWorld(
        count,
        feetAndInches(),
        DeleteRule.EDIT_WINS,
        new FieldStrategy.Latest(),
        new FieldStrategy.Latest(),
        List.of(),
        Map.of());
  }

  private static BigDecimal amount(MergeWorld world, int member) {
    return (BigDecimal)
        Objects.requireNonNull(
            Objects.requireNonNull(world.members.get(member).row(KEY)).value(MergeWorld.AMOUNT));
  }

  private static void edit(
      MergeWorld world, int member, @Nullable String b, @Nullable String amount) {
    Row present = world.members.get(member).row(KEY);
    @Nullable Object[] values =
        present == null ? new @Nullable Object[] {1L, "a", "b", null} : present.copyValues();
    values[2] = b == null ? values[2] : b;
    values[MergeWorld.AMOUNT] = amount == null ? values[MergeWorld.AMOUNT] : new BigDecimal(amount);
    world.edit(member, KEY, new Row(MergeWorld.row(1, null, null, null).schema(), values), 0);
  }

  @Test
  void whatIsRoundedThereIsNoEdit() throws Exception {
    try (MergeWorld world = world(2)) {
      edit(world, 0, null, "1.78");
      world.goLive();
      world.settle();
      assertEquals(new BigDecimal("1.78"), amount(world, 0));
      assertEquals(new BigDecimal("1.778"), amount(world, 1));
      edit(world, 1, "another", null);
      world.settle();
      assertEquals(new BigDecimal("1.78"), amount(world, 0));
      assertEquals("another", Objects.requireNonNull(world.members.get(0).row(KEY)).value(2));
      edit(world, 1, null, "1.8288");
      world.settle();
      assertEquals(new BigDecimal("1.8288"), amount(world, 0));
    }
  }

  /** Edits that cross, broken connections and kills. */
  @Property(tries = 1_500, shrinking = ShrinkingMode.FULL)
  void everybodyHoldsWhatSomebodyWroteWhateverHappens(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    int count = 2 + random.nextInt(2);
    Projection feet = feetAndInches();
    Set<BigDecimal> written = new HashSet<>(Set.of(new BigDecimal("1.78")));
    try (MergeWorld world = world(count)) {
      edit(world, 0, null, "1.78");
      world.goLive();
      for (int step = 5 + random.nextInt(50); step > 0; step--) {
        int member = random.nextInt(count);
        switch (random.nextInt(10)) {
          case 0, 1 -> {
            if (world.members.get(member).row(KEY) != null) {
              BigDecimal amount = BigDecimal.valueOf(random.nextInt(300), 2);
              if (random.nextBoolean()) {
                edit(world, member, "b" + step, null);
              } else {
                edit(world, member, null, amount.toString());
                written.add(amount(world, member));
              }
            }
          }
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
      BigDecimal merged = amount(world, 0);
      assertTrue(written.contains(merged), merged + " was written by nobody");
      for (int member = 1; member < count - 1; member++) {
        assertEquals(merged, amount(world, member));
      }
      assertEquals(feet.project(MergeWorld.AMOUNT, merged), amount(world, count - 1));
    }
  }
}
