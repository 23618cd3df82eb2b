package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedServer;
import dev.unisono.spi.SurveyedServer.Way;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A look at the tables of one database, by one session that can only read and in which no statement
 * runs for long. For one thread.
 */
final class PostgresSurvey implements Survey {
  /** A statement that takes longer is not worth its load. */
  private static final String SESSION =
      "SET statement_timeout = '30s'; SET lock_timeout = '2s';"
          + " SET idle_in_transaction_session_timeout = 0";

  private static final int PING_SECONDS = 10;

  private static final String TABLES =
      "SELECT CASE WHEN n.nspname LIKE '%.%' THEN quote_ident(n.nspname) ELSE n.nspname END || '.'"
          + " || c.relname FROM pg_class c JOIN pg_namespace n"
          + " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
          + " AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg~_%' ESCAPE '~'"
          + " AND n.nspname NOT IN ('information_schema', 'unisono') AND NOT EXISTS (SELECT FROM"
          + " pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"
          + " AND d.deptype = 'e') ORDER BY 1";

  /** Of a partitioned table what its partitions have; what was never counted is guessed by size. */
  private static final String ROWS =
      "SELECT coalesce(sum(CASE WHEN c.reltuples >= 0 THEN c.reltuples ELSE"
          + " pg_relation_size(c.oid) / 100 END), 0)::bigint FROM pg_partition_tree(?::oid) p"
          + " JOIN pg_class c ON c.oid = p.relid WHERE p.isleaf";

  private static final String ROWS_OF_ONE =
      "SELECT CASE WHEN reltuples >= 0 THEN reltuples ELSE pg_relation_size(oid) / 100 END::bigint"
          + " FROM pg_class WHERE oid = ?::oid";

  private static final String INDEXES =
      "SELECT i.indisprimary, i.indisunique AND i.indpred IS NULL, array_agg(a.attname::text"
          + " ORDER BY k.place) FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH"
          + " ORDINALITY k(attnum, place) JOIN pg_attribute a ON a.attrelid = i.indrelid"
          + " AND a.attnum = k.attnum WHERE i.indrelid = ?::oid AND k.place <= i.indnkeyatts"
          + " AND i.indexprs IS NULL AND i.indisvalid GROUP BY i.indexrelid, i.indisprimary,"
          + " i.indisunique, i.indpred IS NULL ORDER BY i.indexrelid";

  private static final String REFERENCES =
      "SELECT n.nspname || '.' || f.relname, array_agg(a.attname::text ORDER BY k.place),"
          + " array_agg(r.attname::text ORDER BY k.place)"
          + " FROM pg_constraint o JOIN pg_class f ON f.oid = o.confrelid JOIN pg_namespace n"
          + " ON n.oid = f.relnamespace CROSS JOIN LATERAL unnest(o.conkey, o.confkey) WITH"
          + " ORDINALITY k(attnum, referred, place) JOIN pg_attribute a ON a.attrelid = o.conrelid"
          + " AND a.attnum = k.attnum JOIN pg_attribute r ON r.attrelid = o.confrelid"
          + " AND r.attnum = k.referred WHERE o.conrelid = ?::oid AND o.contype = 'f'"
          + " GROUP BY o.oid, n.nspname, f.relname ORDER BY 1";

  private static final String TYPES =
      "SELECT attname, format_type(atttypid, atttypmod), CASE WHEN atttypmod > 4 AND atttypid IN"
          + " ('varchar'::regtype, 'bpchar'::regtype) THEN atttypmod - 4 ELSE -1 END"
          + " FROM pg_attribute WHERE attrelid = ?::oid AND attnum > 0 AND NOT attisdropped";

  private final Database database;
  private final Connection connection;

  private PostgresSurvey(Database database, Connection connection) {
    this.database = database;
    this.connection = connection;
  }

  static PostgresSurvey open(Database database) {
    Connection connection = database.connect("connecting");
    try (Statement statement = connection.createStatement()) {
      statement.execute(SESSION);
      connection.setReadOnly(true);
      return new PostgresSurvey(database, connection);
    } catch (SQLException failed) {
      close(connection);
      throw database.failure("connecting", failed);
    }
  }

  @Override
  public SurveyedServer server() {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT current_setting('server_version'), coalesce(s.version, ''),"
                    + " inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr()"
                    + " FROM (SELECT 1) one LEFT JOIN pg_stat_ssl s ON s.pid = pg_backend_pid()"
                    + " AND s.ssl")) {
      row.next();
      String encryption = String.valueOf(row.getString(2));
      boolean local = row.getBoolean(3);
      return new SurveyedServer(
          "PostgreSQL " + row.getString(1),
          !encryption.isEmpty() ? Way.ENCRYPTED : local ? Way.LOCAL : Way.PLAIN,
          !encryption.isEmpty()
              ? encryption
              : local ? "not encrypted, on the same machine" : "not encrypted");
    } catch (SQLException failed) {
      throw database.failure("asking for the version", failed);
    }
  }

  @Override
  public void ping() {
    try {
      if (!connection.isValid(PING_SECONDS)) {
        throw new SQLException("no answer within " + PING_SECONDS + " s", "08006");
      }
    } catch (SQLException failed) {
      throw database.failure("asking for an answer", failed);
    }
  }

  @Override
  public List<String> tables() {
    List<String> tables = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(TABLES)) {
      while (row.next()) {
        tables.add(row.getString(1));
      }
      return tables;
    } catch (SQLException failed) {
      throw database.failure("listing the tables", failed);
    }
  }

  @Override
  public SurveyedTable table(String name) {
    try {
      Table table = found(name);
      List<String> primary = new ArrayList<>();
      List<List<String>> unique = new ArrayList<>();
      List<List<String>> indexes = new ArrayList<>();
      indexes(table, primary, unique, indexes);
      return new SurveyedTable(
          name, rows(table), columns(table), primary, unique, references(table), indexes);
    } catch (SQLException failed) {
      throw database.failure("looking at " + name, failed);
    }
  }

  private Table found(String name) throws SQLException {
    Optional<Table> table = Table.find(connection, name);
    return table.orElseThrow(() ->
        new UnisonoException(
            new Problem(
                "no-such-table",
                ProblemType.USER,
                "There is no table " + name + ".",
                "systems." + database.system(),
                "Name an existing table, as schema.table; capitals count.")));
  }

  private long rows(Table table) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(table.partitioned() ? ROWS : ROWS_OF_ONE)) {
      select.setLong(1, table.relation());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : SurveyedTable.UNKNOWN;
      }
    }
  }

  private List<SurveyedTable.Column> columns(Table table) throws SQLException {
    Map<String, String> types = new HashMap<>();
    Map<String, Long> lengths = new HashMap<>();
    try (PreparedStatement select = connection.prepareStatement(TYPES)) {
      select.setLong(1, table.relation());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          types.put(row.getString(1), row.getString(2));
          lengths.put(row.getString(1), row.getLong(3));
        }
      }
    }
    List<SurveyedTable.Column> columns = new ArrayList<>();
    for (Table.Column column : table.columns().values()) {
      ColumnType element = column.type().element();
      @Nullable ValueType type = column.type().natural();
      columns.add(
          new SurveyedTable.Column(
              column.name(),
              types.getOrDefault(column.name(), column.type().shown()),
              type,
              type == ValueType.ARRAY && element != null ? element.natural() : null,
              false,
              !column.notNull(),
              lengths.getOrDefault(column.name(), SurveyedTable.UNKNOWN),
              column.generated()));
    }
    return columns;
  }

  private void indexes(
      Table table, List<String> primary, List<List<String>> unique, List<List<String>> indexes)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(INDEXES)) {
      select.setLong(1, table.relation());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          List<String> columns = names(row, 3);
          indexes.add(columns);
          if (row.getBoolean(1)) {
            primary.addAll(columns);
          } else if (row.getBoolean(2)) {
            unique.add(columns);
          }
        }
      }
    }
  }

  private List<SurveyedTable.Reference> references(Table table) throws SQLException {
    List<SurveyedTable.Reference> references = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(REFERENCES)) {
      select.setLong(1, table.relation());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          references.add(
              new SurveyedTable.Reference(names(row, 2), row.getString(1), names(row, 3)));
        }
      }
    }
    return references;
  }

  private static List<String> names(ResultSet row, int place) throws SQLException {
    return Arrays.asList((String[]) row.getArray(place).getArray());
  }

  @Override
  public RowReader sample(Binding binding, SurveyedTable table, int rows) {
    try {
      return SampleRows.of(database, connection, binding, found(table.name()), table, rows);
    } catch (SQLException failed) {
      throw database.failure("reading " + table.name(), failed);
    }
  }

  @Override
  public void close() {
    close(connection);
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException gone) {
      // Closed is closed.
    }
  }
}
