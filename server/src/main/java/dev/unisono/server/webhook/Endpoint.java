package dev.unisono.server.webhook;

import dev.unisono.engine.journal.Cursor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint as it is kept. Immutable.
 *
 * @param id a number that no other endpoint ever has
 * @param before the secret before the present one, and until when it signs as well
 * @param cursor everything up to there has been delivered, or is among what waits
 * @param disabled why it is not sent anything by itself; null where nobody but a caller decides
 * @param failingSince the first attempt that failed since the last one that did not
 * @param gap what it has missed; null where nothing
 */
record Endpoint(
    long id,
    EndpointSettings settings,
    boolean enabled,
    WebhookSecret secret,
    @Nullable Before before,
    Instant created,
    Cursor cursor,
    @Nullable Disabled disabled,
    @Nullable Instant failingSince,
    @Nullable Gap gap) {
  record Before(WebhookSecret secret, Instant until) {}

  /**
   * Why an endpoint was disabled without anybody asking.
   *
   * @param code gone, failing, unfit
   */
  record Disabled(String code, String message, Instant at) {}

  /**
   * Entries of the journal that were no longer held when their turn came.
   *
   * @param from the cursor before it
   * @param to where it went on
   * @param told whether the endpoint has taken the event that says so
   */
  record Gap(String from, String to, Instant at, boolean told) {}

  /** The secrets to sign with at a time: for a while after a rotation two. */
  List<WebhookSecret> secrets(Instant now) {
    List<WebhookSecret> secrets = new ArrayList<>(List.of(secret));
    if (before != null && now.isBefore(before.until)) {
      secrets.add(before.secret);
    }
    return secrets;
  }
}
