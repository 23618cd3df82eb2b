package dev.unisono.engine.standardize;

import dev.unisono.engine.expression.TextExpression;
import org.jspecify.annotations.Nullable;

/**
 * A step of the config's own. Nobody can know that it is idempotent. Immutable; safe for threads.
 */
record ExpressionStep(TextExpression expression) implements Step {
  @Override
  public @Nullable String apply(String text) {
    return expression.apply(text);
  }
}
