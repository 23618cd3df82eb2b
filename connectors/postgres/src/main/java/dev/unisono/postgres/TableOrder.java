package dev.unisono.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/** The order in which tables can be written so that a row's parents are there before it. */
final class TableOrder {
  private TableOrder() {}

  /**
   * What belongs to tables, parents before children as the database's foreign keys say; where they
   * say nothing, in the order given.
   *
   * @param relation the number of the table that something belongs to
   */
  static <T> List<T> parentsFirst(Connection connection, List<T> things, ToLongFunction<T> relation)
      throws SQLException {
    Map<Long, Set<Long>> parents = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT conrelid::bigint, confrelid::bigint FROM pg_constraint"
                    + " WHERE contype = 'f'")) {
      while (row.next()) {
        parents.computeIfAbsent(row.getLong(1), any -> new HashSet<>()).add(row.getLong(2));
      }
    }
    List<T> ordered = new ArrayList<>();
    Set<Long> visited = new HashSet<>();
    for (T thing : things) {
      visit(relation.applyAsLong(thing), things, relation, parents, visited, ordered);
    }
    return ordered;
  }

  /** Depth first; tables that refer to each other in a circle come in the order they are met. */
  private static <T> void visit(
      long table,
      List<T> things,
      ToLongFunction<T> relation,
      Map<Long, Set<Long>> parents,
      Set<Long> visited,
      List<T> ordered) {
    if (!visited.add(table)) {
      return;
    }
    for (long parent : parents.getOrDefault(table, Set.of())) {
      visit(parent, things, relation, parents, visited, ordered);
    }
    for (T thing : things) {
      if (relation.applyAsLong(thing) == table) {
        ordered.add(thing);
      }
    }
  }
}
