package dev.unisono.engine;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.record.StoredRecords;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.KeptLetter;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The way back of one write of a caller: from the owner's log into the journal and the records.
 * Made before the write, so that nothing is missed; closed after. For one thread.
 */
final class WriteReturn implements AutoCloseable {
  /** It is looked this often whether it has come back and was refused. */
  private static final Duration SLICE = Duration.ofMillis(250);

  private final EngineState state;
  private final StoredRecords records;
  private final String system;
  private final Entity entity;
  private final Instant began;
  private final long deadlineNanos;
  private final PatchWaits.Wait wait;

  /**
   * @param deadlineNanos until when it may take
   * @throws UnisonoException where nothing could come back at the moment: better not written than
   *     not answered
   */
  WriteReturn(
      EngineState state,
      StoredRecords records,
      PatchWaits waits,
      String system,
      Entity entity,
      InstantSource clock,
      long deadlineNanos) {
    Problem failing = state.problem();
    if (failing != null) {
      throw new UnisonoException(failing);
    }
    this.state = state;
    this.records = records;
    this.system = system;
    this.entity = entity;
    this.began = clock.instant().truncatedTo(ChronoUnit.MILLIS); // As letters have it.
    this.deadlineNanos = deadlineNanos;
    this.wait = waits.begin(system, entity);
  }

  /**
   * Waits until the records show a write.
   *
   * @return its journal sequence
   * @throws UnisonoException write-timeout; write-set-aside where it came back and was refused
   */
  long await(Key key, long transaction) throws InterruptedException {
    Long sequence = null;
    while (sequence == null) {
      Duration left = left();
      if (left.isZero() || wait.over()) {
        throw late(key);
      }
      sequence = wait.await(transaction, left.compareTo(SLICE) < 0 ? left : SLICE);
      if (sequence == null && !wait.over()) {
        refuseSetAside(key);
      }
    }
    if (!records.awaitSequence(sequence, left())) {
      throw late(key);
    }
    return sequence;
  }

  private Duration left() {
    return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
  }

  private void refuseSetAside(Key key) {
    if (state.deadLetters().counts().open() == 0) {
      return;
    }
    Optional<KeptLetter> letter = state.deadLetters().waiting(system, entity, key);
    if (letter.isPresent() && !letter.get().time().isBefore(began)) {
      throw new UnisonoException(
          new Problem(
              "write-set-aside",
              ProblemType.USER,
              system
                  + " has taken the write of "
                  + entity.name()
                  + " "
                  + key
                  + ", but what it has made of it is refused here: "
                  + letter.get().cause().message(),
              null,
              "It is dead letter "
                  + letter.get().id()
                  + "; correct it there or in "
                  + system
                  + "."));
    }
  }

  private UnisonoException late(Key key) {
    return new UnisonoException(
        new Problem(
            "write-timeout",
            ProblemType.TRANSIENT,
            system
                + " has taken the write of "
                + entity.name()
                + " "
                + key
                + ", but it has not come back in time.",
            null,
            "Read the record again in a moment; the write is not lost."));
  }

  @Override
  public void close() {
    wait.close();
  }
}
