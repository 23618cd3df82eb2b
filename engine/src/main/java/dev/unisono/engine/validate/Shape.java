package dev.unisono.engine.validate;

import dev.unisono.spi.Json;
import dev.unisono.spi.Unfit;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a value looks like, in words that do not tell it (invariant 10). Has no state. */
public final class Shape {
  private Shape() {}

  public static String of(@Nullable Object value) {
    return switch (value) {
      case null -> "nothing";
      case String text -> "text of " + text.codePointCount(0, text.length()) + " characters";
      case Boolean _ -> "true or false";
      case Long _, Double _, BigDecimal _ -> "number";
      case byte[] bytes -> bytes.length + " bytes";
      case Object[] array -> "array of " + array.length;
      case Json json -> "document of " + json.text().length() + " characters";
      case Unfit unfit -> unfit.found();
      case JsonNode node -> of(node);
      default -> "date, time or UUID";
    };
  }

  private static String of(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "array of " + node.size();
      case OBJECT -> "object of " + node.size();
      case STRING -> of(node.stringValue());
      case NUMBER -> "number";
      case BOOLEAN -> "true or false";
      case NULL -> "null";
      case BINARY, MISSING, POJO -> "nothing";
    };
  }
}
