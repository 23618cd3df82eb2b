package dev.unisono.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a server has of a publication; tables are told by their numbers. Immutable.
 *
 * @param ours true where the role may change it
 * @param everyOperation true where it shows inserts, updates, deletes and truncates
 * @param throughRoot true where it shows partitions as the table they are of
 * @param computed true where it shows computed columns that are kept
 * @param shown the tables that it shows
 * @param whole the tables that it names by their schema, or as all tables
 * @param named the tables that it names, with those whose partitions are shown in their place
 * @param filters the conditions of the tables that it shows in part
 * @param columns the columns of the tables that it has a column list of
 */
record FoundPublication(
    boolean ours,
    boolean everyOperation,
    boolean throughRoot,
    boolean computed,
    Set<Long> shown,
    Set<Long> whole,
    Set<Long> named,
    Map<Long, String> filters,
    Map<Long, Set<String>> columns) {
  /** The first version whose publications can leave out rows and columns. */
  static final int SHOWS_PARTS = 15;

  /**
   * Looks it up; empty where there is none of that name.
   *
   * @param asked the tables that matter
   */
  static Optional<FoundPublication> find(Connection connection, String name, Set<Long> asked)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT pg_has_role(pubowner, 'USAGE'), pubinsert AND pubupdate AND pubdelete AND"
                + " pubtruncate, pubviaroot, coalesce(to_jsonb(p) ->> 'pubgencols' = 's', false),"
                + " puballtables FROM pg_publication p WHERE pubname = ?")) {
      select.setString(1, name);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        boolean parts = connection.getMetaData().getDatabaseMajorVersion() >= SHOWS_PARTS;
        Set<Long> whole =
            row.getBoolean(5) ? asked : parts ? inSchemas(connection, name) : Set.of();
        Set<Long> named = new HashSet<>(whole);
        named.addAll(
            relations(
                connection,
                name,
                "SELECT r.prrelid::int8 FROM pg_publication_rel r JOIN pg_publication p"
                    + " ON p.oid = r.prpubid WHERE p.pubname = ?"));
        return Optional.of(
            new FoundPublication(
                row.getBoolean(1),
                row.getBoolean(2),
                row.getBoolean(3),
                row.getBoolean(4),
                relations(
                    connection,
                    name,
                    "SELECT c.oid::int8 FROM pg_publication_tables t JOIN pg_namespace n"
                        + " ON n.nspname = t.schemaname JOIN pg_class c ON c.relnamespace = n.oid"
                        + " AND c.relname = t.tablename WHERE t.pubname = ?"),
                whole,
                named,
                parts ? filters(connection, name) : Map.of(),
                parts ? columns(connection, name) : Map.of()));
      }
    }
  }

  private static Set<Long> inSchemas(Connection connection, String name) throws SQLException {
    return relations(
        connection,
        name,
        "SELECT c.oid::int8 FROM pg_publication_namespace s JOIN pg_publication p"
            + " ON p.oid = s.pnpubid JOIN pg_class c ON c.relnamespace = s.pnnspid"
            + " WHERE c.relkind IN ('r', 'p') AND p.pubname = ?");
  }

  private static Map<Long, String> filters(Connection connection, String name) throws SQLException {
    Map<Long, String> found = new HashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT r.prrelid::int8, pg_get_expr(r.prqual, r.prrelid) FROM pg_publication_rel r"
                + " JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prqual IS NOT NULL AND"
                + " p.pubname = ?")) {
      select.setString(1, name);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          found.put(row.getLong(1), row.getString(2));
        }
      }
    }
    return found;
  }

  private static Map<Long, Set<String>> columns(Connection connection, String name)
      throws SQLException {
    Map<Long, Set<String>> found = new HashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT r.prrelid::int8, a.attname FROM pg_publication_rel r JOIN pg_publication p"
                + " ON p.oid = r.prpubid JOIN pg_attribute a ON a.attrelid = r.prrelid AND"
                + " a.attnum = ANY (r.prattrs::int2[]) WHERE p.pubname = ?")) {
      select.setString(1, name);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          found.computeIfAbsent(row.getLong(1), any -> new HashSet<>()).add(row.getString(2));
        }
      }
    }
    return found;
  }

  private static Set<Long> relations(Connection connection, String name, String query)
      throws SQLException {
    Set<Long> relations = new HashSet<>();
    try (PreparedStatement select = connection.prepareStatement(query)) {
      select.setString(1, name);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          relations.add(row.getLong(1));
        }
      }
    }
    return relations;
  }
}
