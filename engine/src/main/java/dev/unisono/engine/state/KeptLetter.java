package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.DeadLetter.Stage;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter as it is kept. Immutable.
 *
 * @param id its number; grows with time
 * @param system who showed the change; {@link Amendment#SYSTEM} where a caller wrote it here
 * @param key null where it has none that could be kept
 * @param position where in its source the change stood
 * @param attempts how often it was tried, the first time included
 * @param row as it was shown; of what a caller wrote only what was written. Null where there is
 *     none
 * @param edited what it shall be instead; null where nobody has changed it
 * @param closed what became of it; null while it waits
 */
public record KeptLetter(
    long id,
    Instant time,
    String system,
    Entity entity,
    Operation operation,
    @Nullable Key key,
    @Nullable Key previousKey,
    Stage stage,
    boolean held,
    Problem cause,
    List<Finding> findings,
    Position position,
    Instant sourceTime,
    int attempts,
    @Nullable Row row,
    @Nullable Row edited,
    @Nullable Closed closed) {

  /** What became of a letter. */
  public enum Outcome {
    /** It was taken up after all. */
    REPLAYED,
    /** A person has given it up. */
    DISCARDED,
    /** A newer change of its record took its place. */
    SUPERSEDED
  }

  /**
   * How a letter ended. Immutable.
   *
   * @param reason what a person gave for it; null where none did
   */
  public record Closed(Instant at, Outcome outcome, @Nullable String reason) {}

  /** What may be wanted of letters. */
  public enum State {
    /** Those that wait: refused or held. */
    OPEN,
    REFUSED,
    HELD,
    CLOSED,
    ANY
  }

  /**
   * Which letters are wanted. Immutable.
   *
   * @param after those after this number
   */
  public record Filter(
      @Nullable String system,
      @Nullable Entity entity,
      @Nullable Key key,
      @Nullable String code,
      State state,
      long after,
      int limit) {}

  /**
   * How many there are. Immutable.
   *
   * @param refused that wait, and are not held
   * @param held that wait for a person to look at them
   * @param limit from how many on nothing more is refused, and sources wait
   */
  public record Counts(long refused, long held, long limit) {
    public long open() {
      return refused + held;
    }

    public boolean full() {
      return open() >= limit;
    }
  }

  /** As it is to be taken up: what a person has made of it, else what it was. */
  public @Nullable Row wanted() {
    return edited == null ? row : edited;
  }

  /** True where a caller wrote it here, and no source showed it. */
  public boolean written() {
    return stage == Stage.WRITE;
  }
}
