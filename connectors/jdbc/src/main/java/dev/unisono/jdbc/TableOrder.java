package dev.unisono.jdbc;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The order in which tables can be written so that a row's parents are there before it. */
final class TableOrder {
  private TableOrder() {}

  /**
   * What belongs to tables, parents before children as the foreign keys say; where they say
   * nothing, in the order given.
   */
  static <T> List<T> parentsFirst(List<T> things, Function<T, Table> table) {
    List<T> ordered = new ArrayList<>();
    Set<T> visited = new HashSet<>();
    for (T thing : things) {
      visit(thing, things, table, visited, ordered);
    }
    return ordered;
  }

  /** Depth first; tables that refer to each other in a circle come in the order they are met. */
  private static <T> void visit(
      T thing, List<T> things, Function<T, Table> table, Set<T> visited, List<T> ordered) {
    if (!visited.add(thing)) {
      return;
    }
    for (T other : things) {
      if (table.apply(thing).parents().contains(table.apply(other).name())) {
        visit(other, things, table, visited, ordered);
      }
    }
    ordered.add(thing);
  }
}
