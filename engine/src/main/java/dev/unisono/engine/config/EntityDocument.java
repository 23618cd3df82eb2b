package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.spi.Schema;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** An entity's key and schema as one JSON document, with what it has learned. Has no state. */
public final class EntityDocument {
  private static final JsonMapper JSON = new JsonMapper();

  private EntityDocument() {}

  /** The document: {@code {"key": […], "schema": {…}}}. */
  public static String of(EntityConfig entity) {
    ObjectNode document = JSON.createObjectNode();
    ArrayNode key = document.putArray("key");
    Schema schema = entity.schema();
    for (int part = 0; part < schema.keySize(); part++) {
      key.add(schema.field(schema.keyPosition(part)).name());
    }
    ObjectNode whole =
        entity.schemaText().isEmpty()
            ? JSON.createObjectNode()
            : (ObjectNode) JSON.readTree(entity.schemaText());
    ObjectNode properties = whole.withObject("properties");
    for (EntityField field : entity.fields()) {
      if (!properties.has(field.name())) {
        properties.set(field.name(), JSON.readTree(field.jsonSchema()));
      }
    }
    document.set("schema", whole);
    return document.toString();
  }
}
