package dev.unisono.server.operation;

import java.util.ArrayList;
import java.util.List;

/**
 * The text of a list of values or a group of conditions, read from its beginning to its end. A
 * value that has one of {@code , ( )} in it, or begins with a double quote, stands in double
 * quotes, in which {@code \"} and {@code \\} are those characters themselves. For one thread.
 */
public final class FilterText {
  private final String name;
  private final String text;
  private int at;

  /**
   * @param name what is at fault where it cannot be read
   */
  FilterText(String name, String text) {
    this.name = name;
    this.text = text;
  }

  /** The values of a parameter that is a list; it may stand in parentheses, as within a group. */
  static List<String> list(String name, String text) {
    FilterText list = new FilterText(name, text);
    List<String> values = text.startsWith("(") ? list.list() : list.values(",");
    list.end();
    return values;
  }

  /** A list in parentheses. */
  List<String> list() {
    expect('(');
    List<String> values = values(",()");
    expect(')');
    return values;
  }

  private List<String> values(String stops) {
    List<String> values = new ArrayList<>();
    do {
      values.add(value(stops));
    } while (took(','));
    return values;
  }

  /** A value up to what ends it, or in quotes. */
  String value(String stops) {
    return took('"') ? quoted() : until(stops);
  }

  private String quoted() {
    StringBuilder value = new StringBuilder();
    while (!took('"')) {
      if (at == text.length()) {
        throw broken("a closing '\"' is missing");
      }
      char c = text.charAt(at++);
      boolean escapes = c == '\\' && at < text.length() && "\"\\".indexOf(text.charAt(at)) >= 0;
      value.append(escapes ? text.charAt(at++) : c);
    }
    return value.toString();
  }

  /** All up to one of some characters, or to the end. */
  String until(String stops) {
    int start = at;
    while (at < text.length() && stops.indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(start, at);
  }

  /** Goes beyond a character, where it stands here. */
  boolean took(char wanted) {
    boolean there = at < text.length() && text.charAt(at) == wanted;
    at += there ? 1 : 0;
    return there;
  }

  /** Whether these characters stand here. */
  boolean sees(String wanted) {
    return text.startsWith(wanted, at);
  }

  void expect(char wanted) {
    if (!took(wanted)) {
      throw broken(
          "'"
              + wanted
              + "' is missing"
              + (at < text.length() ? " before '" + text.charAt(at) + "'" : " at the end"));
    }
  }

  void end() {
    if (at < text.length()) {
      throw broken("nothing may follow its last ')'");
    }
  }

  Refusal broken(String what) {
    return FilterReader.bad(
        "'"
            + name
            + "' cannot be read: "
            + what
            + " (character "
            + (at + 1)
            + "). A group is (city=Paris,balance[gt]=2), a list (a,b); a value with ',', '(' or ')' in"
            + " it stands in double quotes.",
        name);
  }
}
