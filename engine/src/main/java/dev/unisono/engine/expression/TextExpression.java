package dev.unisono.engine.expression;

import dev.cel.common.types.CelType;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.unisono.spi.ValueType;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An expression that makes another text of a text: a pure function of {@code value} alone. Equal to
 * another of the same text. Immutable; safe for threads.
 */
public final class TextExpression {
  private final String text;
  private final CelRuntime.Program program;

  private TextExpression(String text, CelRuntime.Program program) {
    this.text = text;
    this.program = program;
  }

  /** Compiles an expression, and checks that it gives a text or null. */
  public static TextExpression compile(String text) throws UnfitExpression {
    // It is never null itself; but only what may be null has the same type as null.
    CelType type = Objects.requireNonNull(Expressions.type(ValueType.STRING));
    return new TextExpression(
        text,
        Expressions.program(
            Expressions.compile(
                Expressions.compilers().addVar("value", type).setResultType(type).build(), text)));
  }

  /** What it gives; the value itself where it fails for it. */
  public @Nullable String apply(String value) {
    try {
      return (String) Expressions.value(ValueType.STRING, program.eval(Map.of("value", value)));
    } catch (CelEvaluationException failed) {
      return value;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TextExpression one && text.equals(one.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
