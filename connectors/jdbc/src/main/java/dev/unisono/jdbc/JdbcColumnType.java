package dev.unisono.jdbc;

import java.sql.JDBCType;
import java.sql.Types;
import java.util.Locale;
import java.util.Set;

/**
 * What a driver says of a column's type, in one word: the standard's name where it is one of the
 * standard's types, with blanks as underscores, else the database's own. Has no state.
 */
final class JdbcColumnType {
  static final String ZONED = "TIMESTAMP_WITH_TIMEZONE";
  static final String PLAIN = "TIMESTAMP";

  private static final Set<String> FLAGS = Set.of("BIT", "BOOLEAN");
  private static final Set<String> INTEGERS = Set.of("TINYINT", "SMALLINT", "INTEGER", "BIGINT");
  private static final Set<String> DECIMALS = Set.of("NUMERIC", "DECIMAL");
  private static final Set<String> FLOATS = Set.of("REAL", "FLOAT", "DOUBLE");
  private static final Set<String> TEXTS =
      Set.of(
          "CHAR",
          "VARCHAR",
          "LONGVARCHAR",
          "NCHAR",
          "NVARCHAR",
          "LONGNVARCHAR",
          "CLOB",
          "NCLOB",
          "SQLXML");
  private static final Set<String> BINARIES =
      Set.of("BINARY", "VARBINARY", "LONGVARBINARY", "BLOB");

  private JdbcColumnType() {}

  /**
   * @param type of {@link Types}, or a driver's own number
   * @param name the database's name of it
   */
  static String of(int type, String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    boolean zoned =
        upper.contains("TIMESTAMPTZ")
            || upper.equals("DATETIMEOFFSET")
            || (upper.startsWith("TIMESTAMP") && upper.contains("WITH") && upper.contains("ZONE"));
    if (zoned && !upper.contains("WITHOUT")) {
      return ZONED;
    }
    // Several drivers give the standard's number of another type for these.
    if (upper.equals("UUID") || upper.equals("DECFLOAT")) {
      return upper;
    }
    try {
      return switch (type) {
        case Types.OTHER, Types.DISTINCT, Types.STRUCT, Types.JAVA_OBJECT -> name;
        default -> JDBCType.valueOf(type).getName();
      };
    } catch (IllegalArgumentException own) {
      return name;
    }
  }

  static boolean flag(String type) {
    return FLAGS.contains(type);
  }

  static boolean integer(String type) {
    return INTEGERS.contains(type);
  }

  static boolean decimal(String type) {
    return DECIMALS.contains(type) || type.equals("DECFLOAT");
  }

  static boolean floating(String type) {
    return FLOATS.contains(type);
  }

  static boolean number(String type) {
    return integer(type) || decimal(type) || floating(type);
  }

  static boolean text(String type) {
    return TEXTS.contains(type);
  }

  static boolean binary(String type) {
    return BINARIES.contains(type);
  }

  static boolean array(String type) {
    return type.equals("ARRAY");
  }

  /** True where the standard has no such type: a value is known by its text. */
  static boolean own(String type) {
    try {
      JDBCType.valueOf(type);
      return false;
    } catch (IllegalArgumentException own) {
      return !type.equals("DECFLOAT");
    }
  }
}
