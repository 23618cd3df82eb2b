package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Problem;
import java.time.Instant;
import java.util.List;

/**
 * A change that was refused, with its cause: kept with the batch it came in, so that nothing
 * refused disappears (invariant 8). Immutable.
 *
 * @param held whether nothing is wrong with it but what a person is to look at
 * @param findings all that is wrong with its row; none where it is the change that is refused
 */
public record DeadLetter(
    Instant time,
    Entity entity,
    Change change,
    Stage stage,
    boolean held,
    Problem cause,
    List<Finding> findings) {

  /** Where on its way a change was refused. */
  public enum Stage {
    VALIDATE,
    /** It could not be told which record it is of. */
    IDENTIFY,
    /** A caller wrote it by a door, and the owner does not have it yet. */
    WRITE
  }

  /** A change of which it could not be told what record it is of. */
  public DeadLetter(Instant time, Entity entity, Change change, Problem cause) {
    this(time, entity, change, Stage.IDENTIFY, false, cause, List.of());
  }
}
