package dev.unisono.server.access;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells the audit of what is shown in vain, such as tokens that are none of ours. Whoever sends
 * many cannot fill it: of each address the first few of a minute are told one by one, the others by
 * their number, and of so many addresses at most. Never waits; safe for threads.
 */
final class BadTokens {
  static final int TOLD_EACH_MINUTE = 3;
  static final int MOST_ADDRESSES = 1_000;

  private static final long MINUTE_MILLIS = 60_000;

  /** What all addresses beyond those are counted under. */
  private static final String OTHERS = "";

  private final Audit audit;
  private final InstantSource clock;
  private final Map<String, Integer> counts = new LinkedHashMap<>();
  private long minute;

  BadTokens(Audit audit, InstantSource clock) {
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * One was shown.
   *
   * @param actor whose it was; empty where that is not known
   */
  synchronized void shown(String actor, String action, String detail, @Nullable String address) {
    upkeep();
    String from = address == null ? OTHERS : address;
    if (!counts.containsKey(from) && counts.size() >= MOST_ADDRESSES) {
      from = OTHERS;
    }
    if (counts.merge(from, 1, Integer::sum) <= TOLD_EACH_MINUTE) {
      audit.tell(new Audit.Event(Audit.Kind.SIGN_IN, actor, action, "", false, detail, address));
    }
  }

  /** Tells what came in a minute that is over. */
  synchronized void upkeep() {
    long now = clock.millis() / MINUTE_MILLIS;
    if (now != minute) {
      tell();
      minute = now;
    }
  }

  /** Tells what was counted and not told yet. */
  synchronized void tell() {
    counts.forEach((address, count) -> {
      if (count > TOLD_EACH_MINUTE) {
        audit.tell(
            new Audit.Event(
                Audit.Kind.SIGN_IN,
                "",
                "many",
                "",
                false,
                (count - TOLD_EACH_MINUTE) + " more within a minute that were not let in.",
                address.equals(OTHERS) ? null : address));
      }
    });
    counts.clear();
  }
}
