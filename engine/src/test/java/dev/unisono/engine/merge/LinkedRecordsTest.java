package dev.unisono.engine.merge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.merge.LinkedRecord.Place;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/**
 * Members that each have keys of their own: rows are found to be one record by a field, and what
 * one member lacks it gives a key itself. Whatever crosses, breaks or is killed, no row is made
 * twice.
 */
final class LinkedRecordsTest {
  private static final List<int[]> BY_NAME = List.of(new int[] {MergeWorld.A});

  private static MergeWorld world(int count, boolean editRevives) throws SQLException {
    return new MergeWorld(
        count,
        false,
        editRevives ? DeleteRule.EDIT_WINS : DeleteRule.DELETE_WINS,
        new FieldStrategy.Latest(),
        new FieldStrategy.Latest(),
        BY_NAME);
  }

  @Property(tries = 10_000)
  void everyMemberEndsWithEachRecordOnce(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    int count = 2 + random.nextInt(2);
    try (MergeWorld world = world(count, random.nextBoolean())) {
      for (int member = 0; member < count; member++) {
        for (int name = 0; name < 3; name++) {
          if (random.nextBoolean()) {
            insert(world, random, member, "n" + name);
          }
        }
      }
      world.goLive();
      for (int step = 5 + random.nextInt(50); step > 0; step--) {
        step(world, random, random.nextInt(count));
      }
      world.settle();
      world.retry();
      world.settle();
      Map<String, String> first = records(world.members.getFirst());
      for (FakeMember member : world.members) {
        assertEquals(first, records(member), member.member.system());
      }
      assertEquals(first, journaled(world), "what others are told");
      assertTrue(world.letters.isEmpty(), () -> world.letters.toString());
    }
  }

  private static void step(MergeWorld world, Random random, int member)
      throws SQLException, InterruptedException {
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> edit(world, random, member);
      case 3, 4 -> world.read(member, 1 + random.nextInt(3));
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

  /** Somebody makes, changes or deletes a row, and makes none that is there already. */
  private static void edit(MergeWorld world, Random random, int member) {
    String name = "n" + random.nextInt(3);
    Row present = null;
    for (Row row : world.members.get(member).rows()) {
      present = name.equals(row.value(MergeWorld.A)) ? row : present;
    }
    if (present == null) {
      insert(world, random, member, name);
      return;
    }
    Key key = present.schema().key(present);
    if (random.nextInt(4) == 0) {
      world.edit(member, key, null, 0);
      return;
    }
    @Nullable Object[] values = present.copyValues();
    values[MergeWorld.A + 1] = "x" + random.nextInt(50);
    world.edit(member, key, new Row(present.schema(), values), 0);
  }

  private static void insert(MergeWorld world, Random random, int member, String name) {
    Key key = world.members.get(member).newKey();
    world.edit(
        member,
        key,
        MergeWorld.row((Long) key.part(0), name, "b" + random.nextInt(3), BigDecimal.ONE),
        0);
  }

  /** By its name what each row has beside the key; fails where one is there twice. */
  private static Map<String, String> records(FakeMember member) {
    Map<String, String> records = new TreeMap<>();
    for (Row row : member.rows()) {
      String before =
          records.put(
              Objects.toString(row.value(MergeWorld.A)),
              Objects.toString(row.value(MergeWorld.A + 1)));
      assertEquals(null, before, () -> member.member.system() + " has a row twice");
    }
    return records;
  }

  /** The same as the journal tells it, by the first member's keys. */
  private static Map<String, String> journaled(MergeWorld world) {
    Map<Key, Row> rows = new HashMap<>();
    for (CleanChange change : world.journal) {
      Key key = Objects.requireNonNull(change.change().key());
      if (change.row() == null) {
        rows.remove(key);
      } else {
        rows.put(key, change.row());
      }
    }
    Map<String, String> records = new TreeMap<>();
    rows.forEach((key, row) -> {
      assertTrue(world.members.getFirst().row(key) != null, () -> "no row has the key " + key);
      records.put(
          Objects.toString(row.value(MergeWorld.A)), Objects.toString(row.value(MergeWorld.A + 1)));
    });
    return records;
  }

  @Example
  void aSecondRowOfARecordIsSetAsideWhicheverMemberIsReadFirst() throws Exception {
    for (List<Integer> order : List.of(List.of(0, 1), List.of(1, 0))) {
      try (MergeWorld world = world(2, true)) {
        world.edit(0, MergeWorld.key(1), MergeWorld.row(1, "ada", "x", BigDecimal.ONE), 0);
        world.edit(0, MergeWorld.key(2), MergeWorld.row(2, "ada", "y", BigDecimal.ONE), 0);
        world.edit(1, MergeWorld.key(9), MergeWorld.row(9, "ada", "z", BigDecimal.ONE), 0);
        for (int member : order) {
          world.read(member, 10);
        }
        world.goLive();
        world.settle();
        assertEquals(1, world.letters.size());
        assertEquals("match-ambiguous", world.letters.getFirst().cause().code());
        assertEquals(MergeWorld.key(2), world.letters.getFirst().change().key());
        assertEquals(Map.of("ada", "x"), records(world.members.get(1)));
        assertEquals(2, world.members.getFirst().rows().size());
        // Corrected, it is a record of its own.
        world.edit(0, MergeWorld.key(2), MergeWorld.row(2, "bob", "y", BigDecimal.ONE), 0);
        world.settle();
        assertEquals(Map.of("ada", "x", "bob", "y"), records(world.members.get(1)));
      }
    }
  }

  @Example
  void aRowsNewKeyIsTheSameRecord() throws Exception {
    try (MergeWorld world = world(2, true)) {
      world.edit(0, MergeWorld.key(1), MergeWorld.row(1, "ada", "x", BigDecimal.ONE), 0);
      world.goLive();
      world.settle();
      List<Row> there = new ArrayList<>(world.members.get(1).rows());
      world.moveKey(0, MergeWorld.key(1), MergeWorld.key(5));
      world.settle();
      assertEquals(there, world.members.get(1).rows(), "nobody else is concerned");
      assertEquals(Map.of("ada", "x"), journaled(world));
      world.edit(0, MergeWorld.key(5), MergeWorld.row(5, "ada", "y", BigDecimal.ONE), 0);
      world.settle();
      assertEquals(Map.of("ada", "y"), records(world.members.get(1)));
    }
  }

  @Example
  void aPersonSplitsWhatIsNotOneAndJoinsWhatIs() throws Exception {
    try (MergeWorld world = world(2, true)) {
      world.edit(0, MergeWorld.key(1), MergeWorld.row(1, "ada", "x", BigDecimal.ONE), 0);
      world.edit(1, MergeWorld.key(9), MergeWorld.row(9, "ada", "x", BigDecimal.ONE), 0);
      world.goLive();
      world.settle();
      Place first = new Place("m0", MergeWorld.key(1));
      Place second = new Place("m1", MergeWorld.key(9));
      LinkedRecord one = Objects.requireNonNull(world.linked(first));
      assertEquals(Map.of("m0", MergeWorld.key(1), "m1", MergeWorld.key(9)), one.keys());
      // They are two: one is called otherwise, and then each is made in the other member, too.
      world.relink(second, null);
      world.edit(1, MergeWorld.key(9), MergeWorld.row(9, "ida", "x", BigDecimal.ONE), 0);
      world.settle();
      world.retry();
      world.settle();
      Map<String, String> two = Map.of("ada", "x", "ida", "x");
      assertEquals(two, records(world.members.get(0)));
      assertEquals(two, records(world.members.get(1)));
      assertEquals(two, journaled(world));
      assertEquals("not-linked", refusal(world, first, first));
      assertEquals("links-clash", refusal(world, first, second));
      assertEquals("not-found", refusal(world, new Place("m0", MergeWorld.key(77)), null));
    }
  }

  @Example
  void joinedRecordsAreOneAndTheOneThatIsJoinedWithWins() throws Exception {
    try (MergeWorld world = world(2, true)) {
      world.edit(0, MergeWorld.key(1), MergeWorld.row(1, "ada", "x", BigDecimal.ONE), 0);
      world.edit(1, MergeWorld.key(9), MergeWorld.row(9, "adah", "y", BigDecimal.ONE), 0);
      world.read(0, 10);
      world.read(1, 10);
      Place first = new Place("m0", MergeWorld.key(1));
      Place second = new Place("m1", MergeWorld.key(9));
      world.relink(second, first);
      assertEquals(
          Map.of("m0", MergeWorld.key(1), "m1", MergeWorld.key(9)),
          Objects.requireNonNull(world.linked(second)).keys());
      world.goLive();
      world.settle();
      for (FakeMember member : world.members) {
        assertEquals(Map.of("ada", "x"), records(member));
      }
      world.edit(1, MergeWorld.key(9), MergeWorld.row(9, "ada", "z", BigDecimal.ONE), 0);
      world.settle();
      assertEquals(Map.of("ada", "z"), records(world.members.getFirst()));
      assertEquals(Map.of("ada", "z"), journaled(world));
    }
  }

  private static String refusal(MergeWorld world, Place row, @Nullable Place with) {
    return assertThrows(UnisonoException.class, () -> world.relink(row, with)).problem().code();
  }
}
