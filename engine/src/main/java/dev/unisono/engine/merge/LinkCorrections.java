package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.merge.HeldRecords.Held;
import dev.unisono.engine.merge.IdentityEvent.What;
import dev.unisono.engine.merge.PairTable.Pair;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which rows are one record, as a person corrects it: a row is split off, two records are joined,
 * or are said to be two. For the writer's thread.
 */
final class LinkCorrections {
  private final Map<Integer, EntityMerge> entities;
  private final HeldRecords records;
  private final MergeNumbers numbers;
  private final MemberTelling telling;
  private final MatchReviews reviews;
  private final IdentityUpkeep upkeep;

  LinkCorrections(
      Map<Integer, EntityMerge> entities,
      HeldRecords records,
      MergeNumbers numbers,
      MemberTelling telling,
      MatchReviews reviews,
      IdentityUpkeep upkeep) {
    this.entities = Map.copyOf(entities);
    this.records = records;
    this.numbers = numbers;
    this.telling = telling;
    this.reviews = reviews;
    this.upkeep = upkeep;
  }

  /**
   * What a person said, for the history. Immutable.
   *
   * @param score how alike the records were where the person was asked; else null
   */
  private record Said(Instant at, @Nullable Double score, @Nullable String reason) {}

  /** Makes a member's row a record of its own, which the others are told of. */
  void split(
      Connection connection,
      Entity entity,
      LinkedRecord.Place row,
      Instant now,
      Consumer<CleanChange> journaled)
      throws SQLException {
    EntityMerge of = of(entity);
    Held one = settled(connection, of, row);
    MergeMember member = Objects.requireNonNull(of.plan.member(row.system()));
    Row shadow = Objects.requireNonNull(one.view(member).shadow);
    long rows = Arrays.stream(one.record.members).filter(view -> view.shadow != null).count();
    if (rows < 2) {
      throw refusal(
          "not-linked", row.system() + " " + row.key() + " is a record of its own already.", "");
    }
    telling.forgetRefused(one);
    Row before = one.record.row();
    one.record.members[member.number()] = new MemberView(entity.schema().size());
    records.mark(one);
    Held other = records.of(connection, of, new Key(numbers.next()));
    of.links().link(connection, member, row.key(), MatchReviews.number(other));
    of.merger.show(
        other.record, member, shadow, member.clean().apply(shadow), MergedChanges.micros(now), 0);
    records.mark(other);
    of.links().apart.set(connection, one.record, other.record);
    Said said = new Said(now, null, null);
    note(connection, one, What.SPLIT, member, row.key(), said);
    note(connection, other, What.SPLIT, member, row.key(), said);
    upkeep.changed(connection, other, of.newRecord(other.record.key()).image());
    MergedChanges.journal(
        one, before, false, MergedChanges.amended(of.plan, row.key(), now), journaled);
    MergedChanges.journal(
        other, null, true, MergedChanges.amended(of.plan, row.key(), now), journaled);
    telling.tell(connection, one);
    telling.tell(connection, other);
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
    EntityMerge of = of(entity);
    Held gone = settled(connection, of, row);
    Held one = settled(connection, of, with);
    if (gone == one) {
      throw refusal("not-linked", "Both rows are one record already.", "");
    }
    join(connection, gone, one, new Said(now, null, null), journaled);
  }

  /** Two records that may be one are, or are not, as a person said. */
  void decide(
      Connection connection,
      Entity entity,
      long id,
      boolean same,
      @Nullable String reason,
      Instant now,
      Consumer<CleanChange> journaled)
      throws SQLException {
    EntityMerge of = of(entity);
    Pair pair = of.links == null ? null : of.links.pairs.find(connection, id);
    if (pair == null) {
      throw missing(id);
    }
    if (pair.decided() != null) {
      throw refusal(
          "match-decided",
          "Match " + id + " is decided.",
          "Where it is to be otherwise, split or join the records: ./unisono links.");
    }
    Held one = records.of(connection, of, new Key(pair.one()));
    Held other = records.of(connection, of, new Key(pair.other()));
    Said said = new Said(now, pair.score().total(), reason);
    if (same) {
      settled(one);
      settled(other);
      Held kept = first(one) <= first(other) ? one : other;
      join(connection, kept == one ? other : one, kept, said, journaled);
      return;
    }
    of.links().pairs.decide(connection, pair, false, now, reason);
    reviews.closed(of);
    of.links().apart.set(connection, one.record, other.record);
    noteRows(connection, one, What.DIFFERENT, other, said);
    noteRows(connection, other, What.DIFFERENT, one, said);
    upkeep.tell(connection, List.of(one, other));
  }

  static UnisonoException missing(long id) {
    return refusal("not-found", "There is no match " + id + " (any more).", "");
  }

  /** The place in the config's order of the first member that has a row of a record. */
  private static int first(Held one) {
    for (MergeMember member : one.of.plan.members()) {
      if (one.view(member).shadow != null) {
        return member.number();
      }
    }
    return Integer.MAX_VALUE;
  }

  private void join(
      Connection connection, Held gone, Held one, Said said, Consumer<CleanChange> journaled)
      throws SQLException {
    EntityMerge of = one.of;
    RecordLinks links = of.links();
    refuseClash(gone, one);
    telling.forgetRefused(gone);
    telling.forgetRefused(one);
    long number = MatchReviews.number(one);
    Pair pair = links.pairs.of(connection, MatchReviews.number(gone), number);
    if (pair != null) {
      if (pair.decided() == null) {
        reviews.closed(of);
      }
      links.pairs.decide(connection, pair, true, said.at(), said.reason());
    }
    links.apart.forget(connection, gone.record, one.record);
    links.history.joined(connection, MatchReviews.number(gone), number);
    noteRows(connection, one, What.JOINED, gone, said);
    Row goneBefore = gone.record.row();
    Row goneImage = gone.record.image();
    Row before = one.record.row();
    Row image = one.record.image();
    for (MergeMember member : of.plan.members()) {
      Row shadow = gone.view(member).shadow;
      Key key = gone.record.keyIn(member);
      if (shadow != null && key != null) {
        links.link(connection, member, key, number);
        of.merger.show(one.record, member, shadow, member.clean().apply(shadow), Merger.NO_TIME, 0);
        gone.record.members[member.number()] = new MemberView(of.plan.entity().schema().size());
      }
    }
    gone.record.exists = false;
    // It is found by its values no more.
    Arrays.fill(gone.record.values, null);
    records.mark(gone);
    records.mark(one);
    links.index.moved(connection, MatchReviews.number(gone), goneImage, gone.record.image());
    List<Held> freed = reviews.joined(connection, gone, one);
    upkeep.changed(connection, one, image);
    Change amended = MergedChanges.amended(of.plan, one.record.key(), said.at());
    MergedChanges.journal(gone, goneBefore, true, amended, journaled);
    MergedChanges.journal(one, before, true, amended, journaled);
    telling.tell(connection, one);
    upkeep.tell(connection, freed);
  }

  private static void refuseClash(Held gone, Held one) {
    for (MergeMember member : one.of.plan.members()) {
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
  }

  /** Notes something of a record, for each row of another. */
  private void noteRows(Connection connection, Held of, What what, Held rows, Said said)
      throws SQLException {
    for (MergeMember member : rows.of.plan.members()) {
      Key key = rows.record.keyIn(member);
      if (key != null) {
        note(connection, of, what, member, key, said);
      }
    }
  }

  private static void note(
      Connection connection, Held one, What what, MergeMember member, Key key, Said said)
      throws SQLException {
    one.of
        .links()
        .history
        .note(
            connection,
            MatchReviews.number(one),
            new IdentityEvent(
                said.at(),
                what,
                member.system(),
                key,
                IdentityEvent.PERSON,
                said.score(),
                said.reason()));
  }

  private EntityMerge of(Entity entity) {
    return Objects.requireNonNull(entities.get(entity.id()));
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
    Held one = records.of(connection, of, new Key(number));
    settled(one);
    return one;
  }

  private static void settled(Held one) {
    for (MergeMember member : one.of.plan.members()) {
      Pending pending = one.view(member).pending;
      if (pending != null && pending.underway()) {
        throw new UnisonoException(
            new Problem(
                "record-busy",
                ProblemType.TRANSIENT,
                "A change of it is on its way to " + member.system() + ".",
                null,
                "Ask again in a moment."));
      }
    }
  }

  private static UnisonoException refusal(String code, String message, String remedy) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, remedy));
  }
}
