package dev.unisono.engine.state;

import dev.unisono.spi.LearnedColumn;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one batch of one source brings to the writer; becomes durable as a whole or not at all
 * (invariant 2). Immutable.
 *
 * @param state entries of the source's state to set; null removes
 * @param sizeBytes about how much memory its changes hold
 * @param learned what the entities follow from this batch on
 * @param unfinished the number of the transaction that the source's next batch may go on with; 0
 *     where everything up to here is whole
 * @param passed the highest marker of a transaction of ours that ends here; 0 where none does
 * @param durable called once, on the writer's thread, when it is; must not block
 */
public record Intake(
    String system,
    List<CleanChange> changes,
    List<Refusal> refusals,
    Map<String, @Nullable String> state,
    long sizeBytes,
    List<LearnedColumn> learned,
    long unfinished,
    long passed,
    Runnable durable) {
  /**
   * A change that is refused. Immutable.
   *
   * @param before the index of the change that came next and was not refused
   */
  public record Refusal(int before, DeadLetter letter) {}

  /** A batch of whole transactions by which nothing is learned. */
  public Intake(
      String system,
      List<CleanChange> changes,
      List<Refusal> refusals,
      Map<String, @Nullable String> state,
      long sizeBytes,
      Runnable durable) {
    this(system, changes, refusals, state, sizeBytes, List.of(), 0, 0, durable);
  }
}
