package dev.unisono.engine.config;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Lengths of time and amounts of bytes as people write them. Has no state. */
public final class Amounts {
  private static final Pattern AMOUNT = Pattern.compile("([0-9]{1,12})\\s*([A-Za-z]*)");
  private static final Map<String, Duration> TIMES =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1));
  private static final Map<String, Long> BYTES =
      Map.of("", 1L, "B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30, "TiB", 1L << 40);

  /** Beyond this nothing is meant by it, and arithmetic in nanoseconds ends not much later. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private Amounts() {}

  /** A length of time; null where the text is none. */
  public static @Nullable Duration duration(String text) {
    Matcher matcher = AMOUNT.matcher(text.strip());
    Duration unit = matcher.matches() ? TIMES.get(matcher.group(2)) : null;
    if (unit == null) {
      return null;
    }
    Duration duration = unit.multipliedBy(Long.parseLong(matcher.group(1)));
    return duration.compareTo(LONGEST) > 0 ? null : duration;
  }

  /** An amount of bytes in the largest unit that gives a whole number. */
  static String text(long bytes) {
    return bytes % (1L << 30) == 0
        ? (bytes >> 30) + "GiB"
        : bytes % (1L << 20) == 0
            ? (bytes >> 20) + "MiB"
            : bytes % (1L << 10) == 0 ? (bytes >> 10) + "KiB" : bytes + "B";
  }

  static @Nullable Long bytes(String text) {
    Matcher matcher = AMOUNT.matcher(text.strip());
    Long unit = matcher.matches() ? BYTES.get(matcher.group(2)) : null;
    if (unit == null) {
      return null;
    }
    long number = Long.parseLong(matcher.group(1));
    return number > Long.MAX_VALUE / unit ? null : unit * number;
  }
}
