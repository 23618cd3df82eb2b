package dev.unisono.engine.merge;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.merge.Conflict.Side;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which what members show becomes a merged record, and the record what members are to
 * be told. A shadow is moved only by what its member shows; what was sent waits until it comes back
 * or the log has passed it. Has no state; safe for threads, as long as each record is for one.
 */
final class Merger {
  /** What a member shows was written at no time that is known: as when it is read first. */
  static final long NO_TIME = 0;

  /** The same of a field without a value: whoever has one knows more. */
  private static final long NEVER = -1;

  private final MergePlan plan;
  private final Schema schema;
  private final Contest contest;

  Merger(MergePlan plan) {
    this.plan = plan;
    this.schema = plan.entity().schema();
    this.contest = new Contest(plan);
  }

  /**
   * What came of something shown. Immutable.
   *
   * @param changed true where the merged record is another now
   */
  record Outcome(boolean changed, List<Conflict> conflicts) {
    private static final Outcome NOTHING = new Outcome(false, List.of());
  }

  /**
   * A member shows a record.
   *
   * @param row as it is there; null where it has no such record (any more)
   * @param clean the same, standardized
   * @param micros when it was written there, or NO_TIME
   * @param marker of the transaction of ours that wrote it; 0 where somebody else did
   */
  Outcome show(
      MergedRecord record,
      MergeMember member,
      @Nullable Row row,
      @Nullable Row clean,
      long micros,
      long marker) {
    MemberView view = record.members[member.number()];
    Row old = view.shadow;
    Row shown = row == null || old == null ? row : row.over(old);
    view.shadow = shown;
    Pending pending = view.pending;
    Row base = old;
    if (pending != null && pending.underway() && marker >= pending.id()) {
      base = held(member, view, old, pending);
      view.pending = null;
    } else if (pending != null && !pending.underway()) {
      // It is another row now: perhaps it takes what it refused.
      view.pending = null;
    } else {
      view.crossed = pending != null;
    }
    if (shown == null && base == null) {
      return Outcome.NOTHING;
    }
    return edit(record, member, shown, clean, base, micros);
  }

  /** What the member holds after a write of ours, and knows by it. */
  private @Nullable Row held(
      MergeMember member, MemberView view, @Nullable Row old, Pending pending) {
    for (int field = 0; field < schema.size(); field++) {
      if (pending.stamp(field) != null) {
        view.seen[field] = pending.stamp(field);
      }
    }
    if (pending.existence() != null) {
      view.seenExistence = pending.existence();
    }
    Row values = pending.values();
    if (values == null) {
      return null;
    }
    @Nullable Object[] projected = values.copyValues();
    for (int field = 0; field < projected.length; field++) {
      if (projected[field] != Unchanged.UNCHANGED) {
        projected[field] = member.projection().project(field, projected[field]);
      }
    }
    Row sent = new Row(schema, projected);
    return old == null ? sent : sent.over(old);
  }

  private Outcome edit(
      MergedRecord record,
      MergeMember member,
      @Nullable Row shown,
      @Nullable Row clean,
      @Nullable Row base,
      long micros) {
    MemberView view = record.members[member.number()];
    List<Conflict> conflicts = new ArrayList<>(0);
    boolean changed = false;
    if (shown == null || clean == null) {
      changed = exists(record, member, null, base, micros, conflicts);
      return new Outcome(changed, conflicts);
    }
    boolean edited = false;
    if (base == null) {
      changed = exists(record, member, clean, null, micros, conflicts);
    }
    for (int field = 0; field < schema.size(); field++) {
      Object value = shown.value(field);
      if (schema.isKey(field) || !member.has(field) || value == Unchanged.UNCHANGED) {
        continue;
      }
      Object before = base == null ? null : base.value(field);
      if (base == null || !SameValue.of(value, before)) {
        edited = true;
        Object written = clean.value(field);
        long time = micros == NO_TIME && written == null ? NEVER : micros;
        if (holds(record, member, field, value)) {
          view.seen[field] = Stamp.later(view.seen[field], record.stamps[field]);
        } else {
          changed |= write(record, member, view, field, before, written, time, conflicts);
        }
      }
    }
    if (edited && base != null) {
      changed |= edited(record, member, clean, base, micros, conflicts);
    }
    return new Outcome(changed, conflicts);
  }

  /** An edit brings back what another member deleted meanwhile, unless that wins. */
  private boolean edited(
      MergedRecord record,
      MergeMember member,
      Row clean,
      Row base,
      long micros,
      List<Conflict> conflicts) {
    if (plan.deletes() != DeleteRule.DELETE_WINS) {
      return exists(record, member, clean, base, micros, conflicts);
    }
    Stamp current = record.existence;
    Stamp known = record.members[member.number()].seenExistence;
    if (!record.exists && current != null && !current.equals(known)) {
      Side edit = new Side(clean, stamp(member, micros, known));
      conflicts.add(deleted(base, new Side(null, current), edit));
    }
    return false;
  }

  /**
   * A member has the record, or has it no more.
   *
   * @param row what it shows; null where it has none
   * @param base what it had before
   */
  private boolean exists(
      MergedRecord record,
      MergeMember member,
      @Nullable Row row,
      @Nullable Row base,
      long micros,
      List<Conflict> conflicts) {
    MemberView view = record.members[member.number()];
    boolean exists = row != null;
    Stamp known = view.seenExistence;
    Stamp current = record.existence;
    if (!exists && current != null && !record.exists) {
      view.seenExistence = current;
      return false;
    }
    boolean informed = current != null && current.equals(known);
    Stamp on = current != null && informed && !exists ? knownToAll(record, member, current) : known;
    Stamp stamp = existence(member, micros, on, exists);
    view.seenExistence = stamp;
    boolean wins = current == null || informed || stamp.compareTo(current) > 0;
    if (current != null && record.exists != exists) {
      Side mine = new Side(row, stamp);
      if (!current.equals(known)) {
        Side theirs = new Side(record.row(), current);
        conflicts.add(deleted(base, wins ? mine : theirs, wins ? theirs : mine));
      } else if (!exists && plan.deletes() == DeleteRule.DELETE_WINS) {
        Stamp unknown = unknownEdit(record, view);
        if (unknown != null) {
          conflicts.add(deleted(base, mine, new Side(record.row(), unknown)));
        }
      }
    }
    if (current != null && !informed && exists && record.exists) {
      record.existence = both(wins ? stamp : current, wins ? current : stamp);
      Lineage.shortenExistence(record);
      return false;
    }
    if (!wins) {
      return false;
    }
    boolean changed = record.exists != exists;
    record.existence = stamp;
    record.exists = exists;
    Lineage.shortenExistence(record);
    return changed;
  }

  /**
   * What a delete is weighed by where edits win: its member's own edits before it, and all that
   * some do not know yet, must not make it greater than an edit by one of those.
   */
  private Stamp knownToAll(MergedRecord record, MergeMember member, Stamp current) {
    if (plan.deletes() == DeleteRule.DELETE_WINS) {
      return current;
    }
    int common = current.path().length();
    for (int i = 0; i < record.members.length; i++) {
      if (i != member.number()) {
        Stamp seen = record.members[i].seenExistence;
        common = Math.min(common, Lineage.common(current.path(), seen == null ? "" : seen.path()));
      }
    }
    return current.along(current.path().substring(0, common));
  }

  /** A version that neither of two members knows that have edited it in ignorance of each other. */
  private Stamp both(Stamp greater, Stamp other) {
    return plan.deletes() == DeleteRule.DELETE_WINS
        ? greater
        : along(greater, Ruling.letter(plan.deletes(), true, other.rank()));
  }

  private Conflict deleted(@Nullable Row base, Side kept, Side other) {
    String rule =
        switch (plan.deletes()) {
          case EDIT_WINS -> "edit-wins";
          case DELETE_WINS -> "delete-wins";
          case ASK -> "ask";
        };
    return new Conflict(
        Conflict.EXISTENCE, base, kept, other, null, rule, plan.deletes() == DeleteRule.ASK, false);
  }

  /** A version of a field that a member does not know; null where it knows all. */
  private @Nullable Stamp unknownEdit(MergedRecord record, MemberView view) {
    Stamp unknown = null;
    for (int field = 0; field < schema.size(); field++) {
      Stamp stamp = record.stamps[field];
      if (stamp != null && view.seen[field] != null && !stamp.equals(view.seen[field])) {
        unknown = Stamp.later(unknown, stamp);
      }
    }
    return unknown;
  }

  /**
   * It shows what the present value is once written there: by its steps that may be another one in
   * the entity's standard form, and no edit all the same.
   */
  private boolean holds(
      MergedRecord record, MergeMember member, int field, @Nullable Object shown) {
    Object present = record.values[field];
    return member.deliver().standardizes(field)
        && record.stamps[field] != null
        && SameValue.of(member.stored(field, present), shown);
  }

  private boolean write(
      MergedRecord record,
      MergeMember member,
      MemberView view,
      int field,
      @Nullable Object before,
      @Nullable Object value,
      long micros,
      List<Conflict> conflicts) {
    Stamp known = view.seen[field];
    Stamp current = record.stamps[field];
    Object present = record.values[field];
    FieldStrategy strategy = plan.fields().get(field);
    Object sum = strategy instanceof FieldStrategy.Sum ? sum(present, value, before) : null;
    if (sum == null && current != null && SameValue.of(member.stored(field, present), value)) {
      // It holds all of the present value that it can.
      view.seen[field] = Stamp.later(known, current);
      return false;
    }
    Stamp stamp =
        strategy instanceof FieldStrategy.Priority
            ? along(stamp(member, micros, known), member.rank())
            : stamp(member, micros, known);
    if (sum != null) {
      view.seen[field] = stamp;
      record.values[field] = sum;
      record.stamps[field] = Stamp.later(current, stamp);
      return !SameValue.of(sum, present);
    }
    if (current == null
        || current.equals(known)
        || refines(field, value, present, current, stamp)) {
      view.seen[field] = stamp;
      record.values[field] = value;
      record.stamps[field] = Stamp.later(current, stamp);
      Lineage.shorten(record, field);
      return true;
    }
    Contest.Verdict verdict =
        contest.decide(
            new Contest.Edit(member, field, before, value, known, stamp), present, current);
    view.seen[field] = verdict.seen();
    record.values[field] = verdict.value();
    record.stamps[field] = verdict.version();
    if (verdict.conflict() != null) {
      conflicts.add(verdict.conflict());
    }
    Lineage.shorten(record, field);
    return !SameValue.of(verdict.value(), present);
  }

  /** False of a field that was empty when it was read first. */
  static boolean isWritten(Stamp stamp) {
    return stamp.micros() >= NO_TIME;
  }

  /** Where no times are known: the present value is what its member could hold of this one. */
  private boolean refines(
      int field, @Nullable Object value, @Nullable Object present, Stamp current, Stamp stamp) {
    MergeMember holder = plan.ranked(current.rank());
    return current.micros() == NO_TIME
        && stamp.micros() == NO_TIME
        && holder != null
        && SameValue.of(holder.stored(field, value), present);
  }

  /** What is added is the difference that an edit makes; null where there is none to be told. */
  private static @Nullable Object sum(
      @Nullable Object present, @Nullable Object value, @Nullable Object before) {
    if (present instanceof Long number
        && value instanceof Long after
        && before instanceof Long was) {
      return number + after - was;
    }
    if (present instanceof BigDecimal number
        && value instanceof BigDecimal after
        && before instanceof BigDecimal was) {
      return number.add(after).subtract(was);
    }
    if (present instanceof Double number
        && value instanceof Double after
        && before instanceof Double was) {
      return number + after - was;
    }
    return null;
  }

  /** The version that an edit makes: later than the one it is known to have been made on. */
  private Stamp stamp(MergeMember member, long micros, @Nullable Stamp known) {
    long time = micros - Math.floorMod(micros, plan.resolutionMicros());
    return known == null
        ? new Stamp(time, member.rank())
        : new Stamp(Math.max(time, known.micros() + 1), member.rank(), known.path());
  }

  /** Where not the time decides: what is there at the first load has no letter of its own. */
  private static Stamp along(Stamp stamp, int letter) {
    return stamp.micros() <= NO_TIME ? stamp : stamp.along(stamp.path() + (char) letter);
  }

  /** Of what knows nothing of each other, edits come before deletes, or the other way round. */
  private Stamp existence(MergeMember member, long micros, @Nullable Stamp known, boolean exists) {
    return along(
        stamp(member, micros, known), Ruling.letter(plan.deletes(), exists, member.rank()));
  }

  /**
   * What was told up to a number, and was not shown, will never be.
   *
   * @return true where something was
   */
  boolean lost(MergedRecord record, MergeMember member, long upTo) {
    MemberView view = record.members[member.number()];
    Pending pending = view.pending;
    if (pending == null || !pending.underway() || pending.id() > upTo) {
      return false;
    }
    view.pending = null;
    view.crossed = false;
    return true;
  }

  /**
   * The log of a member has passed a marker, and its writer had nothing to say of what is not shown
   * by then: it was not made, since the row is another one. Which one, the log has shown; where it
   * has not, there is something that we are not shown, and telling it again would help nothing.
   *
   * @return true where something was not made
   */
  boolean passed(MergedRecord record, MergeMember member, long marker) {
    MemberView view = record.members[member.number()];
    Pending pending = view.pending;
    boolean crossed = view.crossed;
    if (!lost(record, member, marker)) {
      return false;
    }
    if (!crossed && pending != null) {
      view.pending = pending.refused(notMade(record, member));
    }
    return true;
  }

  private Problem notMade(MergedRecord record, MergeMember member) {
    Key key = record.keyIn(member);
    if (key == null) {
      return new Problem(
          "match-taken",
          ProblemType.USER,
          member.system()
              + " has a row of its own that equals a new "
              + schema.name()
              + " in the fields of a match rule, and belongs to another record or to none.",
          member.binding().configPath(),
          "Correct or delete that row in " + member.system() + ".");
    }
    return new Problem(
        "row-differs",
        ProblemType.USER,
        member.system()
            + " holds another row of "
            + schema.name()
            + " "
            + key
            + " than it has shown.",
        member.binding().configPath(),
        "Where a change of it was refused, correct the row in "
            + member.system()
            + "; else repeat its snapshot.");
  }

  /**
   * What a member is to be told now, which is pending from then on; null where there is nothing, or
   * something is under way already.
   */
  @Nullable MemberWrite tell(MergedRecord record, MergeMember member, long id) {
    MemberView view = record.members[member.number()];
    if (!member.written() || view.pending != null || record.existence == null) {
      return null;
    }
    Row shadow = view.shadow;
    if (!record.exists) {
      if (shadow == null) {
        view.seenExistence = record.existence;
        return null;
      }
      return delete(record, member, view, id, shadow);
    }
    @Nullable Stamp[] stamps = new @Nullable Stamp[schema.size()];
    @Nullable Object[] values = new @Nullable Object[schema.size()];
    Arrays.fill(values, Unchanged.UNCHANGED);
    boolean anything = shadow == null;
    Row clean = null;
    for (int field = 0; field < schema.size(); field++) {
      if (!member.has(field)) {
        continue;
      }
      Object value = record.values[field];
      if (plan.ownKeys() && schema.isKey(field)) {
        continue;
      }
      if (shadow == null) {
        values[field] = member.delivered(field, value);
        stamps[field] = record.stamps[field];
      } else if (!schema.isKey(field)
          && shadow.value(field) != Unchanged.UNCHANGED
          && record.stamps[field] != null) {
        Object stored = member.stored(field, value);
        boolean holds = SameValue.of(stored, shadow.value(field));
        if (!holds) {
          // Or it has the value in words of its own that are standardized to it.
          clean = clean == null ? member.clean().apply(shadow) : clean;
          holds = SameValue.of(stored, clean.value(field));
        }
        if (holds) {
          view.seen[field] = Stamp.later(view.seen[field], record.stamps[field]);
        } else {
          values[field] = member.delivered(field, value);
          stamps[field] = record.stamps[field];
          anything = true;
        }
      }
    }
    if (!anything) {
      view.seenExistence = record.existence;
      return null;
    }
    Row sent = new Row(schema, values);
    view.pending = new Pending(id, sent, stamps, record.existence, null);
    return new MemberWrite(
        id,
        member.binding(),
        record.keyIn(member),
        sent,
        shadow,
        shadow == null ? plan.match() : List.of());
  }

  private MemberWrite delete(
      MergedRecord record, MergeMember member, MemberView view, long id, Row shadow) {
    view.pending = new Pending(id, null, record.stamps.clone(), record.existence, null);
    return new MemberWrite(id, member.binding(), record.keyIn(member), null, shadow, List.of());
  }
}
