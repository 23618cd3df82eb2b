package dev.unisono.bench;

import dev.unisono.testkit.ServerProcess;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code pipeline}: how fast a backlog gets from one PostgreSQL into another. A contender is up and
 * live first, seen by a row that goes all the way; then the server's sending is held up, the
 * backlog is made, the clock starts as the sending goes on, and stops with the commit that makes
 * the target equal. For one thread.
 */
final class PipelineScenario implements Scenario {
  static final String NAME = "pipeline";
  static final List<String> CONTENDERS =
      List.of(
          "unisono",
          "unisono-socket",
          "unisono-with-records",
          "debezium-jdbc",
          "target-alone",
          CleanMirror.PLAIN,
          CleanMirror.CLEAN,
          CleanMirror.UNIQUE);

  private static final String SLOT = "debezium_bench";
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private final Path folder;
  private final long changes;
  private final InstantSource clock;
  private @Nullable SourceDatabase source;
  private @Nullable TargetDatabase target;
  private int run;

  PipelineScenario(Path folder, long changes, InstantSource clock) {
    this.folder = folder;
    this.changes = changes;
    this.clock = clock;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "changes/s";
  }

  @Override
  public List<Ratio> ratios() {
    return List.of(
        new Ratio("unisono", "debezium-jdbc"),
        new Ratio("unisono-socket", "unisono"),
        new Ratio("unisono-with-records", "debezium-jdbc"),
        new Ratio("unisono", "target-alone"),
        new Ratio(CleanMirror.CLEAN, CleanMirror.PLAIN, true),
        new Ratio(CleanMirror.UNIQUE, CleanMirror.PLAIN, true));
  }

  @Override
  public void open() throws SQLException {
    SourceDatabase database = SourceDatabase.start();
    source = database;
    ItemTable.create(database.connection());
    database.execute("CREATE PUBLICATION " + SourceDatabase.PUBLICATION + " FOR TABLE public.item");
    target = TargetDatabase.start();
  }

  private SourceDatabase source() {
    if (source == null) {
      throw new IllegalStateException("not open");
    }
    return source;
  }

  private TargetDatabase target() {
    if (target == null) {
      throw new IllegalStateException("not open");
    }
    return target;
  }

  @Override
  public Map<String, String> conditions() throws SQLException {
    Map<String, String> conditions = new LinkedHashMap<>(Conditions.postgres(target().server()));
    long inserts = ItemTable.inserts(changes);
    conditions.put(
        "backlog",
        inserts
            + " inserts and "
            + (changes - inserts)
            + " updates of a row of six columns (ten of mirror-*), transactions of "
            + ItemTable.TRANSACTION_CHANGES);
    conditions.put("mirror-plain, -clean, -unique", CleanMirror.CONDITION);
    conditions.put("all parts", "one machine, TCP over loopback; -socket: Unix sockets");
    conditions.put("processor time", "of the contender's process, the databases' not counted");
    return conditions;
  }

  @Override
  public Run run(String contender) throws SQLException, InterruptedException {
    Path runFolder = folder.resolve(NAME + "-" + ++run);
    source().execute("TRUNCATE public.item");
    String database = target().create();
    try (Connection written = target().server().connect(database)) {
      ItemTable.create(written);
      return switch (contender) {
        case "debezium-jdbc" -> runDebezium(runFolder, database, written);
        case "target-alone" -> runTargetAlone(written);
        case CleanMirror.PLAIN, CleanMirror.CLEAN, CleanMirror.UNIQUE ->
            runMirror(runFolder, database, written, contender);
        default -> runUnisono(runFolder, database, written, Variant.of(contender));
      };
    } finally {
      target().drop(database);
    }
  }

  private Run runUnisono(Path runFolder, String database, Connection written, Variant variant)
      throws SQLException, InterruptedException {
    ServerConfig config =
        new ServerConfig(
            runFolder,
            source().server(),
            target().server(),
            database,
            "updated_at: { type: string, format: date-time }",
            variant.contender().equals("unisono-with-records"),
            variant);
    try (ServerProcess server = config.start()) {
      server.awaitReady(START_LIMIT, () -> false);
      return measure(ServerConfig.SLOT, server.processId(), server::alive, written);
    } finally {
      source().dropSlot(ServerConfig.SLOT);
    }
  }

  /** The source's table has more columns for the time of the run. */
  private Run runMirror(Path runFolder, String database, Connection written, String contender)
      throws SQLException, InterruptedException {
    CleanMirror.widen(written);
    CleanMirror.widen(source().connection());
    ServerConfig config =
        new ServerConfig(
            runFolder,
            source().server(),
            target().server(),
            database,
            false,
            Variant.of(contender),
            CleanMirror.entity(contender));
    try (ServerProcess server = config.start()) {
      server.awaitReady(START_LIMIT, () -> false);
      return measure(ServerConfig.SLOT, server.processId(), server::alive, written);
    } finally {
      source().dropSlot(ServerConfig.SLOT);
      CleanMirror.narrow(source().connection());
    }
  }

  private Run runDebezium(Path runFolder, String database, Connection written)
      throws SQLException, InterruptedException {
    source().createSlot(SLOT);
    Map<String, String> parameters = source().parameters(SLOT);
    parameters.put("target", target().server().jdbcUrl(database));
    parameters.put("offsets", runFolder + ".offsets");
    try (ChildProcess child =
        ChildProcess.start(Path.of(runFolder + ".log"), "apply-debezium", parameters)) {
      return measure(SLOT, child.processId(), child::alive, written);
    } finally {
      source().dropSlot(SLOT);
    }
  }

  /** The same images by COPY and merge: what the target could take if nothing came before it. */
  private Run runTargetAlone(Connection written) throws SQLException {
    ItemTable.makeBacklog(source().connection(), changes);
    ProcessUse before = ProcessUse.of(ProcessHandle.current().pid());
    double seconds = new CopyMerge(source().connection(), written).run(changes);
    String expected = ItemTable.fingerprint(source().connection());
    if (!ItemTable.fingerprint(written).equals(expected)) {
      throw new BenchFailure("the target is not equal after the merge");
    }
    ProcessUse after = ProcessUse.of(ProcessHandle.current().pid());
    return new Run(Map.of("", changes / seconds), after.cpuSecondsSince(before), 0);
  }

  private Run measure(String slot, long processId, BooleanSupplier alive, Connection written)
      throws SQLException, InterruptedException {
    awaitLive(alive, written);
    long startMicros;
    ProcessUse before;
    String expected;
    try (SourceDatabase.Halt halt = source().new Halt(slot)) {
      ItemTable.makeBacklog(source().connection(), changes);
      expected = ItemTable.fingerprint(source().connection());
      before = ProcessUse.of(processId);
      startMicros = Arrivals.micros(clock.instant());
      halt.end();
    }
    long inserts = ItemTable.inserts(changes);
    Deadline deadline = Deadline.in(LIMIT);
    deadline.await(
        "the target has a row of the last transaction",
        20,
        () -> running(alive) && hasLastUpdate(written));
    deadline.await(
        "the target is equal",
        20,
        () -> running(alive) && ItemTable.fingerprint(written).equals(expected));
    ProcessUse after = ProcessUse.of(processId);
    double seconds = (TargetDatabase.lastCommitMicros(written) - startMicros) / 1e6;
    if (!expected.startsWith(inserts + " ")) {
      throw new BenchFailure("the source has other rows than made: " + expected);
    }
    return new Run(
        Map.of("", changes / seconds), after.cpuSecondsSince(before), after.peakMemoryBytes());
  }

  /** A row comes to the target, and goes again. */
  private void awaitLive(BooleanSupplier alive, Connection written)
      throws SQLException, InterruptedException {
    source()
        .execute(
            "INSERT INTO public.item (id, name, email, country, balance)"
                + " VALUES (0, 'probe', 'probe@example.com', 'DE', 0)");
    Deadline deadline = Deadline.in(START_LIMIT);
    deadline.await("a row comes to the target", 20, () -> running(alive) && count(written) == 1);
    source().execute("DELETE FROM public.item");
    deadline.await("a row goes from the target", 20, () -> running(alive) && count(written) == 0);
  }

  private static boolean running(BooleanSupplier alive) {
    if (!alive.getAsBoolean()) {
      throw new BenchFailure("the contender has ended");
    }
    return true;
  }

  private static long count(Connection written) throws SQLException {
    return number(written, "SELECT count(*) FROM public.item");
  }

  /** Cheap to ask often: one row by its key. */
  private boolean hasLastUpdate(Connection written) throws SQLException {
    return number(
            written,
            "SELECT count(*) FROM public.item WHERE name LIKE 'Renamed %' AND id = "
                + ItemTable.lastUpdated(changes))
        == 1;
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  @Override
  public void close() {
    if (target != null) {
      target.close();
      target = null;
    }
    if (source != null) {
      source.close();
      source = null;
    }
  }
}
