package dev.unisono.jdbc;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the triggers of one installation write down of a table's rows. Entries of the log refer to
 * it by its number, so that those of before a change of the triggers are read as they were meant.
 * Immutable.
 *
 * @param table the table's name, as {@link Table#name} has it
 * @param key the columns by which a row is told, those of each entity's key
 * @param columns those whose values are written down, those of the key among them
 */
record Shape(long number, String table, List<String> key, List<String> columns) {
  /** Names as one text. */
  static String text(List<String> names) {
    return names.stream()
        .map(name -> URLEncoder.encode(name, StandardCharsets.UTF_8))
        .collect(Collectors.joining(" "));
  }

  static List<String> names(String text) {
    return Stream.of(text.split(" ", -1))
        .map(word -> URLDecoder.decode(word, StandardCharsets.UTF_8))
        .toList();
  }

  /** Whether it still says all that is asked of a table. */
  boolean fits(Table there, List<String> wantedKey, List<String> wanted) {
    return key.containsAll(wantedKey)
        && columns.containsAll(wanted)
        && there.columns().keySet().containsAll(columns);
  }
}
