package dev.unisono.engine.merge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.UnaryOperator;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

/**
 * Whatever happens in whatever order — edits, crossing edits, echoes, deletes, wrong clocks, broken
 * connections, kills — members end equal.
 */
class MergeConvergesTest {
  private static final List<FieldStrategy> STRATEGIES =
      List.of(
          new FieldStrategy.Latest(),
          new FieldStrategy.Priority(),
          new FieldStrategy.Merge(),
          new FieldStrategy.Manual());

  private record Edit(int member, @Nullable Object value) {}

  /** Edits anywhere while everything is on its way. */
  @Property(tries = 10_000, shrinking = ShrinkingMode.FULL)
  void membersEndEqual(@ForAll long seed) throws Exception {
    String first = run(seed);
    assertEquals(first, run(seed), "the same history gives the same result");
  }

  private static String run(long seed) throws SQLException, InterruptedException {
    Random random = new Random(seed);
    int count = 2 + random.nextInt(2);
    boolean skewed = random.nextBoolean();
    boolean lossy = random.nextBoolean();
    boolean sums = random.nextInt(4) == 0;
    FieldStrategy texts = STRATEGIES.get(random.nextInt(STRATEGIES.size()));
    boolean manual = texts instanceof FieldStrategy.Manual;
    try (MergeWorld world =
        new MergeWorld(count, lossy, some(random), texts, sums ? new FieldStrategy.Sum() : texts)) {
      long[] skews = new long[count];
      for (int i = 0; i < count; i++) {
        skews[i] = skewed ? random.nextInt(2_000) - 1_000 : 0;
      }
      seed(world, random, skews);
      world.goLive();
      Map<String, List<Edit>> edits = new HashMap<>();
      boolean plain = edits(world, random, skews, edits);
      world.settle();
      check(world, edits, plain && !sums && !manual);
      StringBuilder result = new StringBuilder();
      for (long id = 1; id <= 2; id++) {
        result.append(text(world.merged(MergeWorld.key(id)))).append('\n');
      }
      return result.toString();
    }
  }

  private static DeleteRule some(Random random) {
    return List.copyOf(EnumSet.allOf(DeleteRule.class)).get(random.nextInt(3));
  }

  /** Rows that are there before: equal, different, and only on one side. */
  private static void seed(MergeWorld world, Random random, long[] skews) {
    for (long id = 1; id <= 2; id++) {
      for (int member = 0; member < skews.length; member++) {
        if (random.nextInt(3) > 0) {
          world.edit(member, MergeWorld.key(id), some(random, id), skews[member]);
        }
      }
    }
  }

  private static Row some(Random random, long id) {
    String a = random.nextInt(4) == 0 ? null : "a" + random.nextInt(3);
    return MergeWorld.row(id, a, "b" + random.nextInt(3), amount(random));
  }

  private static BigDecimal amount(Random random) {
    return BigDecimal.valueOf(random.nextInt(3000), 3);
  }

  /** Gives false where a record came or went, so that an edit may rightly be lost. */
  private static boolean edits(
      MergeWorld world, Random random, long[] skews, Map<String, List<Edit>> edits)
      throws SQLException, InterruptedException {
    boolean plain = true;
    boolean crashing = random.nextInt(3) == 0;
    int steps = 5 + random.nextInt(60);
    for (int step = 0; step < steps; step++) {
      int member = random.nextInt(skews.length);
      Key key = MergeWorld.key(1 + random.nextInt(2));
      switch (random.nextInt(crashing ? 10 : 8)) {
        case 0, 1 -> plain &= edit(world, random, member, key, skews[member], edits);
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
    return plain;
  }

  private static boolean edit(
      MergeWorld world,
      Random random,
      int member,
      Key key,
      long skew,
      Map<String, List<Edit>> edits) {
    Row present = world.members.get(member).row(key);
    long id = (Long) key.part(0);
    if (present == null) {
      world.edit(member, key, some(random, id), skew);
      return false;
    }
    if (random.nextInt(6) == 0) {
      world.edit(member, key, null, skew);
      return false;
    }
    @Nullable Object[] values = present.copyValues();
    int field = 1 + random.nextInt(3);
    Object value =
        field == MergeWorld.AMOUNT
            ? amount(random)
            : random.nextInt(8) == 0 ? null : "x" + random.nextInt(50);
    values[field] = value;
    Row next = new Row(present.schema(), values);
    world.edit(member, key, next, skew);
    Row stored = world.members.get(member).row(key);
    if (stored != null && !SameValue.of(stored.value(field), present.value(field))) {
      Edit edit = new Edit(member, stored.value(field));
      edits.computeIfAbsent(id + "." + field, any -> new ArrayList<>()).add(edit);
    }
    return true;
  }

  private static void check(MergeWorld world, Map<String, List<Edit>> edits, boolean plain) {
    for (long id = 1; id <= 2; id++) {
      Key key = MergeWorld.key(id);
      Row merged = world.merged(key);
      for (FakeMember member : world.members) {
        Row row = member.row(key);
        assertEquals(merged == null, row == null, "record " + id + " in " + member.member.system());
        for (int field = 1; row != null && merged != null && field <= MergeWorld.AMOUNT; field++) {
          Object stored = member.member.projection().project(field, merged.value(field));
          assertTrue(
              SameValue.of(stored, row.value(field)),
              member.member.system() + " has " + text(row) + ", merged is " + text(merged));
        }
      }
      for (int field = 1; plain && merged != null && field <= MergeWorld.AMOUNT; field++) {
        List<Edit> written = edits.getOrDefault(id + "." + field, List.of());
        if (written.size() == 1) {
          // In its member's form: who writes what the member would keep anyhow has edited nothing.
          Edit edit = written.getFirst();
          FakeMember editor = world.members.get(edit.member());
          assertTrue(
              SameValue.of(
                  edit.value(), editor.member.projection().project(field, merged.value(field))),
              "the only edit of the field, " + edit + ", is lost: " + text(merged));
        }
      }
    }
  }

  /** Edits one after the other, each made at rest, come out as in a single table. */
  @Property(tries = 10_000, shrinking = ShrinkingMode.FULL)
  void noEditMadeAtRestIsLost(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    int count = 2 + random.nextInt(2);
    FieldStrategy texts = STRATEGIES.get(random.nextInt(STRATEGIES.size()));
    try (MergeWorld world = new MergeWorld(count, false, some(random), texts, texts)) {
      world.goLive();
      world.settle();
      Key key = MergeWorld.key(1);
      Row truth = null;
      for (int step = 0; step < 8; step++) {
        int member = random.nextInt(count);
        long skew = random.nextInt(4_000_000) - 2_000_000L;
        if (truth == null) {
          truth = some(random, 1);
        } else if (random.nextInt(5) == 0) {
          truth = null;
        } else {
          @Nullable Object[] values = truth.copyValues();
          values[1 + random.nextInt(2)] = "x" + random.nextInt(50);
          truth = new Row(truth.schema(), values);
        }
        world.edit(member, key, truth, skew);
        if (random.nextInt(3) == 0) {
          world.restart();
        }
        world.settle();
        for (FakeMember each : world.members) {
          assertEquals(text(truth), text(each.row(key)), each.member.system());
        }
      }
    }
  }

  /** What is added anywhere, however often the members cross each other, is in the sum. */
  @Property(tries = 10_000, shrinking = ShrinkingMode.FULL)
  void nothingThatIsAddedIsLost(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    int count = 2 + random.nextInt(2);
    try (MergeWorld world =
        new MergeWorld(
            count,
            false,
            DeleteRule.EDIT_WINS,
            new FieldStrategy.Latest(),
            new FieldStrategy.Sum())) {
      Key key = MergeWorld.key(1);
      world.edit(0, key, MergeWorld.row(1, "a", "b", BigDecimal.ONE), 0);
      world.goLive();
      world.settle();
      BigDecimal sum = BigDecimal.ONE;
      for (int round = 0; round < 4; round++) {
        int adding = random.nextInt(count);
        Row present = world.members.get(adding).row(key);
        @Nullable Object[] values = Objects.requireNonNull(present).copyValues();
        BigDecimal more = BigDecimal.valueOf(1 + random.nextInt(3));
        BigDecimal amount = (BigDecimal) Objects.requireNonNull(values[MergeWorld.AMOUNT]);
        values[MergeWorld.AMOUNT] = amount.add(more);
        sum = sum.add(more);
        world.edit(adding, key, new Row(present.schema(), values), 0);
        happen(world, random, count);
      }
      world.settle();
      for (FakeMember each : world.members) {
        Row row = Objects.requireNonNull(each.row(key));
        assertTrue(SameValue.of(sum, row.value(MergeWorld.AMOUNT)), sum + " but " + text(row));
      }
    }
  }

  /** Whatever the order in which members are read, and whoever is listed first. */
  @Example
  void aValueOutlivesAnEmptyFieldAtTheFirstLoad() throws Exception {
    for (List<Integer> order :
        List.of(
            List.of(0, 1, 2),
            List.of(0, 2, 1),
            List.of(1, 0, 2),
            List.of(1, 2, 0),
            List.of(2, 0, 1),
            List.of(2, 1, 0))) {
      try (MergeWorld world =
          new MergeWorld(
              3,
              false,
              DeleteRule.EDIT_WINS,
              new FieldStrategy.Latest(),
              new FieldStrategy.Latest())) {
        Key key = MergeWorld.key(1);
        world.edit(0, key, MergeWorld.row(1, null, "b0", BigDecimal.ONE), 0);
        world.edit(1, key, MergeWorld.row(1, "a1", null, BigDecimal.ONE), 0);
        world.edit(2, key, MergeWorld.row(1, "a2", "b2", BigDecimal.ONE), 0);
        for (int member : order) {
          world.read(member, 1);
        }
        world.goLive();
        world.settle();
        for (FakeMember member : world.members) {
          assertEquals("[1, a1, b0, 1]", text(member.row(key)), order::toString);
        }
      }
    }
  }

  /** Reading, writing, breaking and killing, but no edit. */
  private static void happen(MergeWorld world, Random random, int count)
      throws SQLException, InterruptedException {
    for (int step = random.nextInt(6); step > 0; step--) {
      int member = random.nextInt(count);
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> world.read(member, 1 + random.nextInt(3));
        case 3, 4 -> {
          if (world.canWrite(member)) {
            world.write(member, 1 + random.nextInt(3));
          }
        }
        case 5 -> {
          if (world.canSweep()) {
            world.sweep();
          }
        }
        case 6 -> world.breakWrite(member, random.nextBoolean());
        default -> world.restart();
      }
    }
  }

  /** The one that edits cannot be reached while the record is edited and deleted elsewhere. */
  @Example
  void anEditOfARecordThatWasDeletedElsewhereMeanwhileBringsItBack() throws Exception {
    for (FieldStrategy amounts : List.of(new FieldStrategy.Latest(), new FieldStrategy.Sum())) {
      for (int variant = 0; variant < 8; variant++) {
        boolean editedBefore = (variant & 1) == 0;
        int order = variant >> 1 & 1;
        // Whoever is listed first.
        int deleting = variant >> 2;
        FieldStrategy latest = new FieldStrategy.Latest();
        try (MergeWorld world = new MergeWorld(3, false, DeleteRule.EDIT_WINS, latest, amounts)) {
          Key key = MergeWorld.key(1);
          world.edit(0, key, MergeWorld.row(1, "a", "b", BigDecimal.ZERO), 0);
          world.goLive();
          world.settle();
          if (editedBefore) {
            world.edit(deleting, key, MergeWorld.row(1, "edited", "b", BigDecimal.ONE), 0);
          }
          if (order == 0) {
            world.read(deleting, 1);
            world.edit(1 - deleting, key, MergeWorld.row(1, "a", "back", BigDecimal.ZERO), 0);
            world.read(1 - deleting, 1);
          }
          world.edit(deleting, key, null, 0);
          world.read(deleting, 10);
          if (order == 1) {
            world.edit(1 - deleting, key, MergeWorld.row(1, "a", "back", BigDecimal.ZERO), 0);
          }
          world.settle();
          String expected = editedBefore ? "[1, edited, back, 1]" : "[1, a, back, 0]";
          for (FakeMember member : world.members) {
            assertEquals(
                expected, text(member.row(key)), member.member.system() + " " + amounts + variant);
          }
        }
      }
    }
  }

  /** Two triggers that undo each other's work would write for ever. */
  @Example
  void membersThatAnswerEachOtherWithoutEndAreBrokenApart() throws Exception {
    FieldStrategy latest = new FieldStrategy.Latest();
    try (MergeWorld world = new MergeWorld(2, false, DeleteRule.EDIT_WINS, latest, latest)) {
      Key key = MergeWorld.key(1);
      world.goLive();
      world.members.get(0).trigger = row -> spelled(row, String::toUpperCase);
      world.members.get(1).trigger = row -> spelled(row, String::toLowerCase);
      world.edit(0, key, MergeWorld.row(1, "Ada", "b", BigDecimal.ONE), 0);
      world.settle();
      assertEquals(List.of("runaway-echo"), world.refusals(key));
      int lines = world.members.get(0).log.size() + world.members.get(1).log.size();
      assertTrue(lines < 6 * Runaways.MOST_ANSWERS, lines + " lines");
      // Others go on, and so does this one once the trigger is gone.
      world.members.get(1).trigger = row -> row;
      world.edit(0, MergeWorld.key(2), MergeWorld.row(2, "BOB", "b", BigDecimal.ONE), 0);
      world.retry();
      world.settle();
      assertEquals(List.of(), world.refusals(key));
      for (FakeMember member : world.members) {
        assertEquals("[1, ADA, b, 1]", text(member.row(key)), member.member.system());
        assertEquals("[2, BOB, b, 1]", text(member.row(MergeWorld.key(2))));
      }
    }
  }

  private static Row spelled(Row row, UnaryOperator<String> spelling) {
    @Nullable Object[] values = row.copyValues();
    values[MergeWorld.A] =
        values[MergeWorld.A] instanceof String text ? spelling.apply(text) : values[MergeWorld.A];
    return new Row(row.schema(), values);
  }

  private static String text(@Nullable Row row) {
    return row == null ? "none" : Arrays.toString(row.copyValues());
  }
}
