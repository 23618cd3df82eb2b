package dev.unisono.postgres;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.UnisonoException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.postgresql.replication.fluent.logical.ChainedLogicalStreamBuilder;

/**
 * Reads one database by its log, and its tables by chunks beside that. The log is read blocking, on
 * the thread that runs the source; a chunk is read on another, and takes its place in the log's
 * order at a message written after it was read.
 */
final class PostgresSource implements Source {
  private static final long STATUS_INTERVAL_SECONDS = 1;
  static final String STREAM = "stream";
  static final String SERVER = "server";

  private final Database database;
  private final String installation;
  private final List<Binding> bindings;
  private final String slot;
  private final PublicationOptions publication;
  private final LogOptions log;
  private final ReadLimits limits;

  /** Whether a slot that is lost is made anew, and everything compared. */
  private final boolean repairing;

  private final LogBudget budget;
  private volatile KnownKeys known = KnownKeys.NONE;

  /** Ends of transactions by the mark of the batch that holds them, until they are durable. */
  private final ConcurrentSkipListMap<Long, Long> ends = new ConcurrentSkipListMap<>();

  /** Held for as long as the stream is: a collected connection would close it. */
  private volatile @Nullable Connection connection;

  private volatile @Nullable PGReplicationStream stream;
  private volatile @Nullable SideThread side;
  private volatile @Nullable SlotWatch watch;
  private volatile @Nullable SourceReport report;

  /** Empty until they are known. */
  private volatile List<SnapshotTable> tables = List.of();

  /** Given before the tables were known. */
  private final List<SnapshotCommand> commands = new CopyOnWriteArrayList<>();

  private final LinkedBlockingQueue<Mark.Turn> orders = new LinkedBlockingQueue<>();
  private volatile boolean closed;
  private long shownLifeNanos = System.nanoTime();

  PostgresSource(
      Database database,
      String installation,
      List<Binding> bindings,
      String slot,
      PublicationOptions publication,
      LogOptions log,
      ReadLimits limits,
      boolean repairing,
      LogBudget budget) {
    this.database = database;
    this.installation = installation;
    this.bindings = bindings;
    this.slot = slot;
    this.publication = publication;
    this.log = log;
    this.limits = limits;
    this.repairing = repairing;
    this.budget = budget;
  }

  @Override
  public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    known = sink.knownKeys();
    sink.progress(SourceProgress.connecting(null));
    try {
      Prepared prepared = prepare(state, sink);
      takeCommands(prepared);
      SlotWatch watch =
          new SlotWatch(
              database,
              slot,
              publication,
              budget,
              prepared.tables(),
              this::report,
              this::closeConnection);
      SideThread beside =
          new SideThread(
              database,
              limits,
              prepared.tables(),
              sink.knownKeys(),
              orders,
              prepared.untilVisible(),
              this::report,
              this::closeConnection);
      LogReader reader =
          new LogReader(
              installation,
              prepared.tables(),
              prepared.from(),
              sink,
              new Ends(),
              prepared.columns(),
              limits,
              this::report);
      report =
          new SourceReport(sink, prepared.tables(), beside, watch, reader::end, prepared.loss());
      reader.begin(prepared.fresh(), prepared.news(), prepared.away());
      read(prepared.from(), reader, new LogMessages(reader), beside, watch);
    } catch (UnisonoException failed) {
      throw ended(failed);
    }
  }

  private void report() {
    SourceReport now = report;
    if (now != null) {
      now.send();
    }
  }

  @Override
  public void command(SnapshotCommand command) {
    if (bindings.stream().noneMatch(binding -> meant(command, binding))) {
      throw new UnisonoException(
          new Problem(
              "not-found",
              ProblemType.USER,
              "No sync named '" + command.sync() + "' is read from " + database.system() + ".",
              null,
              "Name one of " + bindings.stream().map(Binding::sync).sorted().toList() + "."));
    }
    synchronized (commands) {
      if (tables.isEmpty()) {
        commands.add(command);
        return;
      }
    }
    order(command);
  }

  private static boolean meant(SnapshotCommand command, Binding binding) {
    return command.sync() == null || binding.sync().equals(command.sync());
  }

  /** What was commanded before the tables were known. */
  private void takeCommands(Prepared prepared) {
    synchronized (commands) {
      tables = prepared.tables();
      commands.stream()
          .filter(command -> prepared.loss() == null || !repairs(command))
          .forEach(this::order);
    }
  }

  private void order(SnapshotCommand command) {
    List<SnapshotTable> meant =
        tables.stream().filter(table -> meant(command, table.binding())).toList();
    orders.add(
        switch (command.action()) {
          case PAUSE -> new Mark.Turn(Mark.Kind.PAUSE, meant, "", 0);
          case RESUME -> new Mark.Turn(Mark.Kind.RESUME, meant, "", 0);
          case REPEAT -> new Mark.Turn(Mark.Kind.REPEAT, meant, Sweep.COMMAND, known.sequence());
          case REFRESH -> new Mark.Turn(Mark.Kind.REPEAT, meant, Sweep.REFRESH, known.sequence());
        });
  }

  /**
   * What reading begins with.
   *
   * @param loss why everything is read again; null where nothing is
   * @param fresh true where the slot was just made
   * @param news the server, where the state does not have it and the tables as they are; else null
   * @param columns what is held of the tables' columns
   * @param untilVisible true where the log may lack values of what was written before it began
   * @param away syncs that the state knows and the config does not have any more
   */
  private record Prepared(
      StreamState from,
      List<SnapshotTable> tables,
      @Nullable Problem loss,
      boolean fresh,
      @Nullable String news,
      SchemaWatch columns,
      boolean untilVisible,
      List<String> away) {}

  /** Finds the tables, the publication and the slot as they must be. */
  private Prepared prepare(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    try (Connection connection = database.connect("connecting");
        SlotWait wait = new SlotWait(database, sink)) {
      this.connection = connection;
      Publication published = new Publication(database.system(), publication);
      List<SnapshotTable> tables = new ArrayList<>();
      for (Binding binding : bindings) {
        Optional<Table> named = Table.find(connection, binding.table());
        if (named.isEmpty()) {
          throw SchemaWatch.missing(connection, binding, state);
        }
        Table table = named.get();
        // Asked before it is published: the owner could not change such a table any more.
        if (!SchemaWatch.knows(binding, state)
            || table.columns().keySet().containsAll(Table.keyColumns(binding))) {
          published.add(connection, binding, table);
        } // Else a part of the key is called otherwise by now, and found where the log tells of it.
        tables.add(new SnapshotTable(binding, table, state, sink.knownKeys()));
      }
      // Parents first, so that a target finds them when it writes the children.
      List<SnapshotTable> ordered =
          TableOrder.parentsFirst(connection, tables, table -> table.table().relation());
      log.checkVersion(database.system(), connection.getMetaData().getDatabaseMajorVersion());
      ServerIdentity.Present now = ServerIdentity.of(connection);
      String server = state.get(SERVER);
      if (server != null && ServerIdentity.parse(server).system().equals(now.identity().system())) {
        readUnpublished(published.lacking(connection), ordered, sink);
      } // Else it is another cluster, and all is read again.
      published.prepare(connection, false);
      published
          .wider(connection)
          .forEach(wider ->
              System.getLogger(PostgresSource.class.getName())
                  .log(
                      System.Logger.Level.WARNING,
                      "{0}: {1} {2}",
                      database.system(),
                      wider.message(),
                      wider.remedy()));
      Slot ours = new Slot(database, slot, budget, log.failover());
      String stream = state.get(STREAM);
      wait.begin();
      Slot.Begin begin =
          ours.prepare(
              connection,
              stream == null ? null : StreamState.parse(stream),
              server == null ? null : ServerIdentity.parse(server),
              now,
              repairing || commands.stream().anyMatch(PostgresSource::repairs));
      boolean changed = repair(ordered, begin.loss(), sink.knownKeys());
      boolean fresh = stream == null || begin.loss() != null;
      String identity = now.identity().text();
      return new Prepared(
          begin.from(),
          ordered,
          begin.loss(),
          fresh,
          fresh || changed || !identity.equals(server) ? identity : null,
          SchemaWatch.open(connection, database, publication.name(), ordered, state),
          published.listsColumns(connection)
              || ordered.stream().anyMatch(PostgresSource::wasHidden),
          away(state));
    } catch (SQLException failed) {
      throw database.failure("looking up the tables", failed);
    } finally {
      this.connection = null;
    }
  }

  /** True where the log does not have all that happened to a table before it was read again. */
  private static boolean wasHidden(SnapshotTable table) {
    String cause = table.repairCause();
    return !table.done()
        && (SchemaWatch.READ_AGAIN.equals(cause) || Repair.UNPUBLISHED.equals(cause));
  }

  /**
   * Lets the snapshots begin anew of tables that were read before, and that the publication does
   * not show now. That is durable before they are shown again: nothing would tell of it then.
   */
  private void readUnpublished(Set<Long> lacking, List<SnapshotTable> tables, ChangeSink sink)
      throws InterruptedException {
    Problem cause = null;
    Map<String, @Nullable String> state = new HashMap<>();
    for (SnapshotTable table : tables) {
      if (lacking.contains(table.table().relation())
          && !table.untouched()
          && !table.replaced()
          && !table.awaitsRepair()) {
        cause = Repair.tableUnpublished(database, publication.name(), table);
        System.getLogger(PostgresSource.class.getName())
            .log(System.Logger.Level.WARNING, "{0}: {1}", database.system(), cause.message());
        table.repeat(cause.code(), sink.knownKeys().sequence());
        table.save(state);
      }
    }
    if (cause != null) {
      sink.accept(new Batch(List.of(), state, 1, 0));
      throw new UnisonoException(cause);
    }
  }

  /** Syncs whose changes pass by from now on, and of which that is not noted yet. */
  private List<String> away(Map<String, String> state) {
    Set<String> present = bindings.stream().map(Binding::sync).collect(Collectors.toSet());
    return state.keySet().stream()
        .filter(name -> name.startsWith(SnapshotTable.SNAPSHOT))
        .map(name -> name.substring(SnapshotTable.SNAPSHOT.length()))
        .filter(sync -> !present.contains(sync))
        .filter(sync -> !state.containsKey(SnapshotTable.AWAY + sync))
        .toList();
  }

  /** A command to repeat everything is an order to repair, too. */
  private static boolean repairs(SnapshotCommand command) {
    return command.action() == SnapshotCommand.Action.REPEAT && command.sync() == null;
  }

  /** Lets the snapshots begin anew whose tables may have changed while nobody read the log. */
  private boolean repair(List<SnapshotTable> tables, @Nullable Problem loss, KnownKeys known) {
    boolean changed = false;
    for (SnapshotTable table : tables) {
      Problem cause =
          table.replaced()
              ? Repair.tableReplaced(database, table)
              : table.away() ? Repair.syncWasAway(table) : null;
      if (cause != null) {
        System.getLogger(PostgresSource.class.getName())
            .log(System.Logger.Level.WARNING, "{0}: {1}", database.system(), cause.message());
      }
      cause = loss == null ? cause : loss;
      if (cause != null && !table.untouched()) {
        table.repeat(cause.code(), known.sequence());
        changed = true;
      }
    }
    return changed;
  }

  private void read(
      StreamState from,
      LogReader reader,
      LogMessages messages,
      SideThread sideThread,
      SlotWatch slotWatch)
      throws InterruptedException {
    Connection replication = database.connectForReplication();
    connection = replication;
    side = sideThread;
    watch = slotWatch;
    try (TransactionSpool spool =
        new TransactionSpool(database.system(), log.spoolFolder(), log.mostSpoolBytes())) {
      PGReplicationStream opened = open(replication, from);
      LogStreams streams = new LogStreams(messages, reader, spool, () -> showLife(opened));
      opened.setFlushedLSN(LogSequenceNumber.valueOf(from.end()));
      opened.setAppliedLSN(LogSequenceNumber.valueOf(from.end()));
      stream = opened;
      if (closed) {
        throw new InterruptedException();
      }
      reader.attach(sideThread);
      sideThread.start();
      slotWatch.start();
      while (true) {
        ByteBuffer message = reader.idle() ? opened.read() : opened.readPending();
        if (message == null) {
          reader.flush();
        } else {
          streams.take(message);
        }
      }
    } catch (SQLException failed) {
      throw ended(database.failure("reading the log", failed));
    } finally {
      stream = null;
      sideThread.close();
      slotWatch.close();
      closeConnection();
    }
  }

  private PGReplicationStream open(Connection replication, StreamState from) throws SQLException {
    int version = replication.getMetaData().getDatabaseMajorVersion();
    ChainedLogicalStreamBuilder asked =
        replication
            .unwrap(PGConnection.class)
            .getReplicationAPI()
            .replicationStream()
            .logical()
            .withSlotName(slot)
            .withStartPosition(LogSequenceNumber.valueOf(from.end()))
            .withSlotOption("proto_version", LogOptions.protocol(version))
            .withSlotOption("publication_names", publication.name())
            .withSlotOption("messages", true)
            // The driver would acknowledge by itself what came after a message that lies before
            // what was acknowledged, as parts of a streamed transaction do (invariant 1).
            .withAutomaticFlush(false)
            .withStatusInterval((int) STATUS_INTERVAL_SECONDS, TimeUnit.SECONDS);
    log.checkVersion(database.system(), version);
    if (log.ownOnly()) {
      asked = asked.withSlotOption("origin", "none");
    }
    if (log.streaming()) {
      asked = asked.withSlotOption("streaming", true);
    }
    return asked.start();
  }

  /** While nothing is received, nothing else tells the server that we are there. */
  private void showLife(PGReplicationStream reading) {
    if (System.nanoTime() - shownLifeNanos < TimeUnit.SECONDS.toNanos(STATUS_INTERVAL_SECONDS)) {
      return;
    }
    shownLifeNanos = System.nanoTime();
    try {
      reading.forceUpdateStatus();
    } catch (SQLException failed) {
      throw database.failure("reading the log", failed);
    }
  }

  /** Why reading ended: told to, or failed beside, or as it says itself. */
  private UnisonoException ended(UnisonoException failed) throws InterruptedException {
    if (closed || Thread.interrupted()) {
      throw new InterruptedException();
    }
    SlotWatch watched = watch;
    UnisonoException cause = watched == null ? null : watched.failure();
    SideThread beside = side;
    if (cause == null && beside != null) {
      cause = beside.failure();
    }
    return cause == null ? failed : cause;
  }

  private final class Ends implements LogReader.Ends {
    @Override
    public void put(long mark, long end) {
      ends.put(mark, end);
    }

    @Override
    public boolean allDurable() {
      return ends.isEmpty();
    }
  }

  @Override
  public void durable(long mark) {
    Map.Entry<Long, Long> end = ends.floorEntry(mark);
    if (end == null) {
      return;
    }
    ends.headMap(mark, true).clear();
    PGReplicationStream reading = stream;
    if (reading != null) {
      // Invariant 1: the server may forget the log only up to here. Sent with the next status.
      reading.setFlushedLSN(LogSequenceNumber.valueOf(end.getValue()));
      reading.setAppliedLSN(LogSequenceNumber.valueOf(end.getValue()));
    }
  }

  @Override
  public void close() {
    closed = true;
    SideThread beside = side;
    if (beside != null) {
      beside.close();
    }
    SlotWatch watched = watch;
    if (watched != null) {
      watched.close();
    }
    closeConnection();
  }

  /** Ends reading; what cannot go on beside it calls this, and its failure is then the cause. */
  private void closeConnection() {
    Connection open = connection;
    if (open == null) {
      return;
    }
    try {
      // Ending the session in order would wait for the stream; this ends the socket.
      open.abort(Runnable::run);
    } catch (SQLException gone) {
      // Closed is closed.
    }
  }
}
