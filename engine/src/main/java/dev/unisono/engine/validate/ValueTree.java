package dev.unisono.engine.validate;

import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Json;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Values as the tree of the JSON that the doors write, for what of a schema is not compiled;
 * integers are numbers whatever their size. Has no state; safe for threads.
 */
final class ValueTree {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonMapper DOCUMENTS =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ValueTree() {}

  /**
   * A value's tree.
   *
   * @throws JacksonException where a document cannot be read
   */
  static JsonNode of(EntityField field, @Nullable Object value) {
    return switch (value) {
      case null -> NODES.nullNode();
      case Boolean flag -> NODES.booleanNode(flag);
      case Long number -> NODES.numberNode(number);
      case BigDecimal decimal when field.jsonNumber() -> NODES.numberNode(decimal);
      case Double number when Double.isFinite(number) -> NODES.numberNode(number);
      case Json document -> read(document);
      case Object[] array -> array(field, array);
      default -> NODES.stringNode(EntityJson.text(value));
    };
  }

  private static JsonNode read(Json document) {
    try {
      return DOCUMENTS.readTree(document.text());
    } catch (NumberFormatException tooLarge) {
      // The library tells what is no JSON otherwise.
      throw new StreamReadException(null, "a number is out of bounds", tooLarge);
    }
  }

  private static JsonNode array(EntityField field, @Nullable Object[] array) {
    ArrayNode node = NODES.arrayNode(array.length);
    EntityField items = field.items();
    for (Object element : array) {
      node.add(of(element instanceof Object[] || items == null ? field : items, element));
    }
    return node;
  }

  /**
   * A row's tree: what is null or UNCHANGED is not there.
   *
   * @throws JacksonException where a document cannot be read
   */
  static ObjectNode of(List<EntityField> fields, Row row) {
    ObjectNode node = NODES.objectNode();
    for (int i = 0; i < fields.size(); i++) {
      Object value = row.value(i);
      if (value != null && value != Unchanged.UNCHANGED) {
        node.set(fields.get(i).name(), of(fields.get(i), value));
      }
    }
    return node;
  }
}
