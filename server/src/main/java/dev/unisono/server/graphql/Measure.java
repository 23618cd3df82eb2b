package dev.unisono.server.graphql;

import dev.unisono.engine.config.Config.GraphqlLimits;
import dev.unisono.server.operation.ListRequest;
import dev.unisono.server.operation.Refusal;
import graphql.language.Directive;
import graphql.language.Document;
import graphql.language.Field;
import graphql.language.Node;
import graphql.normalized.ExecutableNormalizedField;
import graphql.normalized.ExecutableNormalizedOperation;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How much a document asks for, against what one may ask for. The text's measure comes before
 * anything is done with it, the operation's before it is executed. Has no state.
 */
final class Measure {
  /** How many fields an operation has once its fragments stand where they are used. */
  static final int MOST_FIELDS = 10_000;

  /** Beyond this it is not measured on, introspection included. */
  static final int DEEPEST = 100;

  /** A list within a record is looked up for each record by itself. */
  private static final int LIST = 10;

  private Measure() {}

  /** Aliases and directives, which cost more than they are long. */
  static void check(Document document, GraphqlLimits limits) {
    int aliases = 0;
    int directives = 0;
    Deque<Node<?>> left = new ArrayDeque<>();
    left.add(document);
    while (!left.isEmpty()) {
      Node<?> node = left.pop();
      if (node instanceof Field field && field.getAlias() != null) {
        aliases++;
      }
      if (node instanceof Directive) {
        directives++;
      }
      for (Node<?> child : node.getChildren()) {
        left.push(child);
      }
    }
    if (aliases > limits.aliases()) {
      throw Faults.costly("A document has at most " + limits.aliases() + " aliases.");
    }
    if (directives > limits.directives()) {
      throw Faults.costly("A document has at most " + limits.directives() + " directives.");
    }
  }

  /** How many values the answer may have, where it may have as many. */
  static long check(ExecutableNormalizedOperation operation, GraphqlLimits limits) {
    long cost = 0;
    for (ExecutableNormalizedField field : operation.getTopLevelFields()) {
      cost += measured(field, 1, limits);
    }
    if (cost > limits.cost()) {
      throw Faults.costly(
          "The answer may have "
              + cost
              + " values; "
              + limits.cost()
              + " are allowed. Ask for fewer fields, or set limit of the lists.");
    }
    return cost;
  }

  private static long measured(ExecutableNormalizedField field, int depth, GraphqlLimits limits) {
    if (field.getName().startsWith("__")) {
      // The library has limits of its own for introspection.
      return 1;
    }
    if (depth > limits.depth()) {
      throw new Refusal(
          400, "query-too-deep", "Fields stand in each other at most " + limits.depth() + " deep.");
    }
    long cost = 0;
    for (ExecutableNormalizedField child : field.getChildren()) {
      cost += measured(child, depth + 1, limits);
    }
    return (within(field) ? LIST : 1) + cost * length(field);
  }

  private static boolean within(ExecutableNormalizedField field) {
    return field.getParent() != null
        && field.getChildren().stream()
            .anyMatch(child -> child.getSingleObjectTypeName().endsWith("Page"));
  }

  /** How often what a field holds may stand there. */
  private static long length(ExecutableNormalizedField field) {
    ExecutableNormalizedField parent = field.getParent();
    boolean list =
        parent != null
            && field.getName().equals("items")
            && field.getSingleObjectTypeName().endsWith("Page");
    if (parent == null || !list) {
      return 1;
    }
    Object limit = parent.getResolvedArguments().get("limit");
    return limit instanceof Number number && number.longValue() > 0
        ? number.longValue()
        : ListRequest.DEFAULT_LIMIT;
  }
}
