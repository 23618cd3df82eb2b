package dev.unisono.engine.validate;

import com.networknt.schema.ExecutionContext;
import com.networknt.schema.format.Format;
import com.networknt.schema.format.Formats;
import java.util.List;
import java.util.Optional;
import java.util.regex.PatternSyntaxException;

/** A {@code format} that a text must have. Immutable; safe for threads. */
public final class TextFormat implements ValueCheck {
  /** The formats of JSON Schema 2020-12 that no type of ours stands for. */
  public static final List<String> NAMES =
      List.of(
          "duration",
          "email",
          "hostname",
          "idn-email",
          "idn-hostname",
          "ipv4",
          "ipv6",
          "iri",
          "iri-reference",
          "json-pointer",
          "regex",
          "relative-json-pointer",
          "uri",
          "uri-reference",
          "uri-template");

  private final String name;
  private final Format format;

  private TextFormat(String name, Format format) {
    this.name = name;
    this.format = format;
  }

  /** The format of a name; nothing where it is not known. */
  public static Optional<TextFormat> of(String name) {
    return Formats.DEFAULT.stream()
        .filter(format -> NAMES.contains(name) && format.getName().equals(name))
        .map(format -> new TextFormat(name, format))
        .findFirst();
  }

  @Override
  public boolean holds(Object value) {
    if (!(value instanceof String text)) {
      return true;
    }
    if (name.equals("email") && PlainAddress.is(text)) {
      return true;
    }
    if (!name.equals("regex")) {
      return format.matches(new ExecutionContext(), text);
    }
    try {
      TextPattern.compile(text);
      return true;
    } catch (PatternSyntaxException none) {
      return false;
    }
  }

  @Override
  public void explain(Place place, Object value, List<Finding> findings) {
    findings.add(Finding.of(place, "format", value, "must have the format " + name));
  }
}
