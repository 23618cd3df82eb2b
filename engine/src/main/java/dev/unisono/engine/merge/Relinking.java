package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.merge.LinkedRecord.Place;
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
 * What a person decided of which rows are one record, done by the writer's thread. Waiting for it
 * is safe for threads.
 */
final class Relinking implements Amendment {
  private final CountDownLatch done = new CountDownLatch(1);
  private final MergeStage stage;
  private final Entity entity;
  private final Place row;
  private final @Nullable Place with;
  private final Instant now;
  private volatile @Nullable UnisonoException refused;

  /**
   * @param row the row that is to be a record of its own, or whose record is to be joined
   * @param with a row of the record that it is to be joined with; null where it is to be split off
   */
  Relinking(MergeStage stage, Entity entity, Place row, @Nullable Place with, Instant now) {
    this.stage = stage;
    this.entity = entity;
    this.row = row;
    this.with = with;
    this.now = now;
  }

  @Override
  public void run(Connection connection, Consumer<CleanChange> journaled) throws SQLException {
    refused = null;
    try {
      if (with == null) {
        stage.corrections().split(connection, entity, row, now, journaled);
      } else {
        stage.corrections().join(connection, entity, row, with, now, journaled);
      }
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
   * @throws UnisonoException where it cannot be done; decision-late
   */
  void await(Duration atMost) throws InterruptedException {
    if (!done.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new UnisonoException(
          new Problem(
              "decision-late",
              ProblemType.TRANSIENT,
              "It is in line, but nothing is committed at the moment.",
              null,
              "Look at the record again in a moment."));
    }
    UnisonoException why = refused;
    if (why != null) {
      throw why;
    }
  }
}
