package dev.unisono.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.SnapshotCommand.Action;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.UnisonoException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a source does when it is told to read again, to pause and to go on. */
interface RepairContract extends ContractPart {
  private Binding table() {
    Binding binding = trial().table("item");
    for (int id = 0; id < 5; id++) {
      trial().system().insert("item", Item.of(id, "row " + id));
    }
    return binding;
  }

  /** Rows that somebody holds and the system does not have. */
  private static List<Change> strays(Binding binding, long... ids) {
    List<Change> strays = new ArrayList<>();
    for (long id : ids) {
      Item item = Item.of(id, "stray");
      strays.add(
          new Change(
              binding,
              Operation.READ,
              item.key(),
              null,
              item.row(binding),
              null,
              new Position(0, 0),
              Instant.EPOCH,
              0));
    }
    return strays;
  }

  @Test
  default void aRepeatedSnapshotFindsWhatOthersHoldTooMuch() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = table();
    List<Change> held = new ArrayList<>();
    Map<String, String> state;
    try (SourceRun run =
        SourceRun.followed(trial().reading(binding).source(), Map.of(), List.of(), true)) {
      run.awaitDone();
      held.addAll(run.changes());
      state = run.state();
    }
    held.addAll(strays(binding, 77, 78, 79, 80));
    try (SourceRun run = SourceRun.followed(trial().reading(binding).source(), state, held, true)) {
      run.awaitDone();
      assertEquals(List.of(), run.changes());
      run.command(Action.REPEAT, binding.sync());
      run.awaitThat(
          changes -> deleted(changes).equals(keys(77, 78, 79, 80)), "what nobody has any more");
      run.awaitDone();
      Set<Key> read =
          run.changes().stream()
              .filter(change -> change.after() != null)
              .map(change -> change.key())
              .collect(Collectors.toSet());
      assertEquals(keys(0, 1, 2, 3, 4), read, "all rows were told again");
      assertEquals(keys(77, 78, 79, 80), deleted(run.changes()));
      SourceProgress.TableProgress table = run.progress().tables().getFirst();
      // Who does not see deletes as such may have compared once more since.
      assertTrue(table.rowsMissing() == 4 || !trial().can(Ability.EACH_CHANGE), table::toString);
      run.wasWell();
    }
  }

  private static Set<Key> keys(long... ids) {
    return java.util.Arrays.stream(ids).mapToObj(id -> new Key(id)).collect(Collectors.toSet());
  }

  private static Set<Key> deleted(List<Change> changes) {
    return changes.stream()
        .filter(change -> change.operation() == Operation.DELETE)
        .map(change -> change.key())
        .collect(Collectors.toSet());
  }

  @Test
  default void aSnapshotThatIsPausedWaitsUntilItIsResumed() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = table();
    Source paused = trial().reading(binding).source();
    paused.command(new SnapshotCommand(Action.PAUSE, null));
    try (SourceRun run = SourceRun.followed(paused, Map.of(), List.of(), true)) {
      run.awaitProgress(
          "the pause",
          now ->
              !now.tables().isEmpty()
                  && now.tables().stream().allMatch(table -> table.phase() == TablePhase.PAUSED));
      assertEquals(List.of(), run.changes());
      run.command(Action.RESUME, binding.sync());
      run.awaitDone();
      assertEquals(trial().items(binding), ContractTrial.shown(run.changes()));
      run.wasWell();
    }
  }

  @Test
  default void aCommandForWhatIsNotReadIsRefused() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    try (Source source = trial().reading(table()).source()) {
      Problem problem =
          assertThrows(
                  UnisonoException.class,
                  () -> source.command(new SnapshotCommand(Action.REPEAT, "other")))
              .problem();
      assertEquals("not-found", problem.code());
      ContractTrial.assertTold(problem);
    }
  }
}
