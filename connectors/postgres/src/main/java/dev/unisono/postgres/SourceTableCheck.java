package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import java.sql.SQLException;
import java.util.List;

/** Checks that a table can be read, and that its log shows what is wanted. For one thread. */
final class SourceTableCheck {
  private final Inspection found;

  SourceTableCheck(Inspection found) {
    this.found = found;
  }

  void check(Binding binding, Table table) throws SQLException {
    String path = binding.configPath() + ".table";
    if (!found.flag("SELECT has_table_privilege(" + table.relation() + "::oid, 'SELECT')")) {
      found.add(
          "missing-right",
          "The role " + found.user() + " may not read " + table.plainName() + ".",
          path,
          "Run GRANT SELECT ON " + table.sqlName() + " TO " + Database.quote(found.user()) + ";");
    }
    List<String> key = Table.keyColumns(binding);
    for (Table.Identity part : table.identities()) {
      if (part.kind() != 'r' && part.kind() != 'p') {
        found.add(
            "not-a-table",
            part.table() + " is a partition without a log of its own: it is a foreign table.",
            path,
            "Sync the other partitions one by one.");
      }
    }
    for (String column : binding.columns()) {
      Problem computed =
          column == null
              ? null
              : ColumnList.computed(binding, table, table.column(column), found.majorVersion());
      if (computed != null) {
        found.add(computed);
      }
    }
    checkKeyNotNull(binding, table, key);
  }

  private void checkKeyNotNull(Binding binding, Table table, List<String> key) {
    for (String column : key) {
      if (!table.column(column).notNull()) {
        found.add(
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
}
