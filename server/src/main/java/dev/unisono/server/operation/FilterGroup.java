package dev.unisono.server.operation;

import dev.unisono.engine.record.Condition;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads conditions that stand together in one parameter, such as {@code
 * or=(city=Paris,and(balance[gt]=2,name[in]=("a,b",c)))}. For one thread.
 */
public final class FilterGroup {
  private static final int DEEPEST = 5;

  private final FilterReader reader;
  private final FilterText text;

  private FilterGroup(FilterReader reader, FilterText text) {
    this.reader = reader;
    this.text = text;
  }

  /**
   * Reads a parameter.
   *
   * @param name {@code or} or {@code and}
   */
  static Condition read(FilterReader reader, String name, String value) {
    FilterText text = new FilterText(name, value);
    Condition condition = new FilterGroup(reader, text).group(name, 1);
    text.end();
    return condition;
  }

  private Condition group(String kind, int depth) {
    if (depth > DEEPEST) {
      throw text.broken("groups stand in each other at most " + DEEPEST + " deep");
    }
    text.expect('(');
    List<Condition> members = new ArrayList<>();
    do {
      members.add(member(depth));
    } while (text.took(','));
    text.expect(')');
    return kind.equals("or") ? new Condition.Any(members) : new Condition.All(members);
  }

  private Condition member(int depth) {
    for (String kind : List.of("or", "and")) {
      if (text.sees(kind + "(")) {
        text.until("(");
        return group(kind, depth + 1);
      }
    }
    String field = text.value("[=,()");
    String operator = "eq";
    if (text.took('[')) {
      operator = text.until("]");
      text.expect(']');
    }
    text.expect('=');
    return FilterReader.takesList(operator)
        ? reader.oneOf(field, operator, text.list())
        : reader.condition(field, operator, text.value(",()"));
  }
}
