package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.UnisonoException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads one server by its binlog, and its tables by chunks beside that. What the Debezium engine
 * reads, and what shall take its place among it, comes to the thread that runs the source by one
 * queue; a chunk waits there until the log has been read up to where it stands.
 */
final class MariaDbSource implements Source {
  static final String STREAM = "stream";

  /** What is read waits in the engine; here only what keeps both sides busy. */
  private static final int MOST_INCOMING = 4;

  /** A server that is there shows it several times a second. */
  private static final long SILENCE_SECONDS = 30;

  private static final long REPORT_NANOS = 500_000_000L;

  private final Database database;
  private final List<Binding> bindings;
  private final long serverId;
  private final @Nullable OwnWrites ownWrites;
  private final ReadLimits limits;

  /** Whether a log that is lost is given up, and everything compared. */
  private final boolean repairing;

  private volatile KnownKeys known = KnownKeys.NONE;
  private volatile @Nullable LogEngine engine;
  private volatile @Nullable SideThread side;
  private volatile @Nullable SourceReport report;
  private volatile boolean closed;

  /** Empty until they are known. */
  private volatile List<SnapshotTable> tables = List.of();

  /** Given before the tables were known. */
  private final List<SnapshotCommand> commands = new CopyOnWriteArrayList<>();

  private final LinkedBlockingQueue<Mark.Turn> orders = new LinkedBlockingQueue<>();
  private final ArrayBlockingQueue<Incoming> incoming = new ArrayBlockingQueue<>(MOST_INCOMING);

  /**
   * @param ownWrites tells which transactions are our own; null where we write nothing that is read
   */
  MariaDbSource(
      Database database,
      List<Binding> bindings,
      long serverId,
      @Nullable OwnWrites ownWrites,
      ReadLimits limits,
      boolean repairing) {
    this.database = database;
    this.bindings = bindings;
    this.serverId = serverId;
    this.ownWrites = ownWrites;
    this.limits = limits;
    this.repairing = repairing;
  }

  @Override
  public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    known = sink.knownKeys();
    sink.progress(SourceProgress.connecting(null));
    try {
      Beginning beginning =
          new BeginningSearch(database, bindings, known)
              .find(state, repairing, commands.stream().anyMatch(MariaDbSource::repairs));
      takeCommands(beginning);
      DefinitionWatch definitions =
          new DefinitionWatch(beginning.tables(), beginning.definitions());
      LinkedBlockingQueue<Mark> settled = new LinkedBlockingQueue<>();
      LogReader reader =
          new LogReader(
              beginning.tables(),
              beginning.from(),
              sink,
              definitions,
              ownWrites,
              limits,
              settled::add);
      read(beginning, reader, settled, sink);
    } catch (UnisonoException failed) {
      if (closed || Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw failed;
    }
  }

  private void read(
      Beginning beginning, LogReader reader, LinkedBlockingQueue<Mark> settled, ChangeSink sink)
      throws InterruptedException {
    try (LogEngine reading =
            new LogEngine(
                database,
                serverId,
                beginning.from(),
                names(beginning),
                definitions(beginning),
                incoming);
        SideThread beside =
            new SideThread(
                database,
                limits,
                beginning.tables(),
                known,
                orders,
                incoming,
                settled,
                reader,
                this::report)) {
      engine = reading;
      side = beside;
      if (closed) {
        throw new InterruptedException();
      }
      report =
          new SourceReport(
              sink, beginning.tables(), beside::lagBytes, beginning.loss(), beginning.warning());
      reader.begin(beginning.away());
      reading.start();
      beside.start();
      report();
      loop(reader);
    }
  }

  private List<Table.Name> names(Beginning beginning) {
    List<Table.Name> names = new ArrayList<>();
    beginning.tables().forEach(table -> names.add(table.table().name()));
    if (ownWrites != null) {
      names.add(ownWrites.table());
    }
    return names.stream().distinct().toList();
  }

  private List<String> definitions(Beginning beginning) {
    List<String> definitions = new ArrayList<>();
    beginning.definitions().forEach(definition -> definitions.add(definition.statement()));
    if (ownWrites != null) {
      definitions.add(ownWrites.definition());
    }
    return definitions;
  }

  private void report() {
    SourceReport now = report;
    if (now != null) {
      now.send();
    }
  }

  private void loop(LogReader reader) throws InterruptedException {
    long reportedNanos = System.nanoTime();
    while (true) {
      Incoming next = incoming.poll(SILENCE_SECONDS, TimeUnit.SECONDS);
      if (closed) {
        throw new InterruptedException();
      }
      switch (next) {
        case null -> throw silent();
        case Incoming.Ended ended -> throw ended.failure();
        case Incoming.Closed() -> throw new InterruptedException();
        case Incoming.Marked marked -> reader.mark(marked.mark());
        case Incoming.Records records -> {
          for (SourceRecord record : records.records()) {
            reader.take(record);
          }
        }
      }
      reader.pause();
      if (System.nanoTime() - reportedNanos > REPORT_NANOS) {
        reportedNanos = System.nanoTime();
        report();
      }
    }
  }

  private UnisonoException silent() {
    return new UnisonoException(
        new Problem(
            "log-interrupted",
            ProblemType.EXTERNAL,
            "Nothing came of the binlog of " + database.system() + " for too long.",
            "systems." + database.system() + ".url",
            "Is the network in between up? It is tried again by itself."));
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

  /** A command to repeat everything is an order to repair, too. */
  private static boolean repairs(SnapshotCommand command) {
    return command.action() == SnapshotCommand.Action.REPEAT && command.sync() == null;
  }

  /** What was commanded before the tables were known. */
  private void takeCommands(Beginning beginning) {
    synchronized (commands) {
      tables = beginning.tables();
      commands.stream()
          .filter(command -> beginning.loss() == null || !repairs(command))
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

  /** MariaDB is told nothing: it keeps its binlog by its own rules, whoever has read it. */
  @Override
  public void durable(long mark) {
    // Where reading goes on is kept with the state.
  }

  @Override
  public void close() {
    closed = true;
    SideThread beside = side;
    if (beside != null) {
      beside.close();
    }
    LogEngine reading = engine;
    if (reading != null) {
      reading.close();
    }
    // Where it is full nobody waits for more, and what is in it ends with that.
    incoming.offer(new Incoming.Closed());
  }
}
