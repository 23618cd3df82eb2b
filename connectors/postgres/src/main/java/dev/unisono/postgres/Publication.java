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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The publication that one system is read by: what it has to show, what the server's shows, and the
 * statements that lead from the one to the other. For one thread.
 */
final class Publication {
  /** The first version whose publications can show computed columns. */
  static final int SHOWS_COMPUTED = 18;

  private final String system;
  private final String name;
  private final Map<Long, Table> tables = new LinkedHashMap<>();
  private boolean computed;

  Publication(String system, String name) {
    this.system = system;
    this.name = name;
  }

  /** It has to show what this binding reads. */
  void add(Binding binding, Table table) {
    tables.putIfAbsent(table.relation(), table);
    for (String column : binding.columns()) {
      computed |= column != null && table.type(column) != null && table.column(column).generated();
    }
  }

  /**
   * What the server has of it.
   *
   * @param ours true where the role may change it
   * @param throughRoot true where it shows partitions as the table they are of
   * @param computed true where it shows computed columns that are kept
   * @param shown the tables that it shows
   * @param named the tables that it names, with those whose partitions are shown in their place
   */
  private record Found(
      boolean ours,
      boolean everyOperation,
      boolean throughRoot,
      boolean computed,
      Set<Long> shown,
      Set<Long> named) {}

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
        Set<Long> named = new HashSet<>();
        if (row.getBoolean(5)) {
          named.addAll(tables.keySet());
        } else {
          named.addAll(
              relations(
                  connection,
                  "SELECT r.prrelid::int8 FROM pg_publication_rel r JOIN pg_publication p"
                      + " ON p.oid = r.prpubid WHERE p.pubname = ?"));
          named.addAll(inSchemas(connection));
        }
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
                named));
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
    List<Table> lacking = lacking(found.get());
    if (!lacking.isEmpty()) {
      statements.add(alter + " ADD TABLE " + list(lacking));
    }
    return statements;
  }

  private List<Table> lacking(Found found) {
    return tables.values().stream()
        .filter(table -> !found.shown().contains(table.relation()))
        // Its partitions are shown instead, until the option is set.
        .filter(table -> !found.named().contains(table.relation()))
        .toList();
  }

  private static String list(Iterable<Table> tables) {
    List<String> names = new ArrayList<>();
    tables.forEach(table -> names.add(table.sqlName()));
    return String.join(", ", names);
  }

  /** Sees to it that the publication is as it must be. */
  void prepare(Connection connection) throws SQLException {
    Optional<Found> found = find(connection);
    List<String> statements = statements(found);
    if (!statements.isEmpty()) {
      try {
        execute(connection, statements);
      } catch (SQLException failed) {
        if (!"42501".equals(failed.getSQLState())) {
          throw failed;
        }
        throw new UnisonoException(notOurs(found, statements), failed);
      }
    }
    Optional<Problem> hidden = hidden(connection);
    if (hidden.isPresent()) {
      throw new UnisonoException(hidden.get());
    }
  }

  /** All or nothing: no change of a table may be missing in between. */
  private static void execute(Connection connection, List<String> statements) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement execute = connection.createStatement()) {
      for (String statement : statements) {
        execute.execute(statement);
      }
      connection.commit();
    } catch (SQLException failed) {
      connection.rollback();
      throw failed;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  /** What stands in the way of reading by it; changes nothing. */
  List<Problem> check(Connection connection) throws SQLException {
    List<Problem> problems = new ArrayList<>();
    Optional<Found> found = find(connection);
    List<String> statements = statements(found);
    if (!statements.isEmpty() && !mayRun(connection, found)) {
      problems.add(notOurs(found, statements));
    }
    hidden(connection).ifPresent(problems::add);
    return problems;
  }

  private boolean mayRun(Connection connection, Optional<Found> found) throws SQLException {
    boolean may =
        found.isPresent()
            ? found.get().ours()
            : flag(connection, "SELECT has_database_privilege(current_database(), 'CREATE')");
    for (Table table : found.map(this::lacking).orElse(List.copyOf(tables.values()))) {
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
        "The publication " + name + lack + ", and this role may not change that.",
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
