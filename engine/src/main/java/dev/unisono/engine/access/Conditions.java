package dev.unisono.engine.access;

import dev.unisono.engine.expression.RowCondition;
import dev.unisono.engine.expression.UnfitExpression;
import dev.unisono.spi.Schema;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A policy's conditions, compiled once for each schema that rows have: as few as the config has
 * texts, and entities have had forms since the start. Safe for threads.
 */
final class Conditions {
  private final Map<Asked, Optional<RowCondition>> compiled = new ConcurrentHashMap<>();

  private record Asked(String text, Schema schema) {}

  /** Empty where rows of that schema have not the fields that it names: then nobody knows. */
  Optional<RowCondition> of(String text, Schema schema) {
    return compiled.computeIfAbsent(new Asked(text, schema), Conditions::compile);
  }

  private static Optional<RowCondition> compile(Asked asked) {
    try {
      return Optional.of(RowCondition.access(asked.text(), asked.schema().fields()));
    } catch (UnfitExpression fieldsGone) {
      return Optional.empty();
    }
  }
}
