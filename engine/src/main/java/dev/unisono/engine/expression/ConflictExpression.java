package dev.unisono.engine.expression;

import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.unisono.spi.ValueType;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An expression that gives the value of a field which two members wrote, neither in knowledge of
 * the other: a pure function of both versions and of what was there before. Equal to another of the
 * same text and type. Immutable; safe for threads.
 */
public final class ConflictExpression {
  private final String text;
  private final ValueType type;
  private final CelRuntime.Program program;

  private ConflictExpression(String text, ValueType type, CelRuntime.Program program) {
    this.text = text;
    this.type = type;
    this.program = program;
  }

  /** One of two versions of a field. Immutable. */
  public record Version(@Nullable Object value, String member, Instant time) {}

  /** Compiles an expression for a field of a type, and checks that it gives a value of it. */
  public static ConflictExpression compile(String text, ValueType type) throws UnfitExpression {
    CelType value = Expressions.type(type);
    if (value == null) {
      throw new UnfitExpression("there are no expressions over values such as this field's");
    }
    CelCompiler compiler =
        Expressions.compilers()
            .addVar("newer.value", value)
            .addVar("newer.member", SimpleType.STRING)
            .addVar("newer.time", SimpleType.TIMESTAMP)
            .addVar("older.value", value)
            .addVar("older.member", SimpleType.STRING)
            .addVar("older.time", SimpleType.TIMESTAMP)
            .addVar("base", value)
            .setResultType(value)
            .build();
    return new ConflictExpression(
        text, type, Expressions.program(Expressions.compile(compiler, text)));
  }

  /** A value that an expression gave. Immutable. */
  public record Result(@Nullable Object value) {}

  /**
   * Its value, in the field's type; nothing where it fails for these versions.
   *
   * @param base what the one that came later was made on
   */
  public Optional<Result> evaluate(Version newer, Version older, @Nullable Object base) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("newer.value", Expressions.seen(newer.value()));
    variables.put("newer.member", newer.member());
    variables.put("newer.time", newer.time());
    variables.put("older.value", Expressions.seen(older.value()));
    variables.put("older.member", older.member());
    variables.put("older.time", older.time());
    variables.put("base", Expressions.seen(base));
    try {
      Object given = program.eval(variables);
      // As it stands there, where it is one of them: a decimal keeps its digits.
      for (Object one : Arrays.asList(newer.value(), older.value(), base)) {
        if (Expressions.seen(one).equals(given)) {
          return Optional.of(new Result(one));
        }
      }
      return Optional.of(new Result(Expressions.value(type, given)));
    } catch (CelEvaluationException | DateTimeException | IllegalArgumentException failed) {
      return Optional.empty();
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConflictExpression one && text.equals(one.text) && type == one.type;
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
