package dev.unisono.engine.config;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How names of several words are written. A word begins behind a separator, and with a large letter
 * that follows a small one or a digit, or that stands before a small one: {@code HTTPStatus2Code}
 * is {@code http}, {@code status2}, {@code code}. Immutable; safe for threads.
 */
public enum NamingConvention {
  /** As the name is. */
  SAME("same"),
  SNAKE("snake_case"),
  CAMEL("camelCase"),
  PASCAL("PascalCase"),
  KEBAB("kebab-case"),
  SCREAMING("SCREAMING_SNAKE_CASE");

  /** What stands for all fields under {@code fields} of a member. */
  static final String ALL = "*";

  private static final Pattern BOUNDARY =
      Pattern.compile("[_\\- ]+|(?<=[\\p{Ll}\\p{N}])(?=\\p{Lu})|(?<=\\p{Lu})(?=\\p{Lu}\\p{Ll})");

  private final String word;

  NamingConvention(String word) {
    this.word = word;
  }

  /** Its name in the config, which is an example of it. */
  public String word() {
    return word;
  }

  static List<String> words() {
    return Stream.of(values()).map(NamingConvention::word).toList();
  }

  static @Nullable NamingConvention find(String word) {
    return Stream.of(values()).filter(each -> each.word.equals(word)).findFirst().orElse(null);
  }

  /** A name of any convention, by this one. */
  public String apply(String name) {
    List<String> words =
        BOUNDARY
            .splitAsStream(name)
            .filter(part -> !part.isEmpty())
            .map(part -> part.toLowerCase(Locale.ROOT))
            .toList();
    if (this == SAME || words.isEmpty()) {
      return name;
    }
    return switch (this) {
      case SAME -> name;
      case SNAKE -> String.join("_", words);
      case KEBAB -> String.join("-", words);
      case SCREAMING -> String.join("_", words).toUpperCase(Locale.ROOT);
      case PASCAL -> words.stream().map(NamingConvention::large).collect(Collectors.joining());
      case CAMEL ->
          words.getFirst()
              + words.stream().skip(1).map(NamingConvention::large).collect(Collectors.joining());
    };
  }

  private static String large(String word) {
    int first = word.offsetByCodePoints(0, 1);
    return word.substring(0, first).toUpperCase(Locale.ROOT) + word.substring(first);
  }

  /**
   * The field that a column of this convention is: named as the other fields are, where that leads
   * back to the column; else like the column.
   *
   * @param fields the names of the entity's fields
   */
  String field(String column, Collection<String> fields) {
    String field = of(fields).apply(column);
    return apply(field).equals(column) ? field : column;
  }

  /** The first that all names are written by. */
  private static NamingConvention of(Collection<String> names) {
    for (NamingConvention each : List.of(SNAKE, CAMEL, PASCAL, KEBAB, SCREAMING)) {
      if (names.stream().allMatch(name -> each.apply(name).equals(name))) {
        return each;
      }
    }
    return SAME;
  }
}
