package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tables of which PostgreSQL refuses their owners' updates and deletes at this moment, since the
 * replica identity asks for columns that a publication's list leaves out: somebody changed the one
 * while the other stood. Has no state.
 */
final class RefusedUpdates {
  /**
   * Of the tables with a column list, and their partitions, those with another identity than it
   * covers. By {@code pg_inherits} alone, since {@code pg_partition_tree} would wait for locks.
   */
  private static final String QUERY =
      "WITH RECURSIVE part (relation, listed, attributes) AS (SELECT r.prrelid, r.prrelid,"
          + " r.prattrs::int2[] FROM pg_publication_rel r JOIN pg_publication p ON p.oid ="
          + " r.prpubid WHERE p.pubname = ? AND r.prattrs IS NOT NULL UNION ALL SELECT i.inhrelid,"
          + " part.listed, part.attributes FROM pg_inherits i JOIN part ON i.inhparent ="
          + " part.relation) SELECT DISTINCT quote_ident(n.nspname) || '.' ||"
          + " quote_ident(c.relname) FROM part JOIN pg_class c ON c.oid = part.relation JOIN"
          + " pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND (c.relreplident ="
          + " 'f' OR EXISTS (SELECT FROM pg_index x CROSS JOIN LATERAL unnest(x.indkey::int2[])"
          + " WITH ORDINALITY k(attnum, place) JOIN pg_attribute a ON a.attrelid = x.indrelid AND"
          + " a.attnum = k.attnum WHERE x.indrelid = c.oid AND k.place <= x.indnkeyatts AND CASE"
          + " c.relreplident WHEN 'd' THEN x.indisprimary WHEN 'i' THEN x.indisreplident ELSE false"
          + " END AND NOT EXISTS (SELECT FROM pg_attribute l WHERE l.attrelid = part.listed AND"
          + " l.attnum = ANY (part.attributes) AND l.attname = a.attname))) ORDER BY 1";

  private RefusedUpdates() {}

  /** What to say where there are any. */
  static Optional<Problem> find(Connection connection, String system, PublicationOptions options)
      throws SQLException {
    if (connection.getMetaData().getDatabaseMajorVersion() < FoundPublication.SHOWS_PARTS) {
      return Optional.empty();
    }
    List<String> tables = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(QUERY)) {
      select.setString(1, options.name());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          tables.add(row.getString(1));
        }
      }
    }
    return tables.isEmpty() ? Optional.empty() : Optional.of(problem(system, options, tables));
  }

  private static Problem problem(String system, PublicationOptions options, List<String> tables) {
    String undo =
        String.join(
            " ",
            tables.stream()
                .map(table -> "ALTER TABLE " + table + " REPLICA IDENTITY DEFAULT;")
                .toList());
    String without =
        options.namedColumns() ? "write publish-columns: all, and have it run" : "have it run";
    return new Problem(
        "updates-refused",
        ProblemType.USER,
        "PostgreSQL refuses updates and deletes of "
            + String.join(", ", tables)
            + " now: the publication "
            + options.name()
            + " shows some columns only, and the REPLICA IDENTITY asks for others.",
        "systems." + system + "." + PublicationOptions.COLUMNS,
        "Let the tables' owner run "
            + undo
            + " Or do without column lists: "
            + without
            + " by ./unisono publication FILE --apply.");
  }
}
