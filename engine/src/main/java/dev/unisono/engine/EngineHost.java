package dev.unisono.engine;

import dev.unisono.engine.access.WriteCheck;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.merge.LinkedRecord;
import dev.unisono.engine.merge.Matches;
import dev.unisono.engine.merge.MergeConflict;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.RecordQuery;
import dev.unisono.engine.record.Records;
import dev.unisono.engine.state.ParkedRow;
import dev.unisono.engine.state.SchemaVersions.SchemaVersion;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Receiver;
import dev.unisono.spi.Row;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The doors' way to an engine that is made anew in place when one of its sources has learned of a
 * column, or the config is another. Closing one engine and making the next is a restart without the
 * process, and as safe: all that counts is in the state. Reads wait for that moment, what is only
 * in memory is answered by the engine before, and positions go on, so that streams stay open. Safe
 * for threads.
 */
public final class EngineHost implements Doors, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(EngineHost.class.getName());

  private static final long RETRY_PAUSE_MILLIS = 1_000;

  /** A wait looks this often whether the engine that it waits for is still the one. */
  private static final Duration SLICE = Duration.ofMillis(200);

  private final InstantSource clock;
  private final Semaphore learned = new Semaphore(0);
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();
  private final Journal journal = new HostedJournal();
  private final Records records = new HostedRecords();
  private final Thread thread;
  private volatile Engine engine;

  /** Written while the gate is closed. */
  private volatile Config config;

  /** Why there is no engine at the moment; null where there is one. */
  private volatile @Nullable Problem problem;

  private volatile boolean closed;

  /**
   * Makes the first engine; nothing runs yet.
   *
   * @throws UnisonoException as {@link Engine} does
   */
  public EngineHost(Config config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
    this.engine = new Engine(config, clock, learned::release);
    this.thread = Thread.ofPlatform().name("engine-host").daemon().unstarted(this::run);
  }

  public void start() {
    engine.start();
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        learned.acquire();
        learned.drainPermits();
        renew();
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void renew() throws InterruptedException {
    gate.writeLock().lockInterruptibly();
    try {
      if (!closed) {
        makeAnew(config, "columns have changed");
      }
    } finally {
      gate.writeLock().unlock();
    }
  }

  /** The config by which the engine of now was made, without what was learned. */
  public Config config() {
    return config;
  }

  /**
   * Makes the engine anew by another config, with the same state folder; blocks until its parts
   * have been started. One of which none can be made leaves things as they were.
   *
   * @throws UnisonoException learned-field-differs and others as {@link Engine} throws: then the
   *     config before goes on. stopping where this host is closed
   */
  public void reload(Config next) throws InterruptedException {
    if (!next.state().folder().equals(config.state().folder())) {
      throw new IllegalArgumentException("another state folder");
    }
    gate.writeLock().lockInterruptibly();
    try {
      if (closed) {
        throw new UnisonoException(
            new Problem("stopping", ProblemType.TRANSIENT, "The server is stopping.", null, ""));
      }
      Problem refused = makeAnew(next, "the config has changed");
      if (refused != null) {
        throw new UnisonoException(refused);
      }
    } finally {
      gate.writeLock().unlock();
    }
  }

  /**
   * Takes up a config that has nothing else in it by which an engine is made, such as who may do
   * what: the engine goes on.
   */
  public void adopt(Config next) throws InterruptedException {
    gate.writeLock().lockInterruptibly();
    try {
      config = next;
    } finally {
      gate.writeLock().unlock();
    }
  }

  /**
   * With the gate closed: ends the engine of now and makes the next, by the config before where the
   * next one does not do, which is why it then returns a problem. Takes as long as the state needs.
   */
  private @Nullable Problem makeAnew(Config next, String why) throws InterruptedException {
    long startNanos = System.nanoTime();
    engine.close();
    Engine made = make(next);
    Problem refused = null;
    if (made == null && !next.equals(config)) {
      refused = problem;
      made = make(config);
    }
    while (made == null && !closed) {
      TimeUnit.MILLISECONDS.sleep(RETRY_PAUSE_MILLIS);
      made = make(config);
    }
    if (refused == null) {
      config = next;
    }
    if (made != null) {
      engine = made;
      made.start();
    }
    LOG.log(
        System.Logger.Level.INFO,
        "{0}: the engine was made anew in {1} ms",
        refused == null ? why : "the config was refused",
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
    return refused;
  }

  /** The next engine; null where the state does not allow it now, which is shown meanwhile. */
  private @Nullable Engine make(Config by) {
    try {
      Engine made = new Engine(by, clock, learned::release);
      problem = null;
      return made;
    } catch (UnisonoException failed) {
      problem = failed.problem();
      return null;
    } catch (RuntimeException unexpected) {
      LOG.log(System.Logger.Level.ERROR, "making an engine", unexpected);
      problem =
          new Problem(
              "engine-fault",
              ProblemType.INTERNAL,
              "The engine cannot be made: " + unexpected + ".",
              null,
              "This is a fault of Unisono's own; please report it with the log.");
      return null;
    }
  }

  /** Reads what an engine keeps in files, and not while they are closed. */
  private <T> T reading(Supplier<T> read) {
    gate.readLock().lock();
    try {
      return read.get();
    } finally {
      gate.readLock().unlock();
    }
  }

  private interface Wait {
    boolean within(Engine engine, Duration atMost) throws InterruptedException;
  }

  /** Waits by slices, since the engine at hand may be closed meanwhile. */
  private boolean await(Wait wait, Duration atMost) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + atMost.toNanos();
    while (true) {
      long leftNanos = Math.max(0, deadlineNanos - System.nanoTime());
      if (wait.within(engine, Duration.ofNanos(Math.min(leftNanos, SLICE.toNanos())))) {
        return true;
      }
      if (deadlineNanos - System.nanoTime() <= 0) {
        return false;
      }
    }
  }

  /** The entity as callers know it, where the engine at hand has the same. */
  private Entity present(Entity entity) {
    if (!engine.entities().contains(entity)) {
      throw new UnisonoException(
          new Problem(
              "entities-changed",
              ProblemType.TRANSIENT,
              "The fields of " + entity.plural() + " have just changed.",
              null,
              "Ask again."));
    }
    return entity;
  }

  @Override
  public List<Entity> entities() {
    return engine.entities();
  }

  @Override
  public Journal journal() {
    return journal;
  }

  @Override
  public Records records() {
    return records;
  }

  @Override
  public boolean writable(Entity entity) {
    return engine.writable(entity);
  }

  @Override
  public Optional<Instant> awaySince(Entity entity) {
    return engine.awaySince(entity);
  }

  @Override
  public EngineStatus status() {
    EngineStatus status = engine.status();
    Problem missing = problem;
    return missing == null ? status : status.with(missing);
  }

  /** The engine to write an entity by. */
  private Engine writing(Entity entity) {
    Engine now = reading(() -> engine);
    present(entity);
    return now;
  }

  @Override
  public Written create(Entity entity, Row record, WriteCheck check, Duration atMost)
      throws InterruptedException {
    return writing(entity).create(entity, record, check, atMost);
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
    return writing(entity).put(entity, key, record, precondition, check, atMost);
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
    return writing(entity).patch(entity, key, patch, precondition, check, atMost);
  }

  @Override
  public Written delete(
      Entity entity, Key key, Precondition precondition, WriteCheck check, Duration atMost)
      throws InterruptedException {
    return writing(entity).delete(entity, key, precondition, check, atMost);
  }

  @Override
  public Receiver receiver(String system) {
    return reading(() -> engine).receiver(system);
  }

  @Override
  public boolean awaitDelivered(String system, long sequence, Duration atMost)
      throws InterruptedException {
    return await((now, slice) -> now.awaitDelivered(system, sequence, slice), atMost);
  }

  @Override
  public void allowDeletes(String system, String sync) {
    reading(() -> engine).allowDeletes(system, sync);
  }

  @Override
  public LinkedRecord linked(Entity entity, LinkedRecord.Place row) {
    return reading(() -> engine.linked(entity, row));
  }

  @Override
  public LinkedRecord relink(
      Entity entity, LinkedRecord.Place row, LinkedRecord.@Nullable Place with, Duration atMost)
      throws InterruptedException {
    return reading(() -> engine).relink(entity, row, with, atMost);
  }

  @Override
  public Matches matches() {
    return reading(() -> engine).matches();
  }

  @Override
  public void live(String entity) throws InterruptedException {
    reading(() -> engine).live(entity);
  }

  @Override
  public void snapshot(String system, SnapshotCommand command) {
    reading(() -> engine).snapshot(system, command);
  }

  @Override
  public List<SchemaVersion> schemas(Entity entity) {
    return reading(() -> engine.schemas(entity));
  }

  @Override
  public DeadLetters deadLetters() {
    return reading(() -> engine).deadLetters();
  }

  @Override
  public List<ParkedRow> parked(String system, long afterId, int atMost, boolean rejected) {
    return reading(() -> engine.parked(system, afterId, atMost, rejected));
  }

  @Override
  public int retryParked(String system, @Nullable Long id) {
    return reading(() -> engine.retryParked(system, id));
  }

  @Override
  public void rejectParked(String system, long id, String reason) throws InterruptedException {
    reading(() -> engine).rejectParked(system, id, reason);
  }

  @Override
  public List<MergeConflict> conflicts(MergeConflict.Filter filter) {
    return reading(() -> engine.conflicts(filter));
  }

  @Override
  public MergeConflict conflict(long id) {
    return reading(() -> engine.conflict(id));
  }

  @Override
  public MergeConflict decideConflict(long id, MergeConflict.Choice choice, Duration atMost)
      throws InterruptedException {
    return reading(() -> engine).decideConflict(id, choice, atMost);
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(30));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    // Whoever makes an engine at this moment has made it by then.
    gate.writeLock().lock();
    try {
      engine.close();
    } finally {
      gate.writeLock().unlock();
    }
  }

  /** The journal of whichever engine there is: one and the same, continued. */
  private final class HostedJournal implements Journal {
    @Override
    public Cursor head() {
      return engine.journal().head();
    }

    @Override
    public Reached reached() {
      return engine.journal().reached();
    }

    @Override
    public Cursor oldest() {
      return engine.journal().oldest();
    }

    @Override
    public List<JournalEntry> read(long afterSequence, int maximumBytes) {
      return reading(() -> engine.journal().read(afterSequence, maximumBytes));
    }

    @Override
    public boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException {
      return await((now, slice) -> now.journal().awaitBeyond(sequence, slice), atMost);
    }

    @Override
    public Registration onCommit(LongConsumer listener) {
      throw new UnsupportedOperationException("doors wait for the journal, they do not listen");
    }
  }

  /** The records of whichever engine there is. */
  private final class HostedRecords implements Records {
    @Override
    public Cursor position() {
      return engine.records().position();
    }

    @Override
    public Optional<EntityRecord> find(Entity entity, Key key) {
      return reading(() -> engine.records().find(present(entity), key));
    }

    @Override
    public @Nullable EntityRecord held(Entity entity, Key key) {
      return engine.records().held(present(entity), key);
    }

    @Override
    public Page list(Entity entity, RecordQuery query) {
      return reading(() -> engine.records().list(present(entity), query));
    }

    @Override
    public @Nullable Page held(Entity entity, RecordQuery query) {
      return engine.records().held(present(entity), query);
    }

    @Override
    public long count(Entity entity) {
      return reading(() -> engine.records().count(present(entity)));
    }

    @Override
    public boolean awaitSequence(long sequence, Duration atMost) throws InterruptedException {
      return await((now, slice) -> now.records().awaitSequence(sequence, slice), atMost);
    }
  }
}
