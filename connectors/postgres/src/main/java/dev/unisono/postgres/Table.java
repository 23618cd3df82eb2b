package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A table as the catalog describes it. Immutable.
 *
 * @param schema the schema it is in
 * @param columns by name, in table order
 * @param identities how the log tells its rows: one, or with partitions one for each of them
 * @param kind PostgreSQL's {@code relkind}: {@code r} a table, {@code p} a partitioned one
 * @param rowsEstimated the planner's estimate; -1 where it has none
 */
record Table(
    long relation,
    String schema,
    String name,
    Map<String, Column> columns,
    List<Identity> identities,
    char kind,
    long rowsEstimated) {

  /**
   * One column.
   *
   * @param generated true where the server computes it
   * @param stored true where it computes and keeps it
   * @param numbered true where the server numbers it and takes no other number
   * @param exact true where two values of it are the same exactly where their texts are
   */
  record Column(
      String name,
      ColumnType type,
      boolean notNull,
      boolean generated,
      boolean hasDefault,
      boolean exact,
      boolean stored,
      boolean numbered) {}

  /**
   * How the log tells the rows of one table, or one partition.
   *
   * @param table the table or partition
   * @param kind its {@code relkind}
   * @param full true with REPLICA IDENTITY FULL
   * @param columns in key order: the primary key's, or those of the index that REPLICA IDENTITY
   *     names; empty where it tells none, or all
   */
  record Identity(String table, char kind, boolean full, List<String> columns) {
    boolean shows(List<String> key) {
      return full || new HashSet<>(columns).equals(new HashSet<>(key));
    }
  }

  private static final String TABLE_QUERY =
      "SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text,"
          + " c.reltuples::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE ";

  /** By the catalog alone: {@code to_regclass} fails where the schema may not be used. */
  private static final String BY_SCHEMA = "n.nspname = ? AND c.relname = ?";

  private static final String BY_SEARCH_PATH = "c.oid = to_regclass(?)";

  private static final String COLUMN_QUERY =
      "SELECT a.attname, a.atttypid::int8, a.attnotnull, a.attgenerated <> '', a.atthasdef"
          + " OR a.attidentity <> '', coalesce((SELECT collisdeterministic FROM pg_collation c"
          + " WHERE c.oid = a.attcollation), true), a.attgenerated = 's', a.attidentity = 'a' FROM pg_attribute a"
          + " WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

  /** The partitions that hold rows; the table itself where there are none. */
  private static final String IDENTITY_QUERY =
      "SELECT c.oid::bigint, quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
          + " c.relkind::text, c.relreplident = 'f' FROM pg_class c JOIN pg_namespace n"
          + " ON n.oid = c.relnamespace WHERE c.oid = ?::oid AND NOT EXISTS (SELECT FROM"
          + " pg_partition_tree(c.oid) WHERE isleaf AND relid <> c.oid) OR c.oid IN (SELECT relid"
          + " FROM pg_partition_tree(?::oid) WHERE isleaf) ORDER BY 2";

  private static final String KEY_QUERY =
      "SELECT a.attname FROM pg_index i"
          + " CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)"
          + " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
          + " JOIN pg_class c ON c.oid = i.indrelid WHERE i.indrelid = ?::oid"
          + " AND k.place <= i.indnkeyatts AND CASE c.relreplident WHEN 'd' THEN i.indisprimary"
          + " WHEN 'i' THEN i.indisreplident ELSE false END ORDER BY k.place";

  /** Looks a table up by the name in the config; empty where there is none of that name. */
  static Optional<Table> find(Connection connection, String named) throws SQLException {
    TableName asked = TableName.parse(named);
    String schema = asked.schema();
    try (PreparedStatement select =
        connection.prepareStatement(TABLE_QUERY + (schema == null ? BY_SEARCH_PATH : BY_SCHEMA))) {
      if (schema == null) {
        select.setString(1, Database.quote(asked.table()));
      } else {
        select.setString(1, schema);
        select.setString(2, asked.table());
      }
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        long relation = row.getLong(1);
        return Optional.of(
            new Table(
                relation,
                row.getString(2),
                row.getString(3),
                columns(connection, relation),
                identities(connection, relation),
                row.getString(4).charAt(0),
                row.getLong(5)));
      }
    }
  }

  /**
   * A binding's table.
   *
   * @throws UnisonoException where there is none of its name
   */
  static Table named(Connection connection, Binding binding) throws SQLException {
    return find(connection, binding.table())
        .orElseThrow(() ->
            new UnisonoException(
                new Problem(
                    "no-such-table",
                    ProblemType.USER,
                    "There is no table " + binding.table() + ".",
                    binding.configPath() + ".table",
                    "Name an existing table, as schema.table.")));
  }

  private static Map<String, Column> columns(Connection connection, long relation)
      throws SQLException {
    Map<String, Column> columns = new LinkedHashMap<>();
    Map<Long, ColumnType> types = ColumnType.noneKnown();
    try (PreparedStatement select = connection.prepareStatement(COLUMN_QUERY)) {
      select.setLong(1, relation);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          ColumnType type = ColumnType.find(connection, row.getLong(2), types);
          columns.put(
              row.getString(1),
              new Column(
                  row.getString(1),
                  type,
                  row.getBoolean(3),
                  row.getBoolean(4),
                  row.getBoolean(5),
                  row.getBoolean(6) && type.sameByText(),
                  row.getBoolean(7),
                  row.getBoolean(8)));
        }
      }
    }
    return columns;
  }

  private static List<Identity> identities(Connection connection, long relation)
      throws SQLException {
    List<Identity> identities = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(IDENTITY_QUERY)) {
      select.setLong(1, relation);
      select.setLong(2, relation);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          identities.add(
              new Identity(
                  row.getString(2),
                  row.getString(3).charAt(0),
                  row.getBoolean(4),
                  identity(connection, row.getLong(1))));
        }
      }
    }
    return identities;
  }

  private static List<String> identity(Connection connection, long relation) throws SQLException {
    List<String> key = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(KEY_QUERY)) {
      select.setLong(1, relation);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          key.add(row.getString(1));
        }
      }
    }
    return key;
  }

  /** True where the log tells by these columns which row changed. */
  boolean logShows(List<String> key) {
    return identities.stream().allMatch(identity -> identity.shows(key));
  }

  boolean partitioned() {
    return kind == 'p';
  }

  /** What to say where the log does not show the key of a binding. */
  Problem keyNotInLog(Binding binding) {
    List<String> key = keyColumns(binding);
    Identity identity =
        identities.stream()
            .filter(one -> !one.shows(key))
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException("its log shows the key: " + plainName()));
    return new Problem(
        "key-not-in-log",
        ProblemType.USER,
        identity.columns().isEmpty()
            ? identity.table()
                + " has no primary key, or another REPLICA IDENTITY than it: its log does not tell"
                + " which row changed."
            : "The log of "
                + identity.table()
                + " tells rows by "
                + String.join(", ", identity.columns())
                + ", the entity's key is "
                + String.join(", ", key)
                + ".",
        binding.configPath() + ".table",
        "Make them the same, or run ALTER TABLE " + identity.table() + " REPLICA IDENTITY FULL;");
  }

  /** The name as statements need it. */
  String sqlName() {
    return Database.quote(schema) + "." + Database.quote(name);
  }

  /** The name as people write it, and as state and messages hold it. */
  String plainName() {
    return schema + "." + name;
  }

  Column column(String column) {
    Column found = columns.get(column);
    if (found == null) {
      throw new IllegalArgumentException(plainName() + " has no column " + column);
    }
    return found;
  }

  /** The type of a column; null where there is no such column, or none is meant. */
  @Nullable ColumnType type(@Nullable String column) {
    Column found = column == null ? null : columns.get(column);
    return found == null ? null : found.type();
  }

  /** The columns that hold a binding's key, in key order. */
  static List<String> keyColumns(Binding binding) {
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < binding.schema().keySize(); i++) {
      String column = binding.column(binding.schema().keyPosition(i));
      if (column == null) {
        throw new IllegalArgumentException(binding + " keeps no column for its key");
      }
      columns.add(column);
    }
    return columns;
  }
}
