package dev.unisono.server.operation;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.Condition.Comparison;
import dev.unisono.engine.record.TextPattern;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what the records of a list are asked for, parameter by parameter; all of them are to hold.
 * What is asked for is bounded, so that no address makes a statement without end. For one thread.
 */
public final class FilterReader {
  private static final int MOST_CONDITIONS = 50;
  private static final int MOST_VALUES = 100;
  private static final int LONGEST_VALUE = 4_000;

  /** A pattern is sought at each place of each text. */
  private static final int LONGEST_PATTERN = 200;

  private static final List<String> OPERATORS =
      List.of("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "like", "null");

  private final Entity entity;
  private final List<String> parameters;
  private final List<Condition> conditions = new ArrayList<>();
  private int read;

  /**
   * @param parameters the list's other parameters, which a caller may have meant
   */
  public FilterReader(Entity entity, List<String> parameters) {
    this.entity = entity;
    this.parameters = parameters;
  }

  /** All that was read, together. */
  Condition condition() {
    return new Condition.All(conditions);
  }

  /** A parameter: a field's name, or one with an operator in brackets behind it. */
  void parameter(String name, String value) {
    int bracket = name.lastIndexOf('[');
    boolean plain = bracket < 0 || !name.endsWith("]") || entity.schema().find(name) != null;
    conditions.add(
        plain
            ? condition(name, "eq", value)
            : condition(
                name.substring(0, bracket), name.substring(bracket + 1, name.length() - 1), value));
  }

  /** A parameter {@code or} or {@code and}. */
  void group(String name, String text) {
    conditions.add(FilterGroup.read(this, name, text));
  }

  /** A condition as a parameter has it, or a part of a group that is no list. */
  public Condition condition(String name, String operator, String value) {
    return switch (operator) {
      case "in", "nin" -> oneOf(name, operator, FilterText.list(name, value));
      case "eq" -> compared(name, Comparison.EQUAL, value);
      case "ne" -> compared(name, Comparison.DIFFERENT, value);
      case "gt" -> compared(name, Comparison.GREATER, value);
      case "gte" -> compared(name, Comparison.GREATER_OR_EQUAL, value);
      case "lt" -> compared(name, Comparison.LESS, value);
      case "lte" -> compared(name, Comparison.LESS_OR_EQUAL, value);
      case "like" -> like(name, value);
      case "null" -> absent(name, value);
      default -> {
        field(name);
        throw new Refusal(
            400,
            "unknown-operator",
            "There is no operator '"
                + operator
                + "'"
                + Nearest.question(operator, OPERATORS)
                + " There are "
                + String.join(", ", OPERATORS)
                + ".",
            name);
      }
    };
  }

  static boolean takesList(String operator) {
    return operator.equals("in") || operator.equals("nin");
  }

  /** A field's value is one of some, or none of them. */
  public Condition oneOf(String name, String operator, List<String> texts) {
    EntityField field = indexed(name);
    if (texts.size() > MOST_VALUES) {
      throw bad("A list has at most " + MOST_VALUES + " values.", name);
    }
    List<Object> values = new ArrayList<>();
    texts.forEach(text -> values.add(value(field, text)));
    return new Condition.OneOf(name, values, operator.equals("nin"));
  }

  private Condition compared(String name, Comparison comparison, String value) {
    return new Condition.Compared(name, comparison, value(indexed(name), value));
  }

  private Condition like(String name, String pattern) {
    EntityField field = indexed(name);
    if (field.type() != ValueType.STRING) {
      throw new Refusal(
          400, "operator-unfit", "'" + name + "' holds no text, which 'like' is for.", name);
    }
    if (pattern.length() > LONGEST_PATTERN) {
      throw bad("A pattern has at most " + LONGEST_PATTERN + " characters.", name);
    }
    value(field, pattern);
    return new Condition.Like(name, TextPattern.parse(pattern));
  }

  private Condition absent(String name, String value) {
    indexed(name);
    if (!value.equals("true") && !value.equals("false")) {
      throw new Refusal(400, "bad-value", "null is true or false.", name);
    }
    return new Condition.Absent(name, value.equals("true"));
  }

  private EntityField indexed(String name) {
    if (++read > MOST_CONDITIONS) {
      throw bad("A list has at most " + MOST_CONDITIONS + " conditions.", name);
    }
    EntityField field = field(name);
    checkIndexed(entity, name);
    return field;
  }

  private EntityField field(String name) {
    return field(entity, name, parameters);
  }

  /**
   * A field by its name.
   *
   * @param parameters what else a caller may have meant
   */
  static EntityField field(Entity entity, String name, List<String> parameters) {
    Integer position = entity.schema().find(name);
    if (position == null) {
      List<String> known =
          new ArrayList<>(entity.fields().stream().map(EntityField::name).toList());
      known.addAll(parameters);
      throw new Refusal(
          400,
          "unknown-field",
          entity.plural() + " have no field '" + name + "'" + Nearest.question(name, known),
          name);
    }
    return entity.fields().get(position);
  }

  /** Records are found by ordered columns alone: to look into each would have no end. */
  static void checkIndexed(Entity entity, String name) {
    if (!entity.indexed().contains(name)) {
      throw new Refusal(
          400,
          "not-indexed",
          "'"
              + name
              + "' is not indexed. Name it under entities."
              + entity.name()
              + ".index, or use one of "
              + entity.indexed().stream().sorted().toList()
              + ".",
          name);
    }
  }

  private static Object value(EntityField field, String text) {
    if (text.length() > LONGEST_VALUE) {
      throw bad("A value has at most " + LONGEST_VALUE + " characters.", field.name());
    }
    try {
      return EntityJson.parse(field, text);
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(400, "bad-value", String.valueOf(unfit.getMessage()), field.name());
    }
  }

  static Refusal bad(String detail, String field) {
    return new Refusal(400, "bad-filter", detail, field);
  }
}
