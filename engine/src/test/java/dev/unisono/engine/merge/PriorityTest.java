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
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Under priority the member that is listed first wins over what it does not know of, whenever and
 * in whatever order that is read, and nobody wins over an edit made in knowledge of theirs.
 */
class PriorityTest {
  private static final Key KEY = MergeWorld.key(1);

  private static MergeWorld world(int count) throws Exception {
    MergeWorld world =
        new MergeWorld(
            count,
            false,
            DeleteRule.EDIT_WINS,
            new FieldStrategy.Priority(),
            new FieldStrategy.Latest());
    world.edit(0, KEY, MergeWorld.row(1, "a", "b", BigDecimal.ONE), 0);
    world.goLive();
    world.settle();
    return world;
  }

  private static String set(MergeWorld world, int member, String value, long skew) {
    Row present = Objects.requireNonNull(world.members.get(member).row(KEY));
    @Nullable Object[] values = present.copyValues();
    values[MergeWorld.A] = value;
    world.edit(member, KEY, new Row(present.schema(), values), skew);
    return value;
  }

  private static void assertEverywhere(MergeWorld world, String value) {
    for (FakeMember member : world.members) {
      Row row = Objects.requireNonNull(member.row(KEY));
      assertEquals(value, row.value(MergeWorld.A), member.member.system());
    }
  }

  /** Round by round: whoever edits knows all of the round before, and nothing of this one. */
  @Property(tries = 10_000)
  void theFirstListedOfThoseThatCrossWinsInWhateverOrderTheyAreRead(@ForAll long seed)
      throws Exception {
    Random random = new Random(seed);
    int count = 2 + random.nextInt(3);
    try (MergeWorld world = world(count)) {
      String expected = "a";
      for (int round = 0; round < 4; round++) {
        Map<Integer, String> last = new HashMap<>();
        for (int edit = 1 + random.nextInt(6); edit > 0; edit--) {
          int member = random.nextInt(count);
          String value = round + "." + edit + "." + member;
          last.put(member, set(world, member, value, random.nextInt(2_000_000) - 1_000_000));
        }
        readInAnyOrder(world, random);
        if (random.nextInt(4) == 0) {
          world.restart();
        }
        world.settle();
        expected = last.getOrDefault(Collections.min(last.keySet()), expected);
        assertEverywhere(world, expected);
      }
    }
  }

  private static void readInAnyOrder(MergeWorld world, Random random) throws SQLException {
    List<FakeMember> behind = new ArrayList<>(world.members);
    while (!behind.isEmpty()) {
      FakeMember one = behind.get(random.nextInt(behind.size()));
      if (one.behind()) {
        world.read(one.member.number(), 1);
      } else {
        behind.remove(one);
      }
    }
  }

  /** However long the others go on with each other, and however often. */
  @Test
  void anEditOfAMemberThatIsAwayIsWeighedAgainstTheFirstThatItDoesNotKnow() throws Exception {
    for (int away = 0; away < 3; away++) {
      try (MergeWorld world = world(3)) {
        String own = set(world, away, "away", 0);
        String others = "";
        for (int edit = 0; edit < 40; edit++) {
          int member = (away + 1 + edit % 2) % 3;
          others = set(world, member, "other" + edit, 0);
          world.settleWithout(away);
        }
        world.settle();
        // The first of the others to write was the next one, round about.
        int against = (away + 1) % 3;
        assertEverywhere(world, away < against ? own : others);
        String known = set(world, 2, "known", -5_000_000);
        world.settle();
        assertEverywhere(world, known);
      }
    }
  }

  /** Whatever is held, and whatever is made on it later: shortened, it compares the same. */
  @Property(tries = 10_000)
  void pathsThatAreShortenedCompareAsBefore(@ForAll long seed) {
    Random random = new Random(seed);
    TreeSet<String> held = new TreeSet<>();
    for (int i = 0; i < 6; i++) {
      StringBuilder path = new StringBuilder();
      if (!held.isEmpty() && random.nextInt(3) > 0) {
        String other = held.first();
        path.append(other, 0, random.nextInt(other.length() + 1));
      }
      for (int more = random.nextInt(10); more > 0; more--) {
        path.append((char) (1 + random.nextInt(3)));
      }
      held.add(path.toString());
    }
    Map<String, String> names = Lineage.shortened(held);
    List<String> all = new ArrayList<>(held);
    for (String one : all) {
      String shorter = Objects.requireNonNull(names.get(one));
      assertTrue(shorter.length() <= 2 * held.size(), "short: " + shorter.length());
      for (String other : all) {
        String otherShorter = Objects.requireNonNull(names.get(other));
        for (String more : List.of("", "\u0001", "\u0002", "\u0003\u0001")) {
          // What nobody made yet: a way that nobody else went from there.
          boolean taken = all.stream().anyMatch(path -> path.startsWith(one + first(more)));
          if (more.isEmpty() || !taken) {
            assertEquals(
                Integer.signum((one + more).compareTo(other)),
                Integer.signum((shorter + more).compareTo(otherShorter)),
                "order");
          }
        }
      }
    }
  }

  private static String first(String more) {
    return more.isEmpty() ? "" : more.substring(0, 1);
  }
}
