package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.merge.HeldRecords.Held;
import dev.unisono.engine.merge.MergeTable.Place;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.DeadLetter;
import dev.unisono.engine.state.Merging;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Merges what members show, in the writer's transaction: finds the record, merges, keeps what is in
 * conflict, has the journal told and then the members. For the writer's thread, but for what is
 * collecting.
 */
final class MergeStage implements Merging {
  private final Map<Integer, EntityMerge> entities;
  private final HeldRecords records;
  private final MergeNumbers numbers;
  private final MatchReviews reviews;
  private final MemberTelling telling;
  private final IdentityUpkeep upkeep;
  private final Identification identification;
  private final LinkCorrections corrections;
  private final ConflictInbox inbox;

  /**
   * @param queues by system what is in line for it; all members that are written have one
   * @param inbox keeps what two members did to a record
   * @param onBarrier called with a system and its barrier when its log has durably passed that;
   *     must not block
   * @param clock numbers begin above its time, so that a state that was restored from a copy uses
   *     none twice
   */
  MergeStage(
      Connection connection,
      Shapes shapes,
      List<MergePlan> plans,
      Map<String, MemberQueue> queues,
      ConflictInbox inbox,
      ObjLongConsumer<String> onBarrier,
      InstantSource clock)
      throws SQLException {
    MergeTable table = new MergeTable();
    this.entities = entities(connection, shapes, plans);
    this.records = new HeldRecords(entities, table);
    this.numbers = new MergeNumbers(connection, table, clock);
    this.reviews = new MatchReviews(connection, records, clock);
    this.telling = new MemberTelling(queues, records, numbers, reviews, onBarrier);
    this.upkeep = new IdentityUpkeep(records, reviews, telling);
    this.identification = new Identification(records, numbers, telling, reviews, clock);
    this.corrections = new LinkCorrections(entities, records, numbers, telling, reviews, upkeep);
    this.inbox = inbox;
    for (EntityMerge of : entities.values()) {
      if (of.links != null) {
        of.links.index.prepare(connection, table, of.codec);
      }
    }
    findInserts(connection);
    // The writer has a connection of its own.
    records.forget();
  }

  private static Map<Integer, EntityMerge> entities(
      Connection connection, Shapes shapes, List<MergePlan> plans) throws SQLException {
    Map<Integer, EntityMerge> entities = new HashMap<>();
    for (MergePlan plan : plans) {
      int entity = plan.entity().id();
      int[] stored = new int[plan.members().size()];
      Map<Integer, Integer> byStored = new HashMap<>();
      for (MergeMember member : plan.members()) {
        stored[member.number()] = MergeTable.memberNumber(connection, entity, member.system());
        byStored.put(stored[member.number()], member.number());
      }
      entities.put(
          entity,
          new EntityMerge(
              plan,
              new MergeCodec(plan, shapes, stored, byStored),
              plan.ownKeys() ? new RecordLinks(plan, stored) : null,
              MergeTable.live(connection, entity)));
    }
    return Map.copyOf(entities);
  }

  private void findInserts(Connection connection) throws SQLException {
    Place place = Place.BEGINNING;
    while (true) {
      List<Place> places = MergeTable.open(connection, place, 500);
      if (places.isEmpty()) {
        return;
      }
      for (Place each : places) {
        Held one = records.of(connection, each);
        if (one != null && one.of.links != null) {
          telling.remember(one);
        }
      }
      place = places.getLast();
    }
  }

  @Override
  public boolean merges(Entity entity) {
    return entities.containsKey(entity.id());
  }

  private EntityMerge of(Entity entity) {
    return Objects.requireNonNull(entities.get(entity.id()));
  }

  @Override
  public void merge(Connection connection, String system, CleanChange clean, Outcome outcome)
      throws SQLException {
    Change change = clean.change();
    EntityMerge of = of(clean.entity());
    MergeMember member = of.plan.member(system);
    if (member == null) {
      throw new IllegalStateException(system + " is no member of " + clean.entity().name());
    }
    if (change.operation() == Operation.TRUNCATE) {
      truncate(connection, of, member, change, outcome);
      return;
    }
    Key key = Objects.requireNonNull(change.key());
    RecordLinks links = of.links;
    if (links != null) {
      Key record = identification.linked(connection, of, links, member, clean, outcome);
      if (record != null) {
        Held one = records.of(connection, of, record);
        show(connection, one, member, change.after(), clean.row(), change, outcome);
      }
      return;
    }
    Held held = records.of(connection, of, key);
    DeadLetter wrong =
        clean.row() == null || change.marker() != 0
            ? null // What comes back of our own writes was judged before.
            : outcome.judge(() -> MergedChanges.candidate(held, member, clean));
    if (wrong != null) {
      outcome.refused(wrong);
      return;
    }
    Key previous = change.previousKey();
    if (previous != null) {
      show(connection, records.of(connection, of, previous), member, null, null, change, outcome);
    }
    Held one = records.of(connection, of, key);
    show(connection, one, member, change.after(), clean.row(), change, outcome);
  }

  private void truncate(
      Connection connection, EntityMerge of, MergeMember member, Change change, Outcome outcome)
      throws SQLException {
    finish(connection);
    Place place = Place.BEGINNING;
    while (true) {
      List<Place> places = MergeTable.all(connection, of.number(), place, 500);
      if (places.isEmpty()) {
        return;
      }
      for (Place each : places) {
        Held one = records.of(connection, of, StoredKey.read(each.key()));
        Key local = one.record.keyIn(member);
        if (one.view(member).shadow != null && local != null) {
          if (of.links != null) {
            of.links.unlink(connection, member, local);
          }
          show(connection, one, member, null, null, change, outcome);
        }
      }
      finish(connection);
      place = places.getLast();
    }
  }

  private void show(
      Connection connection,
      Held one,
      MergeMember member,
      @Nullable Row row,
      @Nullable Row clean,
      Change change,
      Outcome outcome)
      throws SQLException {
    MergedRecord record = one.record;
    Pending pending = one.view(member).pending;
    Row before = record.row();
    Row image = one.of.links == null ? null : record.image();
    long micros =
        read(change) && !one.of.live ? Merger.NO_TIME : MergedChanges.micros(change.sourceTime());
    Merger.Outcome came = one.of.merger.show(record, member, row, clean, micros, change.marker());
    telling.shown(one, member, pending);
    if (came.changed() && pending != null && change.marker() >= pending.id()) {
      telling.answered(one, member, change);
    }
    inbox.note(connection, one.of.plan, record.key(), came.conflicts());
    records.mark(one);
    if (image != null) {
      upkeep.changed(connection, one, image);
    }
    MergedChanges.journal(one, before, came.changed(), change, outcome::journaled);
    if (came.changed()) {
      telling.forgetRefused(one);
    }
    telling.tell(connection, one);
  }

  /** True where its time is that of reading, and nobody knows since when it has been so. */
  private static boolean read(Change change) {
    return change.operation() == Operation.READ || change.operation() == Operation.REFRESH;
  }

  /**
   * Changes a record by what was decided here, and tells all members.
   *
   * @param change gives true where it made another one of the record
   */
  void amend(
      Connection connection,
      Entity entity,
      Key key,
      BiPredicate<MergePlan, MergedRecord> change,
      Instant time,
      Consumer<CleanChange> journaled)
      throws SQLException {
    EntityMerge of = of(entity);
    Held one = records.of(connection, of, key);
    MergedRecord record = one.record;
    Row before = record.row();
    Row image = record.image();
    boolean changed = change.test(of.plan, record);
    records.mark(one);
    if (of.links != null) {
      upkeep.changed(connection, one, image);
    }
    MergedChanges.journal(
        one, before, changed, MergedChanges.amended(of.plan, key, time), journaled);
    telling.tell(connection, one);
  }

  @Override
  public void passed(Connection connection, String system, long marker) throws SQLException {
    telling.passed(connection, system, marker);
  }

  /** From now on members of an entity are told what the others wrote. */
  void live(Connection connection, Entity entity) throws SQLException {
    MergeTable.setLive(connection, entity.id(), false);
    of(entity).live = true;
  }

  /**
   * Looks again at a record: what a member was told up to a number, and has not shown, is told
   * anew; what was owed is told.
   *
   * @param system the member; null for all
   * @param refused true where what a member refused is told again, too
   * @return false where there is no room for more for that member
   */
  boolean again(
      Connection connection, Place place, @Nullable String system, long upTo, boolean refused)
      throws SQLException {
    Held one = records.of(connection, place);
    return one == null || telling.again(connection, one, system, upTo, refused);
  }

  /** Why members do not take what they were told of a record. */
  List<Problem> refusals(Connection connection, Entity entity, Key record) throws SQLException {
    List<Problem> refusals = new ArrayList<>();
    for (MemberView view : records.of(connection, of(entity), record).record.members) {
      Problem refused = view.pending == null ? null : view.pending.refused();
      if (refused != null) {
        refusals.add(refused);
      }
    }
    return refusals;
  }

  /** The entities whose members are still read for the first time. From any thread. */
  List<String> collecting() {
    return entities.values().stream()
        .filter(of -> !of.live)
        .map(of -> of.plan.entity().name())
        .sorted()
        .toList();
  }

  ConflictInbox inbox() {
    return inbox;
  }

  /** Pairs of records that may be one. */
  MatchReviews reviews() {
    return reviews;
  }

  /** All that are merged. */
  Collection<EntityMerge> merged() {
    return entities.values();
  }

  /** What members are told, and what became of it. */
  MemberTelling telling() {
    return telling;
  }

  /** Which rows are one record, as a person corrects it. */
  LinkCorrections corrections() {
    return corrections;
  }

  @Override
  public void finish(Connection connection) throws SQLException {
    records.write(connection, telling::written);
    numbers.write(connection);
  }

  @Override
  public void committed() {
    numbers.committed();
    inbox.committed();
    reviews.committed();
    telling.committed();
  }

  @Override
  public void rolledBack() {
    telling.rolledBack();
    inbox.rolledBack();
    reviews.rolledBack();
    records.forget();
    numbers.rolledBack();
  }
}
