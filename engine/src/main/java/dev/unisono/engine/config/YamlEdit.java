package dev.unisono.engine.config;

import java.io.StringReader;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * Sets one value in the text of a YAML file, and leaves every other character of it, comments
 * included, as it is. Has no state.
 */
public final class YamlEdit {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*");

  private YamlEdit() {}

  /**
   * Sets a value; what its path lacks is made.
   *
   * @param path the keys from the root on
   * @param value as it is written in YAML, on one line
   * @return the new text; empty where the file is of a form in which that cannot be done safely
   */
  public static Optional<String> set(String text, List<String> path, String value) {
    return edited(text, path, value).filter(edited -> holds(edited, path, value));
  }

  /** Whether the value stands there: YAML has more forms than are told apart here. */
  private static boolean holds(String text, List<String> path, String value) {
    try {
      Node node = compose(text);
      for (String key : path) {
        node = node instanceof MappingNode mapping ? YamlMap.child(mapping, key) : null;
      }
      return node != null
          && text.substring(index(text, node.getStartMark()), index(text, node.getEndMark()))
              .equals(value);
    } catch (YAMLException broken) {
      return false;
    }
  }

  private static @Nullable Node compose(String text) {
    return new Yaml(new LoaderOptions()).compose(new StringReader(text));
  }

  private static Optional<String> edited(String text, List<String> path, String value) {
    Node root = compose(text);
    if (!(root instanceof MappingNode mapping)) {
      return Optional.empty();
    }
    for (int depth = 0; ; depth++) {
      Node found = YamlMap.child(mapping, path.get(depth));
      List<String> rest = path.subList(depth + 1, path.size());
      if (found == null) {
        return insert(text, mapping, quoted(path.get(depth)) + ": " + flow(rest, value));
      }
      if (rest.isEmpty() || found instanceof ScalarNode) {
        return replace(text, found, flow(rest, value));
      }
      if (!(found instanceof MappingNode next)) {
        return Optional.empty();
      }
      mapping = next;
    }
  }

  /** Keys within keys, on one line. */
  private static String flow(List<String> path, String value) {
    String text = value;
    for (String key : path.reversed()) {
      text = "{ " + quoted(key) + ": " + text + " }";
    }
    return text;
  }

  private static String quoted(String key) {
    return PLAIN.matcher(key).matches() ? key : "'" + key.replace("'", "''") + "'";
  }

  private static Optional<String> insert(String text, MappingNode mapping, String entry) {
    if (mapping.getFlowStyle() == FlowStyle.FLOW) {
      int end = index(text, mapping.getEndMark()) - 1;
      String before = text.substring(0, end).stripTrailing();
      String comma = mapping.getValue().isEmpty() ? " " : ", ";
      return Optional.of(before + comma + entry + " " + text.substring(end));
    }
    if (mapping.getValue().isEmpty()) {
      return Optional.empty();
    }
    // Before the first key: where a block ends, only who reads comments can tell.
    Mark first = mapping.getValue().getFirst().getKeyNode().getStartMark();
    int at = index(text, first);
    return Optional.of(
        text.substring(0, at) + entry + "\n" + " ".repeat(first.getColumn()) + text.substring(at));
  }

  private static Optional<String> replace(String text, Node node, String value) {
    boolean block = node instanceof MappingNode mapping && mapping.getFlowStyle() != FlowStyle.FLOW;
    @Nullable Mark start = node.getStartMark();
    if (block || !(node instanceof MappingNode || node instanceof ScalarNode) || start == null) {
      return Optional.empty();
    }
    int from = index(text, start);
    int to = index(text, node.getEndMark());
    // A key without a value ends right behind its colon.
    String space = from > 0 && text.charAt(from - 1) == ':' ? " " : "";
    return Optional.of(text.substring(0, from) + space + value + text.substring(to));
  }

  private static int index(String text, Mark mark) {
    return text.offsetByCodePoints(0, mark.getIndex());
  }
}
