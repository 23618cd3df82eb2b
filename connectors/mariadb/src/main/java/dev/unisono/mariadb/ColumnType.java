package dev.unisono.mariadb;

import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.util.Locale;
import java.util.Set;

/**
 * The type of a column, and which fields it can be. Immutable.
 *
 * @param name its plain name, such as {@code bigint}
 * @param full as it is declared, such as {@code bigint(20) unsigned}
 */
record ColumnType(String name, String full) {
  private static final Set<String> INTEGERS =
      Set.of("tinyint", "smallint", "mediumint", "int", "bigint");
  private static final Set<String> TEXTS =
      Set.of("char", "varchar", "tinytext", "text", "mediumtext", "longtext");
  private static final Set<String> BYTES =
      Set.of("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob");

  static ColumnType of(String name, String full) {
    return new ColumnType(name.toLowerCase(Locale.ROOT), full);
  }

  boolean fits(Field field) {
    return switch (field.type()) {
      case BOOLEAN -> full.startsWith("tinyint(1)") || full.equals("bit(1)");
      case LONG -> INTEGERS.contains(name) || name.equals("year") || isBits();
      case DECIMAL -> name.equals("decimal") || INTEGERS.contains(name) || isFloating();
      case DOUBLE -> isFloating();
      case STRING -> isText() || isInet();
      case BYTES -> BYTES.contains(name);
      case DATE -> name.equals("date");
      case TIME -> name.equals("time");
      case TIMESTAMP -> name.equals("datetime") || name.equals("timestamp");
      case UUID -> name.equals("uuid");
      case JSON -> TEXTS.contains(name);
      case ARRAY -> false;
    };
  }

  /** A bit field that a 64-bit number can hold. */
  private boolean isBits() {
    return name.equals("bit") && !full.equals("bit(64)");
  }

  boolean isFloating() {
    return name.equals("double") || name.equals("float");
  }

  /** True where it holds text, by whatever character set. */
  boolean isText() {
    return TEXTS.contains(name) || name.equals("enum") || name.equals("set");
  }

  private boolean isInet() {
    return name.equals("inet4") || name.equals("inet6");
  }

  /** True where some field can be of this type. */
  boolean supported() {
    for (ValueType type : ValueType.values()) {
      if (type != ValueType.ARRAY && fits(new Field("any", type, false))) {
        return true;
      }
    }
    return false;
  }

  /**
   * As the Debezium engine's parser has to read it: addresses, which it does not know, are bytes.
   */
  String inLog() {
    return switch (name) {
      case "inet6" -> "binary(16)";
      case "inet4" -> "binary(4)";
      default -> full;
    };
  }

  /** What a field's schema in the config has to say for it. */
  String fieldSchema() {
    return switch (name) {
      case "tinyint", "smallint", "mediumint", "int", "year" -> "{ type: integer }";
      case "bigint" ->
          full.contains("unsigned") ? "{ type: number } or { type: integer }" : "{ type: integer }";
      case "bit" -> full.equals("bit(1)") ? "{ type: boolean }" : "{ type: integer }";
      case "decimal", "float", "double" -> "{ type: number }";
      case "date" -> "{ type: string, format: date }";
      case "time" -> "{ type: string, format: time }";
      case "datetime", "timestamp" -> "{ type: string, format: date-time }";
      case "uuid" -> "{ type: string, format: uuid }";
      default ->
          BYTES.contains(name) ? "{ type: string, contentEncoding: base64 }" : "{ type: string }";
    };
  }

  /**
   * How a query has to ask for a column of this type, so that its text is exactly its value.
   *
   * @param column as statements write it
   */
  String selected(String column) {
    return name.equals("bit") ? column + " + 0" : timed(column);
  }

  /**
   * The same, where bits are taken as they are. The driver leaves out zeros that a fraction of a
   * second begins with, where the column has fewer than six digits for it: the server does not.
   */
  String timed(String column) {
    return name.equals("time") || name.equals("datetime") || name.equals("timestamp")
        ? "CAST(" + column + " AS CHAR)"
        : column;
  }

  /** A date with a zero for its year, month or day: it is no day, and the binlog gives none. */
  boolean undated(String text) {
    return switch (name) {
      case "date", "datetime", "timestamp" ->
          text.startsWith("0000-")
              || text.regionMatches(4, "-00", 0, 3)
              || text.regionMatches(7, "-00", 0, 3);
      default -> false;
    };
  }
}
