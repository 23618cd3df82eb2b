package dev.unisono.engine.merge;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a person decided of a record, made the newest version that there is: later than whatever any
 * member is known to hold. Has no state; safe for threads, as long as each record is for one.
 */
final class Ruling {
  /** More than any member's rank. */
  private static final int OUR_LETTER = 63;

  private final MergePlan plan;

  Ruling(MergePlan plan) {
    this.plan = plan;
  }

  /** The letter of a version of a record's existence in its path. */
  static int letter(DeleteRule deletes, boolean exists, int rank) {
    boolean first = exists == (deletes != DeleteRule.DELETE_WINS);
    return rank + (first ? OUR_LETTER + 1 : 0);
  }

  /** Gives a field a value; the record is another one by it where this gives true. */
  boolean write(MergedRecord record, int field, @Nullable Object value, long micros) {
    Stamp top =
        top(record, record.stamps[field], view -> view.seen[field], sent -> sent.stamp(field));
    boolean lettered = plan.fields().get(field) instanceof FieldStrategy.Priority;
    boolean changed = !SameValue.of(record.values[field], value);
    record.values[field] = value;
    record.stamps[field] = newest(top, micros, lettered ? String.valueOf((char) OUR_LETTER) : "");
    Lineage.shorten(record, field);
    return changed && record.exists;
  }

  /** Brings a record back, or deletes it. */
  boolean exists(MergedRecord record, boolean exists, long micros) {
    Stamp top = top(record, record.existence, view -> view.seenExistence, Pending::existence);
    boolean changed = record.exists != exists;
    record.existence =
        newest(top, micros, String.valueOf((char) letter(plan.deletes(), exists, OUR_LETTER)));
    record.exists = exists;
    Lineage.shortenExistence(record);
    return changed;
  }

  private static @Nullable Stamp top(
      MergedRecord record,
      @Nullable Stamp current,
      Function<MemberView, @Nullable Stamp> seen,
      Function<Pending, @Nullable Stamp> sent) {
    Stamp top = current;
    for (MemberView view : record.members) {
      top = Stamp.later(top, seen.apply(view));
      Pending pending = view.pending;
      top = pending == null ? top : Stamp.later(top, sent.apply(pending));
    }
    return top;
  }

  private static Stamp newest(@Nullable Stamp top, long micros, String letter) {
    return top == null
        ? new Stamp(micros, Stamp.OURS, letter)
        : new Stamp(Math.max(micros, top.micros() + 1), Stamp.OURS, top.path() + letter);
  }
}
