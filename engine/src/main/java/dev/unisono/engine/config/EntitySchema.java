package dev.unisono.engine.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.unisono.engine.config.FieldReader.ReadField;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.validate.FieldSchema;
import dev.unisono.engine.validate.RowCheck;
import dev.unisono.engine.validate.RowSchema;
import dev.unisono.engine.validate.SchemaDocument;
import dev.unisono.engine.validate.ValueCheck;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What of an entity's schema is not compiled: of each field by itself, and of the row as a whole.
 * For one thread.
 */
final class EntitySchema {
  private static final Set<String> OF_ROWS =
      Set.of(
          "$ref",
          "$dynamicRef",
          "allOf",
          "anyOf",
          "oneOf",
          "not",
          "if",
          "then",
          "else",
          "patternProperties",
          "propertyNames",
          "dependentRequired",
          "dependentSchemas",
          "minProperties",
          "maxProperties",
          "enum",
          "const");

  /** Keywords that ask for every field of an object, and references to what may have them. */
  private static final Set<String> OF_ALL_FIELDS =
      Set.of(
          "$dynamicRef",
          "additionalProperties",
          "maxProperties",
          "minProperties",
          "patternProperties",
          "propertyNames",
          "unevaluatedProperties");

  private static final String TEXT_2020 = "https://json-schema.org/draft/2020-12/schema";

  private final Map<String, List<ValueCheck>> ofFields = new HashMap<>();
  private final List<RowCheck> ofRows = new ArrayList<>();
  private String text = "";

  private EntitySchema() {}

  /**
   * Reads what is left of a schema.
   *
   * @param map the entity's {@code schema}
   * @param required the fields that must have a value
   */
  static EntitySchema read(YamlMap map, List<ReadField> fields, Set<String> required) {
    EntitySchema schema = new EntitySchema();
    if (!map.text("$schema", TEXT_2020).replace("#", "").equals(TEXT_2020)) {
      map.note(
          "$schema", "not-available", "Schemas are JSON Schema 2020-12.", "Write " + TEXT_2020);
      return schema;
    }
    try {
      if (SchemaTree.of(map.node()) instanceof ObjectNode root) {
        schema.text = root.toString();
        schema.compile(root, fields, required);
      }
    } catch (SchemaTree.TooLarge tooLarge) {
      map.note(
          map.node(), null, "bad-schema", "The schema is too deep or too large.", "Simplify it.");
    } catch (SchemaDocument.NoSchema wrong) {
      map.note(
          map.node(),
          null,
          "bad-schema",
          "This is no JSON Schema: " + wrong.getMessage() + ".",
          "Correct it; references lead into this schema alone.");
    }
    return schema;
  }

  private void compile(ObjectNode root, List<ReadField> fields, Set<String> required)
      throws SchemaDocument.NoSchema {
    ObjectNode ofRow = JsonNodeFactory.instance.objectNode();
    for (String keyword : OF_ROWS) {
      JsonNode value = root.remove(keyword);
      if (value != null) {
        ofRow.set(keyword, value);
      }
    }
    List<ReadField> left = fields.stream().filter(field -> field.checks().rest() != null).toList();
    if (left.isEmpty() && ofRow.isEmpty()) {
      return;
    }
    boolean[] needed = new boolean[fields.size()];
    for (int i = 0; i < needed.length; i++) {
      needed[i] =
          needs(ofRow, fields.get(i).name()) || needs(root.path("$defs"), fields.get(i).name());
    }
    root.remove(List.of("type", "required", "additionalProperties", "unevaluatedProperties"));
    if (!root.path("$defs").isObject()) {
      // Whatever stands there instead was noted when the fields were read.
      root.remove("$defs");
    }
    root.withObject("$defs").set(RowSchema.PLACE, ofRow);
    ObjectNode properties = root.withObject("properties");
    for (ReadField field : left) {
      properties.set(field.name(), field.checks().rest());
    }
    SchemaDocument document = SchemaDocument.of(root.toString());
    for (ReadField field : left) {
      ofFields.put(
          field.name(),
          List.of(new FieldSchema(field.described(required.contains(field.name())), document)));
    }
    if (!ofRow.isEmpty()) {
      List<EntityField> described =
          fields.stream().map(field -> field.described(required.contains(field.name()))).toList();
      ofRows.add(new RowSchema(described, needed, document));
    }
  }

  /** Whether keywords may ask for a field: where its name stands anywhere in them. */
  private static boolean needs(JsonNode keywords, String field) {
    if (keywords.isTextual()) {
      return keywords.asText().equals(field);
    }
    if (keywords.has(field) || keywords.path("$ref").asText().equals("#")) {
      return true;
    }
    for (String keyword : OF_ALL_FIELDS) {
      if (keywords.has(keyword)) {
        return true;
      }
    }
    for (JsonNode inner : keywords) {
      if (needs(inner, field)) {
        return true;
      }
    }
    return false;
  }

  /** What is asked of a field beside what is compiled. */
  List<ValueCheck> ofField(String field) {
    return ofFields.getOrDefault(field, List.of());
  }

  List<RowCheck> ofRows() {
    return ofRows;
  }

  /** The schema as JSON text, by which two are compared. */
  String text() {
    return text;
  }
}
