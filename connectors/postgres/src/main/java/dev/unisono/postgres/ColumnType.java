package dev.unisono.postgres;

import dev.unisono.spi.ValueType;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The column types that are read and written, by PostgreSQL's own name, and the field types each
 * can be. Has no state.
 */
final class ColumnType {
  private static final Set<ValueType> WHOLE = EnumSet.of(ValueType.LONG, ValueType.DECIMAL);
  private static final Set<ValueType> TEXT = EnumSet.of(ValueType.STRING);
  private static final Set<ValueType> FLOAT = EnumSet.of(ValueType.DOUBLE, ValueType.DECIMAL);

  private static final Map<String, Set<ValueType>> FIELD_TYPES =
      Map.ofEntries(
          Map.entry("bool", EnumSet.of(ValueType.BOOLEAN)),
          Map.entry("int2", WHOLE),
          Map.entry("int4", WHOLE),
          Map.entry("int8", WHOLE),
          Map.entry("numeric", EnumSet.of(ValueType.DECIMAL)),
          Map.entry("float4", FLOAT),
          Map.entry("float8", FLOAT),
          Map.entry("text", TEXT),
          Map.entry("varchar", TEXT),
          Map.entry("bpchar", TEXT),
          Map.entry("name", TEXT),
          Map.entry("date", EnumSet.of(ValueType.DATE)),
          Map.entry("time", EnumSet.of(ValueType.TIME)),
          Map.entry("timestamp", EnumSet.of(ValueType.TIMESTAMP)),
          Map.entry("timestamptz", EnumSet.of(ValueType.TIMESTAMP)),
          Map.entry("uuid", EnumSet.of(ValueType.UUID, ValueType.STRING)),
          Map.entry("json", EnumSet.of(ValueType.JSON)),
          Map.entry("jsonb", EnumSet.of(ValueType.JSON)),
          Map.entry("bytea", EnumSet.of(ValueType.BYTES)));

  private ColumnType() {}

  /** The field types a column of this type can be; empty where the type is not supported. */
  static Optional<Set<ValueType>> fieldTypes(String typeName) {
    return Optional.ofNullable(FIELD_TYPES.get(typeName));
  }

  /** What to write in the config for a column of this type. */
  static String schemaFor(String typeName) {
    return switch (typeName) {
      case "bool" -> "{ type: boolean }";
      case "int2", "int4", "int8" -> "{ type: integer }";
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
}
