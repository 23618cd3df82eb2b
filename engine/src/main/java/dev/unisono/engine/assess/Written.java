package dev.unisono.engine.assess;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** How texts are written in JSON and in YAML. Has no state. */
final class Written {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]*");

  /** Words that YAML takes for something else. */
  private static final Set<String> TAKEN =
      Set.of("true", "false", "yes", "no", "on", "off", "null", "y", "n");

  private static final char LAST_CONTROL = 0x1f;

  private Written() {}

  /** A text as JSON, which YAML reads as well. */
  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      boolean control =
          letter <= LAST_CONTROL
              || (letter >= 0x7f && letter < 0xa0)
              || letter >= 0xfffe
              || letter == 0x2028
              || letter == 0x2029
              || letter == 0xfeff;
      switch (letter) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        default -> {
          if (control) {
            out.append(String.format(Locale.ROOT, "\\u%04x", (int) letter));
          } else {
            out.append(letter);
          }
        }
      }
    }
    return out.append('"').toString();
  }

  /** A text in YAML, without quotes where it needs none. */
  static String yaml(String text) {
    boolean plain = PLAIN.matcher(text).matches() && !TAKEN.contains(text.toLowerCase(Locale.ROOT));
    return plain ? text : quoted(text);
  }

  /** A value that is JSON as YAML has it: a text without quotes where it needs none. */
  static String yamlOfJson(String json) {
    boolean text = json.length() > 2 && json.startsWith("\"") && json.endsWith("\"");
    String inner = text ? json.substring(1, json.length() - 1) : "";
    return text && yaml(inner).equals(inner) ? inner : json;
  }
}
