package dev.unisono.engine.expose;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Which tables are meant by patterns: {@code *} is any letters, {@code ?} one. Has no state. */
public final class TablePatterns {
  private TablePatterns() {}

  /** Tables whose name, with its schema or without, is as one of the patterns says. */
  public static Predicate<String> any(List<String> patterns) {
    List<Pattern> whole = patterns.stream().map(TablePatterns::pattern).toList();
    return table ->
        whole.stream()
            .anyMatch(pattern ->
                pattern.matcher(table).matches()
                    || pattern.matcher(table.substring(table.lastIndexOf('.') + 1)).matches());
  }

  private static Pattern pattern(String text) {
    StringBuilder expression = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      expression.append(
          letter == '*' ? ".*" : letter == '?' ? "." : Pattern.quote(String.valueOf(letter)));
    }
    return Pattern.compile(expression.toString());
  }
}
