package dev.unisono.engine.constraint;

import dev.unisono.engine.EngineStatus.SourceStatus;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.Constraints.Reference;
import dev.unisono.engine.constraint.Judge.Verdict;
import dev.unisono.engine.constraint.KnownRecords.Standing;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.Constraining;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.engine.state.Upkeep;
import dev.unisono.engine.validate.Finding;
import dev.unisono.engine.validate.Severity;
import dev.unisono.spi.Key;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.SourceProgress.TableProgress;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All that is asked of records beside others: judged in the writer, asked here by doors before they
 * write. A thread of its own has sources read again what has to be known and is not, and takes up
 * the letters that wait for what is there now. Safe for threads once it is open.
 */
public final class ConstraintChecks implements AutoCloseable {
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);
  private static final int PAGE = 500;

  /** No record is stored under it. */
  private static final byte[] NO_KEY = {};

  /** Takes up a letter that waits. */
  @FunctionalInterface
  public interface Retry {
    void take(long letter) throws InterruptedException;
  }

  /** Tells the source of a system to do something. */
  @FunctionalInterface
  public interface Command {
    /**
     * Passes it on.
     *
     * @throws UnisonoException where it cannot be told now
     */
    void send(String system, SnapshotCommand command);
  }

  /** What stands against a record: what refuses it, and what has it held. Immutable. */
  public record Objections(List<Finding> wrong, List<Finding> doubts) {}

  /**
   * How far the records of an entity are known.
   *
   * @param whole whether all are; until then what refers to them is not refused
   */
  public record Known(String entity, boolean whole) {}

  private final Map<Integer, EntityConstraints> followed;

  /** By entity's number the systems that read it. */
  private final Map<Integer, List<String>> readers;

  /** By entity's number the sync it is in. */
  private final Map<Integer, String> syncs;

  private final Set<Entity> fresh;
  private final Warnings warnings;
  private final InstantSource clock;
  private final LinkedBlockingQueue<String> freed = new LinkedBlockingQueue<>();

  /** The entities whose records have to be read, or are not all known; of the thread alone. */
  private final Set<Integer> unsettled;

  private volatile @Nullable KnownRecords known;
  private @Nullable Thread thread;

  private ConstraintChecks(
      Map<Integer, EntityConstraints> followed,
      Map<Integer, List<String>> readers,
      Map<Integer, String> syncs,
      Set<Entity> fresh,
      Warnings warnings,
      InstantSource clock) {
    this.followed = followed;
    this.unsettled = new HashSet<>(followed.keySet());
    this.readers = readers;
    this.syncs = syncs;
    this.fresh = fresh;
    this.warnings = warnings;
    this.clock = clock;
  }

  /**
   * What a config asks.
   *
   * @param fresh entities of which nothing was ever read
   */
  public static ConstraintChecks of(
      Config config,
      List<Entity> entities,
      Set<Entity> fresh,
      Warnings warnings,
      InstantSource clock) {
    Map<String, Entity> byName =
        entities.stream().collect(Collectors.toMap(Entity::name, entity -> entity));
    Set<String> referred =
        config.entities().values().stream()
            .flatMap(entity -> entity.constraints().references().stream())
            .map(Reference::entity)
            .collect(Collectors.toSet());
    Map<Integer, EntityConstraints> followed = new LinkedHashMap<>();
    Map<Integer, List<String>> readers = new HashMap<>();
    Map<Integer, String> syncs = new HashMap<>();
    for (SyncConfig sync : config.syncs()) {
      Entity entity = Objects.requireNonNull(byName.get(sync.entity()));
      var asked = Objects.requireNonNull(config.entities().get(sync.entity())).constraints();
      if (!asked.isEmpty() || referred.contains(sync.entity())) {
        followed.put(entity.id(), EntityConstraints.of(entity, asked, byName));
        syncs.put(entity.id(), sync.name());
        readers.put(
            entity.id(),
            sync.members().stream().filter(MemberConfig::reads).map(MemberConfig::system).toList());
      }
    }
    return new ConstraintChecks(
        Map.copyOf(followed), Map.copyOf(readers), Map.copyOf(syncs), fresh, warnings, clock);
  }

  /** What judges in the state's writer. */
  public Constraining open(Connection connection, Consumer<String> awaited) throws SQLException {
    KnownRecords opened = KnownRecords.open(connection, followed.values(), fresh);
    known = opened;
    return followed.isEmpty()
        ? Constraining.NONE
        : new ConstraintStage(followed, new Judge(opened::whole), warnings, clock, awaited);
  }

  private KnownRecords known() {
    return Objects.requireNonNull(known, "not open");
  }

  /** What letters wait for is there. Does not block. */
  public void freed(List<String> names) {
    freed.addAll(names);
  }

  /**
   * Begins; the writer and the sources are started by others.
   *
   * @param sources how reading goes
   */
  public void start(
      EngineState state, Supplier<List<SourceStatus>> sources, Command command, Retry retry) {
    // What waits for nothing any more, since something was there at the end or the config is
    // another one, is found here; what waits for the same again is refused again.
    freed.addAll(state.deadLetters().awaited());
    thread =
        Thread.ofVirtual()
            .name("constraints")
            .start(() -> {
              try {
                while (true) {
                  look(state, sources, command);
                  retry(state, retry);
                }
              } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Takes up what waits for something that is there now. */
  private void retry(EngineState state, Retry retry) throws InterruptedException {
    String name = freed.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
    if (name == null) {
      return;
    }
    long after = 0;
    try {
      List<Long> letters = state.deadLetters().awaiting(name, after, PAGE);
      while (!letters.isEmpty()) {
        for (long letter : letters) {
          retryOne(retry, letter);
          after = letter;
        }
        letters = state.deadLetters().awaiting(name, after, PAGE);
      }
    } catch (UnisonoException later) {
      freed.add(name);
      TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
    }
  }

  private static void retryOne(Retry retry, long letter) throws InterruptedException {
    try {
      retry.take(letter);
    } catch (UnisonoException refused) {
      // It has ended meanwhile, or only a person can do something about it.
      if (refused.problem().type() != ProblemType.USER) {
        throw refused;
      }
    }
  }

  /** Has read what must be known, and notes what is. */
  private void look(EngineState state, Supplier<List<SourceStatus>> sources, Command command)
      throws InterruptedException {
    if (unsettled.isEmpty()) {
      return;
    }
    List<SourceStatus> now = sources.get();
    for (int entity : List.copyOf(unsettled)) {
      Standing standing = standing(state, entity);
      if (standing.whole() && !standing.wanted()) {
        unsettled.remove(entity);
        continue;
      }
      Map<String, TableProgress> tables = tables(entity, now);
      if (tables == null || tables.values().stream().anyMatch(table -> !read(table))) {
        continue;
      }
      if (standing.wanted()) {
        readAgain(state, entity, tables, command);
      } else if (!standing.whole()
          && tables.entrySet().stream()
              .allMatch(table ->
                  table.getValue().number() > standing.since().getOrDefault(table.getKey(), -1L))) {
        whole(state, entity);
      }
    }
  }

  private static boolean read(TableProgress table) {
    return table.phase() == TablePhase.DONE;
  }

  private static Standing standing(EngineState state, int entity) {
    try (Connection connection = state.folder().connectState()) {
      return KnownRecords.of(connection, entity);
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /** By system the table that an entity is read from; null where one is not read at the moment. */
  private @Nullable Map<String, TableProgress> tables(int entity, List<SourceStatus> sources) {
    Map<String, TableProgress> tables = new HashMap<>();
    for (SourceStatus source : sources) {
      for (TableProgress table : source.progress().tables()) {
        if (table.sync().equals(syncs.get(entity))) {
          tables.put(source.system(), table);
        }
      }
    }
    return tables.keySet().containsAll(Objects.requireNonNull(readers.get(entity))) ? tables : null;
  }

  private void readAgain(
      EngineState state, int entity, Map<String, TableProgress> tables, Command command)
      throws InterruptedException {
    SnapshotCommand refresh =
        new SnapshotCommand(SnapshotCommand.Action.REFRESH, syncs.get(entity));
    Map<String, Long> since = new HashMap<>();
    tables.forEach((system, table) -> since.put(system, table.number()));
    try {
      for (String system : tables.keySet()) {
        command.send(system, refresh);
      }
    } catch (UnisonoException later) {
      return;
    }
    write(state, connection -> KnownRecords.begun(connection, entity, since));
  }

  /** All that was read is in the state, so that all records of an entity are known. */
  private void whole(EngineState state, int entity) throws InterruptedException {
    write(state, connection -> known().markWhole(connection, entity));
    for (EntityConstraints each : followed.values()) {
      boolean all = each.references().stream().allMatch(rule -> known().whole(rule.to().id()));
      if (all && standing(state, each.entity().id()).unchecked()) {
        // What came before what it refers to was known is judged now.
        write(state, connection -> KnownRecords.checkAgain(connection, each.entity().id()));
        unsettled.add(each.entity().id());
      }
    }
  }

  private static void write(EngineState state, Upkeep upkeep) throws InterruptedException {
    state.submit(upkeep);
    // It comes after all that was handed in before.
    while (!state.awaitWritten(PATIENCE)) {
      // Nothing can be written at the moment, and nothing else is to be done here before.
    }
  }

  /**
   * What stands against what a caller would make of a record, as others are now.
   *
   * @param key null where it has none yet
   * @param previous the key that it has now; null where it keeps its key
   * @param row the record as it would be
   */
  public Objections objections(
      EngineState state, Entity entity, @Nullable Key key, @Nullable Key previous, Row row) {
    EntityConstraints of = followed.get(entity.id());
    if (of == null || !of.asks()) {
      return new Objections(List.of(), List.of());
    }
    try (Connection connection = state.folder().connectState();
        ConstraintTable table = new ConstraintTable(connection)) {
      byte[] stored = key == null ? NO_KEY : StoredKey.write(entity, key);
      byte[] was = previous == null ? stored : StoredKey.write(entity, previous);
      @Nullable Object[] before = of.read(table.parts(entity.id(), was));
      @Nullable Object[] values = of.values(row, before);
      Verdict verdict =
          new Judge(known()::whole)
              .judge(table, of, stored, was, values, of.digests(values), before);
      return new Objections(
          verdict.findings(Severity.REJECT), verdict.findings(Severity.QUARANTINE));
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /** How far the records are known, by entity. */
  public List<Known> status() {
    List<Known> status = new ArrayList<>();
    for (EntityConstraints each : followed.values()) {
      status.add(new Known(each.entity().name(), known().whole(each.entity().id())));
    }
    return List.copyOf(status);
  }

  @Override
  public void close() {
    Thread running = thread;
    if (running != null) {
      running.interrupt();
      try {
        // The state it asks is closed next.
        running.join(CLOSE_PATIENCE);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
