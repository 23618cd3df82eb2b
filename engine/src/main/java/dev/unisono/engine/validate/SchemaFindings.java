package dev.unisono.engine.validate;

import com.networknt.schema.Error;
import com.networknt.schema.path.NodePath;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the library finds, as findings. Has no state. */
final class SchemaFindings {
  private static final int MOST = 50;

  /** Keywords of which a compiled check says the same. */
  private static final Map<String, String> CODES =
      Map.ofEntries(
          Map.entry("required", "required"),
          Map.entry("dependentRequired", "required"),
          Map.entry("minLength", "too-short"),
          Map.entry("maxLength", "too-long"),
          Map.entry("pattern", "pattern"),
          Map.entry("minimum", "minimum"),
          Map.entry("maximum", "maximum"),
          Map.entry("exclusiveMinimum", "exclusive-minimum"),
          Map.entry("exclusiveMaximum", "exclusive-maximum"),
          Map.entry("multipleOf", "multiple-of"),
          Map.entry("format", "format"),
          Map.entry("enum", "not-allowed"),
          Map.entry("const", "not-allowed"),
          Map.entry("minItems", "too-few-items"),
          Map.entry("maxItems", "too-many-items"),
          Map.entry("uniqueItems", "not-unique"));

  private SchemaFindings() {}

  /**
   * Adds a finding for each keyword and place; of alternatives, that none of them (or more than
   * one) holds.
   *
   * @param start the path to what was asked: empty for a whole row
   */
  static void add(String start, List<Error> errors, List<Finding> findings) {
    Set<String> told = new HashSet<>();
    for (Error error : errors) {
      String alternative = alternative(error.getEvaluationPath());
      boolean apart = !alternative.isEmpty();
      String keyword = apart ? alternative : String.valueOf(error.getKeyword());
      String path = apart ? start : path(start, error.getInstanceLocation());
      if (told.size() < MOST && told.add(keyword + " " + path)) {
        findings.add(finding(keyword, path, apart ? "" : Shape.of(error.getInstanceNode())));
      }
    }
  }

  private static Finding finding(String keyword, String path, String shape) {
    String code = CODES.get(keyword);
    String message =
        (path.isEmpty() ? "The record" : path) + " does not meet '" + keyword + "' of the schema.";
    String field = path.split("[.\\[]", 2)[0];
    return code == null
        ? new Finding("schema", field, path, shape, message)
        : new Finding(code, field, path, shape, message);
  }

  /** The outermost keyword of alternatives on the way; empty where there is none. */
  private static String alternative(NodePath path) {
    for (int i = 0; i < path.getNameCount() - 1; i++) {
      if (path.getElement(i) instanceof String name
          && (name.equals("anyOf") || name.equals("oneOf") || name.equals("contains"))) {
        return name;
      }
    }
    return "";
  }

  private static String path(String start, NodePath location) {
    StringBuilder path = new StringBuilder(start);
    for (int i = 0; i < location.getNameCount(); i++) {
      if (location.getElement(i) instanceof Integer index) {
        path.append('[').append(index).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(location.getElement(i));
      }
    }
    return path.toString();
  }
}
