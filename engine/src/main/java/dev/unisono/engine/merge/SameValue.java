package dev.unisono.engine.merge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unisono.spi.Json;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Whether two values mean the same: decimals whatever their scale, JSON documents whatever their
 * spelling. Has no state; safe for threads.
 */
public final class SameValue {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Numbers of a document are compared by value, too. */
  private static final Comparator<JsonNode> NODES =
      (one, other) -> {
        if (one.isNumber() && other.isNumber()) {
          return one.decimalValue().compareTo(other.decimalValue());
        }
        return one.equals(other) ? 0 : 1;
      };

  private SameValue() {}

  public static boolean of(@Nullable Object one, @Nullable Object other) {
    if (one == null || other == null) {
      return one == null && other == null;
    }
    return switch (one) {
      case BigDecimal number ->
          other instanceof BigDecimal another && number.compareTo(another) == 0;
      case byte[] bytes -> other instanceof byte[] others && Arrays.equals(bytes, others);
      case Object[] array -> other instanceof Object[] others && sameArrays(array, others);
      case Json json -> other instanceof Json another && sameJson(json.text(), another.text());
      default -> one.equals(other);
    };
  }

  private static boolean sameArrays(@Nullable Object[] one, @Nullable Object[] other) {
    if (one.length != other.length) {
      return false;
    }
    for (int i = 0; i < one.length; i++) {
      if (!of(one[i], other[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether two parts of documents mean the same. */
  static boolean nodes(JsonNode one, JsonNode other) {
    return one.equals(NODES, other);
  }

  private static boolean sameJson(String one, String other) {
    if (one.equals(other)) {
      return true;
    }
    try {
      return JSON.readTree(one).equals(NODES, JSON.readTree(other));
    } catch (JsonProcessingException notJson) {
      return false;
    }
  }
}
