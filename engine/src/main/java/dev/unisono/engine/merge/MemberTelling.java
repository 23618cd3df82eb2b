package dev.unisono.engine.merge;

import dev.unisono.engine.merge.HeldRecords.Held;
import dev.unisono.engine.merge.HeldRecords.RecordKey;
import dev.unisono.spi.Change;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells members what they are to be told of records, and what became of it: made, refused, or told
 * anew. Their queues get it once it is durable. For the writer's thread, but for what is said to be
 * from any.
 */
final class MemberTelling {
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

  private final Map<String, MemberQueue> queues;
  private final HeldRecords records;
  private final MergeNumbers numbers;
  private final MatchReviews reviews;
  private final ObjLongConsumer<String> onBarrier;
  private final Runaways runaways = new Runaways();

  /** Of this transaction. */
  private final Map<String, List<MemberWrite>> told = new HashMap<>();

  private final Map<Long, RecordKey> opened = new HashMap<>();
  private final List<Long> closed = new ArrayList<>();

  /** Inserts to which a member gives the key, and which of them are of this transaction. */
  private final Map<Long, RecordKey> inserting = new HashMap<>();

  private final List<Long> insertingNow = new ArrayList<>();

  /** By system the barrier that its log has passed. */
  private final Map<String, Long> barriers = new HashMap<>();

  /** By system the writes that are under way in it, by their ids. */
  private final Map<String, NavigableMap<Long, RecordKey>> underway = new HashMap<>();

  /** By system up to which marker its log has come, and up to which write its writer is through. */
  private final Map<String, Progress> progress = new HashMap<>();

  /** Systems that may have refused something since they were last told that again. */
  private final Set<String> refusing = ConcurrentHashMap.newKeySet();

  /**
   * @param queues by system what is in line for it; all members that are written have one
   * @param reviews says which records are not made anywhere for the time being
   * @param onBarrier called with a system and its barrier when its log has durably passed that;
   *     must not block
   */
  MemberTelling(
      Map<String, MemberQueue> queues,
      HeldRecords records,
      MergeNumbers numbers,
      MatchReviews reviews,
      ObjLongConsumer<String> onBarrier) {
    this.queues = Map.copyOf(queues);
    this.records = records;
    this.numbers = numbers;
    this.reviews = reviews;
    this.onBarrier = onBarrier;
    queues.keySet().forEach(system -> underway.put(system, new TreeMap<>()));
    queues.keySet().forEach(system -> progress.put(system, new Progress()));
    // Who knows what was refused before the start.
    refusing.addAll(queues.keySet());
  }

  /** What was told before a restart may still come back, and is known by its number alone. */
  void remember(Held one) {
    for (MemberView view : one.record.members) {
      Pending pending = view.pending;
      if (pending != null && view.shadow == null) {
        inserting.put(pending.id(), one.place());
      }
    }
  }

  /** The record of which a marker is an insert to which the member gives the key; else null. */
  @Nullable RecordKey insertOf(long marker) {
    return inserting.get(marker);
  }

  /** A member has shown a record: what it had been told came back with it or is still awaited. */
  void shown(Held one, MergeMember member, @Nullable Pending pending) {
    if (pending != null && one.view(member).pending == null) {
      closed.add(pending.id());
    }
  }

  /** It came back as another one than it was told. */
  void answered(Held one, MergeMember member, Change change) {
    runaways.answered(
        one.of.number(), one.record.key(), member, MergedChanges.micros(change.sourceTime()));
  }

  /** What members refused of a record is told anew, as it is to be from now on. */
  void forgetRefused(Held one) {
    for (MemberView view : one.record.members) {
      Pending pending = view.pending;
      if (pending != null && !pending.underway()) {
        closed.add(pending.id());
        view.pending = null;
      }
    }
  }

  /** Tells the members what they are to be told, as far as there is room. */
  void tell(Connection connection, Held one) throws SQLException {
    if (!one.of.live) {
      return;
    }
    for (MergeMember member : one.of.plan.members()) {
      MemberView view = one.view(member);
      if (!member.written() || view.pending != null) {
        continue;
      }
      if (one.record.exists && view.shadow == null && reviews.waits(connection, one)) {
        view.owed = false;
        continue;
      }
      MemberQueue queue = Objects.requireNonNull(queues.get(member.system()));
      // What is owed is told behind the barrier with which its writer begins.
      view.owed = !member.known() || !queue.promise();
      if (view.owed) {
        continue;
      }
      MemberWrite write = one.of.merger.tell(one.record, member, numbers.upcoming());
      Pending sent = view.pending;
      if (write == null || sent == null) {
        queue.release(1);
      } else if (runaways.runsAway(one.of.number(), one.record.key(), member)) {
        view.pending = sent.refused(Runaways.problem(member, one.record));
        queue.release(1);
      } else {
        numbers.next();
        tell(one, member, write);
      }
    }
  }

  private void tell(Held one, MergeMember member, MemberWrite write) {
    told.computeIfAbsent(member.system(), any -> new ArrayList<>()).add(write);
    RecordKey place = one.place();
    opened.put(write.id(), place);
    if (write.key() == null) {
      inserting.put(write.id(), place);
      insertingNow.add(write.id());
    }
  }

  /** A member's log has passed a marker of ours. */
  void passed(Connection connection, String system, long marker) throws SQLException {
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
    NavigableMap<Long, RecordKey> waiting = underway(system);
    for (Map.Entry<Long, RecordKey> each : List.copyOf(waiting.headMap(upTo, true).entrySet())) {
      Held one = records.of(connection, each.getValue());
      MergeMember member = Objects.requireNonNull(one.of.plan.member(system));
      // Most of them have come back in the same batch.
      boolean notMade =
          each.getKey() < far.begun
              ? one.of.merger.lost(one.record, member, each.getKey())
              : one.of.merger.passed(one.record, member, upTo);
      if (notMade) {
        records.mark(one);
        tell(connection, one);
      }
      closed.add(each.getKey());
    }
  }

  private Progress progress(String system) {
    return Objects.requireNonNull(progress.get(system));
  }

  private NavigableMap<Long, RecordKey> underway(String system) {
    return Objects.requireNonNull(underway.get(system));
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
    long barrier = numbers.next();
    progress(system).begun = barrier;
    progress(system).beginning = true;
    return barrier;
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
      Connection connection, Held one, @Nullable String system, long upTo, boolean refused)
      throws SQLException {
    for (MergeMember member : one.of.plan.members()) {
      if (system != null && !member.system().equals(system)) {
        continue;
      }
      MemberView view = one.view(member);
      Pending pending = view.pending;
      if (one.of.merger.lost(one.record, member, upTo)
          || (refused && pending != null && !pending.underway())) {
        view.pending = null;
        closed.add(Objects.requireNonNull(pending).id());
      }
    }
    records.mark(one);
    tell(connection, one);
    MergeMember member = system == null ? null : one.of.plan.member(system);
    boolean room = member == null || !one.view(member).owed;
    if (!room && refused) {
      refusing.add(Objects.requireNonNull(system));
    }
    return room;
  }

  /** A member does not take a write for what it is. */
  void refused(Connection connection, String system, MemberWrite write, Problem cause)
      throws SQLException {
    RecordKey place = underway(system).get(write.id());
    if (place == null) {
      return;
    }
    Held one = records.of(connection, place);
    MemberView view = one.view(Objects.requireNonNull(one.of.plan.member(system)));
    Pending pending = view.pending;
    if (pending != null && pending.id() == write.id()) {
      view.pending = pending.refused(cause);
      closed.add(write.id());
      records.mark(one);
    }
  }

  /** True where a member may have refused something since this was last asked. From any thread. */
  boolean takeRefusing(String system) {
    return refusing.remove(system);
  }

  /** A record is written: who refuses something of it is asked again some time. */
  void written(Held one) {
    for (MergeMember member : one.of.plan.members()) {
      Pending pending = one.view(member).pending;
      if (pending != null && !pending.underway()) {
        refusing.add(member.system());
      }
    }
  }

  void committed() {
    told.forEach((system, writes) -> {
      NavigableMap<Long, RecordKey> waiting = underway(system);
      for (MemberWrite write : writes) {
        waiting.put(write.id(), Objects.requireNonNull(opened.get(write.id())));
      }
    });
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

  void rolledBack() {
    told.forEach(
        (system, writes) -> Objects.requireNonNull(queues.get(system)).release(writes.size()));
    insertingNow.forEach(inserting::remove);
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
