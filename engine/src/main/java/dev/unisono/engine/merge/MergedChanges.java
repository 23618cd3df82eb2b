package dev.unisono.engine.merge;

import dev.unisono.engine.merge.HeldRecords.Held;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the journal is told of merged records. Has no state. */
final class MergedChanges {
  private MergedChanges() {}

  /** What others are told of the record; its key there may be another one than before. */
  static void journal(
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

  /** A member's change with what the record would be if all that the member has edited counted. */
  static CleanChange candidate(Held one, MergeMember member, CleanChange shown) {
    Row row = Objects.requireNonNull(shown.row());
    Row raw = shown.change().after();
    Row shadow = one.view(member).shadow;
    Row present = one.record.row();
    if (shadow == null || present == null || raw == null) {
      return shown;
    }
    @Nullable Object[] values = row.copyValues();
    for (int i = 0; i < values.length; i++) {
      if (values[i] == Unchanged.UNCHANGED || SameValue.of(raw.value(i), shadow.value(i))) {
        values[i] = present.value(i);
      }
    }
    return new CleanChange(
        shown.entity(), shown.change(), new Row(row.schema(), values), shown.before());
  }

  /** What a person has decided of a record, as a change. */
  static Change amended(MergePlan plan, Key key, Instant time) {
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
}
