package dev.unisono.engine.merge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.config.FuzzyRule;
import dev.unisono.engine.config.FuzzyRule.BlockKey;
import dev.unisono.engine.config.FuzzyRule.BlockKind;
import dev.unisono.engine.config.FuzzyRule.Comparison;
import dev.unisono.engine.config.FuzzyRule.Likeness;
import dev.unisono.engine.merge.IdentityEvent.What;
import dev.unisono.engine.merge.LinkedRecord.Place;
import dev.unisono.engine.merge.MergePair.State;
import dev.unisono.spi.Projection;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.math.BigDecimal;
import java.sql.SQLException;
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
 * Rows of members that have keys of their own and are nearly equal: linked, asked about, decided,
 * and left alone until then.
 */
final class FuzzyMatchTest {
  private static final String ANNA = "anna mueller";

  /** Of a name by its letters, among those that begin with the same one. */
  private static FuzzyRule rule(int blockLimit) {
    return new FuzzyRule(
        List.of(new BlockKey(List.of("a"), BlockKind.PREFIX, 1)),
        List.of(new Comparison(List.of("a"), Likeness.LEVENSHTEIN, 1)),
        0.9,
        0.7,
        0.6,
        blockLimit);
  }

  private static MergeWorld world(int members, List<int[]> exact) throws SQLException {
    return world(members, exact, 100);
  }

  private static MergeWorld world(int members, List<int[]> exact, int blockLimit)
      throws SQLException {
    return new MergeWorld(
        members,
        Projection.EXACT,
        DeleteRule.EDIT_WINS,
        new FieldStrategy.Latest(),
        new FieldStrategy.Latest(),
        exact,
        Map.of(),
        List.of(rule(blockLimit)));
  }

  private static void put(MergeWorld world, int member, long key, String name, String city) {
    world.edit(member, MergeWorld.key(key), MergeWorld.row(key, name, city, BigDecimal.ONE), 0);
  }

  private static Place place(int member, long key) {
    return new Place("m" + member, MergeWorld.key(key));
  }

  private static Map<String, Integer> names(FakeMember member) {
    Map<String, Integer> names = new TreeMap<>();
    for (Row row : member.rows()) {
      names.merge(Objects.toString(row.value(MergeWorld.A)), 1, Integer::sum);
    }
    return names;
  }

  @Example
  void rowsThatAreNearlyEqualAreOneRecordAndItsHistorySaysWhy() throws Exception {
    try (MergeWorld world = world(2, List.of())) {
      put(world, 0, 1, ANNA, "x");
      put(world, 1, 9, "anna muellex", "x");
      world.goLive();
      world.settle();
      assertEquals(
          Map.of("m0", MergeWorld.key(1), "m1", MergeWorld.key(9)),
          Objects.requireNonNull(world.linked(place(1, 9))).keys());
      for (FakeMember member : world.members) {
        assertEquals(Map.of(ANNA, 1), names(member), "the member listed first wins");
      }
      IdentityEvent linked = world.history(place(0, 1)).getFirst();
      assertEquals(What.LINKED, linked.what());
      assertEquals("m1", linked.system());
      assertEquals(MergeWorld.key(9), linked.key());
      assertEquals(IdentityEvent.FUZZY, linked.rule());
      assertEquals(0.9167, linked.score());
      assertEquals(List.of(), world.pairs(null));
    }
  }

  @Example
  void anExactRuleGoesFirst() throws Exception {
    try (MergeWorld world = world(2, List.of(new int[] {MergeWorld.A + 1}))) {
      put(world, 0, 1, ANNA, "x");
      put(world, 0, 2, "bob", "y");
      put(world, 1, 9, ANNA, "y");
      world.goLive();
      world.settle();
      assertEquals(
          Map.of("m0", MergeWorld.key(2), "m1", MergeWorld.key(9)),
          Objects.requireNonNull(world.linked(place(1, 9))).keys());
      assertEquals("b", world.history(place(1, 9)).getFirst().rule());
    }
  }

  /** Two rows of which a person is asked, and a row of another kind. */
  private static MergeWorld asked(int members) throws Exception {
    MergeWorld world = world(members, List.of());
    put(world, 1, 9, "anna muell", "y");
    put(world, 0, 1, ANNA, "x");
    put(world, 0, 2, "bob", "x");
    world.read(1, 10);
    world.goLive();
    world.settle();
    return world;
  }

  @Example
  void whatMayBeOneIsMadeNowhereUntilAPersonHasSaidSo() throws Exception {
    try (MergeWorld world = asked(3)) {
      MergePair pair = world.pairs(State.OPEN).getFirst();
      assertEquals(1, world.openMatches());
      assertEquals(0.8333, pair.score().total());
      assertEquals("anna muell", pair.score().parts().getFirst().one());
      assertEquals(ANNA, pair.score().parts().getFirst().other());
      assertEquals(Map.of("m1", MergeWorld.key(9)), pair.one().keys());
      assertEquals(Map.of("m0", MergeWorld.key(1)), pair.other().keys());
      assertEquals(Map.of(ANNA, 1, "bob", 1), names(world.members.get(0)));
      assertEquals(Map.of("anna muell", 1, "bob", 1), names(world.members.get(1)));
      assertEquals(Map.of("bob", 1), names(world.members.get(2)));
      world.restart();
      world.settle();
      assertEquals(1, world.openMatches(), "it survives");
      assertEquals(Map.of("bob", 1), names(world.members.get(2)));
    }
  }

  @Example
  void whatIsTheSameIsOneRecordAndTheMemberThatIsListedFirstWins() throws Exception {
    try (MergeWorld world = asked(3)) {
      MergePair pair = world.pairs(State.OPEN).getFirst();
      world.decide(pair, true);
      world.settle();
      for (FakeMember member : world.members) {
        assertEquals(Map.of(ANNA, 1, "bob", 1), names(member), member.member.system());
      }
      assertEquals(0, world.openMatches());
      MergePair decided = world.pairs(State.SAME).getFirst();
      assertEquals("seen", Objects.requireNonNull(decided.decision()).reason());
      assertEquals("match-decided", refusal(() -> world.decide(pair, false)));
      IdentityEvent joined = world.history(place(1, 9)).getFirst();
      assertEquals(What.JOINED, joined.what());
      assertEquals(0.8333, joined.score());
      assertEquals(IdentityEvent.PERSON, joined.rule());
      // From now on an edit of one is an edit of all.
      put(world, 1, 9, "anna maria", "z");
      world.settle();
      assertEquals(Map.of("anna maria", 1, "bob", 1), names(world.members.get(2)));
    }
  }

  @Example
  void whatIsDifferentStaysSoWhateverBecomesOfTheRows() throws Exception {
    try (MergeWorld world = asked(2)) {
      world.decide(world.pairs(State.OPEN).getFirst(), false);
      world.settle();
      Map<String, Integer> both = Map.of(ANNA, 1, "anna muell", 1, "bob", 1);
      assertEquals(both, names(world.members.get(0)));
      assertEquals(both, names(world.members.get(1)));
      assertEquals(What.DIFFERENT, world.history(place(0, 1)).getFirst().what());
    }
    // The rows are deleted and made again by their members, equal this time.
    try (MergeWorld world = world(2, List.of())) {
      put(world, 1, 9, "anna muell", "y");
      put(world, 0, 1, ANNA, "x");
      world.read(1, 10);
      world.read(0, 10);
      world.decide(world.pairs(State.OPEN).getFirst(), false);
      world.edit(1, MergeWorld.key(9), null, 0);
      world.edit(0, MergeWorld.key(1), null, 0);
      put(world, 0, 1, ANNA, "x");
      world.moveKey(0, MergeWorld.key(1), MergeWorld.key(5));
      put(world, 1, 9, ANNA, "x");
      world.read(1, 1);
      world.read(0, 10);
      world.restart();
      world.read(1, 10);
      assertEquals(List.of(), world.pairs(State.OPEN));
      assertEquals(
          Map.of("m1", MergeWorld.key(9)),
          Objects.requireNonNull(world.linked(place(1, 9))).keys());
    }
  }

  @Example
  void aRowThatIsLikeSeveralRecordsIsNoGuess() throws Exception {
    try (MergeWorld world = world(2, List.of())) {
      put(world, 0, 1, "anna muellera", "x");
      put(world, 0, 2, "anna muellerb", "y");
      put(world, 0, 3, "anna muelle", "z");
      world.read(0, 10);
      put(world, 1, 9, "anna mueller", "w");
      world.goLive();
      world.settle();
      assertEquals(
          List.of(true, true, true),
          world.pairs(State.OPEN).stream().map(MergePair::ambiguous).toList());
      MergePair second = world.pairs(State.OPEN).get(1);
      world.decide(second, true);
      world.settle();
      // Members have rows of both of the others now: those pairs are none any more.
      assertEquals(List.of(), world.pairs(State.OPEN));
      assertEquals(0, world.openMatches());
      Map<String, Integer> three = Map.of("anna muellera", 1, name(second), 1, "anna muelle", 1);
      assertEquals(three, names(world.members.get(0)));
      assertEquals(three, names(world.members.get(1)));
    }
  }

  private static String name(MergePair pair) {
    return Objects.requireNonNull(pair.score().parts().getFirst().one());
  }

  @Example
  void aPairThatIsTooLittleAlikeByAnEditClosesAndOneThatIsMoreSoStaysAQuestion() throws Exception {
    try (MergeWorld world = asked(2)) {
      put(world, 1, 9, ANNA, "y");
      world.settle();
      MergePair pair = world.pairs(State.OPEN).getFirst();
      assertEquals(1.0, pair.score().total());
      assertEquals(Map.of(ANNA, 1, "bob", 1), names(world.members.get(1)), "not made there");
      put(world, 1, 9, "zoe", "y");
      world.settle();
      assertEquals(List.of(), world.pairs(null));
      assertEquals(0, world.openMatches());
      Map<String, Integer> all = Map.of(ANNA, 1, "bob", 1, "zoe", 1);
      assertEquals(all, names(world.members.get(0)));
      assertEquals(all, names(world.members.get(1)));
      assertEquals("not-found", refusal(() -> world.decide(pair, true)));
    }
  }

  @Example
  void aPairOfWhichOneIsDeletedCloses() throws Exception {
    try (MergeWorld world = asked(2)) {
      world.edit(1, MergeWorld.key(9), null, 0);
      world.settle();
      assertEquals(List.of(), world.pairs(null));
      assertEquals(Map.of(ANNA, 1, "bob", 1), names(world.members.get(1)));
    }
  }

  @Example
  void aBlockThatIsLargerThanItsLimitIsTold() throws Exception {
    try (MergeWorld world = world(2, List.of(), 2)) {
      for (int key = 1; key <= 3; key++) {
        put(world, 0, key, "a" + "x".repeat(4 * key), "x");
      }
      world.read(0, 10);
      assertEquals(0, world.crowdedBlocks());
      put(world, 1, 9, "axxxxxxxxxxxx", "y");
      world.read(1, 10);
      assertEquals(1, world.crowdedBlocks());
      assertEquals(
          Map.of("m1", MergeWorld.key(9)),
          Objects.requireNonNull(world.linked(place(1, 9))).keys(),
          "the third of the block is not looked at");
      put(world, 1, 8, "axxxxxxxx", "y");
      world.read(1, 10);
      assertEquals(
          Map.of("m0", MergeWorld.key(2), "m1", MergeWorld.key(8)),
          Objects.requireNonNull(world.linked(place(1, 8))).keys());
    }
  }

  @Example
  void whatWasSplitOffIsDifferentAndItsHistoryIsOfBoth() throws Exception {
    try (MergeWorld world = world(2, List.of())) {
      put(world, 0, 1, ANNA, "x");
      put(world, 1, 9, ANNA, "x");
      world.read(0, 10);
      world.read(1, 10);
      world.relink(place(1, 9), null);
      assertEquals(
          List.of(What.LINKED, What.SPLIT),
          world.history(place(0, 1)).stream().map(IdentityEvent::what).toList());
      assertEquals(What.SPLIT, world.history(place(1, 9)).getFirst().what());
      world.edit(1, MergeWorld.key(9), null, 0);
      put(world, 1, 9, ANNA, "x");
      world.read(1, 10);
      assertEquals(
          Map.of("m1", MergeWorld.key(9)),
          Objects.requireNonNull(world.linked(place(1, 9))).keys());
      world.relink(place(1, 9), place(0, 1));
      assertEquals(
          List.of(What.LINKED, What.SPLIT, What.JOINED),
          world.history(place(0, 1)).stream().map(IdentityEvent::what).toList());
    }
  }

  @Example
  void rulesThatAreNewHoldForRecordsThatAreThere() throws Exception {
    try (MergeWorld world = world(2, List.of(new int[] {MergeWorld.A + 1}))) {
      put(world, 0, 1, ANNA, "x");
      put(world, 0, 2, "bob", "y");
      world.read(0, 10);
      world.forgetIndex();
      world.restart();
      put(world, 1, 9, ANNA, "z");
      put(world, 1, 8, "tim", "y");
      world.read(1, 10);
      assertEquals(2, Objects.requireNonNull(world.linked(place(1, 9))).keys().size());
      assertEquals(2, Objects.requireNonNull(world.linked(place(1, 8))).keys().size());
    }
  }

  @Property(tries = 1_000)
  void everyMemberEndsWithTheSameOnceAllIsDecided(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    int count = 2 + random.nextInt(2);
    try (MergeWorld world = world(count, List.of())) {
      for (int member = 0; member < count; member++) {
        for (int rows = random.nextInt(4); rows > 0; rows--) {
          insert(world, random, member);
        }
      }
      world.goLive();
      for (int step = 5 + random.nextInt(40); step > 0; step--) {
        step(world, random, random.nextInt(count));
      }
      world.settle();
      while (!world.pairs(State.OPEN).isEmpty()) {
        decide(world, world.pairs(State.OPEN).getFirst(), random.nextBoolean());
        world.settle();
      }
      world.retry();
      world.settle();
      assertEquals(0, world.openMatches());
      assertTrue(world.letters.isEmpty(), () -> world.letters.toString());
      Map<String, Integer> first = names(world.members.getFirst());
      for (FakeMember member : world.members) {
        assertEquals(first, names(member), member.member.system());
      }
    }
  }

  private static void step(MergeWorld world, Random random, int member) throws Exception {
    switch (random.nextInt(11)) {
      case 0 -> insert(world, random, member);
      case 1, 2 -> edit(world, random, member);
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
      case 9 -> {
        List<MergePair> open = world.pairs(State.OPEN);
        if (!open.isEmpty()) {
          decide(world, open.get(random.nextInt(open.size())), random.nextBoolean());
        }
      }
      default -> world.restart();
    }
  }

  private static void decide(MergeWorld world, MergePair pair, boolean same) throws SQLException {
    try {
      world.decide(pair, same);
    } catch (UnisonoException busy) {
      assertEquals("record-busy", busy.problem().code());
    }
  }

  private static void insert(MergeWorld world, Random random, int member) {
    long key = (Long) world.members.get(member).newKey().part(0);
    put(world, member, key, name(random), "b" + random.nextInt(3));
  }

  private static void edit(MergeWorld world, Random random, int member) {
    List<Row> rows = world.members.get(member).rows();
    if (rows.isEmpty()) {
      return;
    }
    Row row = rows.get(random.nextInt(rows.size()));
    @Nullable Object[] values = row.copyValues();
    values[MergeWorld.A] = name(random);
    boolean delete = random.nextInt(4) == 0;
    world.edit(member, row.schema().key(row), delete ? null : new Row(row.schema(), values), 0);
  }

  private static String name(Random random) {
    return List.of(ANNA, "anna muell", "anna muellex", "ann mue", "bob", "bobb")
        .get(random.nextInt(6));
  }

  private interface Act {
    void run() throws SQLException;
  }

  private static String refusal(Act act) {
    return assertThrows(UnisonoException.class, act::run).problem().code();
  }
}
