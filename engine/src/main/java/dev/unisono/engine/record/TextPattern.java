package dev.unisono.engine.record;

import java.util.ArrayList;
import java.util.List;

/**
 * A pattern of text, in which {@code *} is any characters, none included. Letter case counts.
 * Immutable; safe for threads.
 *
 * @param parts what stands before, between and behind the stars; one alone where there is no star
 */
public record TextPattern(List<String> parts) {
  public TextPattern {
    parts = List.copyOf(parts);
  }

  /** Reads a pattern; {@code \*} is a star itself, and {@code \\} a backslash. */
  public static TextPattern parse(String text) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean escaped =
          c == '\\'
              && i + 1 < text.length()
              && (text.charAt(i + 1) == '*' || text.charAt(i + 1) == '\\');
      if (escaped) {
        part.append(text.charAt(++i));
      } else if (c == '*') {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    parts.add(part.toString());
    return new TextPattern(parts);
  }
}
