package dev.unisono.mariadb;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * What rows of a table in the log consist of, from one place of the log on. Immutable.
 *
 * @param columns in table order
 * @param primaryKey the names of its columns, in key order; empty where there is none
 */
record Definition(Table.Name name, List<Column> columns, List<String> primaryKey) {
  /**
   * A column of it.
   *
   * @param type as it is declared, such as {@code bigint(20) unsigned}
   * @param charset empty where it holds no text
   */
  record Column(String name, String type, String charset, boolean nullable) {
    /** Whether values that are in it read the same: whether null may be in it does not matter. */
    boolean readsAs(Column other) {
      return plain(type).equals(plain(other.type)) && charset.equalsIgnoreCase(other.charset);
    }

    private static String plain(String type) {
      return type.contains("'")
          ? type
          : type.toLowerCase(Locale.ROOT).replace(" ", "").replace("integer", "int");
    }
  }

  Optional<Column> column(String column) {
    return columns.stream().filter(each -> each.name().equalsIgnoreCase(column)).findFirst();
  }

  /**
   * The statement that makes such a table: names, types and character sets, and nothing that the
   * Debezium engine's parser could stumble over.
   */
  String statement() {
    List<String> parts = new ArrayList<>();
    for (Column column : columns) {
      parts.add(
          Database.quote(column.name())
              + " "
              + column.type()
              + (column.charset().isEmpty() ? "" : " CHARACTER SET " + column.charset())
              + (column.nullable() ? " NULL" : " NOT NULL"));
    }
    if (!primaryKey.isEmpty()) {
      parts.add(
          "PRIMARY KEY ("
              + String.join(", ", primaryKey.stream().map(Database::quote).toList())
              + ")");
    }
    return "CREATE TABLE " + name.sql() + " (" + String.join(", ", parts) + ")";
  }

  String text() {
    List<String> lines = new ArrayList<>();
    lines.add(line(Stream.concat(Stream.of(name.database(), name.table()), primaryKey.stream())));
    for (Column column : columns) {
      lines.add(
          line(
              Stream.of(
                  column.name(),
                  column.type(),
                  column.charset(),
                  Boolean.toString(column.nullable()))));
    }
    return String.join("\n", lines);
  }

  private static String line(Stream<String> words) {
    return String.join(
        " ", words.map(word -> URLEncoder.encode(word, StandardCharsets.UTF_8)).toList());
  }

  static Definition parse(String text) {
    List<List<String>> lines =
        text.lines()
            .map(line ->
                Stream.of(line.split(" ", -1))
                    .map(word -> URLDecoder.decode(word, StandardCharsets.UTF_8))
                    .toList())
            .toList();
    List<String> first = lines.getFirst();
    List<Column> columns = new ArrayList<>();
    for (List<String> line : lines.subList(1, lines.size())) {
      columns.add(
          new Column(line.get(0), line.get(1), line.get(2), Boolean.parseBoolean(line.get(3))));
    }
    return new Definition(
        new Table.Name(first.get(0), first.get(1)), columns, first.subList(2, first.size()));
  }

  /**
   * What the Debezium engine knows of a table.
   *
   * @param table as it stands in what it tells of a change
   */
  static Definition of(Table.Name name, Struct table) {
    List<Column> columns = new ArrayList<>();
    for (Object each : table.getArray("columns")) {
      Struct column = (Struct) each;
      String charset = column.getString("charsetName");
      columns.add(
          new Column(
              column.getString("name"),
              type(column),
              charset == null ? "" : charset,
              Boolean.TRUE.equals(column.getBoolean("optional"))));
    }
    List<String> key = table.getArray("primaryKeyColumnNames");
    return new Definition(name, columns, key == null ? List.of() : List.copyOf(key));
  }

  /** Its length stands before what else is said of it: {@code bigint(20) unsigned}. */
  private static String type(Struct column) {
    String[] words = column.getString("typeName").split(" ", 2);
    String more = words.length > 1 ? " " + words[1] : "";
    return words[0].toLowerCase(Locale.ROOT) + inside(column) + more.toLowerCase(Locale.ROOT);
  }

  private static String inside(Struct column) {
    List<String> values = column.getArray("enumValues");
    if (values != null && !values.isEmpty()) {
      return "(" + String.join(",", values) + ")";
    }
    @Nullable Integer length = column.getInt32("length");
    @Nullable Integer scale = column.getInt32("scale");
    return length == null
        ? ""
        : "(" + length + (scale == null ? "" : "," + Objects.toString(scale)) + ")";
  }
}
