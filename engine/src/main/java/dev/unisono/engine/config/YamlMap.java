package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A mapping of the config file with its path: gives values of the type asked for, and notes a
 * problem, with its line, for each that is not. For one thread.
 */
final class YamlMap {
  private final String path;
  private final Node node;
  private final List<ConfigProblem> problems;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Node> keys = new LinkedHashMap<>();

  YamlMap(String path, Node node, List<ConfigProblem> problems) {
    this(path, node, problems, false);
  }

  private YamlMap(String path, Node node, List<ConfigProblem> problems, boolean absent) {
    this.path = path;
    this.node = node;
    this.problems = problems;
    if (!absent) {
      read();
    }
  }

  private void read() {
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        String key =
            tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "(not a name)";
        if (values.put(key, tuple.getValueNode()) != null) {
          note(
              tuple.getKeyNode(),
              key,
              "named-twice",
              "'" + key + "' stands here a second time.",
              "Keep one of them.");
        }
        keys.put(key, tuple.getKeyNode());
      }
    } else if (!isNull(node)) {
      note(node, null, "wrong-type", "A mapping is expected here.", "Write keys and values.");
    }
  }

  static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }

  /** The value of a key, or the element of an index in brackets; null where there is none. */
  static @Nullable Node child(Node node, String part) {
    if (node instanceof SequenceNode sequence && part.startsWith("[")) {
      int index = Integer.parseInt(part, 1, part.length() - 1, 10);
      return index < sequence.getValue().size() ? sequence.getValue().get(index) : null;
    }
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(part)) {
          return tuple.getValueNode();
        }
      }
    }
    return null;
  }

  String path() {
    return path;
  }

  String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Names in the order of the file. */
  List<String> names() {
    return List.copyOf(values.keySet());
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  Node node() {
    return node;
  }

  Node node(String key) {
    return values.getOrDefault(key, node);
  }

  Node keyNode(String key) {
    return keys.getOrDefault(key, node);
  }

  boolean isNull(String key) {
    Node value = values.get(key);
    return value == null || isNull(value);
  }

  void note(Node where, @Nullable String key, String code, String message, String remedy) {
    problems.add(
        new ConfigProblem(
            where.getStartMark().getLine() + 1,
            where.getStartMark().getColumn() + 1,
            new Problem(code, ProblemType.USER, message, key == null ? path : path(key), remedy)));
  }

  void note(String key, String code, String message, String remedy) {
    note(node(key), key, code, message, remedy);
  }

  /** Notes keys that nobody knows, that are not there yet, and that are missing. */
  void check(List<ConfigKey> known) {
    List<String> names = known.stream().filter(ConfigKey::available).map(ConfigKey::name).toList();
    for (String name : values.keySet()) {
      Optional<ConfigKey> key = known.stream().filter(one -> one.name().equals(name)).findAny();
      if (key.isEmpty()) {
        note(
            keyNode(name),
            name,
            "unknown-key",
            "There is no key '" + name + "' here" + Nearest.question(name, names),
            "Known keys: " + String.join(", ", names) + ".");
      } else if (!key.get().available()) {
        note(
            keyNode(name),
            name,
            "not-available",
            "'" + name + "' is not available yet.",
            "Leave it out.");
      }
    }
    for (ConfigKey key : known) {
      if (key.required() && isNull(key.name())) {
        note(
            node, key.name(), "missing-key", "'" + key.name() + "' is missing.", key.description());
      }
    }
  }

  /** The text of a scalar; null where it is not there or is none. */
  @Nullable String text(String key) {
    if (isNull(key)) {
      return null;
    }
    if (node(key) instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    note(key, "wrong-type", "A single value is expected here.", "Write one value.");
    return null;
  }

  String text(String key, String otherwise) {
    String text = text(key);
    return text == null ? otherwise : text;
  }

  boolean flag(String key, boolean otherwise) {
    String text = text(key);
    if (text == null) {
      return otherwise;
    }
    if (!text.equals("true") && !text.equals("false")) {
      note(key, "wrong-type", "'" + text + "' is neither true nor false.", "Write true or false.");
    }
    return text.equals("true");
  }

  @Nullable Integer integer(String key) {
    String text = text(key);
    if (text == null) {
      return null;
    }
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException notWhole) {
      note(key, "wrong-type", "'" + text + "' is not a whole number.", "Write digits only.");
      return null;
    }
  }

  /** A number within a range; the key's default where there is none, or none that will do. */
  int inRange(ConfigKey key, int least, int most) {
    Integer number = integer(key.name());
    if (number == null) {
      return Integer.parseInt(Objects.requireNonNull(key.defaultValue()));
    }
    if (number < least || number > most) {
      noteRange(key, "from " + least + " to " + most);
    }
    return number;
  }

  /** A number above one and up to another; the key's default where there is none that will do. */
  double decimal(ConfigKey key, double above, double most) {
    String otherwise = Objects.requireNonNull(key.defaultValue());
    String text = text(key.name(), otherwise);
    try {
      double number = Double.parseDouble(text);
      if (number > above && number <= most) {
        return number;
      }
      noteRange(key, "above " + plain(above) + " up to " + plain(most));
    } catch (NumberFormatException none) {
      note(
          key.name(),
          "wrong-type",
          "'" + text + "' is no number.",
          "Write it like " + otherwise + ".");
    }
    return Double.parseDouble(otherwise);
  }

  private static String plain(double number) {
    return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
  }

  /** An amount of bytes within a range; the key's default where there is none that will do. */
  long bytes(ConfigKey key, long least, long most) {
    String otherwise = Objects.requireNonNull(key.defaultValue());
    Long bytes = Amounts.bytes(text(key.name(), otherwise));
    if (bytes == null) {
      note(key.name(), "wrong-type", "This is no amount of bytes.", "Write it like 16MiB.");
      return Objects.requireNonNull(Amounts.bytes(otherwise));
    }
    if (bytes < least || bytes > most) {
      noteRange(key, "from " + Amounts.text(least) + " to " + Amounts.text(most));
    }
    return bytes;
  }

  private void noteRange(ConfigKey key, String range) {
    note(
        key.name(),
        "out-of-range",
        key.name() + " is not " + range + ".",
        "Choose one in that range, such as " + key.defaultValue() + ".");
  }

  YamlMap map(String key) {
    return new YamlMap(path(key), node(key), problems);
  }

  /** A mapping that may be missing: an empty one then, that stands where this one does. */
  YamlMap optionalMap(String key) {
    return isNull(key) ? new YamlMap(path(key), node, problems, true) : map(key);
  }

  /** The elements of a sequence; a single value counts as a sequence of one. */
  List<Node> elements(String key) {
    if (isNull(key)) {
      return List.of();
    }
    return node(key) instanceof SequenceNode sequence ? sequence.getValue() : List.of(node(key));
  }

  List<YamlMap> maps(String key) {
    List<YamlMap> maps = new ArrayList<>();
    for (int i = 0; i < elements(key).size(); i++) {
      maps.add(element(key, i));
    }
    return maps;
  }

  /** One element of a sequence, which is a mapping. */
  YamlMap element(String key, int index) {
    return new YamlMap(path(key) + "[" + index + "]", elements(key).get(index), problems);
  }

  /** The texts of a sequence of scalars. */
  List<String> texts(String key) {
    return texts(key, elements(key));
  }

  /** The texts of some scalars that stand under a key. */
  List<String> texts(String key, List<Node> elements) {
    List<String> texts = new ArrayList<>();
    for (Node element : elements) {
      if (element instanceof ScalarNode scalar && !isNull(element)) {
        texts.add(scalar.getValue());
      } else {
        note(element, key, "wrong-type", "A list of names is expected here.", "");
      }
    }
    return texts;
  }
}
