package dev.unisono.engine.assess;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * The sections of a config that another one can take over as they stand, comments and references to
 * secrets included: the server, the state and the systems. Has no state.
 */
public final class GivenSections {
  private static final List<String> TAKEN_OVER = List.of("server", "state", "systems");
  private static final Pattern FILE = Pattern.compile("\\$\\{file:([^}]*)}");

  private GivenSections() {}

  /**
   * The text of the sections.
   *
   * @param text the config's
   * @param root what it says
   * @param from its folder, where relative paths of its references begin
   * @param to the other config's folder
   */
  public static String of(String text, Node root, Path from, Path to) {
    StringBuilder out = new StringBuilder();
    if (root instanceof MappingNode mapping) {
      for (NodeTuple section : mapping.getValue()) {
        if (section.getKeyNode() instanceof ScalarNode key && TAKEN_OVER.contains(key.getValue())) {
          Node value = section.getValueNode();
          int begin = text.offsetByCodePoints(0, value.getStartMark().getIndex());
          int end = text.offsetByCodePoints(0, value.getEndMark().getIndex());
          boolean block = value.getStartMark().getLine() > key.getStartMark().getLine();
          out.append(key.getValue()).append(block ? ":\n" : ": ");
          out.append(block ? " ".repeat(value.getStartMark().getColumn()) : "");
          out.append(text.substring(begin, end).stripTrailing()).append('\n');
        }
      }
    }
    return moved(out.toString(), from, to);
  }

  private static String moved(String text, Path from, Path to) {
    Matcher file = FILE.matcher(text);
    StringBuilder out = new StringBuilder();
    while (file.find()) {
      Path path = Path.of(file.group(1));
      String there =
          path.isAbsolute()
              ? file.group(1)
              : to.toAbsolutePath()
                  .normalize()
                  .relativize(from.toAbsolutePath().normalize().resolve(path).normalize())
                  .toString();
      file.appendReplacement(out, Matcher.quoteReplacement("${file:" + there + "}"));
    }
    return file.appendTail(out).toString();
  }
}
