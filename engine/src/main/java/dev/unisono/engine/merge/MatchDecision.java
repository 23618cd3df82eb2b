package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.Amendment;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a person said of two records that may be one, done by the writer's thread. Waiting for it is
 * safe for threads.
 */
final class MatchDecision implements Amendment {
  private final CountDownLatch done = new CountDownLatch(1);
  private final MergeStage stage;
  private final Entity entity;
  private final long id;
  private final boolean same;
  private final @Nullable String reason;
  private final Instant now;
  private volatile @Nullable UnisonoException refused;

  MatchDecision(
      MergeStage stage,
      Entity entity,
      long id,
      boolean same,
      @Nullable String reason,
      Instant now) {
    this.stage = stage;
    this.entity = entity;
    this.id = id;
    this.same = same;
    this.reason = reason;
    this.now = now;
  }

  @Override
  public void run(Connection connection, Consumer<CleanChange> journaled) throws SQLException {
    refused = null;
    try {
      stage.corrections().decide(connection, entity, id, same, reason, now, journaled);
    } catch (UnisonoException refusal) {
      // Nothing was changed before.
      refused = refusal;
    }
  }

  @Override
  public void durable() {
    done.countDown();
  }

  /**
   * Waits until it is durable.
   *
   * @throws UnisonoException not-found, match-decided, record-busy; decision-late
   */
  void await(Duration atMost) throws InterruptedException {
    if (!done.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new UnisonoException(
          new Problem(
              "decision-late",
              ProblemType.TRANSIENT,
              "The decision is in line, but nothing is committed at the moment.",
              null,
              "Look at the match again in a moment."));
    }
    throwRefusal();
  }

  /** Throws what it was refused with, if it was. */
  void throwRefusal() {
    UnisonoException why = refused;
    if (why != null) {
      throw why;
    }
  }
}
