package dev.unisono.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Await;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.engine.fixture.FakeConnector;
import dev.unisono.engine.fixture.FakeSystem;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.RecordQuery;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.state.SchemaVersions.SchemaVersion;
import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Key;
import dev.unisono.spi.LearnedColumn;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import dev.unisono.spi.Source;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine is made anew while those who use it go on. */
final class EngineHostTest {
  private static final String CONFIG =
      """
      systems: { crm: { connector: scripted } }
      entities:
        person:
          plural: people
          key: id
          schema: { properties: { id: { type: integer }, name: { type: string } } }
      syncs:
        people:
          entity: person
          schema-change: evolve
          members: [ { system: crm, table: person, direction: read } ]
      """;

  @TempDir private Path folder;
  private final LinkedBlockingQueue<Step> steps = new LinkedBlockingQueue<>();

  /** What the source of the moment hands over next. */
  private interface Step {
    void run(Binding binding, ChangeSink sink) throws InterruptedException;
  }

  /** Reads from the test's steps, whichever engine it is in. */
  private FakeConnector scripted() {
    return new FakeConnector(
        "scripted",
        context -> FakeSystem.read(() -> new ScriptedSource(context.reads().getFirst())));
  }

  private final class ScriptedSource implements Source {
    private final Binding binding;

    ScriptedSource(Binding binding) {
      this.binding = binding;
    }

    @Override
    public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
      while (true) {
        steps.take().run(binding, sink);
      }
    }

    @Override
    public void durable(long mark) {}

    @Override
    public void close() {}
  }

  private Config config() {
    return config("");
  }

  /** The config with more fields of a person. */
  private Config config(String fields) {
    String text = CONFIG.replace("name: { type: string }", "name: { type: string }" + fields);
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(scripted()), _ -> null).read(text, folder);
    assertEquals(List.of(), outcome.problems());
    return Objects.requireNonNull(outcome.config());
  }

  private static Batch batch(
      Binding binding, long id, List<LearnedColumn> learned, @Nullable Object... values) {
    Change change =
        new Change(
            binding,
            Operation.CREATE,
            new Key(id),
            null,
            new Row(binding.schema(), values),
            null,
            new Position(id, 0),
            Entities.TIME,
            id);
    return new Batch(List.of(change), Map.of("position", "" + id), id, 100, learned, 0);
  }

  private static Entity person(Doors doors) {
    return doors.entities().getFirst();
  }

  @Test
  void theNextEngineHasWhatWasLearnedAndPositionsGoOn() throws Exception {
    try (EngineHost host = new EngineHost(config(), new MovableClock())) {
      host.start();
      Entity before = person(host);
      List<LearnedColumn> learned =
          List.of(new LearnedColumn("people", "phone", null, "phone", "{ type: string }"));
      CountDownLatch waiting = new CountDownLatch(1);
      Thread reader =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  // Waits through the change, for what comes after it.
                  if (host.journal().awaitBeyond(1, Duration.ofSeconds(30))) {
                    waiting.countDown();
                  }
                } catch (InterruptedException stop) {
                  Thread.currentThread().interrupt();
                }
              });
      steps.add((binding, sink) -> sink.accept(batch(binding, 1, learned, 1L, "Ada")));
      Await.until("the entity has the field", () -> person(host).schema().find("phone") != null);
      assertEquals(
          "entities-changed",
          assertThrows(UnisonoException.class, () -> host.records().find(before, new Key(1L)))
              .problem()
              .code());
      steps.add((binding, sink) -> sink.accept(batch(binding, 2, List.of(), 2L, "Grace", "123")));
      reader.join();
      assertEquals(0, waiting.getCount());
      assertTrue(host.records().awaitSequence(2, Duration.ofSeconds(30)));
      assertEquals(2, host.journal().head().sequence());
      assertEquals(before.id(), person(host).id());
      var page = host.records().list(person(host), firstPage());
      assertEquals(
          List.of("[1, Ada, UNCHANGED]", "[2, Grace, 123]"),
          page.records().stream().map(record -> Entities.text(record.row())).toList());
    }
    // And so does an engine of another process.
    try (EngineHost host = new EngineHost(config(), new MovableClock())) {
      assertEquals(2, person(host).schema().position("phone"));
    }
  }

  @Test
  void aConfigOfWhichNoEngineCanBeMadeLeavesTheOneBeforeAtWork() throws Exception {
    try (EngineHost host = new EngineHost(config(), new MovableClock())) {
      host.start();
      List<LearnedColumn> learned =
          List.of(new LearnedColumn("people", "phone", null, "phone", "{ type: string }"));
      steps.add((binding, sink) -> sink.accept(batch(binding, 1, learned, 1L, "Ada")));
      Await.until("the entity has the field", () -> person(host).schema().find("phone") != null);
      Config before = host.config();
      Config differs = config(", phone: { type: integer }");
      assertEquals(
          "learned-field-differs",
          assertThrows(UnisonoException.class, () -> host.reload(differs)).problem().code());
      assertSame(before, host.config());
      steps.add((binding, sink) -> sink.accept(batch(binding, 2, List.of(), 2L, "Grace", "123")));
      assertTrue(host.records().awaitSequence(2, Duration.ofSeconds(30)));
      assertNull(host.status().problem());
      Config fits = config(", phone: { type: string }, city: { type: string }");
      host.reload(fits);
      assertSame(fits, host.config());
      // As configured, with the learned field, with the city.
      assertEquals(
          List.of(1, 2, 3),
          host.schemas(person(host)).stream().map(SchemaVersion::version).toList());
      assertTrue(host.schemas(person(host)).getLast().document().contains("city"));
      steps.add(
          (binding, sink) -> sink.accept(batch(binding, 3, List.of(), 3L, "Joan", "456", "Paris")));
      assertTrue(host.records().awaitSequence(3, Duration.ofSeconds(30)));
      var page = host.records().list(person(host), firstPage());
      assertEquals(
          List.of(
              "[1, Ada, UNCHANGED, UNCHANGED]",
              "[2, Grace, 123, UNCHANGED]",
              "[3, Joan, 456, Paris]"),
          page.records().stream().map(record -> Entities.text(record.row())).toList());
    }
  }

  private static RecordQuery firstPage() {
    return new RecordQuery(
        Condition.ANY_RECORD, List.of(), Edge.BEGINNING, 10, Duration.ofMinutes(1), null);
  }
}
