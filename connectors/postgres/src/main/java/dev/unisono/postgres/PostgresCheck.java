package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Deletes;
import dev.unisono.spi.Field;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Asks a database whether all that the config wants of it can work, and says for each thing that
 * does not what to do, with the statement to run. Changes nothing. For one thread.
 */
final class PostgresCheck {
  private static final int LEAST_VERSION = 140_000;

  /** What a column can be that says that a row is deleted. */
  private static final Set<String> FLAG_TYPES = Set.of("bool", "timestamptz", "timestamp");

  private final Database database;
  private final List<Binding> reads;
  private final List<Binding> writes;
  private final String slot;
  private final String publication;
  private final long lanes;
  private final LogOptions log;

  /** What a source holds of its tables. */
  private final Map<String, String> state;

  private final List<Problem> problems = new ArrayList<>();
  private final Set<String> unusable = new HashSet<>();
  private final String system;
  private String user = "";

  PostgresCheck(
      Database database,
      List<Binding> reads,
      List<Binding> writes,
      String slot,
      String publication,
      long lanes,
      LogOptions log,
      Map<String, String> state) {
    this.database = database;
    this.reads = reads;
    this.writes = writes;
    this.slot = slot;
    this.publication = publication;
    this.lanes = lanes;
    this.log = log;
    this.state = state;
    this.system = "systems." + database.system();
  }

  List<Problem> run() {
    try (Connection connection = database.connect("connecting")) {
      user = text(connection, "SELECT current_user");
      checkVersion(connection);
      if (!reads.isEmpty()) {
        checkLog(connection);
      }
      Publication published = new Publication(database.system(), publication);
      boolean any = false;
      for (Binding binding : reads) {
        Optional<Problem> change = SchemaWatch.check(connection, binding, state);
        change.ifPresent(problems::add);
        // What has changed since it was read is said once, with what to do about it.
        Optional<Table> table =
            change.isPresent() ? Optional.empty() : checkTable(connection, binding);
        if (table.isPresent()) {
          any = true;
          addPublished(connection, published, binding, table.get());
          checkRead(connection, binding, table.get());
        }
      }
      if (any) {
        problems.addAll(published.check(connection));
      }
      for (Binding binding : writes) {
        Optional<Table> table = checkTable(connection, binding);
        if (table.isPresent()) {
          checkWrite(connection, binding, table.get());
        }
      }
      if (!writes.isEmpty()) {
        checkCursorTable(connection);
      }
    } catch (UnisonoException failed) {
      problems.add(failed.problem());
    } catch (SQLException failed) {
      problems.add(Failures.problem(database.system(), "checking", failed));
    }
    return problems;
  }

  private void add(String code, String message, String path, String remedy) {
    problems.add(new Problem(code, ProblemType.USER, message, path, remedy));
  }

  private void checkVersion(Connection connection) throws SQLException {
    int version = Integer.parseInt(text(connection, "SHOW server_version_num"));
    if (version < LEAST_VERSION) {
      add(
          "version-too-old",
          "The server is PostgreSQL " + text(connection, "SHOW server_version") + ".",
          system + ".url",
          "Use PostgreSQL 14 or later.");
    }
  }

  private void checkLog(Connection connection) throws SQLException {
    String level = text(connection, "SHOW wal_level");
    if (!level.equals("logical")) {
      add(
          "wal-level",
          "wal_level is " + level + ": the server's log does not hold what a reader needs.",
          system,
          "Run ALTER SYSTEM SET wal_level = logical; and restart the server.");
    }
    if (!flag(
        connection,
        "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user")) {
      add(
          "missing-right",
          "The role " + user + " may not read the log.",
          system + ".user",
          "Run ALTER ROLE " + Database.quote(user) + " REPLICATION;");
    }
    checkLogOptions(connection);
    long slots =
        Long.parseLong(text(connection, "SELECT count(*)::text FROM pg_replication_slots"));
    boolean ours =
        flag(
            connection,
            "SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = "
                + Database.literal(slot)
                + ")");
    long most = Long.parseLong(text(connection, "SHOW max_replication_slots"));
    if (!ours && slots >= most) {
      add(
          "no-free-slot",
          "All " + most + " replication slots are taken.",
          system + ".slot",
          "Drop one that nobody reads, or raise max_replication_slots and restart the server.");
    }
  }

  private void checkLogOptions(Connection connection) throws SQLException {
    List<Problem> tooNew =
        log.tooNew(database.system(), connection.getMetaData().getDatabaseMajorVersion());
    problems.addAll(tooNew);
    if (log.failover()
        && tooNew.isEmpty()
        && text(connection, "SHOW synchronized_standby_slots").isEmpty()) {
      add(
          "standby-not-waited-for",
          "failover is true, and no standby is waited for: Unisono could read what a standby that"
              + " is promoted does not have.",
          system + ".failover",
          "Run ALTER SYSTEM SET synchronized_standby_slots = 'SLOT'; with the slot that the standby"
              + " streams by. The standby needs sync_replication_slots = on,"
              + " hot_standby_feedback = on, primary_slot_name, and a dbname in primary_conninfo.");
    }
  }

  private Optional<Table> checkTable(Connection connection, Binding binding) throws SQLException {
    Optional<Table> found = Table.find(connection, binding.table());
    if (found.isEmpty() && binding.policy().createTable()) {
      checkMaking(connection, binding);
      return found;
    }
    if (found.isEmpty()) {
      add(
          "no-such-table",
          "There is no table " + binding.table() + similarTable(connection, binding.table()) + ".",
          binding.configPath() + ".table",
          "Name an existing table, as schema.table; capitals count.");
      return found;
    }
    Table table = found.get();
    if (table.kind() != 'r' && !table.partitioned()) {
      add(
          "not-a-table",
          table.plainName() + " is not a table.",
          binding.configPath() + ".table",
          "Views and foreign tables cannot be synced.");
      return Optional.empty();
    }
    checkSchemaUse(connection, binding, table);
    boolean columnsFit = true;
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      boolean added =
          column != null && binding.policy().alters() && !table.columns().containsKey(column);
      if (added) {
        checkAdding(connection, binding, table);
      } else {
        columnsFit &= checkColumn(binding, table, binding.schema().field(i), column);
      }
    }
    return columnsFit ? found : Optional.empty();
  }

  /** The table is made at the first start, if the role may. */
  private void checkMaking(Connection connection, Binding binding) throws SQLException {
    int dot = binding.table().indexOf('.');
    String schema =
        dot < 0 ? "current_schema()" : Database.literal(binding.table().substring(0, dot));
    if (!flag(
        connection,
        "SELECT coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE"
            + " nspname = "
            + schema
            + "), false)")) {
      add(
          "missing-right",
          "The role " + user + " may not make the table " + binding.table() + ".",
          binding.configPath() + ".create-table",
          "Let somebody who may run "
              + new TargetSchema(database, binding).createStatement()
              + "; or grant CREATE on its schema to "
              + Database.quote(user)
              + ".");
    }
  }

  /** The column is added at the next start, if the role may. */
  private void checkAdding(Connection connection, Binding binding, Table table)
      throws SQLException {
    if (!flag(
        connection,
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = " + table.relation())) {
      add(
          "missing-right",
          "The role " + user + " may not add columns to " + table.plainName() + ".",
          binding.configPath() + ".alter-table",
          "Run ALTER TABLE " + table.sqlName() + " OWNER TO " + Database.quote(user) + ";");
    }
  }

  private void checkSchemaUse(Connection connection, Binding binding, Table table)
      throws SQLException {
    if (flag(
            connection,
            "SELECT NOT has_schema_privilege(" + Database.literal(table.schema()) + ", 'USAGE')")
        && unusable.add(table.schema())) {
      add(
          "missing-right",
          "The role " + user + " may not use the schema " + table.schema() + ".",
          binding.configPath() + ".table",
          "Run GRANT USAGE ON SCHEMA "
              + Database.quote(table.schema())
              + " TO "
              + Database.quote(user)
              + ";");
    }
  }

  private boolean checkColumn(
      Binding binding, Table table, Field field, @org.jspecify.annotations.Nullable String name) {
    if (name == null) {
      return true;
    }
    String path = binding.configPath() + ".fields." + field.name();
    Table.Column column = table.columns().get(name);
    if (column == null && reads.contains(binding) && SchemaWatch.knows(binding, state)) {
      return false; // Judged by what is held: the source goes on without it, or follows it.
    }
    if (column == null) {
      add(
          "no-such-column",
          table.plainName()
              + " has no column "
              + name
              + ". It has "
              + String.join(", ", table.columns().keySet())
              + ".",
          path,
          "Name the column that holds " + field.name() + ", or null where there is none.");
      return false;
    }
    if (!column.type().supported()) {
      add(
          "type-not-supported",
          table.plainName() + "." + name + " has the type " + column.type().shown() + ".",
          path,
          "This type has no values of its own; leave the field out, or write null for its column.");
      return false;
    }
    if (!column.type().fits(field)) {
      add(
          "type-mismatch",
          table.plainName()
              + "."
              + name
              + " has the type "
              + column.type().shown()
              + ", which cannot be the field "
              + field.name()
              + ".",
          path,
          "Write " + column.type().fieldSchema() + " in the entity's schema.");
      return false;
    }
    return true;
  }

  private String similarTable(Connection connection, String named) throws SQLException {
    String plain = TableName.parse(named).table();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n"
                + " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg~_%'"
                + " ESCAPE '~' AND n.nspname <> 'information_schema'"
                + " AND (lower(c.relname) LIKE lower(?) || '%' OR lower(?) LIKE"
                + " lower(c.relname) || '%') ORDER BY 1 LIMIT 3")) {
      select.setString(1, plain.substring(0, Math.min(plain.length(), 4)));
      select.setString(2, plain);
      Set<String> names = new TreeSet<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          names.add(rows.getString(1));
        }
      }
      return names.isEmpty() ? "" : "; did you mean " + String.join(" or ", names) + "?";
    }
  }

  private void checkRead(Connection connection, Binding binding, Table table) throws SQLException {
    String path = binding.configPath() + ".table";
    if (!flag(connection, "SELECT has_table_privilege(" + table.relation() + "::oid, 'SELECT')")) {
      add(
          "missing-right",
          "The role " + user + " may not read " + table.plainName() + ".",
          path,
          "Run GRANT SELECT ON " + table.sqlName() + " TO " + Database.quote(user) + ";");
    }
    List<String> key = Table.keyColumns(binding);
    for (Table.Identity part : table.identities()) {
      if (part.kind() != 'r' && part.kind() != 'p') {
        add(
            "not-a-table",
            part.table() + " is a partition without a log of its own: it is a foreign table.",
            path,
            "Sync the other partitions one by one.");
      }
    }
    boolean showsComputed =
        connection.getMetaData().getDatabaseMajorVersion() >= Publication.SHOWS_COMPUTED;
    for (String column : binding.columns()) {
      if (column != null
          && table.column(column).generated()
          && !(showsComputed && table.column(column).stored())) {
        add(
            "column-generated",
            table.plainName() + "." + column + " is computed by the server; its log leaves it out.",
            path,
            "Write null for the field's column in this member. PostgreSQL 18 can show columns that"
                + " are computed and STORED.");
      }
    }
    checkKeyNotNull(binding, table, key);
  }

  private void addPublished(
      Connection connection, Publication published, Binding binding, Table table)
      throws SQLException {
    try {
      published.add(connection, binding, table);
    } catch (UnisonoException unfit) {
      problems.add(unfit.problem());
    }
  }

  private void checkKeyNotNull(Binding binding, Table table, List<String> key) {
    for (String column : key) {
      if (!table.column(column).notNull()) {
        add(
            "key-nullable",
            table.plainName() + "." + column + " is part of the key and may be null.",
            binding.configPath() + ".table",
            "Run ALTER TABLE "
                + table.sqlName()
                + " ALTER COLUMN "
                + Database.quote(column)
                + " SET NOT NULL;");
      }
    }
  }

  private void checkWrite(Connection connection, Binding binding, Table table) throws SQLException {
    String path = binding.configPath() + ".table";
    List<String> missing = new ArrayList<>();
    List<String> needed =
        binding.deletes() == Deletes.HARD
            ? List.of("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
            : List.of("SELECT", "INSERT", "UPDATE");
    for (String right : needed) {
      if (!flag(
          connection,
          "SELECT has_table_privilege(" + table.relation() + "::oid, '" + right + "')")) {
        missing.add(right);
      }
    }
    if (!missing.isEmpty()) {
      add(
          "missing-right",
          "The role " + user + " may not do all that is needed in " + table.plainName() + ".",
          path,
          "Run GRANT "
              + String.join(", ", missing)
              + " ON "
              + table.sqlName()
              + " TO "
              + Database.quote(user)
              + ";");
    }
    checkUniqueKey(connection, binding, table, path);
    checkExactKey(binding, table, path);
    checkUnkeptColumns(binding, table, path);
    checkDeletedFlag(binding, table);
  }

  private void checkUniqueKey(Connection connection, Binding binding, Table table, String path)
      throws SQLException {
    List<String> key = Table.keyColumns(binding);
    String wanted = String.join(", ", key.stream().sorted().map(Database::literal).toList());
    boolean unique =
        flag(
            connection,
            "SELECT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = "
                + table.relation()
                + " AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND"
                + " i.indexprs IS NULL AND (SELECT"
                + " array_agg(a.attname::text ORDER BY a.attname::text COLLATE \"C\") FROM"
                + " pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum ="
                + " ANY((i.indkey::int2[])[:i.indnkeyatts - 1])) = ARRAY["
                + wanted
                + "]::text[])");
    if (!unique) {
      add(
          "key-not-unique",
          table.plainName()
              + " has no primary key or unique index on "
              + String.join(", ", key)
              + ".",
          path,
          partitionKey(connection, table, key)
              + "Run ALTER TABLE "
              + table.sqlName()
              + " ADD PRIMARY KEY ("
              + String.join(", ", key.stream().map(Database::quote).toList())
              + ");");
    }
  }

  /** A unique index over partitions is only there with all columns that they are made by. */
  private static String partitionKey(Connection connection, Table table, List<String> key)
      throws SQLException {
    String made =
        text(
            connection,
            "SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_partitioned_table p JOIN"
                + " pg_attribute a ON a.attrelid = p.partrelid AND a.attnum ="
                + " ANY(p.partattrs::int2[]) WHERE p.partrelid = "
                + table.relation()
                + " AND a.attname <> ALL (ARRAY["
                + String.join(", ", key.stream().map(Database::literal).toList())
                + "]::text[])");
    return made.isEmpty() || made.equals("null")
        ? ""
        : "It is partitioned by " + made + ": make that a part of the entity's key. ";
  }

  /** Keys that are one to the target and two to us go by different lanes, in any order. */
  private void checkExactKey(Binding binding, Table table, String path) {
    for (String column : Table.keyColumns(binding)) {
      if (lanes > 1 && !table.column(column).exact()) {
        add(
            "key-not-exact",
            table.plainName()
                + "."
                + column
                + " has the type "
                + table.column(column).type().shown()
                + ", to which keys in other words (another case, for instance) are the same: lanes"
                + " could write them in another order than they came.",
            path,
            "Set lanes: 1 for "
                + database.system()
                + " before its first use, or give the column"
                + " another type.");
      }
    }
  }

  /** A column nobody fills must have a default, or no row can be inserted. */
  private void checkUnkeptColumns(Binding binding, Table table, String path) {
    for (Table.Column column : table.columns().values()) {
      boolean kept =
          binding.columns().contains(column.name()) || column.name().equals(binding.deletedFlag());
      if (!kept && column.notNull() && !column.hasDefault() && !column.generated()) {
        add(
            "column-not-filled",
            table.plainName() + "." + column.name() + " must have a value, and no field fills it.",
            path,
            "Give the column a default, or map a field to it.");
      }
      if (kept && column.generated()) {
        add(
            "column-generated",
            table.plainName() + "." + column.name() + " is computed by the server.",
            path,
            "Write null for the field's column in this member.");
      }
      if (kept && column.numbered() && !Table.keyColumns(binding).contains(column.name())) {
        add(
            "column-generated",
            table.plainName() + "." + column.name() + " is numbered by the server alone.",
            path,
            "Write null for the field's column in this member, or run ALTER TABLE "
                + table.sqlName()
                + " ALTER COLUMN "
                + Database.quote(column.name())
                + " SET GENERATED BY DEFAULT;");
      }
    }
  }

  private void checkDeletedFlag(Binding binding, Table table) {
    String name = binding.deletedFlag();
    if (name == null) {
      return;
    }
    String path = binding.configPath() + ".deleted-flag";
    Table.Column column = table.columns().get(name);
    if (column == null) {
      add(
          "no-such-column",
          table.plainName() + " has no column " + name + ".",
          path,
          "Run ALTER TABLE "
              + table.sqlName()
              + " ADD COLUMN "
              + Database.quote(name)
              + " timestamptz;");
    } else if (!FLAG_TYPES.contains(column.type().name())) {
      add(
          "type-mismatch",
          table.plainName() + "." + name + " has the type " + column.type().shown() + ".",
          path,
          "Name a column of the type boolean or timestamptz.");
    } else if (column.notNull() && !column.type().name().equals("bool")) {
      add(
          "type-mismatch",
          table.plainName() + "." + name + " must allow null: that says that a row is there.",
          path,
          "Run ALTER TABLE "
              + table.sqlName()
              + " ALTER COLUMN "
              + Database.quote(name)
              + " DROP NOT NULL;");
    }
  }

  private void checkCursorTable(Connection connection) throws SQLException {
    int dot = PostgresTarget.CURSOR_TABLE.indexOf('.');
    // By the catalog alone: a name that may not be used could not even be looked up.
    boolean may =
        flag(
            connection,
            "SELECT coalesce((SELECT has_schema_privilege(n.oid, 'USAGE') AND coalesce((SELECT"
                + " has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')"
                + " AND has_table_privilege(c.oid, 'UPDATE') FROM pg_class c WHERE c.relnamespace"
                + " = n.oid AND c.relname = "
                + Database.literal(PostgresTarget.CURSOR_TABLE.substring(dot + 1))
                + "), has_schema_privilege(n.oid, 'CREATE') AND"
                + " has_database_privilege(current_database(), 'CREATE')) FROM pg_namespace n WHERE"
                + " n.nspname = "
                + Database.literal(PostgresTarget.CURSOR_TABLE.substring(0, dot))
                + "), has_database_privilege(current_database(), 'CREATE'))");
    if (!may) {
      add(
          "missing-right",
          "The role " + user + " cannot keep its cursors in " + PostgresTarget.CURSOR_TABLE + ".",
          system + ".user",
          "Let an administrator run: "
              + PostgresTarget.CREATE_SCHEMA
              + "; "
              + PostgresTarget.CREATE_TABLE
              + "; GRANT USAGE ON SCHEMA unisono TO "
              + Database.quote(user)
              + "; GRANT SELECT, INSERT, UPDATE ON "
              + PostgresTarget.CURSOR_TABLE
              + " TO "
              + Database.quote(user)
              + ";");
    }
  }

  private static String text(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }

  private static boolean flag(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() && row.getBoolean(1);
    }
  }
}
