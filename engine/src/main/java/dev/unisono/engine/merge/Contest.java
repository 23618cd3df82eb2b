package dev.unisono.engine.merge;

import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.expression.ConflictExpression;
import dev.unisono.engine.merge.Conflict.Side;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides between the present version of a field and an edit that was not made in knowledge of it.
 * Has no state; safe for threads.
 */
final class Contest {
  private final MergePlan plan;
  private final Schema schema;

  Contest(MergePlan plan) {
    this.plan = plan;
    this.schema = plan.entity().schema();
  }

  /**
   * An edit of a field. Immutable.
   *
   * @param before what it was made on, in its member
   * @param known the version that the member is known to have held
   * @param stamp the version it makes
   */
  record Edit(
      MergeMember member,
      int field,
      @Nullable Object before,
      @Nullable Object value,
      @Nullable Stamp known,
      Stamp stamp) {}

  /**
   * What comes of it. Immutable.
   *
   * @param value what the field has from now on, in a version
   * @param seen the version that the edit's member is known to hold
   * @param conflict null where both could have what they wanted
   */
  record Verdict(
      @Nullable Object value, Stamp version, @Nullable Stamp seen, @Nullable Conflict conflict) {}

  /** What a rule says. Immutable. */
  private record Rule(@Nullable Object value, String rule, boolean open, boolean collided) {}

  Verdict decide(Edit edit, @Nullable Object present, Stamp current) {
    boolean newer = edit.stamp().compareTo(current) > 0;
    // A field that was empty when it was read first is in nobody's way.
    boolean written = Merger.isWritten(current) && Merger.isWritten(edit.stamp());
    boolean firstLoad =
        current.micros() <= Merger.NO_TIME && edit.stamp().micros() <= Merger.NO_TIME;
    Rule ruling =
        written
            ? rule(edit, present, current, newer, firstLoad)
            : new Rule(newer ? edit.value() : present, "latest", false, false);
    Object value = ruling.value();
    Side mine = new Side(only(edit.field(), edit.value()), edit.stamp());
    Side theirs = new Side(only(edit.field(), present), current);
    boolean keeps = SameValue.of(value, present);
    boolean takes = !keeps && SameValue.of(value, edit.value());
    Stamp version;
    Stamp seen;
    if (keeps) {
      version = current;
      // Nobody may be known to hold a later version than the present one.
      seen = newer ? edit.known() : edit.stamp();
    } else if (takes) {
      version = newer ? edit.stamp() : current.next(edit.member().rank());
      seen = version;
    } else {
      version = (newer ? edit.stamp() : current).next(Stamp.OURS);
      seen = edit.stamp();
    }
    boolean keptTheirs = keeps || (!takes && !newer);
    Conflict conflict =
        ruling.collided()
            ? new Conflict(
                edit.field(),
                only(edit.field(), edit.before()),
                keptTheirs ? theirs : mine,
                keptTheirs ? mine : theirs,
                keeps || takes ? null : only(edit.field(), value),
                ruling.rule(),
                ruling.open(),
                firstLoad)
            : null;
    return new Verdict(value, version, seen, conflict);
  }

  private Rule rule(
      Edit edit, @Nullable Object present, Stamp current, boolean newer, boolean firstLoad) {
    FieldStrategy strategy = plan.fields().get(edit.field());
    Object newest = newer ? edit.value() : present;
    if (firstLoad) {
      boolean asks = strategy instanceof FieldStrategy.Manual;
      return new Rule(newest, asks ? strategy.name() : "priority", asks, true);
    }
    return switch (strategy) {
      case FieldStrategy.Latest _, FieldStrategy.Priority _ ->
          new Rule(newest, strategy.name(), false, true);
      // What is no number is not added.
      case FieldStrategy.Sum _ -> new Rule(newest, "latest", false, true);
      case FieldStrategy.Manual _ -> new Rule(present, strategy.name(), true, true);
      case FieldStrategy.Merge _ -> {
        ThreeWay.Merged merged = ThreeWay.merge(edit.before(), present, edit.value(), newer);
        yield new Rule(merged.value(), strategy.name(), false, merged.collided());
      }
      case FieldStrategy.Computed computed -> {
        ConflictExpression.Version mine =
            version(edit.value(), edit.member().system(), edit.stamp());
        ConflictExpression.Version theirs = version(present, plan.writer(current), current);
        Optional<ConflictExpression.Result> result =
            computed
                .expression()
                .evaluate(newer ? mine : theirs, newer ? theirs : mine, edit.before());
        yield result
            .map(given -> new Rule(given.value(), strategy.name(), false, true))
            .orElseGet(() -> new Rule(newest, "latest", false, true));
      }
    };
  }

  private static ConflictExpression.Version version(
      @Nullable Object value, String member, Stamp stamp) {
    return new ConflictExpression.Version(value, member, instant(stamp));
  }

  static Instant instant(Stamp stamp) {
    return Instant.EPOCH.plusNanos(Math.multiplyExact(stamp.micros(), 1_000));
  }

  /** A row with one value. */
  Row only(int field, @Nullable Object value) {
    @Nullable Object[] values = new @Nullable Object[schema.size()];
    Arrays.fill(values, Unchanged.UNCHANGED);
    values[field] = value;
    return new Row(schema, values);
  }
}
