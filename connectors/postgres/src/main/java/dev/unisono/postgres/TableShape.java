package dev.unisono.postgres;

import dev.unisono.spi.Field;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the columns of a table were at one moment, as the catalog told it or as the source's state
 * holds it. Immutable.
 *
 * @param relation the table's number: another one is another table, whatever its name
 * @param file the number of the file its rows are in, with partitions one made of theirs: another
 *     one shows that they were rewritten, or that a partition came or went
 * @param allotted how many numbers its columns were given so far, those of dropped ones included
 * @param columns in table order; in state those that are gone stand among them, while a field of
 *     the config still names them
 */
record TableShape(long relation, long file, int allotted, List<Column> columns) {
  /**
   * One column. What only the catalog tells is not part of the state.
   *
   * @param number its own number in the table: it keeps it when it is renamed, and nothing gets it
   *     again
   * @param type the number of its type
   * @param modifier the type's length or precision; -1 where it has none
   * @param typeText the type as statements write it, such as {@code character varying(20)}
   * @param field the entity's field that it feeds; null where it feeds none
   * @param standing how it came to be, or not to be, what it is
   * @param kind (catalog only) what the type can be; null where it is gone
   * @param filled (catalog only) true where rows that were there before it have a value in it
   * @param generated (catalog only) true where the server computes it
   */
  record Column(
      int number,
      String name,
      long type,
      int modifier,
      String typeText,
      @Nullable String field,
      Standing standing,
      @Nullable ColumnType kind,
      boolean filled,
      boolean generated) {

    boolean sameType(Column other) {
      return type == other.type && modifier == other.modifier;
    }

    boolean same(Column other) {
      return name.equals(other.name) && sameType(other);
    }

    Column of(@Nullable ColumnType newKind) {
      return new Column(
          number, name, type, modifier, typeText, field, standing, newKind, filled, generated);
    }

    /** True where its values can be those of a field. */
    boolean fits(Field wanted) {
      ColumnType known = kind;
      return known != null && known.supported() && known.fits(wanted);
    }

    /** What to write in the config for it; null where its values cannot be synced. */
    @Nullable String fieldSchema() {
      ColumnType known = kind;
      return known == null || !known.supported() ? null : known.fieldSchema();
    }

    Column with(@Nullable String newField, Standing newStanding) {
      return new Column(
          number, name, type, modifier, typeText, newField, newStanding, kind, filled, generated);
    }
  }

  /** How a column came to be, or not to be, what it is. */
  enum Standing {
    /** It was there when the table was first read, or is synced. */
    KNOWN,
    /** It was added since, and is not synced. */
    ADDED,
    /** It was dropped, and a field of the config still names it. */
    GONE
  }

  private static final String UNDEFINED_OBJECT = "42704";

  /**
   * A partitioned table has no file itself: a number made of the partitions that have one. From
   * {@code pg_inherits} alone, since {@code pg_partition_tree} would wait for locks.
   */
  private static final String FILE =
      "CASE c.relkind WHEN 'p' THEN (WITH RECURSIVE part (relation) AS (SELECT c.oid UNION ALL"
          + " SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.relation)"
          + " SELECT coalesce(hashtextextended(string_agg(l.oid || ' ' || l.relfilenode, ',' ORDER"
          + " BY l.oid), 0) & 9223372036854775807, 0) FROM part JOIN pg_class l ON l.oid ="
          + " part.relation WHERE l.relkind = 'r') ELSE c.relfilenode::bigint END";

  private static final String QUERY =
      "SELECT "
          + FILE
          + ", a.attnum, a.attname, a.atttypid::bigint, a.atttypmod,"
          + " format_type(a.atttypid, a.atttypmod), a.atthasdef OR a.atthasmissing OR"
          + " a.attidentity <> '', a.attgenerated <> '', c.relnatts FROM pg_class c LEFT JOIN"
          + " pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE"
          + " c.oid = ?::oid ORDER BY a.attnum";

  /** As the catalog has it now; empty where no table has this number any more. */
  static Optional<TableShape> read(Connection connection, long relation) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(QUERY)) {
      select.setLong(1, relation);
      try (ResultSet row = select.executeQuery()) {
        List<Column> columns = new ArrayList<>();
        long file = -1;
        int allotted = 0;
        while (row.next()) {
          file = row.getLong(1);
          allotted = row.getInt(9);
          int number = row.getInt(2);
          if (number > 0) {
            columns.add(
                new Column(
                    number,
                    row.getString(3),
                    row.getLong(4),
                    row.getInt(5),
                    row.getString(6),
                    null,
                    Standing.KNOWN,
                    null,
                    row.getBoolean(7),
                    row.getBoolean(8)));
          }
        }
        return file < 0
            ? Optional.empty()
            : Optional.of(new TableShape(relation, file, allotted, List.copyOf(columns)));
      }
    }
  }

  /** The column of a number that is not gone; null where there is none. */
  @Nullable Column column(int number) {
    for (Column column : columns) {
      if (column.number() == number && column.standing() != Standing.GONE) {
        return column;
      }
    }
    return null;
  }

  /** The column of a name that is not gone; null where there is none. */
  @Nullable Column column(String name) {
    for (Column column : columns) {
      if (column.name().equals(name) && column.standing() != Standing.GONE) {
        return column;
      }
    }
    return null;
  }

  /** The same with what each column's type can be. */
  TableShape withKinds(Connection connection) throws SQLException {
    Map<Long, ColumnType> types = ColumnType.noneKnown();
    List<Column> known = new ArrayList<>();
    for (Column column : columns) {
      known.add(column.of(kind(connection, column.type(), types)));
    }
    return new TableShape(relation, file, allotted, List.copyOf(known));
  }

  /** What a type can be; null where it is gone. */
  static @Nullable ColumnType kind(Connection connection, long type, Map<Long, ColumnType> types)
      throws SQLException {
    try {
      return ColumnType.find(connection, type, types);
    } catch (SQLException failed) {
      if (UNDEFINED_OBJECT.equals(failed.getSQLState())) {
        return null;
      }
      throw failed;
    }
  }

  /** The same table with its rows in another file. */
  TableShape in(long otherFile) {
    return new TableShape(relation, otherFile, allotted, columns);
  }

  /** The same table with columns that feed no field any more. */
  TableShape unfed(List<Column> without) {
    return new TableShape(
        relation,
        file,
        allotted,
        columns.stream()
            .map(column -> without.contains(column) ? column.with(null, column.standing()) : column)
            .toList());
  }

  /** The same table with nothing in it. */
  TableShape withoutColumns() {
    return new TableShape(relation, file, allotted, List.of());
  }

  /**
   * The form that is kept with the source's state: a line for the table, and one for each column.
   */
  String text() {
    StringBuilder text = new StringBuilder(line(List.of("" + relation, "" + file, "" + allotted)));
    for (Column column : columns) {
      text.append('\n')
          .append(
              line(
                  List.of(
                      "" + column.number(),
                      column.name(),
                      "" + column.type(),
                      "" + column.modifier(),
                      column.typeText(),
                      column.standing().name(),
                      column.field() == null ? "-" : "=" + column.field())));
    }
    return text.toString();
  }

  static TableShape parse(String text) {
    List<String> lines = text.lines().toList();
    List<String> first = words(lines.getFirst());
    List<Column> columns = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      List<String> words = words(line);
      String field = words.get(6);
      columns.add(
          new Column(
              Integer.parseInt(words.get(0)),
              words.get(1),
              Long.parseLong(words.get(2)),
              Integer.parseInt(words.get(3)),
              words.get(4),
              field.startsWith("=") ? field.substring(1) : null,
              Standing.valueOf(words.get(5)),
              null,
              false,
              false));
    }
    return new TableShape(
        Long.parseLong(first.get(0)),
        Long.parseLong(first.get(1)),
        Integer.parseInt(first.get(2)),
        List.copyOf(columns));
  }

  private static String line(List<String> words) {
    return words.stream()
        .map(word -> URLEncoder.encode(word, StandardCharsets.UTF_8))
        .collect(Collectors.joining(" "));
  }

  private static List<String> words(String line) {
    return Stream.of(line.split(" ", -1))
        .map(word -> URLDecoder.decode(word, StandardCharsets.UTF_8))
        .toList();
  }
}
