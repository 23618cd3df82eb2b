package dev.unisono.engine.source;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.DeadLetterStore;
import dev.unisono.engine.state.Intake.Refusal;
import dev.unisono.engine.state.KeptLetter;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives a change what a refused one of the same record brought and the log does not tell again: the
 * values that are UNCHANGED since, and the key that the record had before. So what is refused is
 * late, and not lost. For the source's thread.
 *
 * <p>Of the records it only knows that something of theirs was refused; what, it asks of the state,
 * once all that was handed in is there.
 */
final class WaitingLetters {
  /** Waits until all that was handed in is durable. */
  interface Durable {
    void await() throws InterruptedException;
  }

  private final String system;
  private final DeadLetterStore letters;
  private final Durable durable;

  /** By entity the keys of which something was refused; some of it may be settled since. */
  private final Map<Integer, Set<Key>> refused = new HashMap<>();

  private long keys;

  WaitingLetters(String system, DeadLetterStore letters, Durable durable) {
    this.system = system;
    this.letters = letters;
    this.durable = durable;
  }

  /** Called before a source runs, when all that was handed in is durable. */
  void begin() {
    refused.clear();
    keys = 0;
    letters.forEachWaiting(system, this::add);
  }

  private void add(int entity, Key key) {
    if (refused.computeIfAbsent(entity, any -> new HashSet<>()).add(key)) {
      keys++;
    }
  }

  /**
   * Called between two batches: forgets what is settled once there are many more keys than letters
   * can wait (invariant 7).
   */
  void bound() throws InterruptedException {
    if (keys / 2 > letters.counts().limit()) {
      durable.await();
      begin();
    }
  }

  /** A change is refused. */
  void refused(Entity entity, Change change) {
    Key key = change.key();
    if (key != null) {
      add(entity.id(), key);
    }
  }

  /** What a refused change brought. Immutable. */
  private record Brought(@Nullable Row row, @Nullable Key previousKey) {}

  /**
   * A change with what it needs of one that was refused.
   *
   * @param passed what passes of the batch that it is part of
   * @param batch what is refused of it
   */
  Change carried(Entity entity, Change change, List<CleanChange> passed, List<Refusal> batch)
      throws InterruptedException {
    Key key = change.key();
    if (refused.isEmpty() || key == null || change.operation() == Operation.REFRESH) {
      return change;
    }
    Key was = change.previousKey() == null ? key : change.previousKey();
    Set<Key> ofEntity = refused.get(entity.id());
    if (ofEntity == null || !ofEntity.remove(was)) {
      return change;
    }
    keys--;
    Brought brought = brought(entity, was, passed, batch);
    if (brought == null) {
      return change;
    }
    Key before = brought.previousKey();
    Row after = change.after();
    if (after == null) {
      // It was never seen under its present key.
      return before == null ? change : change.with(before, null, null);
    }
    Row row = brought.row();
    return change.with(
        key,
        before == null || before.equals(key) ? change.previousKey() : before,
        row != null && after.partial() ? after.over(row) : after);
  }

  private @Nullable Brought brought(
      Entity entity, Key key, List<CleanChange> passed, List<Refusal> batch)
      throws InterruptedException {
    for (int i = batch.size() - 1; i >= 0; i--) {
      Change change = batch.get(i).letter().change();
      if (batch.get(i).letter().entity().equals(entity) && Objects.equals(key, change.key())) {
        return brought(
            entity,
            change.after(),
            change.previousKey(),
            passed.subList(batch.get(i).before(), passed.size()),
            batch.subList(i + 1, batch.size()));
      }
    }
    durable.await();
    KeptLetter waiting = letters.waiting(system, entity, key).orElse(null);
    return waiting == null
        ? null
        : brought(entity, waiting.row(), waiting.previousKey(), passed, batch);
  }

  /** A key that another record has since is not this one's any more. */
  private static Brought brought(
      Entity entity,
      @Nullable Row row,
      @Nullable Key previous,
      List<CleanChange> passedSince,
      List<Refusal> refusedSince) {
    boolean reused =
        passedSince.stream()
                .anyMatch(clean ->
                    clean.entity().equals(entity) && Objects.equals(clean.change().key(), previous))
            || refusedSince.stream()
                .map(Refusal::letter)
                .anyMatch(letter ->
                    letter.entity().equals(entity)
                        && Objects.equals(letter.change().key(), previous));
    return new Brought(row, reused ? null : previous);
  }
}
