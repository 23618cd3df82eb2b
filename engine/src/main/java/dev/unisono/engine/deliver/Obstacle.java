package dev.unisono.engine.deliver;

import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Problem;

/**
 * What keeps a delivery from being made. Immutable.
 *
 * @param constraint named the same for every row that it stands against
 * @param waits true where other rows stand against it, so that it may pass when those change
 */
record Obstacle(Problem cause, String constraint, boolean waits) {
  static Obstacle of(DeliveryOutcome.Refused refused) {
    return new Obstacle(refused.cause(), refused.constraint(), false);
  }

  static Obstacle of(DeliveryOutcome.Waiting waiting) {
    return new Obstacle(waiting.cause(), waiting.constraint(), true);
  }
}
