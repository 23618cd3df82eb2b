package dev.unisono.engine.deliver;

import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Problem;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One run of delivery to a target, from opening it to the first failure that parking cannot answer.
 * Opened and run by one thread; what it says of itself can be asked from any.
 */
sealed interface Delivering extends AutoCloseable permits DeliveryRun, TransactionRun {
  /** Connects, and finds from the target's own cursors where to go on. */
  void open() throws InterruptedException;

  /**
   * Delivers until something fails, which it throws. Returns where the target is to be opened anew,
   * since its lanes are others now.
   */
  void run() throws InterruptedException;

  /** The note that a part of the journal was passed over; null where none was. */
  @Nullable LaneCursor repairing();

  /** Why a part of the journal was passed over at the opening; null where none was. */
  @Nullable Problem repairCause();

  /** Everything up to here is delivered or set aside. */
  long through();

  /** How many deliveries were made. */
  long delivered();

  /** How many lanes wait for others. */
  int waiting();

  /** The time of the oldest change that is on its way; null where none is. */
  @Nullable Instant oldest();

  boolean awaitThrough(long sequence, Duration atMost) throws InterruptedException;

  @Override
  void close();
}
