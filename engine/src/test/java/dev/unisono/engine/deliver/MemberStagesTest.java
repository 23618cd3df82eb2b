package dev.unisono.engine.deliver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.EngineHost;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.engine.fixture.FakeConnector;
import dev.unisono.engine.fixture.FakeSystem;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import dev.unisono.spi.Source;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a member by its own steps and the entity's, to another by that one's. */
class MemberStagesTest {
  private static final String CONFIG =
      """
      systems: { crm: { connector: fake }, legacy: { connector: fake }, plain: { connector: fake } }
      entities:
        person:
          plural: people
          key: id
          schema: { properties: { id: { type: integer }, name: { type: string } } }
          standardize: { name: [trim, name] }
      syncs:
        people:
          entity: person
          members:
            - system: crm
              table: person
              direction: read
              collect: { name: [ { expression: "value.replace('_', ' ')" } ] }
            - { system: legacy, table: person, direction: write, deliver: { name: upper-case } }
            - { system: plain, table: person, direction: write }
      """;

  @TempDir private Path folder;
  private final Map<String, MemoryTarget> targets =
      Map.of("legacy", new MemoryTarget(2), "plain", new MemoryTarget(2));

  private ConnectedSystem connect(SystemContext context) {
    return context.reads().isEmpty()
        ? FakeSystem.written(() -> Objects.requireNonNull(targets.get(context.name())))
        : FakeSystem.read(() -> new OnePerson(context.reads().getFirst()));
  }

  /** Shows one person, and then nothing more. */
  private record OnePerson(Binding binding) implements Source {
    @Override
    public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
      Change change =
          new Change(
              binding,
              Operation.CREATE,
              new Key(1L),
              null,
              new Row(binding.schema(), new Object[] {1L, " ADA_LOVELACE"}),
              null,
              new Position(1, 0),
              Entities.TIME,
              1);
      sink.accept(new Batch(List.of(change), Map.of("position", "1"), 1, 100, List.of(), 0));
      new CountDownLatch(1).await();
    }

    @Override
    public void durable(long mark) {}

    @Override
    public void close() {}
  }

  @Test
  void eachStageIsTakenWhereItStands() throws Exception {
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(new FakeConnector("fake", this::connect)), _ -> null)
            .read(CONFIG, folder);
    assertEquals(List.of(), outcome.problems());
    try (EngineHost host =
        new EngineHost(Objects.requireNonNull(outcome.config()), new MovableClock())) {
      host.start();
      for (String target : targets.keySet()) {
        assertTrue(host.awaitDelivered(target, 1, Duration.ofSeconds(30)));
      }
      assertTrue(host.records().awaitSequence(1, Duration.ofSeconds(30)));
      Entity person = host.entities().getFirst();
      assertEquals(
          "[1, Ada Lovelace]",
          Entities.text(host.records().find(person, new Key(1L)).orElseThrow().row()));
      assertEquals("[1, ADA LOVELACE]", text(person, "legacy"));
      assertEquals("[1, Ada Lovelace]", text(person, "plain"));
    }
  }

  private String text(Entity person, String target) {
    return Entities.text(
        Objects.requireNonNull(targets.get(target)).row(person.schema(), new Key(1L)));
  }
}
