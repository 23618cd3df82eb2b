package dev.unisono.engine.config;

import dev.unisono.fuzz.Seeds;
import java.io.StringReader;
import java.util.List;
import java.util.Optional;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** A value is set in a config's text, or cannot be: where it was, it stands there. */
public final class FuzzEdit {
  private static final List<String> PATH = List.of("syncs", "a b", "rule");

  private FuzzEdit() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "# one\nsyncs:\n  a b: # two\n    rule: latest\nx: 1\n",
        "syncs: { 'a b': { rule: , c: d } }\n",
        "syncs:\n  \"a b\": {}\n",
        "syncs:\n  a b: &x\n    rule: >\n      folded\n",
        "\ufeffsyncs: {\ud83d\ude00: 1}\n",
        "syncs: |\n  a b\n");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    try {
      compose(text);
    } catch (YAMLException notYaml) {
      return; // Only a config that is in effect is edited.
    }
    Optional<String> edited = YamlEdit.set(text, PATH, "priority");
    if (edited.isPresent() && !"priority".equals(value(edited.get()))) {
      throw new AssertionError("not what was set: " + edited.get());
    }
  }

  private static Node compose(String text) {
    return new Yaml(new LoaderOptions()).compose(new StringReader(text));
  }

  private static String value(String text) {
    Node node = compose(text);
    for (String key : PATH) {
      Node child = node instanceof MappingNode mapping ? YamlMap.child(mapping, key) : null;
      if (child == null) {
        return "nothing";
      }
      node = child;
    }
    return node instanceof ScalarNode scalar ? scalar.getValue() : "another node";
  }
}
