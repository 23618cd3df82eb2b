package dev.unisono.engine.validate;

/**
 * Writes a regular expression of ECMA-262 as Java means it: the end is the very end, white space is
 * Unicode's, a bracket in a class is itself. Has no state.
 */
final class EcmaPattern {
  private static final String SPACE = "\\t\\n\\x0B\\f\\r\\u2028\\u2029\\uFEFF\\p{Zs}";

  private EcmaPattern() {}

  static String inJava(String text) {
    StringBuilder out = new StringBuilder(text.length() + 8);
    boolean inClass = false;
    for (int i = 0; i < text.length(); i++) {
      char one = text.charAt(i);
      if (one == '\\' && i + 1 < text.length()) {
        i = escape(text, i + 1, inClass, out);
      } else if (inClass) {
        inClass = one != ']';
        out.append(one == '[' || one == '&' ? "\\" : "").append(one);
      } else if (one == '[') {
        inClass = true;
        if (text.startsWith("[^]", i) || text.startsWith("[]", i)) {
          boolean any = text.charAt(i + 1) == '^';
          out.append(any ? "[\\s\\S]" : "(?!)");
          i += any ? 2 : 1;
          inClass = false;
        } else {
          out.append(one);
        }
      } else if (one == '$') {
        out.append("\\z");
      } else if (one == '.') {
        out.append("[^\\n\\r\\u2028\\u2029]");
      } else {
        out.append(one);
      }
    }
    return out.toString();
  }

  /** What stands behind a backslash; gives the place of its last character. */
  private static int escape(String text, int at, boolean inClass, StringBuilder out) {
    char one = text.charAt(at);
    switch (one) {
      case 's' -> out.append(inClass ? SPACE : "[" + SPACE + "]");
      case 'S' -> out.append("[^" + SPACE + "]");
      case 'c' -> {
        boolean letter = at + 1 < text.length();
        out.append("\\c").append(letter ? Character.toUpperCase(text.charAt(at + 1)) : "");
        return letter ? at + 1 : at;
      }
      default -> out.append('\\').append(one);
    }
    return at;
  }
}
