package dev.unisono.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a driver says of a database's tables and views. For one thread. */
final class JdbcCatalog {
  private static final int VALID_SECONDS = 5;

  private final Connection connection;
  private final ReadDialect dialect;
  private final DatabaseMetaData says;

  @FunctionalInterface
  private interface Question<T> {
    T ask() throws SQLException;
  }

  /** A table by the names that a driver's other questions take. */
  private record Named(@Nullable String catalog, @Nullable String schema, String table) {
    /** The database of some kinds is what others call a schema. */
    @Nullable String space() {
      return schema == null || schema.isEmpty() ? catalog : schema;
    }
  }

  JdbcCatalog(Connection connection, ReadDialect dialect) throws SQLException {
    this.connection = connection;
    this.dialect = dialect;
    this.says = connection.getMetaData();
  }

  /** A table or view by its name, with or without its schema, in the letters it is stored in. */
  Optional<Table> find(String named) throws SQLException {
    Optional<Named> found = locate(named);
    return found.isPresent() ? Optional.of(table(found.get())) : Optional.empty();
  }

  private Optional<Named> locate(String named) throws SQLException {
    Optional<Named> plain = locate(connection.getCatalog(), connection.getSchema(), named);
    int dot = named.indexOf('.');
    if (plain.isPresent() || dot <= 0) {
      return plain;
    }
    String space = named.substring(0, dot);
    String name = named.substring(dot + 1);
    Optional<Named> bySchema = locate(connection.getCatalog(), space, name);
    return bySchema.isPresent() ? bySchema : locate(space, null, name);
  }

  private Optional<Named> locate(@Nullable String catalog, @Nullable String schema, String name)
      throws SQLException {
    try (ResultSet row = says.getTables(catalog, pattern(schema), pattern(name), null)) {
      while (row.next()) {
        Named found = named(row, "TABLE_");
        // A pattern may mean more than one name.
        if (found.table().equals(name) && (schema == null || schema.equals(found.schema()))) {
          return Optional.of(found);
        }
      }
      return Optional.empty();
    }
  }

  private static Named named(ResultSet row, String prefix) throws SQLException {
    return new Named(
        row.getString(prefix + "CAT"),
        row.getString(prefix + "SCHEM"),
        Objects.requireNonNullElse(row.getString(prefix + "NAME"), ""));
  }

  private @Nullable String pattern(@Nullable String name) throws SQLException {
    String escape = says.getSearchStringEscape();
    return name == null || escape == null || escape.isEmpty()
        ? name
        : name.replace(escape, escape + escape)
            .replace("_", escape + "_")
            .replace("%", escape + "%");
  }

  private static String shown(Named named) {
    String space = named.space();
    return space == null || space.isEmpty() ? named.table() : space + "." + named.table();
  }

  private Table table(Named named) throws SQLException {
    String space = named.space();
    String quoted = dialect.quote(named.table());
    return new Table(
        shown(named),
        space == null || space.isEmpty() ? quoted : dialect.quote(space) + "." + quoted,
        columns(named),
        List.copyOf(orNone(() -> uniqueKeys(named), Set.of())),
        orNone(() -> parents(named), Set.of()),
        false);
  }

  private Map<String, Table.Column> columns(Named named) throws SQLException {
    Map<String, Table.Column> columns = new LinkedHashMap<>();
    try (ResultSet row =
        says.getColumns(named.catalog(), pattern(named.schema()), pattern(named.table()), null)) {
      while (row.next()) {
        String column = row.getString("COLUMN_NAME");
        String type = Objects.requireNonNullElse(row.getString("TYPE_NAME"), "");
        Named of = named(row, "TABLE_");
        // A pattern may mean more than one name.
        if (column != null
            && of.table().equals(named.table())
            && Objects.equals(of.schema(), named.schema())) {
          columns.put(
              column,
              new Table.Column(
                  column,
                  JdbcColumnType.of(row.getInt("DATA_TYPE"), type),
                  row.getInt("NULLABLE") == DatabaseMetaData.columnNoNulls,
                  false,
                  false));
        }
      }
    }
    return columns;
  }

  /** Some drivers refuse to say of a view what a view does not have. */
  private <T> T orNone(Question<T> question, T none) throws SQLException {
    try {
      return question.ask();
    } catch (SQLException refused) {
      if (!connection.isValid(VALID_SECONDS)) {
        throw refused;
      }
      return none;
    }
  }

  private Set<Set<String>> uniqueKeys(Named named) throws SQLException {
    Set<Set<String>> keys = new LinkedHashSet<>();
    Set<String> primary = new LinkedHashSet<>();
    try (ResultSet row = says.getPrimaryKeys(named.catalog(), named.schema(), named.table())) {
      while (row.next()) {
        primary.add(Objects.requireNonNullElse(row.getString("COLUMN_NAME"), ""));
      }
    }
    if (!primary.isEmpty()) {
      keys.add(primary);
    }
    indexes(named, true).values().stream().<Set<String>>map(LinkedHashSet::new).forEach(keys::add);
    return keys;
  }

  /** The columns of each index over all rows, in its order. */
  private Map<String, List<String>> indexes(Named named, boolean unique) throws SQLException {
    Map<String, List<String>> indexes = new LinkedHashMap<>();
    try (ResultSet row =
        says.getIndexInfo(named.catalog(), named.schema(), named.table(), unique, true)) {
      while (row.next()) {
        String index = row.getString("INDEX_NAME");
        String column = row.getString("COLUMN_NAME");
        if (index != null && column != null && row.getString("FILTER_CONDITION") == null) {
          indexes.computeIfAbsent(index, any -> new ArrayList<>()).add(column);
        }
      }
    }
    return indexes;
  }

  /**
   * Whether an index of a table begins with a column; true, too, where there are none to be told
   * of, as of a view.
   */
  boolean indexed(String table, String column) throws SQLException {
    Optional<Named> found = locate(table);
    if (found.isEmpty()) {
      return true;
    }
    Map<String, List<String>> indexes = orNone(() -> indexes(found.get(), false), Map.of());
    return indexes.isEmpty()
        || indexes.values().stream().anyMatch(columns -> columns.getFirst().equals(column));
  }

  private Set<String> parents(Named named) throws SQLException {
    Set<String> parents = new LinkedHashSet<>();
    try (ResultSet row = says.getImportedKeys(named.catalog(), named.schema(), named.table())) {
      while (row.next()) {
        parents.add(shown(named(row, "PKTABLE_")));
      }
    }
    return parents;
  }
}
