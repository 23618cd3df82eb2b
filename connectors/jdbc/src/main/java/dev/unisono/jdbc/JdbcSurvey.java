package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedServer;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A look at the tables of a database by what its driver says of them, over one session. For one
 * thread.
 */
public final class JdbcSurvey implements Survey {
  private static final int PING_SECONDS = 10;
  private static final int COUNT_SECONDS = 10;

  /** Beyond it no length was meant: it is the most that the type can hold. */
  private static final long LONGEST_TEXT = 65_535;

  /** What drivers call a table that holds rows of its own. */
  private static final Set<String> KINDS =
      Set.of("TABLE", "BASE TABLE", "PARTITIONED TABLE", "SYSTEM VERSIONED");

  private static final Set<String> OF_SYSTEMS =
      Set.of(
          "INFORMATION_SCHEMA",
          "PG_CATALOG",
          "SYS",
          "SYSTEM",
          "MYSQL",
          "PERFORMANCE_SCHEMA",
          "UNISONO",
          "GUEST",
          "XDB",
          "MDSYS",
          "CTXSYS",
          "OUTLN",
          "DBSNMP");

  /** Names of our own tables, and of SQLite's, begin so. */
  private static final String OURS = "unisono_";

  private static final String OF_SQLITE = "sqlite_";

  /** How a database is spoken to, where that depends on what is asked. */
  @FunctionalInterface
  interface Spoken {
    ReadDialect of(Binding binding) throws SQLException;
  }

  /** Where a driver's other questions find a table. */
  private record Place(@Nullable String catalog, @Nullable String schema, String table) {}

  private final Connection connection;
  private final ReadDialect dialect;
  private final Spoken samples;
  private final String system;
  private final SurveyedServer server;
  private final Function<SQLException, UnisonoException> failure;
  private final Map<String, Place> places = new HashMap<>();

  /**
   * @param dialect by which tables are looked up
   * @param samples by which a table's rows are read
   */
  JdbcSurvey(
      Connection connection,
      ReadDialect dialect,
      Spoken samples,
      String system,
      SurveyedServer server,
      Function<SQLException, UnisonoException> failure) {
    this.connection = connection;
    this.dialect = dialect;
    this.samples = samples;
    this.system = system;
    this.server = server;
    this.failure = failure;
  }

  /**
   * A look by a session of its own.
   *
   * @param server what is at the other end, by what the driver says that it is and by the url
   */
  public static JdbcSurvey of(
      Database database, BiFunction<String, String, SurveyedServer> server) {
    Connection connection = database.connect();
    Function<SQLException, UnisonoException> failure =
        failed -> database.failure("looking at the tables", failed);
    try {
      return new JdbcSurvey(
          connection,
          database.dialect(),
          _ -> database.dialect(),
          database.system(),
          server.apply(
              product(connection),
              Objects.requireNonNullElse(connection.getMetaData().getURL(), "")),
          failure);
    } catch (SQLException failed) {
      Database.close(connection);
      throw failure.apply(failed);
    }
  }

  /** What a driver says is at the other end. */
  static String product(Connection connection) throws SQLException {
    DatabaseMetaData says = connection.getMetaData();
    String name = says.getDatabaseProductName();
    String version = says.getDatabaseProductVersion();
    return version.contains(name) ? version : name + " " + version;
  }

  @Override
  public SurveyedServer server() {
    return server;
  }

  @Override
  public void ping() {
    try {
      if (!connection.isValid(PING_SECONDS)) {
        throw new SQLException("no answer within " + PING_SECONDS + " s", "08006");
      }
    } catch (SQLException failed) {
      throw failure.apply(failed);
    }
  }

  @Override
  public List<String> tables() {
    try {
      list();
      return places.keySet().stream().sorted().toList();
    } catch (SQLException failed) {
      throw failure.apply(failed);
    }
  }

  private void list() throws SQLException {
    places.clear();
    String schema = connection.getSchema();
    try (ResultSet row =
        connection.getMetaData().getTables(connection.getCatalog(), null, "%", null)) {
      while (row.next()) {
        String kind = Objects.requireNonNullElse(row.getString("TABLE_TYPE"), "");
        String in = row.getString("TABLE_SCHEM");
        String table = Objects.requireNonNullElse(row.getString("TABLE_NAME"), "");
        boolean ofSystem = in != null && OF_SYSTEMS.contains(in.toUpperCase(Locale.ROOT));
        if (KINDS.contains(kind.toUpperCase(Locale.ROOT))
            && !ofSystem
            && !table.startsWith(OF_SQLITE)
            && !table.toLowerCase(Locale.ROOT).startsWith(OURS)) {
          boolean plain = in == null || in.isEmpty() || in.equals(schema);
          places.put(
              plain ? table : in + "." + table, new Place(row.getString("TABLE_CAT"), in, table));
        }
      }
    }
  }

  @Override
  public SurveyedTable table(String name) {
    try {
      Table table = found(name);
      if (places.isEmpty()) {
        list();
      }
      Place place = places.getOrDefault(name, new Place(connection.getCatalog(), null, name));
      List<String> primary = primaryKey(place);
      Map<String, List<String>> unique = indexes(place, true);
      return new SurveyedTable(
          name,
          rows(table),
          columns(table, place),
          primary,
          unique.values().stream()
              .filter(key -> !Set.copyOf(key).equals(Set.copyOf(primary)))
              .filter(key -> table.uniqueKeys().contains(Set.copyOf(key)))
              .toList(),
          references(place),
          List.copyOf(indexes(place, false).values()));
    } catch (SQLException failed) {
      throw failure.apply(failed);
    }
  }

  private Table found(String name) throws SQLException {
    return dialect
        .find(connection, name)
        .orElseThrow(() ->
            new UnisonoException(
                new Problem(
                    "no-such-table",
                    ProblemType.USER,
                    "There is no table " + name + ".",
                    "systems." + system,
                    "Name an existing table, in the letters it is stored in.")));
  }

  private long rows(Table table) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(COUNT_SECONDS);
      try (ResultSet row = statement.executeQuery(dialect.rowCount(table))) {
        return row.next() ? row.getLong(1) : SurveyedTable.UNKNOWN;
      }
    } catch (SQLException notCounted) {
      if (!connection.isValid(PING_SECONDS)) {
        throw notCounted;
      }
      return SurveyedTable.UNKNOWN; // To count takes too long, or may not be.
    }
  }

  private List<SurveyedTable.Column> columns(Table table, Place place) throws SQLException {
    Map<String, Long> lengths = lengths(place);
    List<SurveyedTable.Column> columns = new ArrayList<>();
    for (Table.Column column : table.columns().values()) {
      ValueType type = NaturalType.of(dialect, column);
      long length = lengths.getOrDefault(column.name(), SurveyedTable.UNKNOWN);
      columns.add(
          new SurveyedTable.Column(
              column.name(),
              column.type(),
              type,
              null,
              false,
              !column.notNull(),
              type == ValueType.STRING && length > 0 && length < LONGEST_TEXT
                  ? length
                  : SurveyedTable.UNKNOWN,
              column.generated()));
    }
    return columns;
  }

  private Map<String, Long> lengths(Place place) throws SQLException {
    Map<String, Long> lengths = new HashMap<>();
    try (ResultSet row =
        connection.getMetaData().getColumns(place.catalog(), place.schema(), place.table(), null)) {
      while (row.next()) {
        // A name is a pattern here, and may mean more than one.
        if (place.table().equals(row.getString("TABLE_NAME"))) {
          lengths.put(
              Objects.requireNonNullElse(row.getString("COLUMN_NAME"), ""),
              row.getLong("COLUMN_SIZE"));
        }
      }
    }
    return lengths;
  }

  private List<String> primaryKey(Place place) throws SQLException {
    Map<Integer, String> parts = new TreeMap<>();
    try (ResultSet row =
        connection.getMetaData().getPrimaryKeys(place.catalog(), place.schema(), place.table())) {
      while (row.next()) {
        String column = Objects.requireNonNullElse(row.getString("COLUMN_NAME"), "");
        parts.put(row.getInt("KEY_SEQ"), column);
      }
    }
    return List.copyOf(parts.values());
  }

  private Map<String, List<String>> indexes(Place place, boolean unique) throws SQLException {
    Map<String, List<String>> indexes = new LinkedHashMap<>();
    try (ResultSet row =
        connection
            .getMetaData()
            .getIndexInfo(place.catalog(), place.schema(), place.table(), unique, true)) {
      while (row.next()) {
        String index = row.getString("INDEX_NAME");
        String column = row.getString("COLUMN_NAME");
        if (index != null && column != null) {
          indexes.computeIfAbsent(index, any -> new ArrayList<>()).add(column);
        }
      }
    }
    return indexes;
  }

  private List<SurveyedTable.Reference> references(Place place) throws SQLException {
    Map<String, ForeignKey> keys = new LinkedHashMap<>();
    int unnamed = 0;
    try (ResultSet row =
        connection.getMetaData().getImportedKeys(place.catalog(), place.schema(), place.table())) {
      while (row.next()) {
        String name = row.getString("FK_NAME");
        if (name == null || name.isEmpty()) {
          // One without a name begins with its first column.
          unnamed += row.getInt("KEY_SEQ") == 1 ? 1 : 0;
          name = " " + unnamed;
        }
        String table = Objects.requireNonNullElse(row.getString("PKTABLE_NAME"), "");
        ForeignKey key =
            keys.computeIfAbsent(
                name, any -> new ForeignKey(table, new ArrayList<>(), new ArrayList<>()));
        key.columns.add(Objects.requireNonNullElse(row.getString("FKCOLUMN_NAME"), ""));
        key.referred.add(Objects.requireNonNullElse(row.getString("PKCOLUMN_NAME"), ""));
      }
    }
    return keys.values().stream()
        .map(key -> new SurveyedTable.Reference(key.columns, key.table, key.referred))
        .toList();
  }

  private record ForeignKey(String table, List<String> columns, List<String> referred) {}

  @Override
  public RowReader sample(Binding binding, SurveyedTable table, int rows) {
    try {
      return new JdbcSample(
          connection,
          samples.of(binding),
          system,
          binding,
          found(table.name()),
          table,
          rows,
          failure);
    } catch (SQLException failed) {
      throw failure.apply(failed);
    }
  }

  @Override
  public void close() {
    Database.close(connection);
  }
}
