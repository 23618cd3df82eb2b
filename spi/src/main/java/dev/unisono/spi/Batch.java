package dev.unisono.spi;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a source hands over at once: changes in order, and what it wants remembered together with
 * them. Both become durable in one transaction or not at all (invariant 2). Immutable.
 *
 * @param changes in the source's order; may be empty where only state moves
 * @param state entries of the source's state to set; a null value removes the entry. After a crash
 *     the source is started with the state of the last durable batch, and must go on from there
 *     without losing a change and without handing over one twice
 * @param mark a number of the source's own that only grows; given back by {@link Source#durable}
 * @param sizeBytes about how many bytes the changes hold in memory, for the engine's budget
 * @param learned columns that the entity follows from this batch on; where there are any, the batch
 *     is the source's last: it is started anew, with bindings that have them
 * @param unfinished the number of the transaction that the next batch may go on with; 0 where all
 *     that is handed over is whole
 * @param passed the highest marker of a transaction of our own ({@link MemberWriter}) that ends in
 *     this batch; 0 where none does
 */
public record Batch(
    List<Change> changes,
    Map<String, @Nullable String> state,
    long mark,
    long sizeBytes,
    List<LearnedColumn> learned,
    long unfinished,
    long passed) {
  /** A batch in which no transaction of our own ends. */
  public Batch(
      List<Change> changes,
      Map<String, @Nullable String> state,
      long mark,
      long sizeBytes,
      List<LearnedColumn> learned,
      long unfinished) {
    this(changes, state, mark, sizeBytes, learned, unfinished, 0);
  }

  /** A batch of whole transactions that changes no binding. */
  public Batch(
      List<Change> changes, Map<String, @Nullable String> state, long mark, long sizeBytes) {
    this(changes, state, mark, sizeBytes, List.of(), 0);
  }
}
