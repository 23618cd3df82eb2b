package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.validate.Validator;
import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Json;
import dev.unisono.spi.Row;
import dev.unisono.spi.ValueType;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A JSON Schema is taken or refused, and judges rows. */
public final class FuzzSchema {
  private FuzzSchema() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        """
        { "properties": { "id": { "type": "integer", "minimum": 0, "multipleOf": 2 },
          "a": { "type": "string", "pattern": "^a+$", "minLength": 1, "format": "email" },
          "b": { "type": "object", "properties": { "c": { "$ref": "#/$defs/d" } } },
          "e": { "$ref": "#/$defs/d" } },
          "$defs": { "d": { "type": "number", "enum": [1, 2.5] } },
          "required": ["id"], "if": { "properties": { "a": { "const": "x" } } }, "then": { "required": ["b"] } }
        """,
        "{ \"properties\": { \"id\": { \"type\": \"integer\" } }, \"anyOf\": [ { \"not\": {} } ] }",
        "{ \"properties\": { \"id\": { \"type\": \"string\" }, \"a\": { \"type\": \"array\", \"items\": {"
            + " \"type\": \"string\" }, \"uniqueItems\": true, \"maxItems\": 2 } } }");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    Config config =
        new ConfigReader(List.of(), _ -> null)
            .read(
                "systems: {}\nsyncs: {}\nentities:\n  e:\n    key: id\n    schema: "
                    + text.replace("\n", " ")
                    + "\n",
                Path.of("/nonexistent"))
            .draft();
    EntityConfig entity = config == null ? null : config.entities().get("e");
    if (entity != null) {
      @Nullable Object[] values = new @Nullable Object[entity.schema().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = value(entity.schema().field(i).type());
      }
      Row row = new Row(entity.schema(), values);
      Validator validator = new Validator(entity);
      validator.validate(row);
      validator.warnings(row);
    }
  }

  private static @Nullable Object value(ValueType type) {
    return switch (type) {
      case LONG -> 3L;
      case STRING -> "aaaaaaaaaaaaaaaaaaaaaaaa@x";
      case DECIMAL -> new java.math.BigDecimal("2.5");
      case DOUBLE -> 0.1;
      case BOOLEAN -> true;
      case JSON -> new Json("{\"c\":[1,{\"d\":null}]}");
      default -> null;
    };
  }
}
