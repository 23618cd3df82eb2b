package dev.unisono.server.feed;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Operations;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a stream begins, whatever the door. Immutable.
 *
 * @param snapshot whether all records come first
 */
public record StreamStart(Cursor position, boolean snapshot) {
  /**
   * Finds it: at the cursor that the caller names, else where its consumer stands, else with a
   * snapshot or now.
   *
   * @param consumer null where no position is kept
   */
  public static StreamStart of(
      Operations operations,
      Consumers consumers,
      Caller caller,
      @Nullable Entity entity,
      @Nullable String after,
      boolean snapshot,
      @Nullable String consumer) {
    Optional<Consumers.Consumer> known =
        consumer == null ? Optional.empty() : consumers.find(caller, consumer);
    boolean named = after != null && !after.isEmpty();
    if (known.isPresent() && !named) {
      String kept = known.get().position().text();
      return new StreamStart(operations.follow(caller, entity, kept, false), false);
    }
    Cursor position = operations.follow(caller, entity, after, snapshot);
    if (consumer != null && known.isEmpty() && !snapshot) {
      // Else what comes before its first acknowledgement would be lost with the connection.
      consumers.set(caller, consumer, position);
    }
    return new StreamStart(position, snapshot);
  }
}
