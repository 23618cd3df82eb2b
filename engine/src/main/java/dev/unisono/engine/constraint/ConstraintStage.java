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
    byte[] key = StoredKey.write(clean.entity(), changed);
    Key previous = change.previousKey();
    byte[] was = previous == null ? key : StoredKey.write(clean.entity(), previous);
    @Nullable Object[] before = of.read(table.parts(of.entity().id(), was));
    @Nullable Object[] values = of.values(row, before);
    // What is read again may not have been judged before.
    Verdict verdict =
        judge.judge(
            table, of, key, was, values, change.operation() == Operation.REFRESH ? null : before);
    List<Objection> wrong = verdict.of(Severity.REJECT);
    List<Objection> doubts = letThrough ? List.of() : verdict.of(Severity.QUARANTINE);
    if (wrong.isEmpty() && doubts.isEmpty()) {
      if (verdict.unchecked()) {
        KnownRecords.unchecked(connection, of.entity().id());
      }
      warnings.count(clean.entity().name(), verdict.findings(Severity.WARN));
      return null;
    }
    letGo(table, of, was, before, values);
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

  /** What a record had of values that must be unique, and has no more, is free. */
  private void letGo(
      ConstraintTable table,
      EntityConstraints of,
      byte[] key,
      @Nullable Object @Nullable [] before,
      @Nullable Object @Nullable [] now)
      throws SQLException {
    int entity = of.entity().id();
    for (UniqueRule rule : of.unique()) {
      byte[] value = of.digest(rule, before);
      if (value != null
          && !Arrays.equals(value, of.digest(rule, now))
          && table.letGo(entity, rule.number(), value, key)) {
        freed.accept(Judge.valueName(entity, rule.number(), value));
      }
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
    @Nullable Object[] moved = null;
    if (previous != null) {
      byte[] was = StoredKey.write(clean.entity(), previous);
      moved = of.read(table.parts(entity, was));
      letGo(table, of, was, moved, null);
      table.remove(entity, was);
    }
    Key changed = change.key();
    if (changed == null) {
      return;
    }
    byte[] key = StoredKey.write(clean.entity(), changed);
    byte[] written = table.parts(entity, key);
    @Nullable Object[] before = of.read(written);
    if (row == null) {
      letGo(table, of, key, before, null);
      table.remove(entity, key);
      return;
    }
    @Nullable Object[] now = of.values(row, moved == null ? before : moved);
    letGo(table, of, key, before, now);
    for (UniqueRule rule : of.unique()) {
      byte[] value = of.digest(rule, now);
      if (value != null) {
        table.hold(entity, rule.number(), value, key);
      }
    }
    byte[] parts = of.write(now);
    if (!Arrays.equals(parts, written)) {
      table.put(entity, key, parts);
    }
    if (written == null) {
      freed.accept(Judge.recordName(entity, key));
    }
  }

  @Override
  public void rolledBack() {
    ConstraintTable table = open;
    if (table != null) {
      table.close();
      open = null;
    }
  }
}
