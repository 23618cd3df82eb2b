package dev.unisono.engine.merge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.unisono.spi.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Merges two values that were both made of a third: the members of JSON objects one by one, to any
 * depth, and the elements of arrays as they came and went. What both sides made something else of
 * is taken from the newer one. For one merge, in one thread.
 */
final class ThreeWay {
  /** Numbers keep their digits. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final boolean editIsNewer;
  private boolean collided;

  private ThreeWay(boolean editIsNewer) {
    this.editIsNewer = editIsNewer;
  }

  /**
   * What comes of a merge. Immutable.
   *
   * @param collided true where a part of it was changed by both sides, each in its own way
   */
  record Merged(@Nullable Object value, boolean collided) {}

  /**
   * @param base what the edit was made on
   * @param present what the other side has made of it meanwhile
   * @param editIsNewer true where the edit counts where both changed the same part
   */
  static Merged merge(
      @Nullable Object base,
      @Nullable Object present,
      @Nullable Object edited,
      boolean editIsNewer) {
    ThreeWay merge = new ThreeWay(editIsNewer);
    Object value = merge.values(base, present, edited);
    return new Merged(value, merge.collided);
  }

  private @Nullable Object values(
      @Nullable Object base, @Nullable Object present, @Nullable Object edited) {
    if (base instanceof Object[] was
        && present instanceof Object[] is
        && edited instanceof Object[] becomes) {
      List<@Nullable Object> merged =
          elements(Arrays.asList(was), Arrays.asList(is), Arrays.asList(becomes));
      return merged.toArray();
    }
    if (base instanceof Json was && present instanceof Json is && edited instanceof Json becomes) {
      try {
        JsonNode merged =
            nodes(
                JSON.readTree(was.text()), JSON.readTree(is.text()), JSON.readTree(becomes.text()));
        return merged == null ? null : new Json(JSON.writeValueAsString(merged));
      } catch (JsonProcessingException notJson) {
        return newer(present, edited);
      }
    }
    return newer(present, edited);
  }

  private <T extends @Nullable Object> T newer(T present, T edited) {
    collided = true;
    return editIsNewer ? edited : present;
  }

  /** Null is a member that is not there. */
  private @Nullable JsonNode nodes(
      @Nullable JsonNode base, @Nullable JsonNode present, @Nullable JsonNode edited) {
    if (same(base, edited) || same(present, edited)) {
      return present;
    }
    if (same(base, present)) {
      return edited;
    }
    if (present instanceof ObjectNode is && edited instanceof ObjectNode becomes) {
      return members(base instanceof ObjectNode was ? was : JSON.createObjectNode(), is, becomes);
    }
    if (base instanceof ArrayNode was
        && present instanceof ArrayNode is
        && edited instanceof ArrayNode becomes) {
      ArrayNode merged = JSON.createArrayNode();
      for (Object element : elements(list(was), list(is), list(becomes))) {
        merged.add((JsonNode) element);
      }
      return merged;
    }
    return newer(present, edited);
  }

  private static boolean same(@Nullable JsonNode one, @Nullable JsonNode other) {
    return (one == null && other == null)
        || (one != null && other != null && SameValue.nodes(one, other));
  }

  private ObjectNode members(ObjectNode base, ObjectNode present, ObjectNode edited) {
    ObjectNode merged = JSON.createObjectNode();
    Set<String> names = new LinkedHashSet<>();
    present.fieldNames().forEachRemaining(names::add);
    edited.fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      JsonNode value = nodes(base.get(name), present.get(name), edited.get(name));
      if (value != null) {
        merged.set(name, value);
      }
    }
    return merged;
  }

  private static List<@Nullable Object> list(ArrayNode array) {
    List<@Nullable Object> elements = new ArrayList<>();
    array.forEach(elements::add);
    return elements;
  }

  /** What the edit took out is taken out, what it put in comes at the end. */
  private static List<@Nullable Object> elements(
      List<@Nullable Object> base, List<@Nullable Object> present, List<@Nullable Object> edited) {
    List<@Nullable Object> merged = new ArrayList<>();
    for (Object element : present) {
      if (!in(base, element) || in(edited, element)) {
        merged.add(element);
      }
    }
    for (Object element : edited) {
      if (!in(base, element) && !in(merged, element)) {
        merged.add(element);
      }
    }
    return merged;
  }

  private static boolean in(List<@Nullable Object> elements, @Nullable Object one) {
    for (Object element : elements) {
      boolean same =
          (one instanceof JsonNode node && element instanceof JsonNode other)
              ? SameValue.nodes(node, other)
              : SameValue.of(element, one);
      if (same) {
        return true;
      }
    }
    return false;
  }
}
