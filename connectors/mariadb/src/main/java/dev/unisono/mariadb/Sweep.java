package dev.unisono.mariadb;

import dev.unisono.spi.Key;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The comparison that follows a table's snapshot: the keys that consumers hold, asked for in
 * portions, are looked up in the table, and what is missing there is deleted, or only counted. It
 * is moved on by the reader of the log and asked by other threads.
 */
final class Sweep {
  static final String FIRST_LOAD = "first-load";
  static final String COMMAND = "command";

  /** Rows are told only where they differ from what was told of them. */
  static final String REFRESH = "refresh";

  private static final String FINISHED = ".";

  /**
   * Keys that a consumer holds and the table did not have when they were looked up.
   *
   * @param beginning the snapshot's beginning it belongs to
   * @param place where the consumer is asked next; null where it holds no more
   * @param checked how many keys were looked up
   * @param at where the look-up stands in the log
   */
  record Portion(
      SnapshotTable table,
      int beginning,
      String consumer,
      @Nullable String place,
      int checked,
      List<Key> missing,
      LogPlace at,
      long readMillis)
      implements Mark {}

  private final String cause;
  private final boolean deleting;
  private final long began;
  private final long number;
  private final List<String> consumers;

  /** Where each consumer that was asked is asked next. */
  private final Map<String, String> places = new ConcurrentHashMap<>();

  private final AtomicLong checked = new AtomicLong();
  private final AtomicLong missing = new AtomicLong();

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
    sweep.checked.set(Long.parseLong(first.get(3)));
    sweep.missing.set(Long.parseLong(first.get(4)));
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
                checked.toString(),
                missing.toString(),
                Long.toString(number)));
    new HashMap<>(places)
        .forEach((consumer, place) -> text.append('\n').append(line(consumer, place)));
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
    return checked.get();
  }

  long missing() {
    return missing.get();
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

  /** From the reader: a portion has taken its place. */
  void placed(Portion portion, int found) {
    checked.addAndGet(portion.checked());
    missing.addAndGet(found);
    places.put(portion.consumer(), Objects.requireNonNullElse(portion.place(), FINISHED));
  }

  boolean finished() {
    return consumers.stream().allMatch(this::asked);
  }

  List<String> consumers() {
    return consumers;
  }
}
