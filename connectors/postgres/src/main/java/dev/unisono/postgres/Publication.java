package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
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
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The publication that one system is read by: what it has to show, what the server's shows, and the
 * statements that lead from the one to the other. For one thread.
 */
final class Publication {
  /** The first version whose publications can show computed columns. */
  static final int SHOWS_COMPUTED = 18;

  private final String system;
  private final PublicationOptions options;
  private final String name;
  private final Map<Long, Table> tables = new LinkedHashMap<>();
  private final Map<Long, RowFilter> filters = new HashMap<>();

  /** The columns that are read of each table. */
  private final Map<Long, Set<String>> read = new HashMap<>();

  private boolean computed;

  Publication(String system, PublicationOptions options) {
    this.system = system;
    this.options = options;
    this.name = options.name();
  }

  /** What all that is read from a system needs. */
  static Publication of(
      Connection connection, String system, PublicationOptions options, List<Binding> reads)
      throws SQLException {
    Publication publication = new Publication(system, options);
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
    if (options.namedColumns()) {
      ColumnList.check(connection, system, options, binding, table);
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
        // A column list shows what is in it, computed or not.
        computed |=
            !options.namedColumns()
                && table.type(column) != null
                && table.column(column).generated();
      }
    }
  }

  private @Nullable RowFilter filter(Connection connection, Binding binding, Table table)
      throws SQLException {
    String where = binding.where();
    if (where == null) {
      return null;
    }
    if (connection.getMetaData().getDatabaseMajorVersion() < FoundPublication.SHOWS_PARTS) {
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
              "Ask for columns of the replica identity alone"
                  + (options.namedColumns()
                      ? "."
                      : ", or run ALTER TABLE " + table.sqlName() + " REPLICA IDENTITY FULL;")));
    }
    return filter;
  }

  private static Problem badFilter(Binding binding, String message, String remedy) {
    return new Problem(
        "bad-filter", ProblemType.USER, message, binding.configPath() + ".where", remedy);
  }

  private Optional<FoundPublication> find(Connection connection) throws SQLException {
    return FoundPublication.find(connection, name, Set.copyOf(tables.keySet()));
  }

  private boolean throughRoot() {
    return tables.values().stream().anyMatch(Table::partitioned);
  }

  /** What has to be run, in order, for the publication to be as configured; empty where it is. */
  List<String> statements(Connection connection) throws SQLException {
    return statements(find(connection), true);
  }

  /**
   * @param exact true where a column list is to have no column more than it must; else one that
   *     stands is only made to show more
   */
  private List<String> statements(Optional<FoundPublication> found, boolean exact) {
    List<String> settings = new ArrayList<>();
    if (throughRoot() && !found.map(FoundPublication::throughRoot).orElse(false)) {
      settings.add("publish_via_partition_root = true");
    }
    if (computed && !found.map(FoundPublication::computed).orElse(false)) {
      settings.add("publish_generated_columns = stored");
    }
    if (found.isEmpty()) {
      return List.of(
          "CREATE PUBLICATION "
              + Database.quote(name)
              + " FOR TABLE "
              + list(found, tables.values(), exact)
              + (settings.isEmpty() ? "" : " WITH (" + String.join(", ", settings) + ")"));
    }
    if (!found.get().everyOperation()) {
      settings.addFirst("publish = 'insert, update, delete, truncate'");
    }
    List<String> statements = new ArrayList<>();
    String alter = "ALTER PUBLICATION " + Database.quote(name);
    if (!settings.isEmpty()) {
      statements.add(alter + " SET (" + String.join(", ", settings) + ")");
    }
    // A table's condition and columns cannot be changed alone; all is run in one transaction.
    List<Table> differing = differing(found.get(), exact);
    for (Table table : differing) {
      statements.add(alter + " DROP TABLE " + table.sqlName());
    }
    List<Table> lacking = new ArrayList<>(lacking(found.get()));
    lacking.addAll(differing);
    if (!lacking.isEmpty()) {
      statements.add(alter + " ADD TABLE " + list(found, lacking, exact));
    }
    return statements;
  }

  /** Tables of which it shows other rows than are read, or not the columns that it should. */
  private List<Table> differing(FoundPublication found, boolean exact) {
    return tables.values().stream()
        .filter(table -> found.named().contains(table.relation()))
        .filter(table -> !found.whole().contains(table.relation()))
        .filter(table -> {
          RowFilter filter = filters.get(table.relation());
          return !Objects.equals(
                  filter == null ? null : filter.spelled(), found.filters().get(table.relation()))
              || columnsDiffer(found, table, exact);
        })
        .toList();
  }

  private boolean columnsDiffer(FoundPublication found, Table table, boolean exact) {
    Set<String> shown = found.columns().get(table.relation());
    if (options.namedColumns()) {
      return shown == null || !shown.equals(Set.copyOf(columns(Optional.of(found), table, exact)));
    }
    return shown != null
        && (!shown.containsAll(read(table)) || (exact && !ColumnList.covers(shown, table)));
  }

  /** The columns that are to be shown of a table of which not all are. */
  private List<String> columns(Optional<FoundPublication> found, Table table, boolean exact) {
    Set<String> shown =
        exact
            ? Set.of()
            : found
                .map(there -> there.columns().getOrDefault(table.relation(), Set.of()))
                .orElse(Set.of());
    return ColumnList.of(table, read(table), filters.get(table.relation()), shown);
  }

  private List<Table> lacking(FoundPublication found) {
    return tables.values().stream()
        .filter(table -> !found.shown().contains(table.relation()))
        // Its partitions are shown instead, until the option is set.
        .filter(table -> !found.named().contains(table.relation()))
        .toList();
  }

  private Set<String> read(Table table) {
    return read.getOrDefault(table.relation(), Set.of());
  }

  private String list(Optional<FoundPublication> found, Collection<Table> listed, boolean exact) {
    return listed.stream()
        .map(table -> {
          RowFilter filter = filters.get(table.relation());
          return table.sqlName()
              + (options.namedColumns()
                  ? columns(found, table, exact).stream()
                      .map(Database::quote)
                      .collect(Collectors.joining(", ", " (", ")"))
                  : "")
              + (filter == null ? "" : " WHERE (" + filter.written() + ")");
        })
        .collect(Collectors.joining(", "));
  }

  /**
   * Tables of which it shows less than is read: that somebody may have meant. Column lists are the
   * config's matter where it asks for them.
   */
  private boolean narrower(FoundPublication found) {
    return differing(found, false).stream()
        .anyMatch(table ->
            (!filters.containsKey(table.relation())
                    && found.filters().containsKey(table.relation()))
                || (!options.namedColumns() && found.columns().containsKey(table.relation())));
  }

  /** The numbers of the tables that it does not show, nor what they consist of. */
  Set<Long> lacking(Connection connection) throws SQLException {
    return find(connection).map(this::lacking).orElse(List.copyOf(tables.values())).stream()
        .map(Table::relation)
        .collect(Collectors.toSet());
  }

  /** True where it shows some columns only of a table that is read. */
  boolean listsColumns(Connection connection) throws SQLException {
    Optional<FoundPublication> found = find(connection);
    return found.isPresent()
        && tables.keySet().stream().anyMatch(found.get().columns()::containsKey);
  }

  /** What column lists show that need not be shown any more; it does no harm but to be seen. */
  List<Problem> wider(Connection connection) throws SQLException {
    Optional<FoundPublication> found = find(connection);
    List<Problem> wider = new ArrayList<>();
    for (Table table : options.namedColumns() ? tables.values() : List.<Table>of()) {
      Set<String> more = new TreeSet<>();
      found.ifPresent(
          there -> more.addAll(there.columns().getOrDefault(table.relation(), Set.of())));
      columns(found, table, true).forEach(more::remove);
      if (!more.isEmpty()) {
        wider.add(
            new Problem(
                "column-list-wider",
                ProblemType.USER,
                "The publication "
                    + name
                    + " shows columns of "
                    + table.plainName()
                    + " that the config does not name: "
                    + String.join(", ", more)
                    + ".",
                "systems." + system + "." + PublicationOptions.COLUMNS,
                "Where no other server reads them by it, run ./unisono publication FILE --apply."));
      }
    }
    return wider;
  }

  /** What is wrong with it that no statement of ours can mend. */
  private Optional<Problem> unfit(Connection connection, Optional<FoundPublication> found)
      throws SQLException {
    for (Table table : tables.values()) {
      boolean whole = found.isPresent() && found.get().whole().contains(table.relation());
      if (whole && options.namedColumns()) {
        return Optional.of(ColumnList.whole(system, name, table));
      }
      if (whole && filters.containsKey(table.relation())) {
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
    Optional<FoundPublication> found = find(connection);
    List<String> statements = statements(found, asked);
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
    Optional<FoundPublication> found = find(connection);
    List<String> statements = statements(found, false);
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

  private boolean mayRun(Connection connection, Optional<FoundPublication> found)
      throws SQLException {
    boolean may =
        found.isPresent()
            ? found.get().ours()
            : flag(connection, "SELECT has_database_privilege(current_database(), 'CREATE')");
    List<Table> added =
        new ArrayList<>(found.map(this::lacking).orElse(List.copyOf(tables.values())));
    added.addAll(found.map(there -> differing(there, false)).orElse(List.of()));
    for (Table table : added) {
      may &=
          flag(
              connection,
              "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = "
                  + table.relation());
    }
    return may;
  }

  private Problem notOurs(Optional<FoundPublication> found, List<String> statements) {
    String lack =
        found.isEmpty()
            ? " is not there"
            : !lacking(found.get()).isEmpty()
                ? " lacks tables"
                : showsMore(found.get())
                    ? " shows columns that the config does not name"
                    : " does not show all that is read";
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

  /** True where some table has no column list yet, though it is to have one. */
  private boolean showsMore(FoundPublication found) {
    return options.namedColumns()
        && differing(found, false).stream()
            .anyMatch(table -> !found.columns().containsKey(table.relation()));
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
