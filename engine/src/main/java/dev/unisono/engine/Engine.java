package dev.unisono.engine;

import dev.unisono.engine.access.WriteCheck;
import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.Direction;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FirstLoad;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.engine.config.EntityDocument;
import dev.unisono.engine.config.LearnedConfig;
import dev.unisono.engine.config.RefreshTimes;
import dev.unisono.engine.config.SystemBindings;
import dev.unisono.engine.constraint.ConstraintChecks;
import dev.unisono.engine.deliver.DeliveredForm;
import dev.unisono.engine.deliver.ParkedRows;
import dev.unisono.engine.deliver.TargetRunner;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.merge.LinkedRecord;
import dev.unisono.engine.merge.Matches;
import dev.unisono.engine.merge.MergeConflict;
import dev.unisono.engine.merge.Merges;
import dev.unisono.engine.record.RecordProjection;
import dev.unisono.engine.record.Records;
import dev.unisono.engine.record.StoredRecords;
import dev.unisono.engine.repair.HeldKeys;
import dev.unisono.engine.repair.TargetRepairs;
import dev.unisono.engine.source.AwaySystems;
import dev.unisono.engine.source.DeleteGuard;
import dev.unisono.engine.source.RefreshSchedule;
import dev.unisono.engine.source.SourceRunner;
import dev.unisono.engine.standardize.Standardizer;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.ParkedRow;
import dev.unisono.engine.state.SchemaVersions.SchemaVersion;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.engine.state.Told;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Receiver;
import dev.unisono.spi.Row;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.UnisonoException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A whole engine, wired from a config: state, sources, targets, records. Everything it starts ends
 * when it is closed. Safe for threads once it is started.
 */
public final class Engine implements Doors, AutoCloseable {
  private static final Duration RETRY_PATIENCE = Duration.ofSeconds(30);

  private final StateFolder folder;
  private final EngineState state;
  private final Merges merges;
  private final List<Entity> entities;
  private final Map<String, Cleaner> cleaners = new HashMap<>();
  private final Warnings warnings;
  private final ConstraintChecks constraints;
  private final RecordProjection projection;
  private final StoredRecords records;
  private final OwnerWrites ownerWrites;
  private final DeadLetters deadLetters;
  private final Map<String, ConnectedSystem> systems = new LinkedHashMap<>();
  private final List<SourceRunner> sources = new ArrayList<>();
  private final List<TargetRunner> targets = new ArrayList<>();
  private final TargetRepairs repairs;
  private final RefreshSchedule refreshes;
  private final AwaySystems away;

  /** By entity's number the systems that it is read from. */
  private final Map<Integer, List<String>> readFrom;

  /**
   * Opens the state and wires everything, by the config and what sources have learned since;
   * nothing runs yet.
   *
   * @param onLearned called when a source has learned something more, which is durable by then:
   *     this engine is to be closed, and another one made. Must not block
   * @throws UnisonoException state-in-use, state-unusable, records-gap and others of the state
   */
  public Engine(Config written, InstantSource clock, Runnable onLearned) {
    this.folder = StateFolder.open(written.state().folder(), clock);
    List<Runnable> opened = new ArrayList<>(List.of(folder::close));
    try {
      Config config = LearnedConfig.over(written, folder.learned());
      Set<String> before = folder.knownEntities();
      this.entities = entities(config);
      this.warnings = new Warnings(config.entities());
      this.merges = Merges.of(config, entities, clock);
      this.constraints =
          ConstraintChecks.of(config, entities, neverRead(config, before), warnings, clock);
      folder.forgetUnfinishedOfOthers(sourceNames(config));
      folder.noteSchemas(
          config.entities().entrySet().stream()
              .collect(
                  Collectors.toMap(
                      Map.Entry::getKey, entity -> EntityDocument.of(entity.getValue()))));
      this.state =
          new EngineState(
              folder,
              entities,
              config.state().retention(),
              config.state().retentionBytes(),
              config.state().linger(),
              System::nanoTime,
              this::recordsNeedAfter,
              new EngineState.Stages(merges::open, toldAgain(config, entities), constraints::open),
              config.state().deadLetters(),
              constraints::freed);
      opened.add(state::close);
      this.projection = new RecordProjection(folder, state.journal(), state.shapes(), entities);
      opened.add(projection::close);
      this.records = new StoredRecords(folder, state.shapes(), projection);
      opened.add(records::close);
      this.ownerWrites = new OwnerWrites(state, records, constraints, systems, clock);
      this.deadLetters = new DeadLetters(state, ownerWrites, constraints, clock);
      this.repairs = new TargetRepairs(targets, connect(config, clock, onLearned), state.journal());
      this.refreshes = new RefreshSchedule(refreshed(config), state, clock, ZoneId.systemDefault());
      this.away = new AwaySystems(sources, folder, clock);
      this.readFrom = readFrom(config, entities);
    } catch (SQLException failed) {
      opened.reversed().forEach(Runnable::run);
      throw StateFolder.failure(failed);
    } catch (UnisonoException failed) {
      opened.reversed().forEach(Runnable::run);
      throw failed;
    }
  }

  private static Set<String> sourceNames(Config config) {
    return config.systems().keySet().stream()
        .filter(system -> !SystemBindings.read(config, system).isEmpty())
        .collect(Collectors.toSet());
  }

  /**
   * The entities of which nothing was ever read, so that all their records are about to come.
   *
   * @param before the entities that the state has known before
   */
  private Set<Entity> neverRead(Config config, Set<String> before) {
    Set<String> read = new HashSet<>(before);
    for (SyncConfig sync : config.syncs()) {
      for (MemberConfig member : sync.members()) {
        // What was read under this sync's name was read for an entity that is called otherwise now.
        if (member.reads()
            && folder.sourceState(member.system()).keySet().stream()
                .anyMatch(name -> name.endsWith("/" + sync.name()))) {
          read.add(sync.entity());
        }
      }
    }
    return entities.stream()
        .filter(entity -> !read.contains(entity.name()))
        .collect(Collectors.toSet());
  }

  /** A member that is merged is compared with what is held of it anyhow. */
  private static Map<Entity, Told> toldAgain(Config config, List<Entity> entities) {
    Map<Entity, Told> told = new HashMap<>();
    for (SyncConfig sync : config.syncs()) {
      boolean byItself =
          sync.members().stream()
              .filter(MemberConfig::reads)
              .anyMatch(member ->
                  Objects.requireNonNull(config.systems().get(member.system()))
                      .connector()
                      .tellsAgain());
      if (!sync.merges() && (byItself || sync.refresh() != null)) {
        entities.stream()
            .filter(entity -> entity.name().equals(sync.entity()))
            .forEach(entity -> told.put(entity, byItself ? Told.ALL : Told.SOME));
      }
    }
    return told;
  }

  /** Asked only by the upkeep, which starts after everything is there. */
  private long recordsNeedAfter() {
    return Objects.requireNonNull(projection).position().sequence();
  }

  private List<Entity> entities(Config config) {
    Map<String, Integer> numbers = folder.entityNumbers(config.entities().keySet());
    List<Entity> made = new ArrayList<>();
    for (Map.Entry<String, EntityConfig> entry : config.entities().entrySet()) {
      EntityConfig entity = entry.getValue();
      made.add(
          new Entity(
              Objects.requireNonNull(numbers.get(entry.getKey())),
              entity.plural(),
              entity.schema(),
              entity.fields(),
              entity.indexed(),
              entity.compoundIndexes(),
              entity.served()));
    }
    return List.copyOf(made);
  }

  /** Gives who reads each entity. */
  private Map<Entity, TargetRepairs.Reader> connect(
      Config config, InstantSource clock, Runnable onLearned) {
    Map<Entity, TargetRepairs.Reader> readers = new HashMap<>();
    Map<String, Entity> byName =
        entities.stream().collect(Collectors.toMap(Entity::name, entity -> entity));
    config.entities().forEach((name, entity) -> cleaners.put(name, new Cleaner(entity)));
    Set<String> deleting =
        config.syncs().stream()
            .filter(sync -> sync.firstLoad() == FirstLoad.DELETE_EXTRA)
            .map(SyncConfig::name)
            .collect(Collectors.toSet());
    HeldKeys held = new HeldKeys(state, byName, records, targets, deleting);
    for (SystemConfig system : config.systems().values()) {
      List<Binding> reads = SystemBindings.read(config, system.name());
      List<Binding> writes =
          SystemBindings.written(
              config, system.name(), name -> Objects.requireNonNull(systems.get(name)));
      ConnectedSystem connected =
          system
              .connector()
              .connect(
                  new SystemContext(
                      system.name(),
                      system.settings(),
                      reads,
                      writes,
                      Map.of(
                          "installation",
                          folder.installation(),
                          "folder",
                          folder.systemFolder(system.name()).toString())));
      systems.put(system.name(), connected);
      if (!reads.isEmpty()) {
        SourceRunner source =
            new SourceRunner(
                system.name(),
                connected,
                entities,
                cleaners(config, system.name()),
                warnings,
                state,
                held,
                new DeleteGuard(system.name(), deleteLimits(config)),
                system.limits().readBufferBytes(),
                clock,
                () -> merges.learn(system.name(), connected),
                onLearned);
        sources.add(source);
        reads.forEach(binding ->
            readers.put(entity(byName, binding), new TargetRepairs.Reader(source, binding)));
      }
      for (Binding binding : reads) {
        String name = binding.schema().name();
        Entity entity = entity(byName, binding);
        Cleaner shown = Objects.requireNonNull(cleaners(config, system.name()).get(name));
        if (system.name().equals(firstReader(config, binding.sync()))) {
          // The others hear of it as of any edit. By its keys records are known.
          ownerWrites.own(
              entity, system.name(), binding, shown, Objects.requireNonNull(cleaners.get(name)));
        }
        deadLetters.read(entity, system.name(), binding, shown);
      }
      Map<Entity, Binding> byEntity = new HashMap<>();
      for (Binding binding : writes) {
        // A member that is read as well is told by another way.
        if (reads.stream().noneMatch(read -> read.sync().equals(binding.sync()))) {
          byEntity.put(entity(byName, binding), binding);
        }
      }
      if (!byEntity.isEmpty()) {
        ParkedRows parked =
            new ParkedRows(
                system.name(),
                byEntity,
                refusalRules(config, system.name()),
                state.parked(system.name()),
                clock);
        targets.add(
            new TargetRunner(
                system.name(),
                connected,
                byEntity,
                DeliveredForm.of(state.journal(), delivered(config, system.name(), byName)),
                this::rowsMissing,
                parked,
                system.limits(),
                clock));
      }
    }
    return readers;
  }

  /** Of the members of a sync the first that is read takes what callers write. */
  private static String firstReader(Config config, String sync) {
    return config.syncs().stream()
        .filter(each -> each.name().equals(sync))
        .flatMap(each -> each.members().stream())
        .filter(MemberConfig::reads)
        .map(MemberConfig::system)
        .findFirst()
        .orElseThrow();
  }

  private List<RefreshSchedule.Refreshed> refreshed(Config config) {
    List<RefreshSchedule.Refreshed> refreshed = new ArrayList<>();
    for (SyncConfig sync : config.syncs()) {
      RefreshTimes times = sync.refresh();
      if (times != null) {
        List<RefreshSchedule.Commanded> readers =
            sync.members().stream()
                .filter(MemberConfig::reads)
                .map(member -> (RefreshSchedule.Commanded) source(member.system())::command)
                .toList();
        refreshed.add(new RefreshSchedule.Refreshed(sync.name(), times, readers));
      }
    }
    return refreshed;
  }

  private static Map<Integer, List<String>> readFrom(Config config, List<Entity> entities) {
    Map<Integer, List<String>> systems = new HashMap<>();
    for (SyncConfig sync : config.syncs()) {
      List<String> read =
          sync.members().stream().filter(MemberConfig::reads).map(MemberConfig::system).toList();
      entities.stream()
          .filter(entity -> entity.name().equals(sync.entity()))
          .forEach(entity -> systems.put(entity.id(), read));
    }
    return systems;
  }

  private static Map<String, Integer> deleteLimits(Config config) {
    Map<String, Integer> limits = new HashMap<>();
    for (SyncConfig sync : config.syncs()) {
      if (sync.deleteLimit() > 0) {
        limits.put(sync.name(), sync.deleteLimit());
      }
    }
    return limits;
  }

  /** By entity's name how what one system shows is cleaned. */
  private Map<String, Cleaner> cleaners(Config config, String system) {
    Map<String, Cleaner> own = new HashMap<>(cleaners);
    for (SyncConfig sync : config.syncs()) {
      for (MemberConfig member : sync.members()) {
        if (member.system().equals(system)) {
          EntityConfig entity = Objects.requireNonNull(config.entities().get(sync.entity()));
          own.put(sync.entity(), Cleaner.of(entity, member));
        }
      }
    }
    return own;
  }

  /** The steps for what is written to one system. */
  private static Map<Entity, Standardizer> delivered(
      Config config, String system, Map<String, Entity> byName) {
    Map<Entity, Standardizer> steps = new HashMap<>();
    for (SyncConfig sync : config.syncs()) {
      for (MemberConfig member : sync.members()) {
        if (member.system().equals(system) && !member.deliver().isEmpty()) {
          Entity entity = entity(byName, member.binding());
          steps.put(entity, new Standardizer(entity.schema(), member.deliver()));
        }
      }
    }
    return steps;
  }

  /** Whether a source makes good what it missed, so that rows may come that others refer to. */
  private boolean rowsMissing() {
    return sources.stream().anyMatch(source -> source.status().progress().repair() != null);
  }

  private static Entity entity(Map<String, Entity> byName, Binding binding) {
    return Objects.requireNonNull(byName.get(binding.schema().name()));
  }

  /** By the entity's name. */
  private static Map<String, RefusalRules> refusalRules(Config config, String system) {
    Map<String, RefusalRules> rules = new HashMap<>();
    for (SyncConfig sync : config.syncs()) {
      for (MemberConfig member : sync.members()) {
        if (member.system().equals(system) && member.direction() == Direction.WRITE) {
          rules.put(sync.entity(), member.refusals());
        }
      }
    }
    return rules;
  }

  public void start() {
    state.start();
    projection.start();
    targets.forEach(TargetRunner::start);
    sources.forEach(SourceRunner::start);
    merges.start(state, systems, () -> sources.stream().map(SourceRunner::status).toList());
    constraints.start(
        state,
        () -> sources.stream().map(SourceRunner::status).toList(),
        (system, command) -> source(system).command(command),
        letter -> deadLetters.replay(letter, RETRY_PATIENCE));
    repairs.start();
    refreshes.start();
    away.start();
  }

  @Override
  public List<Entity> entities() {
    return entities;
  }

  @Override
  public Journal journal() {
    return state.journal();
  }

  @Override
  public Records records() {
    return records;
  }

  @Override
  public boolean writable(Entity entity) {
    return ownerWrites.writable(entity);
  }

  @Override
  public Optional<Instant> awaySince(Entity entity) {
    return readFrom.getOrDefault(entity.id(), List.of()).stream()
        .flatMap(system -> away.since(system).stream())
        .min(Comparator.naturalOrder());
  }

  @Override
  public EngineStatus status() {
    Problem problem = state.problem();
    return new EngineStatus(
        state.journal().head().epoch(),
        state.journal().head().sequence(),
        state.journal().oldest().sequence(),
        state.journalBytes(),
        records.position().sequence(),
        state.deadLetters().counts(),
        warnings.counts(),
        problem == null ? projection.problem() : problem,
        sources.stream().map(SourceRunner::status).toList(),
        targets.stream().map(TargetRunner::status).toList(),
        merges.status(),
        constraints.status());
  }

  @Override
  public Receiver receiver(String system) {
    return Optional.ofNullable(systems.get(system))
        .flatMap(ConnectedSystem::receiver)
        .orElseThrow(() ->
            refusal("not-found", "There is no system '" + system + "' that brings its changes."));
  }

  @Override
  public boolean awaitDelivered(String system, long sequence, Duration atMost)
      throws InterruptedException {
    return target(system).awaitDelivered(sequence, atMost);
  }

  private TargetRunner target(String system) {
    for (TargetRunner target : targets) {
      if (target.system().equals(system)) {
        return target;
      }
    }
    throw new UnisonoException(
        new Problem(
            "not-found",
            ProblemType.USER,
            "No system named '" + system + "' is written to.",
            null,
            "Name one of " + targets.stream().map(TargetRunner::system).sorted().toList() + "."));
  }

  @Override
  public void snapshot(String system, SnapshotCommand command) {
    source(system).command(command);
  }

  private SourceRunner source(String system) {
    for (SourceRunner source : sources) {
      if (source.system().equals(system)) {
        return source;
      }
    }
    throw new UnisonoException(
        new Problem(
            "not-found",
            ProblemType.USER,
            "No system named '" + system + "' is read.",
            null,
            "Name one of " + sources.stream().map(SourceRunner::system).sorted().toList() + "."));
  }

  @Override
  public void allowDeletes(String system, String sync) {
    source(system).allowDeletes(sync);
  }

  @Override
  public LinkedRecord linked(Entity entity, LinkedRecord.Place row) {
    return merges.matches().linked(entity, row);
  }

  @Override
  public LinkedRecord relink(
      Entity entity, LinkedRecord.Place row, LinkedRecord.@Nullable Place with, Duration atMost)
      throws InterruptedException {
    return merges.matches().relink(entity, row, with, atMost);
  }

  @Override
  public Matches matches() {
    return merges.matches();
  }

  @Override
  public void live(String entity) throws InterruptedException {
    merges.live(entity);
  }

  @Override
  public List<ParkedRow> parked(String system, long afterId, int atMost, boolean rejected) {
    return target(system).parked().list(afterId, atMost, rejected);
  }

  @Override
  public int retryParked(String system, @Nullable Long id) {
    int asked = target(system).parked().retry(id);
    if (id != null && asked == 0) {
      throw noSuchParkedRow(system, id);
    }
    return asked;
  }

  @Override
  public void rejectParked(String system, long id, String reason) throws InterruptedException {
    if (!target(system).parked().reject(id, reason)) {
      throw noSuchParkedRow(system, id);
    }
  }

  private static UnisonoException noSuchParkedRow(String system, long id) {
    return refusal("not-found", system + " has no parked row " + id + " (any more).");
  }

  @Override
  public List<MergeConflict> conflicts(MergeConflict.Filter filter) {
    return merges.conflicts().list(filter);
  }

  @Override
  public MergeConflict conflict(long id) {
    return merges.conflicts().find(id);
  }

  @Override
  public MergeConflict decideConflict(long id, MergeConflict.Choice choice, Duration atMost)
      throws InterruptedException {
    return switch (choice) {
      case MergeConflict.Choice.Pick pick -> merges.conflicts().decide(id, pick, atMost);
      case MergeConflict.Choice.Edit edit -> {
        Cleaner cleaner = Objects.requireNonNull(cleaners.get(edit.row().schema().name()));
        Row clean = cleaner.standardize(edit.row());
        List<Finding> findings = cleaner.validate(clean);
        if (!findings.isEmpty()) {
          throw new InvalidPatch(findings);
        }
        yield merges.conflicts().decide(id, new MergeConflict.Choice.Edit(clean), atMost);
      }
    };
  }

  @Override
  public Written create(Entity entity, Row record, WriteCheck check, Duration atMost)
      throws InterruptedException {
    return ownerWrites.create(entity, record, check, atMost);
  }

  @Override
  public Written put(
      Entity entity,
      Key key,
      Row record,
      Precondition precondition,
      WriteCheck check,
      Duration atMost)
      throws InterruptedException {
    return ownerWrites.put(entity, key, record, precondition, check, atMost);
  }

  @Override
  public Written patch(
      Entity entity,
      Key key,
      Row patch,
      Precondition precondition,
      WriteCheck check,
      Duration atMost)
      throws InterruptedException {
    return ownerWrites.patch(entity, key, patch, precondition, check, atMost);
  }

  @Override
  public Written delete(
      Entity entity, Key key, Precondition precondition, WriteCheck check, Duration atMost)
      throws InterruptedException {
    return ownerWrites.delete(entity, key, precondition, check, atMost);
  }

  @Override
  public List<SchemaVersion> schemas(Entity entity) {
    return folder.schemas(entity.name());
  }

  @Override
  public DeadLetters deadLetters() {
    return deadLetters;
  }

  private static UnisonoException refusal(String code, String message) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, ""));
  }

  @Override
  public void close() {
    // Who waits for a write of theirs to come back is told first that it will not be seen here.
    ownerWrites.stop();
    away.close();
    constraints.close();
    refreshes.close();
    repairs.close();
    List<Thread> closing =
        Stream.<Runnable>concat(
                sources.stream().map(source -> (Runnable) source::close),
                Stream.concat(
                    targets.stream().map(target -> (Runnable) target::close),
                    Stream.of((Runnable) merges::close)))
            .map(close -> Thread.ofVirtual().name("closing").start(close))
            .toList();
    try {
      for (Thread thread : closing) {
        thread.join();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    ownerWrites.close();
    systems.values().forEach(ConnectedSystem::close);
    projection.close();
    records.close();
    state.close();
    folder.close();
  }
}
