package dev.unisono.engine.standardize;

/** White space of every kind, the kinds that do not break a line included. Has no state. */
final class Spaces {
  private Spaces() {}

  static boolean is(int letter) {
    return Character.isWhitespace(letter) || Character.isSpaceChar(letter);
  }

  /** The text without white space at its ends; the same one where there is none. */
  static String trimmed(String text) {
    int from = 0;
    int to = text.length();
    // No white space lies beyond the basic plane.
    while (from < to && is(text.charAt(from))) {
      from++;
    }
    while (from < to && is(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  static String collapsed(String text) {
    StringBuilder out = null;
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char letter = text.charAt(i);
      boolean more = is(letter) && i > 0 && is(text.charAt(i - 1));
      boolean other = more || (letter != ' ' && is(letter));
      if (other && out == null) {
        out = new StringBuilder(length).append(text, 0, i);
      }
      if (out != null && !more) {
        out.append(other ? ' ' : letter);
      }
    }
    return out == null ? text : out.toString();
  }

  static boolean any(String text) {
    return text.chars().anyMatch(Spaces::is);
  }
}
