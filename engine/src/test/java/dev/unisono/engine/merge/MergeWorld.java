package dev.unisono.engine.merge;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.config.FuzzyRule;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.engine.match.FuzzyMatcher;
import dev.unisono.engine.merge.MergeTable.Place;
import dev.unisono.engine.standardize.Standardizer;
import dev.unisono.engine.standardize.Step;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.DeadLetter;
import dev.unisono.engine.state.Merging;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Projection;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Members with logs and the real stage that merges them, over a database in memory; everything
 * happens when it is asked for, and crashes as well. For one thread.
 */
final class MergeWorld implements AutoCloseable {
  static final int A = 1;
  static final int AMOUNT = 3;
  private static final Entity ENTITY =
      Entities.entity(
          1, "item", List.of("id LONG", "a STRING", "b STRING", "amount DECIMAL"), List.of("id"));
  private static final int CAPACITY = 3;
  private static final Projection CENTS =
      (field, value) ->
          value instanceof BigDecimal number ? number.setScale(2, RoundingMode.HALF_UP) : value;

  final List<FakeMember> members = new ArrayList<>();

  /** What became of the merged records, as the journal has it. */
  final List<CleanChange> journal = new ArrayList<>();

  /** What was set aside. */
  final List<DeadLetter> letters = new ArrayList<>();

  private final Merging.Outcome outcome =
      new Merging.Outcome() {
        @Override
        public void journaled(CleanChange change) {
          journal.add(change);
        }

        @Override
        public void refused(DeadLetter letter) {
          letters.add(letter);
        }
      };

  private final MergePlan plan;
  private final Connection connection;
  private final Shapes shapes;
  private final Map<String, MemberQueue> queues = new HashMap<>();

  /** Members whose open records have to be looked at again, and up to which number. */
  private final ArrayDeque<Sweep.What> sweeps = new ArrayDeque<>();

  private final ConflictTable conflicts;
  private MergeStage stage;
  private boolean live;
  private long clock = 1_000_000;

  /**
   * @param lossy true where the last member keeps amounts to two digits only
   * @param texts decides of the fields a and b
   */
  MergeWorld(
      int count, boolean lossy, DeleteRule deletes, FieldStrategy texts, FieldStrategy amounts)
      throws SQLException {
    this(count, lossy, deletes, texts, amounts, List.of());
  }

  /**
   * @param match rules by which rows are found to be one record; none where keys are the same
   */
  MergeWorld(
      int count,
      boolean lossy,
      DeleteRule deletes,
      FieldStrategy texts,
      FieldStrategy amounts,
      List<int[]> match)
      throws SQLException {
    this(count, lossy ? CENTS : Projection.EXACT, deletes, texts, amounts, match, Map.of());
  }

  /**
   * @param last what becomes of values in the last member
   * @param deliver steps for what is written to the last member
   */
  MergeWorld(
      int count,
      Projection last,
      DeleteRule deletes,
      FieldStrategy texts,
      FieldStrategy amounts,
      List<int[]> match,
      Map<String, List<Step>> deliver)
      throws SQLException {
    this(count, last, deletes, texts, amounts, match, deliver, List.of());
  }

  /**
   * @param fuzzy rules that find rows that are not equal
   */
  MergeWorld(
      int count,
      Projection last,
      DeleteRule deletes,
      FieldStrategy texts,
      FieldStrategy amounts,
      List<int[]> match,
      Map<String, List<Step>> deliver,
      List<FuzzyRule> fuzzy)
      throws SQLException {
    List<MergeMember> named = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Projection projection = i == count - 1 ? last : Projection.EXACT;
      named.add(
          new MergeMember(
              i,
              "m" + i,
              Entities.binding(ENTITY),
              count - i,
              true,
              projection,
              row -> row,
              new Standardizer(ENTITY.schema(), i == count - 1 ? deliver : Map.of())));
    }
    this.plan =
        new MergePlan(
            ENTITY,
            named,
            List.of(texts, texts, texts, amounts),
            1,
            deletes,
            match,
            fuzzy.stream().map(rule -> new FuzzyMatcher(rule, ENTITY.schema())).toList(),
            false);
    named.forEach(member -> members.add(new FakeMember(member, ENTITY.schema())));
    this.connection = DriverManager.getConnection("jdbc:sqlite::memory:");
    StateFolder.createTables(connection);
    this.shapes = Shapes.open(connection, List.of(ENTITY));
    connection.setAutoCommit(false);
    this.conflicts = new ConflictTable(shapes, List.of(plan));
    this.stage = open();
  }

  private MergeStage open() throws SQLException {
    for (FakeMember member : members) {
      String system = member.member.system();
      queues.put(
          system,
          new MemberQueue(CAPACITY, () -> sweeps.add(new Sweep.What(-1, system, 0, false))));
    }
    return new MergeStage(
        connection,
        shapes,
        List.of(plan),
        queues,
        new ConflictInbox(connection, conflicts, () -> Instant.ofEpochSecond(0, clock * 1_000)),
        (system, barrier) -> sweeps.add(new Sweep.What(-1, system, barrier, false)),
        () -> Instant.EPOCH);
  }

  static Key key(long id) {
    return new Key(id);
  }

  static Row row(long id, @Nullable Object a, @Nullable Object b, @Nullable Object amount) {
    return Entities.row(ENTITY, id, a, b, amount);
  }

  /** Somebody writes to a member, whose clock may be wrong. */
  void edit(int member, Key key, @Nullable Row row, long skewMicros) {
    clock += 10;
    members.get(member).set(key, row, Math.max(1, clock + skewMicros), 0);
  }

  void moveKey(int member, Key from, Key to) {
    clock += 10;
    members.get(member).move(from, to, clock);
  }

  private void commit() throws SQLException {
    stage.finish(connection);
    connection.commit();
    stage.committed();
  }

  /** Reads on in a member's log. */
  void read(int number, int lines) throws SQLException {
    FakeMember member = members.get(number);
    String system = member.member.system();
    long passed = 0;
    for (int i = 0; i < lines && member.behind(); i++) {
      FakeMember.Line line = member.log.get(member.read++);
      Key key = line.key();
      if (key == null) {
        passed = line.marker();
      } else {
        stage.merge(connection, system, change(member, key, line), outcome);
      }
    }
    if (passed > 0) {
      stage.passed(connection, system, passed);
    }
    commit();
  }

  private CleanChange change(FakeMember member, Key key, FakeMember.Line line) {
    Row row = line.row();
    Operation operation = row == null ? Operation.DELETE : live ? Operation.UPDATE : Operation.READ;
    Instant time = Instant.ofEpochSecond(0, line.micros() * 1_000);
    return new CleanChange(
        ENTITY,
        new Change(
            member.member.binding(),
            operation,
            key,
            line.previous(),
            row,
            null,
            new Position(member.read, 0),
            time,
            0,
            line.marker()),
        row,
        null);
  }

  boolean canWrite(int number) {
    return queue(number).size() > 0;
  }

  private MemberQueue queue(int number) {
    return Objects.requireNonNull(queues.get(members.get(number).member.system()));
  }

  /** Makes the next writes of a member. */
  void write(int number, int atMost) throws SQLException, InterruptedException {
    List<MemberWrite> batch = queue(number).take(atMost);
    apply(number, batch);
    through(number, batch);
  }

  private void apply(int number, List<MemberWrite> batch) {
    clock += 10;
    members.get(number).apply(batch, clock);
  }

  private void through(int number, List<MemberWrite> batch) throws SQLException {
    String system = members.get(number).member.system();
    if (stage.telling().through(system, batch.getLast().id())) {
      stage.telling().resolve(connection, system);
      commit();
    }
  }

  /** The way to a member breaks while something is written, and nobody knows whether it was. */
  void breakWrite(int number, boolean made) throws SQLException, InterruptedException {
    if (canWrite(number)) {
      List<MemberWrite> batch = queue(number).take(2);
      if (made) {
        apply(number, batch);
      }
    }
    begin(number);
  }

  private void begin(int number) throws SQLException {
    FakeMember member = members.get(number);
    long barrier = stage.telling().barrier(member.member.system());
    commit();
    queue(number).begin(barrier);
    member.mark(barrier);
  }

  /** The server is killed and started again. */
  void restart() throws SQLException {
    sweeps.clear();
    queues.clear();
    stage = open();
    for (int i = 0; i < members.size(); i++) {
      begin(i);
    }
    if (live) {
      sweeps.add(new Sweep.What(ENTITY.id(), null, 0, false));
    }
  }

  /** The state is of before the match rules were what they are. */
  void forgetIndex() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DELETE FROM merge_match");
      statement.execute("UPDATE fact SET value = 'others' WHERE name LIKE 'match-rules-%'");
    }
    connection.commit();
  }

  void goLive() throws SQLException {
    for (int i = 0; i < members.size(); i++) {
      read(i, Integer.MAX_VALUE);
    }
    live = true;
    stage.live(connection, ENTITY);
    commit();
    sweeps.add(new Sweep.What(ENTITY.id(), null, 0, false));
  }

  boolean canSweep() {
    return !sweeps.isEmpty();
  }

  void sweep() throws SQLException {
    Sweep.What what = sweeps.remove();
    List<Place> places =
        what.entity() < 0
            ? MergeTable.open(connection, Place.BEGINNING, 100)
            : MergeTable.all(connection, what.entity(), Place.BEGINNING, 100);
    for (Place place : places) {
      if (!stage.again(connection, place, what.system(), what.upTo(), what.refused())
          && what.upTo() == 0) {
        break;
      }
    }
    commit();
  }

  /** A person says that a member's row is a record of its own, or one with another's. */
  void relink(LinkedRecord.Place row, LinkedRecord.@Nullable Place with) throws SQLException {
    clock += 10;
    Instant now = Instant.ofEpochSecond(0, clock * 1_000);
    if (with == null) {
      stage.corrections().split(connection, ENTITY, row, now, journal::add);
    } else {
      stage.corrections().join(connection, ENTITY, row, with, now, journal::add);
    }
    commit();
  }

  @Nullable LinkedRecord linked(LinkedRecord.Place row) throws SQLException {
    return Matches.linked(connection, stage, ENTITY, row);
  }

  /** Pairs of records that may be one. */
  List<MergePair> pairs(MergePair.@Nullable State state) throws SQLException {
    return Matches.list(
        connection, stage, new MergePair.Filter(ENTITY, state, 0, Integer.MAX_VALUE));
  }

  /** A person says whether both are one. */
  void decide(MergePair pair, boolean same) throws SQLException {
    clock += 10;
    MatchDecision decision =
        new MatchDecision(
            stage, ENTITY, pair.id(), same, "seen", Instant.ofEpochSecond(0, clock * 1_000));
    decision.run(connection, journal::add);
    commit();
    decision.throwRefusal();
  }

  List<IdentityEvent> history(LinkedRecord.Place row) throws SQLException {
    return Matches.history(connection, stage, ENTITY, Objects.requireNonNull(linked(row)).number());
  }

  /** How many pairs wait for a person, as the status tells it. */
  long openMatches() {
    return stage.reviews().open(ENTITY.id());
  }

  long crowdedBlocks() {
    return stage.reviews().crowdedBlocks(ENTITY.id());
  }

  /** Why members do not take what they were told of a record. */
  List<String> refusals(Key key) throws SQLException {
    return stage.refusals(connection, ENTITY, key).stream().map(Problem::code).toList();
  }

  /** What members refused is told them once more. */
  void retry() {
    members.forEach(member -> sweeps.add(new Sweep.What(-1, member.member.system(), 0, true)));
  }

  /** Lets everything come to rest that is on its way. */
  void settle() throws SQLException, InterruptedException {
    int steps = 0;
    boolean busy = true;
    while (busy) {
      busy = false;
      while (canSweep()) {
        sweep();
        busy = true;
      }
      for (int i = 0; i < members.size(); i++) {
        if (members.get(i).behind()) {
          read(i, 2);
          busy = true;
        }
        if (canWrite(i)) {
          write(i, 2);
          busy = true;
        }
      }
      if (++steps > 2_000) {
        throw new AssertionError("it never comes to rest");
      }
    }
  }

  /** Lets everything come to rest between the other members, while nobody reads this one. */
  void settleWithout(int away) throws SQLException, InterruptedException {
    boolean busy = true;
    while (busy) {
      busy = false;
      while (canSweep()) {
        sweep();
        busy = true;
      }
      for (int i = 0; i < members.size(); i++) {
        if (i != away && members.get(i).behind()) {
          read(i, 2);
          busy = true;
        }
        if (i != away && canWrite(i)) {
          write(i, 2);
          busy = true;
        }
      }
    }
  }

  List<MergeConflict> conflicts(@Nullable Boolean open) throws SQLException {
    return conflicts.list(
        connection, new MergeConflict.Filter(ENTITY, null, open, 0, Integer.MAX_VALUE));
  }

  long openCount() {
    return stage.inbox().open(ENTITY.id());
  }

  /** So many conflicts of other records are decided by a rule. */
  void fill(int count) throws SQLException {
    for (int i = 1; i <= count; i++) {
      Row row = row(1_000 + i, "a", "b", BigDecimal.ONE);
      Conflict conflict =
          new Conflict(
              A,
              null,
              new Conflict.Side(row, new Stamp(i, 2)),
              new Conflict.Side(row, new Stamp(i, 1)),
              null,
              "latest",
              false,
              false);
      stage.inbox().note(connection, plan, key(1_000 + i), List.of(conflict));
    }
    commit();
  }

  /** A person decides. */
  void decide(MergeConflict conflict, MergeConflict.Choice choice) throws SQLException {
    clock += 10;
    Decision decision = new Decision(stage, conflict.id(), choice);
    decision.run(connection, journal::add);
    commit();
    UnisonoException refused = decision.refused();
    if (refused != null) {
      throw refused;
    }
  }

  /** The merged row, as the journal tells it. */
  @Nullable Row merged(Key key) {
    Row row = null;
    for (CleanChange change : journal) {
      if (Objects.equals(key, change.change().key())) {
        row = change.row();
      }
    }
    return row;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
