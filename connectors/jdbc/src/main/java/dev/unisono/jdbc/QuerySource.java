package dev.unisono.jdbc;

import dev.unisono.jdbc.CursorQueries.Found;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads a database by queries alone. Rows that may have changed are told again as they are, and who
 * takes them compares. One thread and one connection do all of it, and hand over in the order of
 * their reading: so no answer takes the place of a newer one.
 */
final class QuerySource implements Source {
  private static final long REPORT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final QueryDatabase database;
  private final List<Binding> bindings;
  private final QueryLimits limits;
  private final InstantSource clock;
  private final SnapshotRate rate;
  private final LinkedBlockingQueue<SnapshotCommand> commands = new LinkedBlockingQueue<>();
  private final Map<SnapshotTable, QueryTable> bySnapshot = new HashMap<>();

  private volatile boolean closed;
  private volatile @Nullable Connection connected;

  private KnownKeys known = KnownKeys.NONE;

  /** Parents before children. */
  private List<QueryTable> tables = List.of();

  private ConsumerKeys consumers = new ConsumerKeys(known, List.of());
  private long reportedNanos = System.nanoTime();

  QuerySource(
      QueryDatabase database, List<Binding> bindings, QueryLimits limits, InstantSource clock) {
    this.database = database;
    this.bindings = bindings;
    this.limits = limits;
    this.clock = clock;
    this.rate = new SnapshotRate(limits.rowsPerSecond(), System::nanoTime);
  }

  @Override
  public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    known = sink.knownKeys();
    sink.progress(SourceProgress.connecting(null));
    Connection connection = database.connect();
    connected = connection;
    try {
      read(connection, state, sink);
    } catch (SQLException failed) {
      if (closed || Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw changed(connection, failed);
    } finally {
      Database.close(connection);
    }
  }

  private void read(Connection connection, Map<String, String> state, ChangeSink sink)
      throws SQLException, InterruptedException {
    ReadDialect dialect = database.dialect(connection, bindings);
    QueryBatches batches = new QueryBatches(sink, state);
    batches.flush(begin(connection, dialect, state));
    List<SnapshotTable> snapshots = tables.stream().map(QueryTable::snapshot).toList();
    consumers = new ConsumerKeys(known, snapshots);
    SourceReport report = new SourceReport(sink, snapshots, null, this::warning);
    report.send();
    while (!closed) {
      SnapshotCommand command = commands.poll();
      while (command != null) {
        order(command, batches);
        command = commands.poll();
      }
      boolean worked = step(connection, batches);
      if (!worked || System.nanoTime() - reportedNanos >= REPORT_NANOS) {
        reportedNanos = System.nanoTime();
        report.send();
      }
      if (!worked) {
        command = commands.poll(waitNanos(), TimeUnit.NANOSECONDS);
        if (command != null) {
          order(command, batches);
        }
      }
    }
    throw new InterruptedException();
  }

  /** Finds the tables and where each stands; what of that is new is to be kept. */
  private Map<String, @Nullable String> begin(
      Connection connection, ReadDialect dialect, Map<String, String> state) throws SQLException {
    Map<String, @Nullable String> keep = new HashMap<>();
    List<QueryTable> made = new ArrayList<>();
    for (Binding binding : bindings) {
      Table table =
          dialect
              .find(connection, binding.table())
              .orElseThrow(() -> new UnisonoException(ReadCheck.noTable(binding)));
      BeginningSearch.stopWhereChanged(binding, table, state);
      keep.put(BeginningSearch.TABLE + table.name(), BeginningSearch.columns(table));
      made.add(table(dialect, binding, table, state));
    }
    tables = TableOrder.parentsFirst(made, each -> each.snapshot().table());
    for (QueryTable table : tables) {
      bySnapshot.put(table.snapshot(), table);
      table.snapshot().differences(BeginningSearch.differences(table.snapshot()));
      Instant now = clock.instant();
      if (!table.snapshot().untouched()) {
        table.note(connection, now);
      }
      table.save(keep);
    }
    return keep;
  }

  private QueryTable table(
      ReadDialect dialect, Binding binding, Table table, Map<String, String> state) {
    SnapshotTable snapshot =
        new SnapshotTable(dialect, database.system(), binding, table, state, known);
    String named = binding.cursor();
    CursorReading cursor = null;
    if (named != null) {
      CursorColumn column =
          QueryCheck.cursor(dialect, binding, table, named, limits)
              .orElseThrow(() ->
                  new UnisonoException(QueryCheck.cursorUnfit(dialect, binding, table, named)));
      TableQueries queries = new TableQueries(dialect, database.system(), binding, table);
      cursor =
          new CursorReading(
              column,
              new CursorQueries(dialect, binding, queries, column),
              limits,
              binding.sync(),
              state);
    }
    return new QueryTable(snapshot, cursor, limits, state, known);
  }

  /** Polls first, then a chunk or a portion of a comparison; false where nothing was to be done. */
  private boolean step(Connection connection, QueryBatches batches)
      throws SQLException, InterruptedException {
    boolean more = false;
    for (QueryTable table : tables) {
      CursorReading polls = table.due();
      if (polls != null) {
        poll(connection, table, polls, batches);
        more |= polls.waitNanos() == 0;
      }
    }
    return (rate.waitNanos() <= 0 && readOn(connection, batches)) || more;
  }

  private void poll(
      Connection connection, QueryTable table, CursorReading polls, QueryBatches batches)
      throws SQLException, InterruptedException {
    Instant now = clock.instant();
    CursorReading.Page page = polls.read(connection, now);
    if (page.behind()) {
      table.repeat(table.setBack(), known.sequence());
    }
    for (Found found : page.rows()) {
      batches.row(table, Operation.REFRESH, found.row(), CursorColumn.time(found.cursor(), now));
    }
    batches.flush(table);
  }

  private boolean readOn(Connection connection, QueryBatches batches)
      throws SQLException, InterruptedException {
    Instant now = clock.instant();
    int most = rate.atOnce(limits.chunkRows());
    for (QueryTable table : tables) {
      if (!table.snapshot().done() && !table.snapshot().paused()) {
        chunk(connection, table, most, batches);
        return true;
      }
    }
    for (QueryTable table : tables) {
      table.compareWhereDue(known);
      List<Row> nulls = table.readNulls(connection, most);
      if (nulls != null) {
        nulls.forEach(row -> batches.row(table, Operation.REFRESH, row, now));
        batches.flush(table);
        rate.read(nulls.size());
        return true;
      }
    }
    ConsumerKeys.Asked asked = consumers.next(most);
    if (asked != null) {
      compare(connection, asked, batches);
    }
    return asked != null;
  }

  private void chunk(Connection connection, QueryTable table, int most, QueryBatches batches)
      throws SQLException, InterruptedException {
    Instant now = clock.instant();
    // What changes while it is read for the first time comes with the polls after that.
    table.note(connection, now);
    SnapshotTable.Chunk chunk = table.snapshot().read(connection, most);
    Operation operation = table.snapshot().operation();
    chunk.rows().forEach(row -> batches.row(table, operation, row, now));
    table.snapshot().emitted(chunk);
    batches.flush(table);
    rate.read(chunk.rows().size());
  }

  /** The keys are looked up after they were told: a row that came back since then is there. */
  private void compare(Connection connection, ConsumerKeys.Asked asked, QueryBatches batches)
      throws SQLException, InterruptedException {
    SnapshotTable snapshot = asked.table();
    QueryTable table = Objects.requireNonNull(bySnapshot.get(snapshot));
    Sweep.Portion portion =
        snapshot.compare(
            connection, asked.consumer(), asked.portion().keys(), asked.portion().place());
    Sweep sweep = snapshot.sweep();
    if (sweep != null && sweep.deleting()) {
      Instant now = clock.instant();
      for (Key key : new LinkedHashSet<>(portion.missing())) {
        batches.gone(table, key, now);
      }
    }
    snapshot.swept(portion, portion.missing().size());
    batches.flush(table);
    rate.read(portion.checked());
  }

  private long waitNanos() {
    long wait = REPORT_NANOS;
    for (QueryTable table : tables) {
      wait = Math.min(wait, table.waitNanos());
    }
    long reading = rate.waitNanos();
    return reading > 0 ? Math.min(wait, reading) : wait;
  }

  private @Nullable Problem warning() {
    return tables.stream()
        .map(QueryTable::warning)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** What failed because a table is not as it was passes with the next start. */
  private UnisonoException changed(Connection connection, SQLException failed) {
    boolean differs = false;
    try {
      ReadDialect dialect = database.dialect(connection, bindings);
      for (QueryTable table : tables) {
        Optional<Table> now = dialect.find(connection, table.binding().table());
        differs |= now.isEmpty() || !now.get().columns().equals(table.snapshot().table().columns());
      }
    } catch (SQLException gone) {
      differs = false;
    }
    return differs
        ? new UnisonoException(
            new Problem(
                "table-changed",
                ProblemType.TRANSIENT,
                "A table of " + database.system() + " is not as it was.",
                "systems." + database.system(),
                ""),
            failed)
        : database.failure("reading", failed);
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
    commands.add(command);
  }

  private static boolean meant(SnapshotCommand command, Binding binding) {
    return command.sync() == null || binding.sync().equals(command.sync());
  }

  private void order(SnapshotCommand command, QueryBatches batches) throws InterruptedException {
    for (QueryTable table : tables) {
      if (meant(command, table.binding())) {
        SnapshotTable snapshot = table.snapshot();
        switch (command.action()) {
          case PAUSE -> snapshot.pause(true);
          case RESUME -> snapshot.pause(false);
          case REPEAT -> {
            if (!snapshot.untouched()) { // Else it is about to be read for the first time.
              snapshot.repeat(Sweep.COMMAND, known.sequence());
            }
          }
          case REFRESH -> {
            if (snapshot.finished() || snapshot.comparing()) {
              snapshot.repeat(Sweep.REFRESH, known.sequence());
            }
          }
        }
        batches.flush(table);
      }
    }
  }

  @Override
  public void durable(long mark) {
    // Nothing is kept for us there.
  }

  @Override
  public void close() {
    closed = true;
    Connection connection = connected;
    if (connection != null) {
      database.abort(connection);
    }
  }
}
