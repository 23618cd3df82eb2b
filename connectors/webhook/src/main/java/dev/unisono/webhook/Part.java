package dev.unisono.webhook;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where something stands in a delivery: in a header, or in its body by a JSON pointer (RFC 6901).
 * Immutable.
 *
 * @param header null where it is in the body
 * @param steps of the pointer; none for the whole body
 */
record Part(@Nullable String header, List<String> steps) {
  private static final String HEADER = "header:";

  /** Null where the text is neither. */
  static @Nullable Part parse(String text) {
    if (text.startsWith(HEADER)) {
      String name = text.substring(HEADER.length()).toLowerCase(Locale.ROOT);
      return name.isEmpty() ? null : new Part(name, List.of());
    }
    return text.isEmpty() || text.startsWith("/") ? new Part(null, steps(text)) : null;
  }

  /** The steps of a pointer, or of a member's name. */
  static List<String> steps(String text) {
    if (text.isEmpty()) {
      return List.of();
    }
    if (!text.startsWith("/")) {
      return List.of(text);
    }
    return List.of(text.substring(1).split("/", -1)).stream()
        .map(step -> step.replace("~1", "/").replace("~0", "~"))
        .toList();
  }

  /** What stands there; {@link Missing} where nothing does. */
  @Nullable Object in(Map<String, String> headers, @Nullable Object body) {
    if (header != null) {
      String value = headers.get(header);
      return value == null ? Missing.MISSING : value;
    }
    return Tree.at(body, steps);
  }
}
