package dev.unisono.jdbc;

import dev.unisono.spi.Key;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The comparison that follows a table's snapshot: the keys that consumers hold, asked for in
 * portions, are looked up in the table, and what is missing there is deleted, or only counted. For
 * one thread.
 */
final class Sweep {
  static final String FIRST_LOAD = "first-load";
  static final String COMMAND = "command";

  /** Rows are told only where they differ from what was told of them. */
  static final String REFRESH = "refresh";

  /** Nothing was read again: what is gone is looked for, as each so often. */
  static final String COMPARISON = "comparison";

  /** The table holds nothing of what it held last. */
  static final String SET_BACK = "cursor-behind";

  /** The config reads it otherwise than before. */
  static final String READING_CHANGED = "reading-changed";

  private static final Set<String> NO_REPAIR = Set.of(FIRST_LOAD, COMMAND, REFRESH, COMPARISON);

  /** Those that have to do with what was told alone. */
  private static final Set<String> DIFFERENCES =
      Set.of(REFRESH, COMPARISON, SET_BACK, READING_CHANGED);

  private static final String FINISHED = ".";

  /**
   * Keys that a consumer holds and the table did not have when they were looked up.
   *
   * @param place where the consumer is asked next; null where it holds no more
   * @param checked how many keys were looked up
   */
  record Portion(
      SnapshotTable table,
      String consumer,
      @Nullable String place,
      int checked,
      List<Key> missing) {}

  private final String cause;
  private final boolean deleting;
  private final long began;
  private final long number;
  private final List<String> consumers;

  /** Where each consumer that was asked is asked next. */
  private final Map<String, String> places = new HashMap<>();

  private long checked;
  private long missing;

  /**
   * @param cause {@link #FIRST_LOAD}, {@code command} or the code of the problem it repairs
   * @param deleting false where what is missing is only counted
   * @param began the journal's sequence when the snapshot before it began
   * @param number counts the table's snapshots
   */
  Sweep(String cause, boolean deleting, long began, long number, List<String> consumers) {
    this.cause = cause;
    this.deleting = deleting;
    this.began = began;
    this.number = number;
    this.consumers = consumers;
  }

  /** As it was kept; consumers that are no more are forgotten. */
  static Sweep restore(String text, Function<String, List<String>> consumersByCause) {
    List<String> lines = text.lines().toList();
    List<String> first = words(lines.getFirst());
    Sweep sweep =
        new Sweep(
            first.get(0),
            Boolean.parseBoolean(first.get(1)),
            Long.parseLong(first.get(2)),
            Long.parseLong(first.get(5)),
            consumersByCause.apply(first.get(0)));
    sweep.checked = Long.parseLong(first.get(3));
    sweep.missing = Long.parseLong(first.get(4));
    for (String line : lines.subList(1, lines.size())) {
      List<String> words = words(line);
      sweep.places.put(words.get(0), words.get(1));
    }
    return sweep;
  }

  String text() {
    StringBuilder text =
        new StringBuilder(
            line(
                cause,
                Boolean.toString(deleting),
                Long.toString(began),
                Long.toString(checked),
                Long.toString(missing),
                Long.toString(number)));
    places.forEach((consumer, place) -> text.append('\n').append(line(consumer, place)));
    return text.toString();
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    for (String word : line.split(" ", -1)) {
      words.add(URLDecoder.decode(word, StandardCharsets.UTF_8));
    }
    return words;
  }

  private static String line(String... words) {
    List<String> encoded = new ArrayList<>();
    for (String word : words) {
      encoded.add(URLEncoder.encode(word, StandardCharsets.UTF_8));
    }
    return String.join(" ", encoded);
  }

  String cause() {
    return cause;
  }

  boolean firstLoad() {
    return cause.equals(FIRST_LOAD);
  }

  /** Whether only what differs from what was told is told, and nobody else's rows matter. */
  static boolean tellsDifferences(String cause) {
    return DIFFERENCES.contains(cause);
  }

  /** Whether it makes good what was missed. */
  boolean repairs() {
    return !NO_REPAIR.contains(cause);
  }

  boolean deleting() {
    return deleting;
  }

  long began() {
    return began;
  }

  long number() {
    return number;
  }

  long checked() {
    return checked;
  }

  long missing() {
    return missing;
  }

  /** Whether a consumer has told all it holds. */
  boolean asked(String consumer) {
    return FINISHED.equals(places.get(consumer));
  }

  /** Where a consumer is asked next; null at its beginning. */
  @Nullable String place(String consumer) {
    return places.get(consumer);
  }

  /** It answers later, and is then asked with this. */
  void later(String consumer, @Nullable String place) {
    if (place != null) {
      places.put(consumer, place);
    }
  }

  /** A portion was handed over. */
  void placed(Portion portion, int found) {
    checked += portion.checked();
    missing += found;
    places.put(portion.consumer(), Objects.requireNonNullElse(portion.place(), FINISHED));
  }

  boolean finished() {
    return consumers.stream().allMatch(this::asked);
  }

  List<String> consumers() {
    return consumers;
  }
}
