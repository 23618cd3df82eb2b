package dev.unisono.server.limit;

import dev.unisono.server.operation.Refusal;
import io.vertx.core.MultiMap;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the limits say of a request: whether it passes, and what its caller is told of them.
 * Immutable.
 */
public final class Verdict {
  /** No rule is for it. */
  static final Verdict UNLIMITED = new Verdict(null, new long[0], true);

  /** Nobody can say, and so it does not pass. */
  static final Verdict AWAY = new Verdict(null, new long[0], false);

  private static final Duration AWAY_PAUSE = Duration.ofSeconds(1);

  private final @Nullable Check check;
  private final long[] measured;
  private final boolean passes;

  private Verdict(@Nullable Check check, long[] measured, boolean passes) {
    this.check = check;
    this.measured = measured;
    this.passes = passes;
  }

  static Verdict of(Check check, long[] measured, boolean passes) {
    return new Verdict(check, measured, passes);
  }

  public boolean passes() {
    return passes;
  }

  /** Why it does not pass; null where it does. */
  public @Nullable Refusal refusal() {
    if (passes) {
      return null;
    }
    if (check == null) {
      return Refusal.until(
          503,
          "limits-unavailable",
          "How much was asked for cannot be counted at the moment; ask again shortly.",
          AWAY_PAUSE);
    }
    Place place = place(check);
    Level level = place.level();
    String rule = place.rule().name(place.index());
    if (measured[place.at()] == Level.NEVER) {
      return new Refusal(
          429,
          "rate-limited",
          "This asks for "
              + check.cost()
              + " at once, and the limit '"
              + rule
              + "' never has more than "
              + level.capacity()
              + ". Ask for less.");
    }
    Duration wait = Duration.ofNanos(Math.abs(measured[place.at()]) * level.tickMicros() * 1_000);
    return Refusal.until(
        429,
        "rate-limited",
        "The limit '" + rule + "' is used up. Ask again in " + seconds(wait) + " s.",
        wait);
  }

  private static long seconds(Duration wait) {
    return Math.max(1, Math.ceilDiv(wait.toMillis(), 1_000));
  }

  /** A level among those of a check, and where its measures are. */
  private record Place(Rule rule, int index, int at) {
    Level level() {
      return rule.levels()[index];
    }
  }

  /**
   * The level that lets pass least: the one that has its caller wait longest, or has least left.
   */
  private Place place(Check held) {
    Place found = null;
    double closest = 0;
    int at = 0;
    for (Rule rule : held.rules()) {
      for (int i = 0; i < rule.levels().length; i++, at += Check.MEASURES) {
        Level level = rule.levels()[i];
        double left =
            passes
                ? (double) measured[at + Check.REMAINING] / level.capacity()
                : (double) Math.min(0, measured[at]) * level.tickMicros();
        if (found == null || left < closest) {
          closest = left;
          found = new Place(rule, i, at);
        }
      }
    }
    if (found == null) {
      throw new IllegalStateException("a check of nothing");
    }
    return found;
  }

  /**
   * Tells the caller how the limits stand (draft-ietf-httpapi-ratelimit-headers-11): all that are
   * for the request, and how much is left of the one that is closest to its end. What was told of
   * others before stays.
   */
  public void tell(MultiMap headers) {
    if (check == null) {
      return;
    }
    StringBuilder policies = new StringBuilder();
    for (Rule rule : check.rules()) {
      policies.append(policies.isEmpty() ? "" : ", ").append(rule.policies());
    }
    Place place = place(check);
    long remaining = passes ? measured[place.at() + Check.REMAINING] : 0;
    long resetMicros = measured[place.at() + Check.RESET] * place.level().tickMicros();
    if (!passes && measured[place.at()] != Level.NEVER) {
      resetMicros = Math.max(resetMicros, -measured[place.at()] * place.level().tickMicros());
    }
    long reset = Math.ceilDiv(resetMicros, 1_000_000);
    append(headers, "RateLimit-Policy", policies.toString());
    append(
        headers,
        "RateLimit",
        "\"" + place.rule().name(place.index()) + "\";r=" + remaining + ";t=" + reset);
    headers.set("X-RateLimit-Limit", Long.toString(place.level().capacity()));
    headers.set("X-RateLimit-Remaining", Long.toString(remaining));
    headers.set("X-RateLimit-Reset", Long.toString(reset));
  }

  private static void append(MultiMap headers, String name, String value) {
    String before = headers.get(name);
    headers.set(name, before == null ? value : before + ", " + value);
  }
}
