package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Deletes;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Checks that tables can be written as they are bound, and that cursors can be kept beside them.
 * For one thread.
 */
final class TargetCheck {
  /** What a column can be that says that a row is deleted. */
  private static final Set<String> FLAG_TYPES = Set.of("bool", "timestamptz", "timestamp");

  private final Inspection found;
  private final long lanes;

  TargetCheck(Inspection found, long lanes) {
    this.found = found;
    this.lanes = lanes;
  }

  void check(Binding binding, Table table) throws SQLException {
    String path = binding.configPath() + ".table";
    List<String> missing = new ArrayList<>();
    List<String> needed =
        binding.deletes() == Deletes.HARD
            ? List.of("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
            : List.of("SELECT", "INSERT", "UPDATE");
    for (String right : needed) {
      if (!found.flag(
          "SELECT has_table_privilege(" + table.relation() + "::oid, '" + right + "')")) {
        missing.add(right);
      }
    }
    if (!missing.isEmpty()) {
      found.add(
          "missing-right",
          "The role "
              + found.user()
              + " may not do all that is needed in "
              + table.plainName()
              + ".",
          path,
          "Run GRANT "
              + String.join(", ", missing)
              + " ON "
              + table.sqlName()
              + " TO "
              + Database.quote(found.user())
              + ";");
    }
    checkUniqueKey(binding, table, path);
    checkExactKey(binding, table, path);
    checkUnkeptColumns(binding, table, path);
    checkDeletedFlag(binding, table);
  }

  private void checkUniqueKey(Binding binding, Table table, String path) throws SQLException {
    List<String> key = Table.keyColumns(binding);
    String wanted = String.join(", ", key.stream().sorted().map(Database::literal).toList());
    boolean unique =
        found.flag(
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
      found.add(
          "key-not-unique",
          table.plainName()
              + " has no primary key or unique index on "
              + String.join(", ", key)
              + ".",
          path,
          partitionKey(table, key)
              + "Run ALTER TABLE "
              + table.sqlName()
              + " ADD PRIMARY KEY ("
              + String.join(", ", key.stream().map(Database::quote).toList())
              + ");");
    }
  }

  /** A unique index over partitions is only there with all columns that they are made by. */
  private String partitionKey(Table table, List<String> key) throws SQLException {
    String made =
        found.text(
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
        found.add(
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
                + found.database().system()
                + ", or transactions: keep, or give the column"
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
        found.add(
            "column-not-filled",
            table.plainName() + "." + column.name() + " must have a value, and no field fills it.",
            path,
            "Give the column a default, or map a field to it.");
      }
      boolean isKey = Table.keyColumns(binding).contains(column.name());
      if (isKey && binding.ownKeys() && !column.hasDefault() && !column.numbered()) {
        found.add(
            "key-not-given",
            table.plainName()
                + "."
                + column.name()
                + " is a key that each member gives by itself, and has no default to give one.",
            path,
            "Run ALTER TABLE "
                + table.sqlName()
                + " ALTER COLUMN "
                + Database.quote(column.name())
                + " ADD GENERATED BY DEFAULT AS IDENTITY; and set where it goes on; or give it"
                + " another default.");
      }
      if (kept && column.generated()) {
        found.add(
            "column-generated",
            table.plainName() + "." + column.name() + " is computed by the server.",
            path,
            "Write null for the field's column in this member.");
      }
      if (kept && column.numbered() && !isKey) {
        found.add(
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
      found.add(
          "no-such-column",
          table.plainName() + " has no column " + name + ".",
          path,
          "Run ALTER TABLE "
              + table.sqlName()
              + " ADD COLUMN "
              + Database.quote(name)
              + " timestamptz;");
    } else if (!FLAG_TYPES.contains(column.type().name())) {
      found.add(
          "type-mismatch",
          table.plainName() + "." + name + " has the type " + column.type().shown() + ".",
          path,
          "Name a column of the type boolean or timestamptz.");
    } else if (column.notNull() && !column.type().name().equals("bool")) {
      found.add(
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

  void cursorTable() throws SQLException {
    int dot = PostgresTarget.CURSOR_TABLE.indexOf('.');
    // By the catalog alone: a name that may not be used could not even be looked up.
    boolean may =
        found.flag(
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
      found.add(
          "missing-right",
          "The role "
              + found.user()
              + " cannot keep its cursors in "
              + PostgresTarget.CURSOR_TABLE
              + ".",
          found.system() + ".user",
          "Let an administrator run: "
              + PostgresTarget.CREATE_SCHEMA
              + "; "
              + PostgresTarget.CREATE_TABLE
              + "; GRANT USAGE ON SCHEMA unisono TO "
              + Database.quote(found.user())
              + "; GRANT SELECT, INSERT, UPDATE ON "
              + PostgresTarget.CURSOR_TABLE
              + " TO "
              + Database.quote(found.user())
              + ";");
    }
  }
}
