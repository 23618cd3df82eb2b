package dev.unisono.jdbc;

import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * As what a column is read where nothing else is said, by what its type is called. Has no state.
 */
final class NaturalType {
  private static final List<ValueType> OTHERWISE =
      List.of(
          ValueType.STRING,
          ValueType.DOUBLE,
          ValueType.LONG,
          ValueType.DECIMAL,
          ValueType.TIMESTAMP,
          ValueType.DATE,
          ValueType.TIME,
          ValueType.BYTES,
          ValueType.UUID,
          ValueType.BOOLEAN);

  private NaturalType() {}

  /**
   * The first type that the column's name points to, and that it can be; null where it can be none.
   */
  static @Nullable ValueType of(ReadDialect dialect, Table.Column column) {
    List<ValueType> types = new ArrayList<>(pointedTo(column.type().toUpperCase(Locale.ROOT)));
    types.addAll(OTHERWISE);
    for (ValueType type : types) {
      if (dialect.fits(column, new Field("any", type, false))) {
        return type;
      }
    }
    return null;
  }

  private static List<ValueType> pointedTo(String type) {
    if (type.startsWith("BOOL") || type.startsWith("TINYINT(1)") || type.matches("BIT(\\(1\\))?")) {
      return List.of(ValueType.BOOLEAN);
    }
    if (type.matches("(TINY|SMALL|MEDIUM|BIG)?INT.*|SERIAL.*|YEAR.*")
        && !type.startsWith("INTERVAL")) {
      return List.of(ValueType.LONG, ValueType.DECIMAL);
    }
    if (type.startsWith("TIMESTAMP") || type.startsWith("DATETIME")) {
      return List.of(ValueType.TIMESTAMP);
    }
    if (type.startsWith("DATE")) {
      return List.of(ValueType.DATE);
    }
    if (type.startsWith("TIME")) {
      return List.of(ValueType.TIME);
    }
    if (type.matches("(DEC|NUM|MONEY).*")) {
      return List.of(ValueType.DECIMAL, ValueType.DOUBLE);
    }
    if (type.matches("(REAL|FLOAT|DOUB).*")) {
      return List.of(ValueType.DOUBLE, ValueType.DECIMAL);
    }
    if (type.matches(".*(BLOB|BINARY|BYTEA|RAW).*")) {
      return List.of(ValueType.BYTES);
    }
    if (type.startsWith("UUID")) {
      return List.of(ValueType.UUID);
    }
    return type.startsWith("JSON") ? List.of(ValueType.JSON) : List.of();
  }
}
