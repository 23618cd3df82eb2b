package dev.unisono.engine.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Makes a JSON tree of a schema in YAML. Stops at some depth and size: by aliases YAML can lead to
 * itself, or to more than fits in memory. For one thread.
 */
final class SchemaTree {
  private static final int DEEPEST = 64;
  private static final int MOST_NODES = 100_000;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private int left = MOST_NODES;

  private SchemaTree() {}

  /** A schema that is too deep or too large. */
  static final class TooLarge extends Exception {
    private static final long serialVersionUID = 1L;
  }

  static JsonNode of(Node node) throws TooLarge {
    return new SchemaTree().tree(node, 0);
  }

  private JsonNode tree(Node node, int depth) throws TooLarge {
    if (depth > DEEPEST || left-- == 0) {
      throw new TooLarge();
    }
    return switch (node) {
      case MappingNode mapping -> {
        ObjectNode object = NODES.objectNode();
        for (NodeTuple tuple : mapping.getValue()) {
          if (tuple.getKeyNode() instanceof ScalarNode key) {
            object.set(key.getValue(), tree(tuple.getValueNode(), depth + 1));
          }
        }
        yield object;
      }
      case SequenceNode sequence -> {
        ArrayNode array = NODES.arrayNode();
        for (Node element : sequence.getValue()) {
          array.add(tree(element, depth + 1));
        }
        yield array;
      }
      case ScalarNode scalar -> scalar(scalar);
      default -> NODES.nullNode();
    };
  }

  /** What YAML takes for more than JSON does, such as the boolean NO, is text. */
  private static JsonNode scalar(ScalarNode scalar) {
    String text = scalar.getValue();
    Tag tag = scalar.getTag();
    if (tag.equals(Tag.NULL)) {
      return NODES.nullNode();
    }
    if (tag.equals(Tag.BOOL) && (text.equals("true") || text.equals("false"))) {
      return NODES.booleanNode(text.equals("true"));
    }
    if (tag.equals(Tag.INT) && text.matches("-?(0|[1-9]\\d{0,999})")) {
      return NODES.numberNode(new BigInteger(text));
    }
    if ((tag.equals(Tag.FLOAT) || tag.equals(Tag.STR))
        && text.matches("-?(0|[1-9]\\d{0,999})(\\.\\d{1,999})?([eE][-+]?\\d{1,4})?")
        && scalar.isPlain()) {
      return NODES.numberNode(new BigDecimal(text));
    }
    return NODES.textNode(text);
  }
}
