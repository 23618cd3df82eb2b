package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Checks that a binding's table is there, or may be made, with columns that can be its fields. For
 * one thread.
 */
final class TableCheck {
  private final Inspection found;
  private final List<Binding> reads;

  /** What a source holds of its tables. */
  private final Map<String, String> state;

  /** Schemas that were said to be closed to the role. */
  private final Set<String> unusable = new HashSet<>();

  TableCheck(Inspection found, List<Binding> reads, Map<String, String> state) {
    this.found = found;
    this.reads = reads;
    this.state = state;
  }

  Optional<Table> find(Binding binding) throws SQLException {
    Optional<Table> there = Table.find(found.connection(), binding.table());
    if (there.isEmpty() && binding.policy().createTable()) {
      checkMaking(binding);
      return there;
    }
    if (there.isEmpty()) {
      found.add(
          "no-such-table",
          "There is no table " + binding.table() + similarTable(binding.table()) + ".",
          binding.configPath() + ".table",
          "Name an existing table, as schema.table; capitals count.");
      return there;
    }
    Table table = there.get();
    if (table.kind() != 'r' && !table.partitioned()) {
      found.add(
          "not-a-table",
          table.plainName() + " is not a table.",
          binding.configPath() + ".table",
          "Views and foreign tables cannot be synced.");
      return Optional.empty();
    }
    checkSchemaUse(binding, table);
    boolean columnsFit = true;
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      boolean added =
          column != null && binding.policy().alters() && !table.columns().containsKey(column);
      if (added) {
        checkAdding(binding, table);
      } else {
        columnsFit &= checkColumn(binding, table, binding.schema().field(i), column);
      }
    }
    return columnsFit ? there : Optional.empty();
  }

  /** The table is made at the first start, if the role may. */
  private void checkMaking(Binding binding) throws SQLException {
    int dot = binding.table().indexOf('.');
    String schema =
        dot < 0 ? "current_schema()" : Database.literal(binding.table().substring(0, dot));
    if (!found.flag(
        "SELECT coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE"
            + " nspname = "
            + schema
            + "), false)")) {
      found.add(
          "missing-right",
          "The role " + found.user() + " may not make the table " + binding.table() + ".",
          binding.configPath() + ".create-table",
          "Let somebody who may run "
              + new TargetSchema(found.database(), binding).createStatement()
              + "; or grant CREATE on its schema to "
              + Database.quote(found.user())
              + ".");
    }
  }

  /** The column is added at the next start, if the role may. */
  private void checkAdding(Binding binding, Table table) throws SQLException {
    if (!found.flag(
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = " + table.relation())) {
      found.add(
          "missing-right",
          "The role " + found.user() + " may not add columns to " + table.plainName() + ".",
          binding.configPath() + ".alter-table",
          "Run ALTER TABLE " + table.sqlName() + " OWNER TO " + Database.quote(found.user()) + ";");
    }
  }

  private void checkSchemaUse(Binding binding, Table table) throws SQLException {
    if (found.flag(
            "SELECT NOT has_schema_privilege(" + Database.literal(table.schema()) + ", 'USAGE')")
        && unusable.add(table.schema())) {
      found.add(
          "missing-right",
          "The role " + found.user() + " may not use the schema " + table.schema() + ".",
          binding.configPath() + ".table",
          "Run GRANT USAGE ON SCHEMA "
              + Database.quote(table.schema())
              + " TO "
              + Database.quote(found.user())
              + ";");
    }
  }

  private boolean checkColumn(Binding binding, Table table, Field field, @Nullable String name) {
    if (name == null) {
      return true;
    }
    String path = binding.configPath() + ".fields." + field.name();
    Table.Column column = table.columns().get(name);
    if (column == null && reads.contains(binding) && SchemaWatch.knows(binding, state)) {
      return false; // Judged by what is held: the source goes on without it, or follows it.
    }
    if (column == null) {
      found.add(
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
      found.add(
          "type-not-supported",
          table.plainName() + "." + name + " has the type " + column.type().shown() + ".",
          path,
          "This type has no values of its own; leave the field out, or write null for its column.");
      return false;
    }
    if (!column.type().fits(field)) {
      found.add(
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

  private String similarTable(String named) throws SQLException {
    String plain = TableName.parse(named).table();
    try (PreparedStatement select =
        found
            .connection()
            .prepareStatement(
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
}
