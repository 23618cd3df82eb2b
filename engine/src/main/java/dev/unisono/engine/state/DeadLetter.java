package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A change that was refused, with its cause: kept with the batch it came in, so that nothing
 * refused disappears (invariant 8). Immutable.
 *
 * @param held whether nothing is wrong with it but what a person is to look at
 * @param findings all that is wrong with its row; none where it is the change that is refused
 * @param awaits the name of what it waits for, and is taken up by itself when that is there; null
 *     where it waits for a person
 */
public record DeadLetter(
    Instant time,
    Entity entity,
    Change change,
    Stage stage,
    boolean held,
    Problem cause,
    List<Finding> findings,
    @Nullable String awaits) {

  /** Where on its way a change was refused. */
  public enum Stage {
    VALIDATE,
    /** It could not be told which record it is of. */
    IDENTIFY,
    /** It does not fit to other records as they are now. */
    CONSTRAIN,
    /** A caller wrote it by a door, and the owner does not have it yet. */
    WRITE;

    /** True where it was found by the writer, beyond its source. */
    boolean beyondSource() {
      return this == IDENTIFY || this == CONSTRAIN;
    }
  }

  /** A change of which all is known that is asked of its row alone. */
  public DeadLetter(
      Instant time,
      Entity entity,
      Change change,
      Stage stage,
      boolean held,
      Problem cause,
      List<Finding> findings) {
    this(time, entity, change, stage, held, cause, findings, null);
  }

  /** The same of another row of its change. */
  DeadLetter with(Row row) {
    return new DeadLetter(
        time,
        entity,
        change.with(change.key(), change.previousKey(), row),
        stage,
        held,
        cause,
        findings,
        awaits);
  }

  /** A change of which it could not be told what record it is of. */
  public DeadLetter(Instant time, Entity entity, Change change, Problem cause) {
    this(time, entity, change, Stage.IDENTIFY, false, cause, List.of());
  }
}
