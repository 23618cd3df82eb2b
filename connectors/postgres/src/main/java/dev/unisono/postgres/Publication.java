package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The publication that one system is read by: what it has to show, what the server's shows, and the
 * statements that lead from the one to the other. For one thread.
 */
final class Publication {
  /** The first version whose publications can show computed columns. */
  static final int SHOWS_COMPUTED = 18;

  /** The first version whose publications can leave out rows. */
  private static final int FILTERS_ROWS = 15;

  private final String system;
  private final String name;
  private final Map<Long, Table> tables = new LinkedHashMap<>();
  private final Map<Long, RowFilter> filters = new HashMap<>();

  /** The columns that are read of each table. */
  private final Map<Long, Set<String>> read = new HashMap<>();

  private boolean computed;

  Publication(String system, String name) {
    this.system = system;
    this.name = name;
  }

  /** What all that is read from a system needs. */
  static Publication of(Connection connection, String system, String name, List<Binding> reads)
      throws SQLException {
    Publication publication = new Publication(system, name);
    for (Binding binding : reads) {
      publication.add(connection, binding, Table.named(connection, binding));
    }
    return publication;
  }

  /**
   * It has to show what this binding reads.
   *
   * @throws UnisonoException where the table's log does not show what is needed: published all the
   *     same, it would refuse its owner's updates and deletes
   */
  void add(Connection connection, Binding binding, Table table) throws SQLException {
    if (!table.logShows(Table.keyColumns(binding))) {
      throw new UnisonoException(table.keyNotInLog(binding));
    }
    RowFilter filter = filter(connection, binding, table);
    boolean known = tables.putIfAbsent(table.relation(), table) != null;
    RowFilter other = known ? filters.get(table.relation()) : filter;
    if (!Objects.equals(
        other == null ? null : other.spelled(), filter == null ? null : filter.spelled())) {
      throw new UnisonoException(
          badFilter(
              binding,
              "Two syncs read " + table.plainName() + " with different conditions.",
              "Give them the same: a publication has one for each table."));
    }
    if (filter != null) {
      filters.put(table.relation(), filter);
    }
    Set<String> columns = read.computeIfAbsent(table.relation(), any -> new HashSet<>());
    for (String column : binding.columns()) {
      if (column != null) {
        columns.add(column);
        computed |= table.type(column) != null && table.column(column).generated();
      }
    }
  }

  private static @Nullable RowFilter filter(Connection connection, Binding binding, Table table)
      throws SQLException {
    String where = binding.where();
    if (where == null) {
      return null;
    }
    if (connection.getMetaData().getDatabaseMajorVersion() < FILTERS_ROWS) {
      throw new UnisonoException(
          badFilter(binding, "Conditions need PostgreSQL 15.", "Leave it out."));
    }
    RowFilter filter = RowFilter.read(connection, binding, table, where);
    if (!filter.shownBy(table)) {
      throw new UnisonoException(
          badFilter(
              binding,
              "The log of "
                  + table.plainName()
                  + " does not show all columns that the condition asks for: "
                  + String.join(", ", filter.columns())
                  + ".",
              "Ask for columns of the replica identity alone, or run ALTER TABLE "
                  + table.sqlName()
                  + " REPLICA IDENTITY FULL;"));
    }
    return filter;
  }

  private static Problem badFilter(Binding binding, String message, String remedy) {
    return new Problem(
        "bad-filter", ProblemType.USER, message, binding.configPath() + ".where", remedy);
  }

  /**
   * What the server has of it.
   *
   * @param ours true where the role may change it
   * @param throughRoot true where it shows partitions as the table they are of
   * @param computed true where it shows computed columns that are kept
   * @param shown the tables that it shows
   * @param whole the tables that it names by their schema, or as all tables
   * @param named the tables that it names, with those whose partitions are shown in their place
   * @param filters the conditions of the tables that it shows in part
   * @param columns the columns of the tables of which it does not show all
   */
  private record Found(
      boolean ours,
      boolean everyOperation,
      boolean throughRoot,
      boolean computed,
      Set<Long> shown,
      Set<Long> whole,
      Set<Long> named,
      Map<Long, String> filters,
      Map<Long, Set<String>> columns) {}

  private Optional<Found> find(Connection connection) throws SQLException {
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
        Set<Long> whole = row.getBoolean(5) ? tables.keySet() : inSchemas(connection);
        Set<Long> named = new HashSet<>(whole);
        named.addAll(
            relations(
                connection,
                "SELECT r.prrelid::int8 FROM pg_publication_rel r JOIN pg_publication p"
                    + " ON p.oid = r.prpubid WHERE p.pubname = ?"));
        return Optional.of(
            new Found(
                row.getBoolean(1),
                row.getBoolean(2),
                row.getBoolean(3),
                row.getBoolean(4),
                relations(
                    connection,
                    "SELECT c.oid::int8 FROM pg_publication_tables t JOIN pg_namespace n"
                        + " ON n.nspname = t.schemaname JOIN pg_class c ON c.relnamespace = n.oid"
                        + " AND c.relname = t.tablename WHERE t.pubname = ?"),
                whole,
                named,
                filters(connection),
                columns(connection)));
      }
    }
  }

  private Set<Long> inSchemas(Connection connection) throws SQLException {
    return connection.getMetaData().getDatabaseMajorVersion() < 15
        ? Set.of()
        : relations(
            connection,
            "SELECT c.oid::int8 FROM pg_publication_namespace s JOIN pg_publication p"
                + " ON p.oid = s.pnpubid JOIN pg_class c ON c.relnamespace = s.pnnspid"
                + " WHERE c.relkind IN ('r', 'p') AND p.pubname = ?");
  }

  private Map<Long, String> filters(Connection connection) throws SQLException {
    Map<Long, String> found = new HashMap<>();
    if (connection.getMetaData().getDatabaseMajorVersion() >= FILTERS_ROWS) {
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
    }
    return found;
  }

  private Map<Long, Set<String>> columns(Connection connection) throws SQLException {
    Map<Long, Set<String>> found = new HashMap<>();
    if (connection.getMetaData().getDatabaseMajorVersion() >= FILTERS_ROWS) {
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
    }
    return found;
  }

  private Set<Long> relations(Connection connection, String query) throws SQLException {
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

  private boolean throughRoot() {
    return tables.values().stream().anyMatch(Table::partitioned);
  }

  /** What has to be run, in order, for the publication to be as it must be; empty where it is. */
  List<String> statements(Connection connection) throws SQLException {
    return statements(find(connection));
  }

  private List<String> statements(Optional<Found> found) {
    List<String> options = new ArrayList<>();
    if (throughRoot() && !found.map(Found::throughRoot).orElse(false)) {
      options.add("publish_via_partition_root = true");
    }
    if (computed && !found.map(Found::computed).orElse(false)) {
      options.add("publish_generated_columns = stored");
    }
    if (found.isEmpty()) {
      return List.of(
          "CREATE PUBLICATION "
              + Database.quote(name)
              + " FOR TABLE "
              + list(tables.values())
              + (options.isEmpty() ? "" : " WITH (" + String.join(", ", options) + ")"));
    }
    if (!found.get().everyOperation()) {
      options.addFirst("publish = 'insert, update, delete, truncate'");
    }
    List<String> statements = new ArrayList<>();
    String alter = "ALTER PUBLICATION " + Database.quote(name);
    if (!options.isEmpty()) {
      statements.add(alter + " SET (" + String.join(", ", options) + ")");
    }
    // A table's condition and columns cannot be changed alone; all is run in one transaction.
    List<Table> differing = differing(found.get());
    for (Table table : differing) {
      statements.add(alter + " DROP TABLE " + table.sqlName());
    }
    List<Table> lacking = new ArrayList<>(lacking(found.get()));
    lacking.addAll(differing);
    if (!lacking.isEmpty()) {
      statements.add(alter + " ADD TABLE " + list(lacking));
    }
    return statements;
  }

  /** Tables of which it shows other rows than are read, or not all columns that are. */
  private List<Table> differing(Found found) {
    return tables.values().stream()
        .filter(table -> found.named().contains(table.relation()))
        .filter(table -> !found.whole().contains(table.relation()))
        .filter(table -> {
          RowFilter filter = filters.get(table.relation());
          Set<String> shown = found.columns().get(table.relation());
          return !Objects.equals(
                  filter == null ? null : filter.spelled(), found.filters().get(table.relation()))
              || (shown != null && !shown.containsAll(read.get(table.relation())));
        })
        .toList();
  }

  private List<Table> lacking(Found found) {
    return tables.values().stream()
        .filter(table -> !found.shown().contains(table.relation()))
        // Its partitions are shown instead, until the option is set.
        .filter(table -> !found.named().contains(table.relation()))
        .toList();
  }

  private String list(Collection<Table> listed) {
    return listed.stream()
        .map(table -> {
          RowFilter filter = filters.get(table.relation());
          return table.sqlName() + (filter == null ? "" : " WHERE (" + filter.written() + ")");
        })
        .collect(Collectors.joining(", "));
  }

  /** Tables of which it shows less than is read: that somebody may have meant. */
  private boolean narrower(Found found) {
    return differing(found).stream()
        .anyMatch(table ->
            !filters.containsKey(table.relation())
                || found.columns().containsKey(table.relation()));
  }

  /** What is wrong with it that no statement of ours can mend. */
  private Optional<Problem> unfit(Connection connection, Optional<Found> found)
      throws SQLException {
    for (Table table : tables.values()) {
      if (filters.containsKey(table.relation())
          && found.isPresent()
          && found.get().whole().contains(table.relation())) {
        return Optional.of(
            new Problem(
                "bad-filter",
                ProblemType.USER,
                "The publication "
                    + name
                    + " shows all rows of "
                    + table.plainName()
                    + ", with all other tables.",
                "systems." + system + ".publication",
                "Name another publication for a system that reads by conditions."));
      }
    }
    return hidden(connection);
  }

  /**
   * Sees to it that the publication is as it must be.
   *
   * @param asked true where somebody asks for just that: only then it shows more of a table than
   *     somebody has said
   */
  void prepare(Connection connection, boolean asked) throws SQLException {
    Optional<Found> found = find(connection);
    List<String> statements = statements(found);
    if (!asked && found.map(this::narrower).orElse(false)) {
      throw new UnisonoException(notOurs(found, statements));
    }
    if (!statements.isEmpty()) {
      try {
        execute(connection, statements, true);
      } catch (SQLException failed) {
        if (!"42501".equals(failed.getSQLState())) {
          throw failed;
        }
        throw new UnisonoException(notOurs(found, statements), failed);
      }
    }
    Optional<Problem> unfit = unfit(connection, find(connection));
    if (unfit.isPresent()) {
      throw new UnisonoException(unfit.get());
    }
  }

  /** All or nothing: no change of a table may be missing in between. */
  private static void execute(Connection connection, List<String> statements, boolean keep)
      throws SQLException {
    connection.setAutoCommit(false);
    try (Statement execute = connection.createStatement()) {
      for (String statement : statements) {
        execute.execute(statement);
      }
      if (keep) {
        connection.commit();
      }
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /** What stands in the way of reading by it; changes nothing. */
  List<Problem> check(Connection connection) throws SQLException {
    List<Problem> problems = new ArrayList<>();
    Optional<Found> found = find(connection);
    List<String> statements = statements(found);
    if (!statements.isEmpty()
        && (found.map(this::narrower).orElse(false) || !mayRun(connection, found))) {
      problems.add(notOurs(found, statements));
    } else if (!statements.isEmpty() && !filters.isEmpty()) {
      rehearse(connection, statements).ifPresent(problems::add);
    }
    unfit(connection, found).ifPresent(problems::add);
    return problems;
  }

  /** Not every condition may stand in a publication; PostgreSQL says which, when it is made. */
  private Optional<Problem> rehearse(Connection connection, List<String> statements)
      throws SQLException {
    try {
      execute(connection, statements, false);
      return Optional.empty();
    } catch (SQLException refused) {
      return Optional.of(
          new Problem(
              "bad-filter",
              ProblemType.USER,
              "The publication "
                  + name
                  + " cannot be: "
                  + Failures.firstLine(refused.getMessage())
                  + ".",
              "systems." + system + ".publication",
              "Use simple conditions: columns, constants, operators and built-in functions that"
                  + " always give the same."));
    }
  }

  private boolean mayRun(Connection connection, Optional<Found> found) throws SQLException {
    boolean may =
        found.isPresent()
            ? found.get().ours()
            : flag(connection, "SELECT has_database_privilege(current_database(), 'CREATE')");
    List<Table> added =
        new ArrayList<>(found.map(this::lacking).orElse(List.copyOf(tables.values())));
    added.addAll(found.map(this::differing).orElse(List.of()));
    for (Table table : added) {
      may &=
          flag(
              connection,
              "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = "
                  + table.relation());
    }
    return may;
  }

  private Problem notOurs(Optional<Found> found, List<String> statements) {
    String lack =
        found.isEmpty()
            ? " is not there"
            : lacking(found.get()).isEmpty() ? " does not show all that is read" : " lacks tables";
    return problem(
        "The publication "
            + name
            + lack
            + ", and "
            + (found.map(this::narrower).orElse(false)
                ? "it is not made to show more without being asked."
                : "this role may not change that."),
        "Let the tables' owner run: " + String.join("; ", statements) + ";");
  }

  /**
   * A partition's changes are shown as those of the table it is of, if that is shown as a whole.
   */
  private Optional<Problem> hidden(Connection connection) throws SQLException {
    String whole =
        tables.values().stream()
            .filter(Table::partitioned)
            .map(table -> Long.toString(table.relation()))
            .collect(Collectors.joining(", "));
    for (Table table : tables.values()) {
      String ancestors =
          "SELECT EXISTS (SELECT FROM pg_partition_ancestors("
              + table.relation()
              + "::oid::regclass) a WHERE a.relid <> "
              + table.relation();
      boolean partOfWhole =
          !whole.isEmpty() && flag(connection, ancestors + " AND a.relid IN (" + whole + "))");
      boolean partOfShown =
          flag(
              connection,
              ancestors
                  + ") AND EXISTS (SELECT FROM pg_publication WHERE pubviaroot AND pubname = "
                  + Database.literal(name)
                  + ") AND NOT EXISTS (SELECT FROM pg_publication_tables WHERE pubname = "
                  + Database.literal(name)
                  + " AND schemaname = "
                  + Database.literal(table.schema())
                  + " AND tablename = "
                  + Database.literal(table.name())
                  + ")");
      if (partOfWhole || partOfShown) {
        return Optional.of(
            problem(
                "The publication "
                    + name
                    + " shows the changes of the partition "
                    + table.plainName()
                    + " as changes of the table it is of.",
                "Sync the partitioned table as a whole, or give one of them a system of its own."));
      }
    }
    return Optional.empty();
  }

  private Problem problem(String message, String remedy) {
    return new Problem(
        "publication-lacks-table",
        ProblemType.USER,
        message,
        "systems." + system + ".publication",
        remedy);
  }

  private static boolean flag(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() && row.getBoolean(1);
    }
  }
}
