package dev.unisono.server.webhook;

import dev.unisono.engine.journal.Cursor;
import dev.unisono.server.webhook.Lines.Entry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What of one run becomes durable: each step as a whole or not at all. Not safe for threads. */
final class EndpointLedger {
  private static final int TRIM_EVERY = 100;
  private static final Duration CURSOR_PERIOD = Duration.ofSeconds(5);

  /** The part of a message that tells of a gap: it is no change. */
  static final int GAP_PART = -1;

  private final Endpoint endpoint;
  private final EndpointStore store;
  private final AttemptLog log;
  private final InstantSource clock;
  private long keptCursor;
  private long cursorKeptMillis;
  private int attempts;
  private @Nullable Instant failingSince;

  EndpointLedger(Endpoint endpoint, EndpointStore store, AttemptLog log, InstantSource clock) {
    this.endpoint = endpoint;
    this.store = store;
    this.log = log;
    this.clock = clock;
    this.keptCursor = endpoint.cursor().sequence();
    this.failingSince = endpoint.failingSince();
  }

  /**
   * One attempt and what is known after it.
   *
   * @param message null where nobody is told of it any more
   * @param attempt null as well
   */
  record Step(
      Entry entry,
      @Nullable Message message,
      @Nullable Attempt attempt,
      Instant at,
      Duration took) {
    boolean delivered() {
      return attempt == null || attempt.delivered();
    }

    boolean gap() {
      return entry.part() == GAP_PART;
    }
  }

  /** Keeps what came behind something that waits, and now and then where reading is. */
  void keep(List<Entry> behind, long cursor) {
    long now = clock.millis();
    if (behind.isEmpty() && now - cursorKeptMillis < CURSOR_PERIOD.toMillis()) {
      return;
    }
    cursorKeptMillis = now;
    store.transaction(connection -> {
      keepWaiting(connection, behind);
      moveCursor(connection, cursor);
      return null;
    });
  }

  /**
   * Keeps what came of an attempt.
   *
   * @param keep what waits by it
   */
  void record(Step step, List<Entry> keep, long cursor) {
    Entry entry = step.entry();
    boolean delivered = step.delivered();
    boolean turned = delivered == (failingSince != null);
    if (turned) {
      failingSince = delivered ? null : clock.instant();
    }
    int number = delivered ? entry.attempts() + 1 : entry.attempts();
    Message message = step.message();
    Attempt attempt = step.attempt();
    long id = endpoint.id();
    store.transaction(connection -> {
      if (message != null && attempt != null) {
        log.add(connection, id, message, number, step.at(), step.took(), attempt);
        if (attempts++ % TRIM_EVERY == 0) {
          log.trim(connection, id);
        }
      }
      if (delivered && step.gap()) {
        store.gapTold(connection, id);
      } else if (delivered && entry.waiting()) {
        store.noLongerWaiting(connection, id, entry.sequence(), entry.part());
      }
      keepWaiting(connection, keep);
      if (!step.gap()) {
        moveCursor(connection, cursor);
      }
      if (turned) {
        store.failingSince(connection, id, failingSince);
      }
      return null;
    });
  }

  private void keepWaiting(Connection connection, List<Entry> entries) throws SQLException {
    for (Entry entry : entries) {
      store.keepWaiting(connection, endpoint.id(), entry.kept());
    }
  }

  private void moveCursor(Connection connection, long cursor) throws SQLException {
    if (cursor != keptCursor) {
      keptCursor = cursor;
      store.moveCursor(connection, endpoint.id(), new Cursor(endpoint.cursor().epoch(), cursor));
    }
  }

  /**
   * Disables the endpoint where it does not want anything any more, or has not for too long.
   *
   * @param limit how long it may take nothing
   * @return whether it is disabled
   */
  boolean givesUp(Attempt attempt, Duration limit) {
    Instant now = clock.instant();
    Instant since = failingSince;
    if (attempt.gone()) {
      disable("gone", "It answered 410: it does not want to be sent anything any more.", now);
      return true;
    }
    if (since != null && !since.plus(limit).isAfter(now)) {
      disable("failing", "It has taken nothing since " + since + ". " + attempt.detail(), now);
      return true;
    }
    return false;
  }

  private void disable(String code, String message, Instant now) {
    Endpoint.Disabled disabled = new Endpoint.Disabled(code, message, now);
    store.disable(endpoint.id(), disabled);
    Webhooks.notice(endpoint, disabled);
  }

  /**
   * Notes that the endpoint goes on from the oldest that is held.
   *
   * @param cursor up to where all was delivered or waited
   * @param all whether nothing that waits is held any more
   */
  void gap(long cursor, Cursor oldest, boolean all) {
    Cursor from = new Cursor(endpoint.cursor().epoch(), cursor);
    store.gap(
        endpoint.id(),
        new Endpoint.Gap(from.text(), oldest.text(), clock.instant(), false),
        all || from.sequence() < oldest.sequence() ? oldest : from,
        all ? Long.MAX_VALUE : oldest.sequence());
  }
}
