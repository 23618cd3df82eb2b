package dev.unisono.engine.expression;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelVariableResolver;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A condition over the fields of a row, each by its position: a pure function of the row.
 * Immutable; safe for threads.
 */
public final class RowCondition {
  private static final String OF_RULE = "this.";
  private static final String OF_FILTER = "record.";
  private static final Pattern NAMEABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /** What an access condition may name of whoever asks. */
  private static final Map<String, CelType> CALLER =
      Map.of(
          "caller.name", SimpleType.STRING,
          "caller.roles", ListType.create(SimpleType.STRING),
          "caller.claims", MapType.create(SimpleType.STRING, SimpleType.STRING));

  private final CelRuntime.Program program;
  private final Map<String, Integer> positions;
  private final int[] needed;

  /** The names of the caller's that it asks for. */
  private final Set<String> asked;

  /** What is known of the caller. */
  private final Map<String, Object> caller;

  private RowCondition(
      CelRuntime.Program program,
      Map<String, Integer> positions,
      int[] needed,
      Set<String> asked,
      Map<String, Object> caller) {
    this.program = program;
    this.positions = positions;
    this.needed = needed;
    this.asked = asked;
    this.caller = caller;
  }

  /** What a condition says of a row. */
  public enum Verdict {
    HOLDS,
    BROKEN,
    /** It has no value for this row. */
    FAILED,
    /** It names a field of which the row does not have the value. */
    NOT_ASKED
  }

  /**
   * Compiles a rule of the config, in which fields are those of {@code this}, and checks that it is
   * true or false.
   */
  public static RowCondition compile(String text, List<Field> fields) throws UnfitExpression {
    return compile(text, fields, OF_RULE, Expressions.compilers(), Map.of());
  }

  /**
   * Compiles a caller's condition, in which fields are those of {@code record}, and checks that it
   * is true or false. It has no macros: nothing in it goes through a list, so that no text of a
   * caller takes long.
   */
  public static RowCondition filter(String text, List<Field> fields) throws UnfitExpression {
    return compile(text, fields, OF_FILTER, Expressions.compilers().setStandardMacros(), Map.of());
  }

  /**
   * Compiles a condition on a record and on whoever asks for it, in which fields are those of
   * {@code record}; of the caller there are {@code name}, {@code roles} and {@code claims}.
   */
  public static RowCondition access(String text, List<Field> fields) throws UnfitExpression {
    return compile(text, fields, OF_FILTER, Expressions.compilers(), CALLER);
  }

  private static RowCondition compile(
      String text,
      List<Field> fields,
      String subject,
      CelCompilerBuilder compilers,
      Map<String, CelType> others)
      throws UnfitExpression {
    compilers.setResultType(SimpleType.BOOL);
    others.forEach(compilers::addVar);
    Map<String, Integer> positions = new HashMap<>();
    for (int i = 0; i < fields.size(); i++) {
      String name = fields.get(i).name();
      CelType type = Expressions.type(fields.get(i).type());
      if (type != null && NAMEABLE.matcher(name).matches()) {
        compilers.addVar(subject + name, type);
        positions.put(subject + name, i);
      }
    }
    CelAbstractSyntaxTree checked = Expressions.compile(compilers.build(), text);
    int[] needed =
        checked.getReferenceMap().values().stream()
            .map(reference -> positions.get(variable(reference.name())))
            .filter(Objects::nonNull)
            .mapToInt(Integer::intValue)
            .distinct()
            .toArray();
    Set<String> asked =
        checked.getReferenceMap().values().stream()
            .map(reference -> variable(reference.name()))
            .filter(others::containsKey)
            .collect(Collectors.toUnmodifiableSet());
    return new RowCondition(
        Expressions.program(checked), Map.copyOf(positions), needed, asked, Map.of());
  }

  /** The names of the fields that it asks for. */
  public Set<String> fields() {
    Set<Integer> asksFor = Arrays.stream(needed).boxed().collect(Collectors.toSet());
    return positions.entrySet().stream()
        .filter(each -> asksFor.contains(each.getValue()))
        .map(each -> each.getKey().substring(each.getKey().indexOf('.') + 1))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether it says the same of all rows. */
  public boolean ofCallerAlone() {
    return needed.length == 0;
  }

  /** What it asks for of a caller: where that is equal, it says the same of every row. */
  public Map<String, Object> asks(String name, Set<String> roles, Map<String, String> claims) {
    Map<String, Object> known =
        Map.of("caller.name", name, "caller.roles", List.copyOf(roles), "caller.claims", claims);
    return asked.stream().collect(Collectors.toUnmodifiableMap(each -> each, known::get));
  }

  /** The same condition for the caller of whom that is known which {@link #asks} gave. */
  public RowCondition of(Map<String, Object> known) {
    return new RowCondition(program, positions, needed, asked, known);
  }

  /** A name may begin with a dot, which makes it no other. */
  private static String variable(String name) {
    return name.startsWith(".") ? name.substring(1) : name;
  }

  /** What it says of a row whose values have the positions of the fields. */
  public Verdict of(Row row) {
    for (int position : needed) {
      Object value = row.value(position);
      if (value == Unchanged.UNCHANGED || value instanceof Unfit) {
        return Verdict.NOT_ASKED;
      }
    }
    return evaluate(name -> {
      Integer at = positions.get(name);
      return Optional.ofNullable(at == null ? caller.get(name) : Expressions.seen(row.value(at)));
    });
  }

  /** What it says where it asks for nothing of a row. */
  public Verdict ofCaller() {
    return evaluate(name -> Optional.ofNullable(caller.get(name)));
  }

  private Verdict evaluate(CelVariableResolver names) {
    try {
      Object given = program.eval(names);
      if (given instanceof Boolean holds) {
        return holds ? Verdict.HOLDS : Verdict.BROKEN;
      }
      return Verdict.FAILED;
    } catch (CelEvaluationException failed) {
      return Verdict.FAILED;
    }
  }
}
