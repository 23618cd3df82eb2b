package dev.unisono.postgres;

import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A column's type as the catalog describes it, a domain being what it is over: which fields it can
 * be, and how a statement casts to it. Immutable.
 *
 * @param schema the schema the type is in
 * @param name the type's own name, such as {@code int8}
 * @param shown the name as people write it, of the domain where it is one
 * @param kind PostgreSQL's {@code typtype}: {@code b} base, {@code c} composite, {@code e} enum,
 *     {@code p} pseudo, {@code r} range, {@code m} multirange
 * @param element for an array the type of its elements; else null
 * @param delimiter what stands between this type's values in an array
 * @param comparable true where PostgreSQL can say whether two values are the same
 * @param inArrays false where no array of this type can be written as a list of its texts
 */
record ColumnType(
    String schema,
    String name,
    String shown,
    char kind,
    @Nullable ColumnType element,
    char delimiter,
    boolean comparable,
    boolean inArrays) {
  private static final Set<ValueType> WHOLE = EnumSet.of(ValueType.LONG, ValueType.DECIMAL);
  private static final Set<ValueType> FLOAT = EnumSet.of(ValueType.DOUBLE, ValueType.DECIMAL);

  /** In PostgreSQL's own text form every value of every type is kept. */
  private static final Set<ValueType> TEXT = EnumSet.of(ValueType.STRING);

  private static final Map<String, Set<ValueType>> BUILT_IN =
      Map.ofEntries(
          Map.entry("bool", EnumSet.of(ValueType.BOOLEAN)),
          Map.entry("int2", WHOLE),
          Map.entry("int4", WHOLE),
          Map.entry("int8", WHOLE),
          Map.entry("oid", EnumSet.of(ValueType.LONG, ValueType.DECIMAL, ValueType.STRING)),
          Map.entry("numeric", EnumSet.of(ValueType.DECIMAL)),
          Map.entry("float4", FLOAT),
          Map.entry("float8", FLOAT),
          Map.entry("date", EnumSet.of(ValueType.DATE, ValueType.STRING)),
          Map.entry("time", EnumSet.of(ValueType.TIME, ValueType.STRING)),
          Map.entry("timestamp", EnumSet.of(ValueType.TIMESTAMP, ValueType.STRING)),
          Map.entry("timestamptz", EnumSet.of(ValueType.TIMESTAMP, ValueType.STRING)),
          Map.entry("uuid", EnumSet.of(ValueType.UUID, ValueType.STRING)),
          Map.entry("json", EnumSet.of(ValueType.JSON)),
          Map.entry("jsonb", EnumSet.of(ValueType.JSON)),
          Map.entry("bytea", EnumSet.of(ValueType.BYTES)));

  /** Types of which two values can be the same though their texts are not. */
  private static final List<String> SAME_IN_OTHER_WORDS =
      List.of("citext", "interval", "hstore", "jsonb");

  private static final String QUERY =
      "SELECT n.nspname, t.typname, format_type(t.oid, NULL), t.typtype::text, t.typbasetype::int8,"
          + " coalesce((SELECT e.oid::int8 FROM pg_type e WHERE e.typarray = t.oid), 0),"
          + " t.typdelim::text, t.typtype IN ('e', 'r', 'm') OR EXISTS (SELECT FROM pg_opclass o"
          + " WHERE o.opcintype = t.oid AND o.opcdefault), t.typarray <> 0 FROM pg_type t JOIN pg_namespace n"
          + " ON n.oid = t.typnamespace WHERE t.oid = ?::oid";

  /**
   * Looks a type up.
   *
   * @param known the types that were looked up before; added to
   */
  static ColumnType find(Connection connection, long type, Map<Long, ColumnType> known)
      throws SQLException {
    ColumnType before = known.get(type);
    if (before != null) {
      return before;
    }
    ColumnType found;
    try (PreparedStatement select = connection.prepareStatement(QUERY)) {
      select.setLong(1, type);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          throw new SQLException("there is no type " + type, "42704");
        }
        long base = row.getLong(5);
        long element = row.getLong(6);
        String shown = row.getString(3);
        char delimiter = row.getString(7).charAt(0);
        char kind = row.getString(4).charAt(0);
        if (base != 0) {
          found = find(connection, base, known).shownAs(shown);
        } else {
          found =
              new ColumnType(
                  row.getString(1),
                  row.getString(2),
                  shown,
                  kind,
                  element == 0 ? null : find(connection, element, known),
                  delimiter,
                  row.getBoolean(8),
                  // An array of arrays would be one of more dimensions, and one of composites comes
                  // apart into their columns.
                  row.getBoolean(9) && element == 0 && kind != 'c' && delimiter == ',');
        }
      }
    }
    known.put(type, found);
    return found;
  }

  /** The types of some columns, by their numbers. */
  static Map<Long, ColumnType> noneKnown() {
    return new HashMap<>();
  }

  private ColumnType shownAs(String other) {
    return new ColumnType(schema, name, other, kind, element, delimiter, comparable, inArrays);
  }

  /** False for pseudo-types, which have no values. */
  boolean supported() {
    return kind != 'p';
  }

  /** The field types that single values of this type can be. */
  private Set<ValueType> valueTypes() {
    return schema.equals("pg_catalog") ? BUILT_IN.getOrDefault(name, TEXT) : TEXT;
  }

  /** True where a column of this type can be this field. */
  boolean fits(Field field) {
    ColumnType elements = element;
    ValueType items = field.items();
    return items == null
        ? valueTypes().contains(field.type())
        : elements != null && elements.valueTypes().contains(items);
  }

  /**
   * As what a column of this type is read where nothing else is said; null where no field can be of
   * it.
   */
  @Nullable ValueType natural() {
    if (!supported()) {
      return null;
    }
    ColumnType elements = element;
    if (elements != null) {
      return elements.supported() && elements.element() == null ? ValueType.ARRAY : null;
    }
    return switch (schema.equals("pg_catalog") ? name : "") {
      case "bool" -> ValueType.BOOLEAN;
      case "int2", "int4", "int8", "oid" -> ValueType.LONG;
      case "numeric", "float4", "float8" -> ValueType.DECIMAL;
      case "date" -> ValueType.DATE;
      case "time" -> ValueType.TIME;
      case "timestamp", "timestamptz" -> ValueType.TIMESTAMP;
      case "uuid" -> ValueType.UUID;
      case "json", "jsonb" -> ValueType.JSON;
      case "bytea" -> ValueType.BYTES;
      default -> ValueType.STRING;
    };
  }

  /** What to write in the config for a column of this type. */
  String fieldSchema() {
    if (element != null) {
      return "{ type: array, items: " + element.fieldSchema() + " }";
    }
    return switch (schema.equals("pg_catalog") ? name : "") {
      case "bool" -> "{ type: boolean }";
      case "int2", "int4", "int8", "oid" -> "{ type: integer }";
      case "numeric", "float4", "float8" -> "{ type: number }";
      case "date" -> "{ type: string, format: date }";
      case "time" -> "{ type: string, format: time }";
      case "timestamp", "timestamptz" -> "{ type: string, format: date-time }";
      case "uuid" -> "{ type: string, format: uuid }";
      case "json", "jsonb" -> "{ type: object }";
      case "bytea" -> "{ type: string, contentEncoding: base64 }";
      default -> "{ type: string }";
    };
  }

  /**
   * True where two values are the same exactly where their texts are, so that a key's order holds
   * whichever way it is written.
   */
  boolean sameByText() {
    return element == null && kind != 'c' && kind != 'r' && kind != 'm' && !inOtherWords();
  }

  private boolean inOtherWords() {
    return SAME_IN_OTHER_WORDS.contains(name);
  }

  /** The name as a cast needs it; no length goes with it, so that nothing is cut off silently. */
  String sqlName() {
    return Database.quote(schema) + "." + Database.quote(name);
  }

  /** A parameter that carries values of this type as one array. */
  String arrayParameter() {
    return inArrays ? "?::" + sqlName() + "[]" : "?::text[]";
  }

  /** What an element of {@link #arrayParameter} is as a value of this type. */
  String ofElement(String element) {
    return inArrays ? element : element + "::" + sqlName();
  }

  /** A value as PostgreSQL reads it in a literal of this type. */
  String write(Object value) {
    return value instanceof Object[] array
        ? ArrayText.write(array, element == null ? ',' : element.delimiter())
        : TextValue.write(value);
  }
}
