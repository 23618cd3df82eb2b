package dev.unisono.mariadb;

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

/** The order in which tables can be written so that a row's parents are there before it. */
final class TableOrder {
  private TableOrder() {}

  /**
   * Parents before children as the database's foreign keys say; where they say nothing, in the
   * order given.
   */
  static List<SnapshotTable> parentsFirst(Connection connection, List<SnapshotTable> tables)
      throws SQLException {
    Map<Table.Name, Set<Table.Name>> parents = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA,"
                    + " REFERENCED_TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS")) {
      while (row.next()) {
        parents
            .computeIfAbsent(
                new Table.Name(row.getString(1), row.getString(2)), any -> new HashSet<>())
            .add(new Table.Name(row.getString(3), row.getString(4)));
      }
    }
    List<SnapshotTable> ordered = new ArrayList<>();
    Set<Table.Name> visited = new HashSet<>();
    for (SnapshotTable table : tables) {
      visit(table.table().name(), tables, parents, visited, ordered);
    }
    return ordered;
  }

  /** Depth first; tables that refer to each other in a circle come in the order they are met. */
  private static void visit(
      Table.Name name,
      List<SnapshotTable> tables,
      Map<Table.Name, Set<Table.Name>> parents,
      Set<Table.Name> visited,
      List<SnapshotTable> ordered) {
    if (!visited.add(name)) {
      return;
    }
    for (Table.Name parent : parents.getOrDefault(name, Set.of())) {
      visit(parent, tables, parents, visited, ordered);
    }
    tables.stream().filter(table -> table.table().name().equals(name)).forEach(ordered::add);
  }
}
