package dev.unisono.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A contender, and perhaps one option that its config has otherwise, as {@code --vary} asks for.
 * Immutable.
 *
 * @param contender what runs
 * @param part source, target or state; empty where nothing is set
 */
record Variant(String contender, String part, String option, String value) {
  private static final Pattern VARIED =
      Pattern.compile("(source|target|state)\\.([a-z-]+)=([A-Za-z0-9,]+)");
  private static final Pattern TEXT = Pattern.compile("(\\S+) " + VARIED);

  /** Reads what {@link #text} gives, or a contender's bare name. */
  static Variant of(String text) {
    Matcher matcher = TEXT.matcher(text);
    return matcher.matches()
        ? new Variant(matcher.group(1), matcher.group(2), matcher.group(3), matcher.group(4))
        : new Variant(text, "", "", "");
  }

  /** The server with each of an option's values; empty where the text is not of that form. */
  static List<String> texts(String varied) {
    Matcher matcher = VARIED.matcher(varied);
    List<String> texts = new ArrayList<>();
    if (matcher.matches()) {
      for (String value : matcher.group(3).split(",", -1)) {
        texts.add(new Variant("unisono", matcher.group(1), matcher.group(2), value).text());
      }
    }
    return texts;
  }

  String text() {
    return contender + (part.isEmpty() ? "" : " " + part + "." + option + "=" + value);
  }

  boolean varied() {
    return !part.isEmpty();
  }

  /** The option as it stands in the config, where it belongs to this part; else nothing. */
  String setting(String of) {
    return part.equals(of) ? option + ": " + value : "";
  }
}
