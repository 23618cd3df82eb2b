package dev.unisono.server.webhook;

import io.vertx.core.MultiMap;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint says of its own limits with an answer, whatever that is: whether nothing is
 * left, and until when. Has no state.
 */
final class RemoteLimit {
  /** What is no refusal, but a word beside, is not believed for longer. */
  private static final Duration LONGEST = Duration.ofHours(1);

  /** A reset beyond this is a time of the clock in seconds, as many write it. */
  private static final long CLOCK = 1_000_000_000;

  /** draft-ietf-httpapi-ratelimit-headers-11: {@code "name";r=0;t=30}, one for each limit. */
  private static final Pattern ITEM = Pattern.compile("\"[^\"]*\"((?:\\s*;[^,;]*)+)");

  private static final Pattern REMAINING = Pattern.compile(";\\s*r=([0-9]{1,18})");
  private static final Pattern SECONDS = Pattern.compile(";\\s*t=([0-9]{1,9})");

  /** Earlier drafts of it: {@code limit=100, remaining=0, reset=30}. */
  private static final Pattern EARLIER = Pattern.compile("remaining=0\\b.*?\\breset=([0-9]{1,9})");

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,12}");

  private RemoteLimit() {}

  /** For how long nothing is left; null where something is, or nothing is said. */
  static @Nullable Duration pause(MultiMap headers, Instant now) {
    Duration pause = null;
    for (String line : headers.getAll("RateLimit")) {
      pause = longer(pause, ofItems(line));
    }
    for (String prefix : new String[] {"RateLimit-", "X-RateLimit-", "X-Rate-Limit-"}) {
      pause = longer(pause, ofPair(headers, prefix, now));
    }
    return pause != null && pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
  }

  private static @Nullable Duration longer(@Nullable Duration one, @Nullable Duration other) {
    return one == null || (other != null && other.compareTo(one) > 0) ? other : one;
  }

  private static @Nullable Duration ofItems(String line) {
    Matcher earlier = EARLIER.matcher(line);
    Duration pause = earlier.find() ? Duration.ofSeconds(Long.parseLong(earlier.group(1))) : null;
    for (Matcher item = ITEM.matcher(line); item.find(); ) {
      Matcher remaining = REMAINING.matcher(item.group(1));
      Matcher seconds = SECONDS.matcher(item.group(1));
      if (remaining.find() && Long.parseLong(remaining.group(1)) == 0 && seconds.find()) {
        pause = longer(pause, Duration.ofSeconds(Long.parseLong(seconds.group(1))));
      }
    }
    return pause;
  }

  private static @Nullable Duration ofPair(MultiMap headers, String prefix, Instant now) {
    Long remaining = number(headers.get(prefix + "Remaining"));
    Long reset = number(headers.get(prefix + "Reset"));
    if (remaining == null || remaining > 0 || reset == null) {
      return null;
    }
    long seconds = reset > CLOCK ? reset - now.getEpochSecond() : reset;
    return seconds <= 0 ? null : Duration.ofSeconds(seconds);
  }

  private static @Nullable Long number(@Nullable String text) {
    return text == null || !NUMBER.matcher(text.strip()).matches()
        ? null
        : Long.valueOf(text.strip());
  }
}
