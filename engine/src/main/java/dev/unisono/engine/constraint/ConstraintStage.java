package dev.unisono.engine.constraint;

import dev.unisono.engine.clean.Refusals;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.constraint.EntityConstraints.UniqueRule;
import dev.unisono.engine.constraint.Judge.Objection;
import dev.unisono.engine.constraint.Judge.Verdict;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.Constraining;
import dev.unisono.engine.state.DeadLetter;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.engine.validate.Severity;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Judges changes beside the records that are known, in the writer's transaction, and follows what
 * becomes of them. For the writer's thread.
 */
final class ConstraintStage implements Constraining {
  private final Map<Integer, EntityConstraints> followed;
  private final Judge judge;
  private final Warnings warnings;
  private final InstantSource clock;
  private final Consumer<String> freed;

  /** What was judged last: most often it is taken next. */
  private @Nullable Seen last;

  /** By the writer's connection; made anew after a transaction that failed. */
  private @Nullable ConstraintTable open;

  /**
   * @param followed by entity's number
   * @param freed takes what letters may wait for, where it is there now
   */
  ConstraintStage(
      Map<Integer, EntityConstraints> followed,
      Judge judge,
      Warnings warnings,
      InstantSource clock,
      Consumer<String> freed) {
    this.followed = followed;
    this.judge = judge;
    this.warnings = warnings;
    this.clock = clock;
    this.freed = freed;
  }

  @Override
  public boolean follows(Entity entity) {
    return followed.containsKey(entity.id());
  }

  private ConstraintTable table(Connection connection) {
    ConstraintTable table = open;
    if (table == null) {
      table = new ConstraintTable(connection);
      open = table;
    }
    return table;
  }

  private EntityConstraints of(Entity entity) {
    return Objects.requireNonNull(followed.get(entity.id()));
  }

  @Override
  public @Nullable DeadLetter judge(
      Connection connection, String system, CleanChange clean, boolean letThrough)
      throws SQLException {
    EntityConstraints of = of(clean.entity());
    Change change = clean.change();
    Row row = clean.row();
    Key changed = change.key();
    if (row == null || changed == null || !of.asks()) {
      return null;
    }
    ConstraintTable table = table(connection);
    Seen seen = new Seen(table, of, clean, changed, row);
    last = seen;
    // What is read again may not have been judged before.
    Verdict verdict =
        judge.judge(
            table,
            of,
            seen.key,
            seen.was,
            seen.values,
            seen.digests,
            change.operation() == Operation.REFRESH ? null : seen.before);
    if (verdict.objections().isEmpty() && !verdict.unchecked()) {
      return null;
    }
    List<Objection> wrong = verdict.of(Severity.REJECT);
    List<Objection> doubts = letThrough ? List.of() : verdict.of(Severity.QUARANTINE);
    if (wrong.isEmpty() && doubts.isEmpty()) {
      if (verdict.unchecked()) {
        KnownRecords.unchecked(connection, of.entity().id());
      }
      warnings.count(clean.entity().name(), verdict.findings(Severity.WARN));
      return null;
    }
    letGo(table, of, seen.was, seen.before, seen.values);
    return wrong.isEmpty()
        ? Refusals.heldBesideOthers(
            clean.entity(), change, verdict.findings(Severity.QUARANTINE), clock.instant())
        : Refusals.unfit(
            clean.entity(),
            change,
            verdict.findings(Severity.REJECT),
            wrong.getFirst().remedy(),
            wrong.getFirst().awaits(),
            clock.instant());
  }

  /** A change beside what is known of its record. */
  private static final class Seen {
    private final CleanChange change;

    /** The record's key as it is stored. */
    private final byte[] key;

    /** The key that it had before; the same where it keeps it. */
    private final byte[] was;

    /** What was known of it by that key; null where nothing was. */
    private final byte @Nullable [] written;

    private final @Nullable Object @Nullable [] before;
    private final @Nullable Object[] values;

    /** What must be unique of its values, by rule. */
    private final List<byte @Nullable []> digests;

    Seen(ConstraintTable table, EntityConstraints of, CleanChange clean, Key changed, Row row)
        throws SQLException {
      Key previous = clean.change().previousKey();
      this.change = clean;
      this.key = StoredKey.write(clean.entity(), changed);
      this.was = previous == null ? key : StoredKey.write(clean.entity(), previous);
      this.written = table.parts(of.entity().id(), was);
      this.before = of.read(written);
      this.values = of.values(row, before);
      this.digests = of.digests(values);
    }
  }

  /** What a record had of values that must be unique, and has no more, is free. */
  private void letGo(
      ConstraintTable table,
      EntityConstraints of,
      byte[] key,
      @Nullable Object @Nullable [] before,
      @Nullable Object @Nullable [] now)
      throws SQLException {
    for (UniqueRule rule : of.unique()) {
      letGo(table, of, rule, key, of.digest(rule, before), of.digest(rule, now));
    }
  }

  private void letGo(
      ConstraintTable table,
      EntityConstraints of,
      UniqueRule rule,
      byte[] key,
      byte @Nullable [] value,
      byte @Nullable [] now)
      throws SQLException {
    int entity = of.entity().id();
    if (value != null
        && !Arrays.equals(value, now)
        && table.letGo(entity, rule.number(), value, key)) {
      freed.accept(Judge.valueName(entity, rule.number(), value));
    }
  }

  @Override
  public void taken(Connection connection, CleanChange clean) throws SQLException {
    EntityConstraints of = of(clean.entity());
    ConstraintTable table = table(connection);
    int entity = of.entity().id();
    Change change = clean.change();
    Key previous = change.previousKey();
    Row row = clean.row();
    if (change.operation() == Operation.TRUNCATE) {
      table.removeAll(entity);
      freed.accept(Judge.valueNames(entity) + ALL);
      return;
    }
    Key changed = change.key();
    if (changed == null) {
      return;
    }
    if (row == null) {
      remove(table, of, StoredKey.write(clean.entity(), changed));
      return;
    }
    Seen judged = last;
    Seen seen =
        judged != null && judged.change.equals(clean)
            ? judged
            : new Seen(table, of, clean, changed, row);
    if (previous != null) {
      remove(table, of, seen.was);
    }
    byte[] key = seen.key;
    byte[] written = previous == null ? seen.written : table.parts(entity, key);
    @Nullable Object[] before = previous == null ? seen.before : of.read(written);
    for (UniqueRule rule : of.unique()) {
      byte[] value = seen.digests.get(rule.number());
      if (before != null && !of.same(rule, seen.values, before)) {
        letGo(table, of, rule, key, of.digest(rule, before), value);
      }
      if (value != null) {
        table.hold(entity, rule.number(), value, key);
      }
    }
    byte[] parts = of.write(seen.values);
    if (!Arrays.equals(parts, written)) {
      table.put(entity, key, parts);
    }
    if (written == null) {
      freed.accept(Judge.recordName(entity, key));
    }
  }

  private void remove(ConstraintTable table, EntityConstraints of, byte[] key) throws SQLException {
    letGo(table, of, key, of.read(table.parts(of.entity().id(), key)), null);
    table.remove(of.entity().id(), key);
  }

  @Override
  public void rolledBack() {
    last = null;
    ConstraintTable table = open;
    if (table != null) {
      table.close();
      open = null;
    }
  }
}
