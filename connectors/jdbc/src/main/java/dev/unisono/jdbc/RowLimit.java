package dev.unisono.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The ways to ask for some rows only. Where a database's language has one, its planner knows that
 * an index is better than to sort a whole table; what the driver alone is told it may not know.
 */
enum RowLimit {
  LIMIT {
    @Override
    String of(String query, int rows) {
      return query + " LIMIT " + rows;
    }
  },
  /** As the standard has it. */
  FETCH {
    @Override
    String of(String query, int rows) {
      return query + " OFFSET 0 ROWS FETCH NEXT " + rows + " ROWS ONLY";
    }
  },
  DRIVER {
    @Override
    String of(String query, int rows) {
      return query;
    }
  };

  /** A query that gives no more rows than that. */
  abstract String of(String query, int rows);

  /**
   * The first that a database takes.
   *
   * @param query one that it takes, ordered, and cheap
   */
  static RowLimit find(Connection connection, String query) throws SQLException {
    for (RowLimit limit : values()) {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(limit.of(query, 1))) {
        row.next();
        return limit;
      } catch (SQLException refused) {
        if (limit == DRIVER || !connection.isValid(VALID_SECONDS)) {
          throw refused;
        }
      }
    }
    return DRIVER;
  }

  private static final int VALID_SECONDS = 5;
}
