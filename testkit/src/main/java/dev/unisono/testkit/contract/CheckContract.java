package dev.unisono.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Source;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a system says of the config before anything is read or written. */
interface CheckContract extends ContractPart {
  /** The system as it is used: read, and written, as far as it can be. */
  private List<ConnectedSystem> uses(Map<String, Object> more, Binding binding) {
    List<ConnectedSystem> uses = new ArrayList<>();
    if (trial().can(Ability.READ)) {
      uses.add(trial().connect(more, List.of(binding), List.of()));
    }
    if (trial().can(Ability.WRITE)) {
      uses.add(trial().connect(more, List.of(), List.of(binding)));
    }
    return uses;
  }

  private static Problem only(ConnectedSystem system) {
    List<Problem> problems = system.check();
    assertEquals(1, problems.size(), problems::toString);
    ContractTrial.assertTold(problems.getFirst());
    return problems.getFirst();
  }

  @Test
  default void whereAllIsWellNothingIsFoundAndNothingChanged() {
    Binding binding = trial().table("item");
    trial().system().insert("item", Item.of(1, "one"));
    List<String> before = trial().system().catalog();
    for (ConnectedSystem use : uses(Map.of(), binding)) {
      assertEquals(List.of(), use.check());
      use.notices(Map.of()).forEach(ContractTrial::assertTold);
      use.publication();
      use.close();
    }
    assertEquals(before, trial().system().catalog());
    assertEquals(List.of(Item.of(1, "one")), trial().items(binding));
  }

  @Test
  default void aTableThatIsMissingIsNamed() {
    Binding binding = Item.binding("nowhere");
    for (ConnectedSystem use : uses(Map.of(), binding)) {
      Problem problem = only(use);
      assertTrue(problem.message().contains("nowhere"), problem::toString);
      assertAt(binding.configPath(), problem);
    }
  }

  @Test
  default void aColumnThatIsMissingIsNamed() {
    Binding there = trial().table("item");
    List<dev.unisono.spi.Field> fields = new ArrayList<>(there.schema().fields());
    fields.add(Bindings.field("gone", ValueType.STRING));
    List<@Nullable String> columns = new ArrayList<>(there.columns());
    columns.add("gone");
    Binding binding = there.with(new Schema("item", fields, List.of("id")), columns);
    for (ConnectedSystem use : uses(Map.of(), binding)) {
      Problem problem = only(use);
      assertTrue(problem.message().contains("gone"), problem::toString);
      assertAt(binding.configPath(), problem);
    }
  }

  @Test
  default void aSystemThatIsAwayIsNamedByWhoeverNeedsIt() {
    Binding binding = trial().table("item");
    Map<String, Object> unreachable = trial().system().unreachable();
    for (ConnectedSystem use : uses(unreachable, binding)) {
      assertAt("systems." + trial().system().name(), only(use));
    }
    if (trial().can(Ability.READ)) {
      try (Source source = trial().connect(unreachable, List.of(binding), List.of()).source();
          SourceRun run = SourceRun.start(source, Map.of())) {
        Problem problem = run.awaitFailure().problem();
        ContractTrial.assertTold(problem);
      } catch (InterruptedException interrupted) {
        throw new AssertionError(interrupted);
      }
    }
    if (trial().can(Ability.WRITE)) {
      try (Target target = trial().connect(unreachable, List.of(), List.of(binding)).target()) {
        ContractTrial.assertTold(
            assertThrows(UnisonoException.class, () -> target.open(0)).problem());
      }
    }
  }

  private static void assertAt(String path, Problem problem) {
    assertTrue(
        Objects.requireNonNull(problem.configPath(), problem.toString()).startsWith(path),
        problem::toString);
  }

  @Test
  default void whatMakesItShowItsChangesIsMadeOnceAndTakenBack() {
    if (!trial().can(Ability.READ)) {
      return;
    }
    Binding binding = trial().table("item");
    List<String> before = trial().system().catalog();
    ConnectedSystem system = trial().reading(binding);
    List<String> statements = system.publication();
    // What tells one log from another is in them, and new each time.
    assertEquals(statements.size(), system.publication().size(), "only told");
    assertEquals(statements.size(), system.publish().size());
    assertEquals(List.of(), system.publication());
    assertEquals(List.of(), system.publish());
    assertEquals(List.of(), system.check());
    if (trial().can(Ability.WITHDRAW)) {
      List<String> undoing = system.withdrawal();
      assertEquals(undoing.isEmpty(), statements.isEmpty());
      assertEquals(undoing, system.withdraw());
      assertEquals(before, trial().system().catalog());
      assertEquals(List.of(), system.withdrawal());
      assertEquals(List.of(), system.withdraw());
      assertEquals(statements.size(), system.publication().size(), "as at first");
    } else {
      ContractTrial.assertNotAvailable(system::withdrawal);
    }
  }
}
