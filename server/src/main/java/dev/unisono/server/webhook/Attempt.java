package dev.unisono.server.webhook;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one attempt to deliver came to. Immutable.
 *
 * @param status what the endpoint answered; 0 where it did not
 * @param detail why it did not count, for people; null where it did
 * @param retryAfter how long the endpoint asks to be left alone; null where it does not say
 * @param usedUp for how long its limits leave nothing, though this one may have been taken; null
 *     where they leave something, or it does not say
 */
record Attempt(
    Outcome outcome,
    int status,
    @Nullable String detail,
    @Nullable Duration retryAfter,
    @Nullable Duration usedUp) {
  enum Outcome {
    DELIVERED,
    /** It answered, and not with 2xx. */
    REFUSED,
    TIMED_OUT,
    /** It was not reached. */
    UNREACHABLE,
    /** Its address is none that is written to. */
    ADDRESS_REFUSED;

    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  static Attempt failed(Outcome outcome, String detail) {
    return new Attempt(outcome, 0, detail, null, null);
  }

  boolean delivered() {
    return outcome == Outcome.DELIVERED;
  }

  /** It does not want to hear of anything any more. */
  boolean gone() {
    return status == 410;
  }

  /** It was sent too much, or too fast. */
  boolean tooMany() {
    return status == 429;
  }

  /** It can take nothing now, whatever it is. */
  boolean busy() {
    return tooMany() || (retryAfter != null && status == 503);
  }
}
