package dev.unisono.engine.merge;

import dev.unisono.engine.merge.HeldRecords.RecordKey;
import dev.unisono.engine.merge.RecordLinks.AmbiguousMatch;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.DeadLetter;
import dev.unisono.engine.state.Merging.Outcome;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
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
  private final InstantSource clock;

  Identification(
      HeldRecords records, MergeNumbers numbers, MemberTelling telling, InstantSource clock) {
    this.records = records;
    this.numbers = numbers;
    this.telling = telling;
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
    long linked = record == null ? numbers.next() : record;
    links.link(connection, member, local, linked);
    return new Key(linked);
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
