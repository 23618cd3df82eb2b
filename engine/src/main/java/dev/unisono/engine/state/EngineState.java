package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Journal;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The durable state at work: what sources hand in, the journal that comes of it, what sources are
 * told when they start. Safe for threads.
 */
public final class EngineState implements AutoCloseable {
  private final StateFolder folder;
  private final List<Entity> entities;
  private final Set<Entity> told;
  private final Shapes shapes;
  private final StoredJournal journal;
  private final StateWriter writer;
  private final DeadLetterStore deadLetters;
  private final JournalUpkeep upkeep;

  /** A state in which nothing is merged, and no source tells rows again. */
  public EngineState(
      StateFolder folder,
      List<Entity> entities,
      Duration retention,
      long retentionBytes,
      Duration linger,
      LongSupplier nanos,
      LongSupplier neededAfter) {
    this(
        folder,
        entities,
        retention,
        retentionBytes,
        linger,
        nanos,
        neededAfter,
        Stages.NONE,
        Long.MAX_VALUE,
        _ -> {});
  }

  /**
   * @param linger how long a commit waits for more to go with it
   * @param nanos a ticker as {@link System#nanoTime} is one; the retention is counted by it
   * @param neededAfter what the journal must keep beyond, whatever the retention
   * @param stages what stands between what is handed in and the journal
   * @param letterLimit how many dead letters may wait before sources do
   * @param freed takes the names of what dead letters wait for, once it is durably there; must not
   *     block
   */
  public EngineState(
      StateFolder folder,
      List<Entity> entities,
      Duration retention,
      long retentionBytes,
      Duration linger,
      LongSupplier nanos,
      LongSupplier neededAfter,
      Stages stages,
      long letterLimit,
      Consumer<List<String>> freed) {
    this.folder = folder;
    this.entities = List.copyOf(entities);
    this.told = Set.copyOf(stages.told().keySet());
    try (Connection connection = folder.connectState()) {
      this.shapes = Shapes.open(connection, entities);
      this.journal = new StoredJournal(folder, shapes);
      RunningTime time = RunningTime.goOn(connection, nanos);
      LetterWriter letters =
          new LetterWriter(
              connection,
              new DeadLetterTable(shapes, entities),
              letterLimit,
              folder.clock(),
              freed);
      this.writer =
          new StateWriter(
              folder,
              journal,
              shapes,
              linger,
              time,
              stages.merging().make(connection, shapes),
              ToldRows.open(connection, stages.told()),
              stages.constraining().make(connection, letters::freed),
              letters);
      this.deadLetters = new DeadLetterStore(folder, letters, writer::submit);
      this.upkeep =
          new JournalUpkeep(
              folder, shapes, writer, journal, time, retention, retentionBytes, neededAfter);
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /**
   * What stands between what sources hand in and the journal. Immutable.
   *
   * @param merging makes what merges, over the shapes and the state's database
   * @param told the entities, beside those that are merged, whose sources tell rows again
   * @param constraining makes what is asked of changes beside other records
   */
  public record Stages(
      MergingFactory merging, Map<Entity, Told> told, Constraining.Factory constraining) {
    /** Nothing does. */
    public static final Stages NONE =
        new Stages(MergingFactory.NONE, Map.of(), Constraining.Factory.NONE);
  }

  /** Makes what merges; may write to the database. */
  @FunctionalInterface
  public interface MergingFactory {
    /** Nothing is merged. */
    MergingFactory NONE = (connection, shapes) -> Merging.NONE;

    Merging make(Connection connection, Shapes shapes) throws SQLException;
  }

  public void start() {
    writer.start();
    upkeep.start();
  }

  public StateFolder folder() {
    return folder;
  }

  public Shapes shapes() {
    return shapes;
  }

  public Journal journal() {
    return journal;
  }

  /** True where it is kept what was last told of an entity's records. */
  public boolean keepsTold(Entity entity) {
    return told.contains(entity);
  }

  /**
   * Some of the keys of records that were told of, as the journal's head has them.
   *
   * @param after null at the beginning, else what the page before said
   */
  public KeyPage toldKeys(Entity entity, @Nullable String after, int limit) {
    try (Connection connection = folder.connectState()) {
      return ToldRows.keys(connection, entity, after, limit);
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /** In line for the writer; told by its own callback when it is durable. */
  public void submit(Intake intake) {
    writer.submit(intake);
  }

  /** In line for the writer, as a transaction of its own. */
  public void submit(Upkeep upkeep) {
    writer.submit(upkeep);
  }

  /** In line for the writer, as a transaction of its own. */
  public void submit(Amendment amendment) {
    writer.submit(amendment);
  }

  /**
   * Waits until everything that was handed in before is in the journal; false when the time is
   * over, as where nothing can be written.
   */
  public boolean awaitWritten(Duration atMost) throws InterruptedException {
    CountDownLatch written = new CountDownLatch(1);
    writer.submit((Upkeep) _ -> written.countDown());
    return written.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }

  public Map<String, String> sourceState(String system) {
    return folder.sourceState(system);
  }

  /** Where the parked rows of a target are kept. */
  public ParkedStore parked(String target) {
    return new StoredParkedRows(folder, writer, shapes, entities, target);
  }

  public DeadLetterStore deadLetters() {
    return deadLetters;
  }

  public long journalBytes() {
    return upkeep.sizeBytes();
  }

  /** Why nothing is committed at the moment; null where all is well. */
  public @Nullable Problem problem() {
    return writer.problem();
  }

  @Override
  public void close() {
    upkeep.close();
    writer.close();
    journal.close();
  }
}
