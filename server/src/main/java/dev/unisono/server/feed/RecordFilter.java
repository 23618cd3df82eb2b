package dev.unisono.server.feed;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.expression.RowCondition;
import dev.unisono.engine.expression.RowCondition.Verdict;
import dev.unisono.engine.expression.UnfitExpression;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A caller's condition on the records of one entity. Equal to another of the same text and entity,
 * so that whoever asks the same shares the answer. Safe for threads.
 */
public final class RecordFilter {
  private final int entity;
  private final String text;

  /** By the fields that rows have: those of an entity may change while it is followed. */
  private final Map<Schema, Optional<RowCondition>> conditions = new ConcurrentHashMap<>();

  private volatile Latest latest;

  /** The one that is asked nearly always. */
  private record Latest(Schema schema, Optional<RowCondition> condition) {}

  private RecordFilter(Entity entity, String text, RowCondition condition) {
    this.entity = entity.id();
    this.text = text;
    this.latest = new Latest(entity.schema(), Optional.of(condition));
    conditions.put(entity.schema(), latest.condition);
  }

  static RecordFilter of(Entity entity, String text) throws UnfitExpression {
    return new RecordFilter(entity, text, RowCondition.filter(text, entity.schema().fields()));
  }

  /** The names of the fields that it asks for. */
  Set<String> fields() {
    return latest.condition.map(RowCondition::fields).orElse(Set.of());
  }

  /** What it says of a row; that is not known, too, where the row has not the fields it names. */
  Verdict verdict(Row row) {
    Latest known = latest;
    if (known.schema != row.schema()) {
      known = new Latest(row.schema(), conditions.computeIfAbsent(row.schema(), this::recompiled));
      latest = known;
    }
    return known.condition.map(condition -> condition.of(row)).orElse(Verdict.NOT_ASKED);
  }

  private Optional<RowCondition> recompiled(Schema schema) {
    try {
      return Optional.of(RowCondition.filter(text, schema.fields()));
    } catch (UnfitExpression fieldsGone) {
      return Optional.empty();
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RecordFilter one && entity == one.entity && text.equals(one.text);
  }

  @Override
  public int hashCode() {
    return 31 * text.hashCode() + entity;
  }

  @Override
  public String toString() {
    return text;
  }
}
