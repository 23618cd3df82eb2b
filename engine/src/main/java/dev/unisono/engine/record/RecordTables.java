package dev.unisono.engine.record;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The tables of the records' database: their names, columns and making. Has no state. */
final class RecordTables {
  private static final byte[] NO_VALUE = {};

  private RecordTables() {}

  static String table(Entity entity) {
    return "record_" + entity.id();
  }

  /** The ordered column of a field; names from the config are quoted, never trusted. */
  static String column(Schema schema, String field) {
    if (schema.keySize() == 1 && schema.isKey(schema.position(field))) {
      return "k";
    }
    return "\"f_" + field.replace("\"", "\"\"") + "\"";
  }

  /**
   * What stands in the ordered column of a record that is there. Where there is no value, that is
   * nothing, which is less than the bytes of any value: so the order needs no exception, and an
   * index finds it like any other. Columns of deleted records are null.
   */
  static byte[] ordered(ValueType type, @Nullable Object value) {
    byte[] bytes = value == Unchanged.UNCHANGED ? null : OrderedBytes.value(type, value);
    return bytes == null ? NO_VALUE : bytes;
  }

  /** The fields that have an ordered column beside the key's. */
  static List<String> columnFields(Entity entity) {
    List<String> fields = new ArrayList<>();
    for (String field : new TreeSet<>(entity.indexed())) {
      if (!column(entity.schema(), field).equals("k")) {
        fields.add(field);
      }
    }
    return fields;
  }

  static Instant instant(long micros) {
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000);
  }

  static long micros(Instant instant) {
    return instant.getEpochSecond() * 1_000_000L + instant.getNano() / 1_000;
  }

  /**
   * Rows lie in the order in which they first came, and are found by a tree of their keys alone.
   * Were they in the tree of keys themselves, its inner pages would hold whole rows, and soon be
   * too many for the page cache: keys in no order would cost about twice as much.
   */
  static void create(Connection connection, Entity entity) throws SQLException {
    StringBuilder columns = new StringBuilder();
    for (String field : columnFields(entity)) {
      columns.append(", ").append(column(entity.schema(), field)).append(" BLOB");
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS "
              + table(entity)
              + " (k BLOB NOT NULL PRIMARY KEY, version INTEGER NOT NULL, changed INTEGER NOT NULL,"
              + " body BLOB"
              + columns
              + ")");
      int number = 0;
      for (List<String> fields : indexes(entity)) {
        statement.execute(
            "CREATE INDEX IF NOT EXISTS "
                + table(entity)
                + "_"
                + number++
                + " ON "
                + table(entity)
                + " ("
                + fields.stream()
                    .map(field -> column(entity.schema(), field) + ", ")
                    .collect(Collectors.joining())
                + "k)");
      }
    }
  }

  /** The fields of each index; its end is the key, also where that is one of them. */
  private static List<List<String>> indexes(Entity entity) {
    List<List<String>> indexes = new ArrayList<>();
    columnFields(entity).forEach(field -> indexes.add(List.of(field)));
    for (List<String> fields : entity.compoundIndexes()) {
      List<String> beside =
          fields.stream().filter(field -> !column(entity.schema(), field).equals("k")).toList();
      if (beside.size() > 1) {
        indexes.add(beside);
      }
    }
    return indexes;
  }

  /** Whether one index has all of these fields. */
  static boolean indexed(Entity entity, Set<String> fields) {
    Set<String> beside = new HashSet<>(fields);
    beside.removeIf(field -> column(entity.schema(), field).equals("k"));
    if (beside.size() <= 1) {
      return true;
    }
    return entity.compoundIndexes().stream().anyMatch(index -> index.containsAll(beside));
  }

  /**
   * Everything on which the tables' form depends: another text, another form. A field that has no
   * column here is none of it, since each row says in what shape it was written.
   */
  static String form(List<Entity> entities) {
    StringBuilder form = new StringBuilder("4");
    for (Entity entity : entities) {
      Schema schema = entity.schema();
      form.append('|').append(entity.id()).append(' ').append(entity.name());
      for (int i = 0; i < schema.keySize(); i++) {
        form.append(' ').append(schema.field(schema.keyPosition(i)));
      }
      for (String field : columnFields(entity)) {
        form.append(' ').append(schema.field(schema.position(field)));
      }
      for (List<String> fields : entity.compoundIndexes()) {
        form.append(' ').append(fields);
      }
    }
    return form.toString();
  }

  static void dropAll(Connection connection) throws SQLException {
    drop(
        connection,
        "TABLE",
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'record~_%' ESCAPE '~'");
  }

  static void dropIndexes(Connection connection, String table) throws SQLException {
    drop(
        connection,
        "INDEX",
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '"
            + table
            + "'");
  }

  private static void drop(Connection connection, String kind, String query) throws SQLException {
    List<String> names = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    try (Statement statement = connection.createStatement()) {
      for (String name : names) {
        statement.execute("DROP " + kind + " \"" + name + "\"");
      }
    }
  }
}
