package dev.unisono.engine.merge;

import dev.unisono.engine.merge.FuzzySearch.Candidate;
import dev.unisono.engine.merge.HeldRecords.RecordKey;
import dev.unisono.engine.merge.IdentityEvent.What;
import dev.unisono.engine.merge.RecordLinks.AmbiguousMatch;
import dev.unisono.engine.merge.RecordLinks.Equal;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.DeadLetter;
import dev.unisono.engine.state.Merging.Outcome;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds which record a row of a member is, where each member has keys of its own: by its link, by
 * the insert of ours that made it, by the match rules; else it is a new one. For the writer's
 * thread.
 */
final class Identification {
  private final HeldRecords records;
  private final MergeNumbers numbers;
  private final MemberTelling telling;
  private final MatchReviews reviews;
  private final InstantSource clock;

  Identification(
      HeldRecords records,
      MergeNumbers numbers,
      MemberTelling telling,
      MatchReviews reviews,
      InstantSource clock) {
    this.records = records;
    this.numbers = numbers;
    this.telling = telling;
    this.reviews = reviews;
    this.clock = clock;
  }

  /** The record that a member's row is, linked from now on; null where it is none. */
  @Nullable Key linked(
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
      links.apart.moved(connection, member, previous, local);
    }
    Row row = clean.row();
    if (row == null) {
      links.unlink(connection, member, local);
      if (known != null) {
        left(connection, of, member, local, known);
      }
      return known == null ? null : new Key(known);
    }
    if (known != null && previous == null) {
      return new Key(known);
    }
    Long record = known == null ? inserted(connection, of, member, change.marker()) : known;
    if (record == null) {
      try {
        record = matched(connection, of, member, local, row);
      } catch (AmbiguousMatch ambiguous) {
        outcome.refused(
            new DeadLetter(
                clock.instant(), clean.entity(), change, ambiguous.problem(member, local)));
        return null;
      }
    }
    links.link(connection, member, local, record);
    return new Key(record);
  }

  /** The record of a row that was never seen, by the rules; a new one where it is none's. */
  private long matched(
      Connection connection, EntityMerge of, MergeMember member, Key local, Row row)
      throws SQLException, AmbiguousMatch {
    RecordLinks links = of.links();
    Equal equal = links.match(connection, row, each -> lacks(connection, of, member, each));
    if (equal != null) {
      note(connection, of, equal.record(), What.LINKED, member, local, equal.rule(), null);
      return equal.record();
    }
    List<Candidate> like =
        links.search.find(
            connection,
            member,
            local,
            row,
            each -> records.of(connection, of, new Key(each)).record);
    reviews.crowded(of);
    if (like.stream().filter(Candidate::sure).count() == 1) {
      Candidate one = like.getFirst();
      note(
          connection,
          of,
          one.record(),
          What.LINKED,
          member,
          local,
          IdentityEvent.FUZZY,
          one.score().total());
      return one.record();
    }
    long made = numbers.next();
    reviews.ask(connection, of, made, like);
    return made;
  }

  /** A row is gone; its record is remembered of it where it has others. */
  private void left(
      Connection connection, EntityMerge of, MergeMember member, Key local, long record)
      throws SQLException {
    int rows = 0;
    for (MemberView view : records.of(connection, of, new Key(record)).record.members) {
      rows += view.shadow == null ? 0 : 1;
    }
    if (rows > 1) {
      note(connection, of, record, What.LEFT, member, local, member.system(), null);
    }
  }

  private void note(
      Connection connection,
      EntityMerge of,
      long record,
      What what,
      MergeMember member,
      Key local,
      String rule,
      @Nullable Double score)
      throws SQLException {
    of.links()
        .history
        .note(
            connection,
            record,
            new IdentityEvent(clock.instant(), what, member.system(), local, rule, score, null));
  }

  private boolean lacks(Connection connection, EntityMerge of, MergeMember member, long record)
      throws SQLException {
    return records.of(connection, of, new Key(record)).view(member).shadow == null;
  }

  /** The record whose insert that was; null where it was none of ours. */
  private @Nullable Long inserted(
      Connection connection, EntityMerge of, MergeMember member, long marker) throws SQLException {
    RecordKey place = telling.insertOf(marker);
    if (place == null || place.entity() != of.number()) {
      return null;
    }
    MemberView view = records.of(connection, of, place.key()).view(member);
    Pending pending = view.pending;
    return view.shadow == null && pending != null && pending.id() == marker
        ? (Long) place.key().part(0)
        : null;
  }
}
