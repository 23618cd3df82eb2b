package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.merge.MergeTable.Place;
import dev.unisono.engine.merge.RecordLinks.AmbiguousMatch;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.DeadLetter;
import dev.unisono.engine.state.Merging;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Merges what members show, in the writer's transaction, and hands what each is to be told to its
 * queue once it is durable. For the writer's thread, but for the counts.
 */
final class MergeStage implements Merging {
  /** So many records stay in memory between commits. */
  private static final int KEPT_RECORDS = 8_192;

  /** How one entity is merged. */
  private static final class EntityMerge {
    final MergePlan plan;
    final Merger merger;
    final MergeCodec codec;

    /** Where each member has keys of its own. */
    final @Nullable RecordLinks links;

    volatile boolean live;

    EntityMerge(MergePlan plan, MergeCodec codec, @Nullable RecordLinks links, boolean live) {
      this.plan = plan;
      this.merger = new Merger(plan);
      this.codec = codec;
      this.links = links;
      this.live = live;
    }

    MergedRecord newRecord(Key key) {
      return new MergedRecord(plan.entity().schema(), key, plan.members().size(), plan.ownKeys());
    }

    byte[] stored(Key key) {
      return plan.ownKeys()
          ? StoredKey.write((Long) key.part(0))
          : StoredKey.write(plan.entity(), key);
    }
  }

  /** Which record. Immutable. */
  private record RecordKey(int entity, Key key) {}

  /**
   * How far a member is. What was not made is told from what was not shown only once both are
   * known: that the log has passed it, and what the writer had to say of it.
   */
  private static final class Progress {
    volatile long passed;
    volatile long through;

    /** The marker with which the present session began: what is older may never have been sent. */
    long begun;

    /** True until the log has passed that. */
    boolean beginning;
  }

  /** A record in memory. */
  private static final class Held {
    final EntityMerge of;
    final byte[] key;
    final MergedRecord record;
    boolean dirty;

    Held(EntityMerge of, byte[] key, MergedRecord record) {
      this.of = of;
      this.key = key;
      this.record = record;
    }
  }

  private final Map<Integer, EntityMerge> entities = new HashMap<>();
  private final Map<String, MemberQueue> queues;
  private final ObjLongConsumer<String> onBarrier;
  private final InstantSource clock;
  private final MergeTable table = new MergeTable();
  private final Map<RecordKey, Held> held =
      new LinkedHashMap<>(1024, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<RecordKey, Held> eldest) {
          return size() > KEPT_RECORDS && !eldest.getValue().dirty;
        }
      };

  /** Of this transaction. */
  private final List<Held> dirty = new ArrayList<>();

  private final Map<String, List<MemberWrite>> told = new HashMap<>();
  private final Map<Long, RecordKey> opened = new HashMap<>();
  private final List<Long> closed = new ArrayList<>();

  /** Inserts to which a member gives the key, and which of them are of this transaction. */
  private final Map<Long, RecordKey> inserting = new HashMap<>();

  private final List<Long> insertingNow = new ArrayList<>();

  /** By system the barrier that its log has passed. */
  private final Map<String, Long> barriers = new HashMap<>();

  /** By system the writes that are under way in it, by their ids. */
  private final Map<String, TreeMap<Long, RecordKey>> underway = new HashMap<>();

  /** By system up to which marker its log has come, and up to which write its writer is through. */
  private final Map<String, Progress> progress = new HashMap<>();

  /** Systems that may have refused something since they were last told that again. */
  private final Set<String> refusing = ConcurrentHashMap.newKeySet();

  private final Runaways runaways = new Runaways();
  private final ConflictInbox inbox;
  private long number;
  private long durableNumber;

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
    this.queues = Map.copyOf(queues);
    this.inbox = inbox;
    this.onBarrier = onBarrier;
    this.clock = clock;
    this.number = Math.max(MergeTable.numbers(connection), clock.millis() * 1_000);
    this.durableNumber = number;
    queues.keySet().forEach(system -> underway.put(system, new TreeMap<>()));
    queues.keySet().forEach(system -> progress.put(system, new Progress()));
    // Who knows what was refused before the start.
    refusing.addAll(queues.keySet());
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
    findInserts(connection);
  }

  /** What was told before a restart may still come back, and is known by its number alone. */
  private void findInserts(Connection connection) throws SQLException {
    Place place = Place.BEGINNING;
    while (true) {
      List<Place> places = MergeTable.open(connection, place, 500);
      if (places.isEmpty()) {
        return;
      }
      for (Place each : places) {
        EntityMerge of = entities.get(each.entity());
        if (of != null && of.links != null) {
          Held one = held(connection, of, StoredKey.read(each.key()));
          for (MemberView view : one.record.members) {
            Pending pending = view.pending;
            if (pending != null && view.shadow == null) {
              inserting.put(pending.id(), new RecordKey(each.entity(), one.record.key()));
            }
          }
        }
      }
      place = places.getLast();
    }
  }

  @Override
  public boolean merges(Entity entity) {
    return entities.containsKey(entity.id());
  }

  @Override
  public void merge(Connection connection, String system, CleanChange clean, Outcome outcome)
      throws SQLException {
    Change change = clean.change();
    EntityMerge of = Objects.requireNonNull(entities.get(clean.entity().id()));
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
      Key record = linked(connection, of, links, member, clean, outcome);
      if (record != null) {
        Held one = held(connection, of, record);
        show(connection, one, member, change.after(), clean.row(), change, outcome);
      }
      return;
    }
    Key previous = change.previousKey();
    if (previous != null) {
      show(connection, held(connection, of, previous), member, null, null, change, outcome);
    }
    Held one = held(connection, of, key);
    show(connection, one, member, change.after(), clean.row(), change, outcome);
  }

  /** The record that a member's row is, linked from now on; null where it is none. */
  private @Nullable Key linked(
      Connection connection,
      EntityMerge of,
      RecordLinks links,
      MergeMember member,
      CleanChange clean,
      Outcome outcome)
      throws SQLException {
    Change change = clean.change();
    Key local = Objects.requireNonNull(change.key());
    Key previous = change.previousKey();
    Long known = links.find(connection, member, previous == null ? local : previous);
    if (previous != null) {
      links.unlink(connection, member, previous);
    }
    Row row = clean.row();
    if (row == null) {
      links.unlink(connection, member, local);
      return known == null ? null : new Key(known);
    }
    if (known != null && previous == null) {
      return new Key(known);
    }
    Long record = known == null ? inserted(connection, of, member, change.marker()) : known;
    if (record == null) {
      try {
        record = links.match(connection, row, each -> lacks(connection, of, member, each));
      } catch (AmbiguousMatch ambiguous) {
        outcome.refused(
            new DeadLetter(
                clock.instant(), clean.entity(), change, ambiguous.problem(member, local)));
        return null;
      }
    }
    long linked = record == null ? ++number : record;
    links.link(connection, member, local, linked);
    return new Key(linked);
  }

  private boolean lacks(Connection connection, EntityMerge of, MergeMember member, long record)
      throws SQLException {
    return held(connection, of, new Key(record)).record.members[member.number()].shadow == null;
  }

  /** The record whose insert that was; null where it was none of ours. */
  private @Nullable Long inserted(
      Connection connection, EntityMerge of, MergeMember member, long marker) throws SQLException {
    RecordKey place = inserting.get(marker);
    if (place == null || place.entity() != of.plan.entity().id()) {
      return null;
    }
    MemberView view = held(connection, of, place.key()).record.members[member.number()];
    Pending pending = view.pending;
    return view.shadow == null && pending != null && pending.id() == marker
        ? (Long) place.key().part(0)
        : null;
  }

  private void truncate(
      Connection connection, EntityMerge of, MergeMember member, Change change, Outcome outcome)
      throws SQLException {
    finish(connection);
    Place place = Place.BEGINNING;
    while (true) {
      List<Place> places = MergeTable.all(connection, of.plan.entity().id(), place, 500);
      if (places.isEmpty()) {
        return;
      }
      for (Place each : places) {
        Held one = held(connection, of, StoredKey.read(each.key()));
        Key local = one.record.keyIn(member);
        if (one.record.members[member.number()].shadow != null && local != null) {
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

  private Held held(Connection connection, EntityMerge of, Key key) throws SQLException {
    RecordKey place = new RecordKey(of.plan.entity().id(), key);
    Held known = held.get(place);
    if (known != null) {
      return known;
    }
    byte[] stored = of.stored(key);
    byte[] record = table.find(connection, place.entity(), stored);
    Held read =
        new Held(of, stored, record == null ? of.newRecord(key) : of.codec.read(key, record));
    held.put(place, read);
    return read;
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
    Pending pending = record.members[member.number()].pending;
    Row before = record.row();
    Row image = one.of.links == null ? null : record.image();
    long micros = read(change) && !one.of.live ? Merger.NO_TIME : micros(change.sourceTime());
    Merger.Outcome came = one.of.merger.show(record, member, row, clean, micros, change.marker());
    if (pending != null && record.members[member.number()].pending == null) {
      closed.add(pending.id());
    }
    if (came.changed() && pending != null && change.marker() >= pending.id()) {
      runaways.answered(
          one.of.plan.entity().id(), record.key(), member, micros(change.sourceTime()));
    }
    inbox.note(connection, one.of.plan, record.key(), came.conflicts());
    mark(one);
    if (one.of.links != null && image != null) {
      one.of.links.moved(connection, (Long) record.key().part(0), image, record.image());
    }
    journal(one, before, came.changed(), change, outcome::journaled);
    if (came.changed()) {
      forgetRefused(one);
    }
    tell(one);
  }

  /** True where its time is that of reading, and nobody knows since when it has been so. */
  private static boolean read(Change change) {
    return change.operation() == Operation.READ || change.operation() == Operation.REFRESH;
  }

  /** What others are told of the record; its key there may be another one than before. */
  private static void journal(
      Held one,
      @Nullable Row before,
      boolean changed,
      Change change,
      Consumer<CleanChange> journaled) {
    Row after = one.record.row();
    Schema schema = one.of.plan.entity().schema();
    if (one.of.plan.ownKeys()
        && before != null
        && after != null
        && !schema.key(before).equals(schema.key(after))) {
      journaled.accept(merged(one, before, null, change));
      journaled.accept(merged(one, null, after, change));
    } else if (changed ? before != null || after != null : (before == null) != (after == null)) {
      journaled.accept(merged(one, before, after, change));
    }
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
    EntityMerge of = Objects.requireNonNull(entities.get(entity.id()));
    Held one = held(connection, of, key);
    MergedRecord record = one.record;
    Row before = record.row();
    Row image = record.image();
    boolean changed = change.test(of.plan, record);
    mark(one);
    if (of.links != null) {
      of.links.moved(connection, (Long) key.part(0), image, record.image());
    }
    journal(one, before, changed, amended(of.plan, key, time), journaled);
    tell(one);
  }

  /** Which rows a record is that a member knows by a key; null where it has no such row. */
  @Nullable LinkedRecord linked(Connection connection, Entity entity, LinkedRecord.Place row)
      throws SQLException {
    EntityMerge of = Objects.requireNonNull(entities.get(entity.id()));
    MergeMember member = of.plan.member(row.system());
    RecordLinks links = of.links;
    Long number =
        member == null || links == null ? null : links.find(connection, member, row.key());
    if (number == null) {
      return null;
    }
    byte[] stored = table.find(connection, entity.id(), StoredKey.write(number));
    Map<String, Key> keys = new LinkedHashMap<>();
    if (stored != null) {
      MergedRecord record = of.codec.read(new Key(number), stored);
      for (MergeMember each : of.plan.members()) {
        Key key = record.keyIn(each);
        if (key != null) {
          keys.put(each.system(), key);
        }
      }
    }
    return new LinkedRecord(number, Collections.unmodifiableMap(keys));
  }

  /** Makes a member's row a record of its own, which the others are told of. */
  void split(
      Connection connection,
      Entity entity,
      LinkedRecord.Place row,
      Instant now,
      Consumer<CleanChange> journaled)
      throws SQLException {
    EntityMerge of = Objects.requireNonNull(entities.get(entity.id()));
    Held one = settled(connection, of, row);
    MergeMember member = Objects.requireNonNull(of.plan.member(row.system()));
    Row shadow = Objects.requireNonNull(one.record.members[member.number()].shadow);
    long rows = Arrays.stream(one.record.members).filter(view -> view.shadow != null).count();
    if (rows < 2) {
      throw refusal(
          "not-linked", row.system() + " " + row.key() + " is a record of its own already.", "");
    }
    forgetRefused(one);
    Row before = one.record.row();
    one.record.members[member.number()] = new MemberView(entity.schema().size());
    mark(one);
    long number = ++this.number;
    Key key = new Key(number);
    Held other = held(connection, of, key);
    links(of).link(connection, member, row.key(), number);
    of.merger.show(other.record, member, shadow, member.clean().apply(shadow), micros(now), 0);
    mark(other);
    links(of).moved(connection, number, of.newRecord(key).image(), other.record.image());
    journal(one, before, false, amended(of.plan, row.key(), now), journaled);
    journal(other, null, true, amended(of.plan, row.key(), now), journaled);
    tell(one);
    tell(other);
  }

  /** Makes the record of a row one with another record, which has what it has where both differ. */
  void join(
      Connection connection,
      Entity entity,
      LinkedRecord.Place row,
      LinkedRecord.Place with,
      Instant now,
      Consumer<CleanChange> journaled)
      throws SQLException {
    EntityMerge of = Objects.requireNonNull(entities.get(entity.id()));
    Held gone = settled(connection, of, row);
    Held one = settled(connection, of, with);
    if (gone == one) {
      throw refusal("not-linked", "Both rows are one record already.", "");
    }
    for (MergeMember member : of.plan.members()) {
      if (gone.record.keyIn(member) != null && one.record.keyIn(member) != null) {
        throw refusal(
            "links-clash",
            member.system()
                + " has a row of each: "
                + gone.record.keyIn(member)
                + " and "
                + one.record.keyIn(member)
                + ".",
            "Delete one of them in " + member.system() + " first.");
      }
    }
    forgetRefused(gone);
    forgetRefused(one);
    Row goneBefore = gone.record.row();
    Row before = one.record.row();
    Row image = one.record.image();
    links(of).forget(connection, (Long) gone.record.key().part(0), gone.record.image());
    for (MergeMember member : of.plan.members()) {
      Row shadow = gone.record.members[member.number()].shadow;
      Key key = gone.record.keyIn(member);
      if (shadow != null && key != null) {
        links(of).link(connection, member, key, (Long) one.record.key().part(0));
        of.merger.show(one.record, member, shadow, member.clean().apply(shadow), Merger.NO_TIME, 0);
        gone.record.members[member.number()] = new MemberView(entity.schema().size());
      }
    }
    gone.record.exists = false;
    mark(gone);
    mark(one);
    links(of).moved(connection, (Long) one.record.key().part(0), image, one.record.image());
    journal(gone, goneBefore, true, amended(of.plan, row.key(), now), journaled);
    journal(one, before, true, amended(of.plan, with.key(), now), journaled);
    tell(one);
  }

  private static RecordLinks links(EntityMerge of) {
    return Objects.requireNonNull(of.links);
  }

  /** The record of a row, where nothing of it is on its way. */
  private Held settled(Connection connection, EntityMerge of, LinkedRecord.Place row)
      throws SQLException {
    MergeMember member = of.plan.member(row.system());
    RecordLinks links = of.links;
    if (links == null) {
      throw refusal(
          "not-linked",
          of.plan.entity().name() + " has the same key in all members: there are no links.",
          "");
    }
    Long number = member == null ? null : links.find(connection, member, row.key());
    if (number == null) {
      throw refusal("not-found", row.system() + " has no row " + row.key() + " here.", "");
    }
    Held one = held(connection, of, new Key(number));
    for (MemberView view : one.record.members) {
      if (view.pending != null && view.pending.underway()) {
        throw new UnisonoException(
            new Problem(
                "record-busy",
                ProblemType.TRANSIENT,
                "A change of " + row.system() + " " + row.key() + " is on its way to a member.",
                null,
                "Ask again in a moment."));
      }
    }
    return one;
  }

  /** What members refused of a record is told anew, as it is to be from now on. */
  private void forgetRefused(Held one) {
    for (MemberView view : one.record.members) {
      Pending pending = view.pending;
      if (pending != null && !pending.underway()) {
        closed.add(pending.id());
        view.pending = null;
      }
    }
  }

  private static UnisonoException refusal(String code, String message, String remedy) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, remedy));
  }

  private static Change amended(MergePlan plan, Key key, Instant time) {
    return new Change(
        plan.members().getFirst().binding(),
        Operation.UPDATE,
        key,
        null,
        null,
        null,
        new Position(0, 0),
        time,
        0);
  }

  static long micros(Instant time) {
    return time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000;
  }

  private static CleanChange merged(
      Held one, @Nullable Row before, @Nullable Row after, Change change) {
    Row either = Objects.requireNonNull(after == null ? before : after);
    Operation operation =
        after == null ? Operation.DELETE : before == null ? Operation.CREATE : Operation.UPDATE;
    return new CleanChange(
        one.of.plan.entity(),
        new Change(
            change.binding(),
            operation,
            one.of.plan.ownKeys() ? one.of.plan.entity().schema().key(either) : one.record.key(),
            null,
            after,
            before,
            change.position(),
            change.sourceTime(),
            change.transaction()),
        after,
        before);
  }

  private void mark(Held one) {
    if (!one.dirty) {
      one.dirty = true;
      dirty.add(one);
    }
  }

  /** Tells the members what they are to be told, as far as there is room. */
  private void tell(Held one) {
    if (!one.of.live) {
      return;
    }
    MergedRecord record = one.record;
    for (MergeMember member : one.of.plan.members()) {
      MemberView view = record.members[member.number()];
      if (!member.written() || view.pending != null) {
        continue;
      }
      MemberQueue queue = Objects.requireNonNull(queues.get(member.system()));
      // What is owed is told behind the barrier with which its writer begins.
      view.owed = !member.known() || !queue.promise();
      if (view.owed) {
        continue;
      }
      MemberWrite write = one.of.merger.tell(record, member, number + 1);
      Pending sent = view.pending;
      if (write == null || sent == null) {
        queue.release(1);
      } else if (runaways.runsAway(one.of.plan.entity().id(), record.key(), member)) {
        view.pending = sent.refused(Runaways.problem(member, record));
        queue.release(1);
      } else {
        number++;
        told.computeIfAbsent(member.system(), any -> new ArrayList<>()).add(write);
        RecordKey place = new RecordKey(one.of.plan.entity().id(), record.key());
        opened.put(write.id(), place);
        if (write.key() == null) {
          inserting.put(write.id(), place);
          insertingNow.add(write.id());
        }
      }
    }
  }

  @Override
  public void passed(Connection connection, String system, long marker) throws SQLException {
    Progress far = progress.get(system);
    if (far == null) {
      return;
    }
    far.passed = Math.max(far.passed, marker);
    resolve(connection, system);
    if (far.beginning && far.passed >= far.begun) {
      barriers.put(system, far.begun);
    }
  }

  /**
   * What the log has passed, and the writer is through with, was not made where it was not shown.
   */
  void resolve(Connection connection, String system) throws SQLException {
    Progress far = progress(system);
    long upTo = Math.min(far.passed, far.through);
    TreeMap<Long, RecordKey> waiting = Objects.requireNonNull(underway.get(system));
    for (Map.Entry<Long, RecordKey> each : List.copyOf(waiting.headMap(upTo, true).entrySet())) {
      RecordKey place = each.getValue();
      EntityMerge of = Objects.requireNonNull(entities.get(place.entity()));
      Held one = held(connection, of, place.key());
      MergeMember member = Objects.requireNonNull(of.plan.member(system));
      // Most of them have come back in the same batch.
      boolean notMade =
          each.getKey() < far.begun
              ? of.merger.lost(one.record, member, each.getKey())
              : of.merger.passed(one.record, member, upTo);
      if (notMade) {
        mark(one);
        tell(one);
      }
      closed.add(each.getKey());
    }
  }

  private Progress progress(String system) {
    return Objects.requireNonNull(progress.get(system));
  }

  /**
   * A member's writer is through with all writes up to a number, and has handed in what was
   * refused. From any thread.
   *
   * @return true where the log has passed it already, so that {@link #resolve} has to be called
   */
  boolean through(String system, long number) {
    Progress far = progress(system);
    far.through = number;
    return far.passed >= number;
  }

  /**
   * Gives a number for a marker after which nothing that a member was told before can come any
   * more; once its log has passed it, all that was told and not shown is told anew.
   */
  long barrier(String system) {
    long barrier = ++number;
    progress(system).begun = barrier;
    progress(system).beginning = true;
    return barrier;
  }

  /** From now on members of an entity are told what the others wrote. */
  void live(Connection connection, Entity entity) throws SQLException {
    MergeTable.setLive(connection, entity.id(), false);
    Objects.requireNonNull(entities.get(entity.id())).live = true;
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
    EntityMerge of = entities.get(place.entity());
    if (of == null) {
      return true;
    }
    Held one = held(connection, of, StoredKey.read(place.key()));
    for (MergeMember member : of.plan.members()) {
      if (system != null && !member.system().equals(system)) {
        continue;
      }
      MemberView view = one.record.members[member.number()];
      Pending pending = view.pending;
      if (of.merger.lost(one.record, member, upTo)
          || (refused && pending != null && !pending.underway())) {
        view.pending = null;
        closed.add(Objects.requireNonNull(pending).id());
      }
    }
    mark(one);
    tell(one);
    MergeMember member = system == null ? null : of.plan.member(system);
    boolean room = member == null || !one.record.members[member.number()].owed;
    if (!room && refused) {
      refusing.add(Objects.requireNonNull(system));
    }
    return room;
  }

  /** A member does not take a write for what it is. */
  void refused(Connection connection, String system, MemberWrite write, Problem cause)
      throws SQLException {
    RecordKey place = Objects.requireNonNull(underway.get(system)).get(write.id());
    if (place == null) {
      return;
    }
    EntityMerge of = Objects.requireNonNull(entities.get(place.entity()));
    MergeMember member = Objects.requireNonNull(of.plan.member(system));
    Held one = held(connection, of, place.key());
    MemberView view = one.record.members[member.number()];
    Pending pending = view.pending;
    if (pending != null && pending.id() == write.id()) {
      view.pending = pending.refused(cause);
      closed.add(write.id());
      mark(one);
    }
  }

  /** True where a member may have refused something since this was last asked. From any thread. */
  boolean takeRefusing(String system) {
    return refusing.remove(system);
  }

  /** Why members do not take what they were told of a record. */
  List<Problem> refusals(Connection connection, Entity entity, Key record) throws SQLException {
    EntityMerge of = Objects.requireNonNull(entities.get(entity.id()));
    List<Problem> refusals = new ArrayList<>();
    for (MemberView view : held(connection, of, record).record.members) {
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

  @Override
  public void finish(Connection connection) throws SQLException {
    for (Held one : dirty) {
      table.write(
          connection,
          one.of.plan.entity().id(),
          one.key,
          one.record.open(),
          one.of.codec.write(one.record));
      for (MergeMember member : one.of.plan.members()) {
        Pending pending = one.record.members[member.number()].pending;
        if (pending != null && !pending.underway()) {
          refusing.add(member.system());
        }
      }
    }
    dirty.forEach(one -> one.dirty = false);
    dirty.clear();
    if (number != durableNumber) {
      table.writeNumbers(connection, number);
    }
  }

  @Override
  public void committed() {
    durableNumber = number;
    inbox.committed();
    for (Map.Entry<String, List<MemberWrite>> each : told.entrySet()) {
      TreeMap<Long, RecordKey> waiting = Objects.requireNonNull(underway.get(each.getKey()));
      for (MemberWrite write : each.getValue()) {
        waiting.put(write.id(), Objects.requireNonNull(opened.get(write.id())));
      }
    }
    closed.forEach(inserting::remove);
    for (Long id : closed) {
      underway.values().forEach(waiting -> waiting.remove(id));
    }
    told.forEach((system, writes) -> Objects.requireNonNull(queues.get(system)).add(writes));
    barriers.forEach((system, barrier) -> {
      progress(system).beginning &= progress(system).begun > barrier;
      onBarrier.accept(system, barrier);
    });
    clear();
  }

  @Override
  public void rolledBack() {
    told.forEach(
        (system, writes) -> Objects.requireNonNull(queues.get(system)).release(writes.size()));
    insertingNow.forEach(inserting::remove);
    inbox.rolledBack();
    held.clear();
    dirty.clear();
    table.forget();
    number = durableNumber;
    clear();
  }

  private void clear() {
    told.clear();
    opened.clear();
    insertingNow.clear();
    closed.clear();
    barriers.clear();
  }
}
