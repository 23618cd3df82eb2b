package dev.unisono.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unisono.testkit.ServerProcess;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code snapshot}: how fast a table is read by its snapshot, what that costs the source database,
 * and those who work in it meanwhile: the same load runs with nobody reading, and while the
 * snapshot goes on. For one thread.
 */
final class SnapshotScenario implements Scenario {
  static final String NAME = "snapshot";
  static final List<String> CONTENDERS = List.of("alone", "unisono");

  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int WARM_UP_SECONDS = 3;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final long rows;
  private final int seconds;
  private @Nullable SourceDatabase source;
  private @Nullable TargetDatabase target;
  private int run;

  SnapshotScenario(Path folder, long rows, int seconds) {
    this.folder = folder;
    this.rows = rows;
    this.seconds = seconds;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "by name";
  }

  @Override
  public List<Ratio> ratios() {
    return List.of(new Ratio("unisono.transactions/s", "alone.transactions/s"));
  }

  @Override
  public void open() throws SQLException {
    SourceDatabase database = SourceDatabase.start();
    source = database;
    ItemTable.create(database.connection());
    ClosedLoad.prepare(database.connection());
    database.execute(
        "INSERT INTO public.item SELECT i, 'Name ' || i, 'name' || i || '@example.com', 'DE', i,"
            + " now() FROM generate_series((SELECT max(id) + 1 FROM public.item), "
            + rows
            + ") i");
    database.execute("CREATE PUBLICATION " + SourceDatabase.PUBLICATION + " FOR TABLE public.item");
    database.execute("VACUUM ANALYZE public.item");
    database.execute("CHECKPOINT");
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
    Map<String, String> conditions = new LinkedHashMap<>(Conditions.postgres(source().server()));
    conditions.put(
        "load",
        ClosedLoad.describe() + ", " + seconds + " s after " + WARM_UP_SECONDS + " s to warm up");
    conditions.put(
        "first",
        seconds + " s without the load: rows/s, and the processor time of the source server");
    conditions.put("table", rows + " rows of six columns; the snapshot lasts longer than the load");
    conditions.put(
        "all parts",
        "one machine: the target and who reads take processor time from the load, too");
    return conditions;
  }

  @Override
  public Run run(String contender) throws SQLException, InterruptedException {
    Path runFolder = folder.resolve(NAME + "-" + ++run);
    if (contender.equals("alone")) {
      ClosedLoad load = new ClosedLoad(source().server(), folder);
      load.run(WARM_UP_SECONDS);
      return new Run(Map.of("transactions/s", perSecond(load.run(seconds))), 0, 0);
    }
    String database = target().create();
    try (Connection written = target().server().connect(database)) {
      ItemTable.create(written);
      ServerConfig config =
          new ServerConfig(
              runFolder,
              source().server(),
              target().server(),
              database,
              "updated_at: { type: string, format: date-time }",
              false,
              Variant.of(contender));
      try (ServerProcess server = config.start()) {
        server.awaitLive(LIMIT);
        return measure(server);
      } finally {
        source().dropSlot(ServerConfig.SLOT);
      }
    } finally {
      target().drop(database);
    }
  }

  private Run measure(ServerProcess server) throws SQLException, InterruptedException {
    Deadline.in(LIMIT).await("the snapshot has begun", 20, () -> rowsRead(server) > 0);
    TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
    ProcessUse before = ProcessUse.of(server.processId());
    Duration serverBefore = ServerUse.of(source().server());
    long quietNanos = System.nanoTime();
    long quietBefore = rowsRead(server);
    TimeUnit.SECONDS.sleep(seconds);
    long quietRows = rowsRead(server) - quietBefore;
    double quietSeconds = (System.nanoTime() - quietNanos) / 1e9;
    Duration quietServer = ServerUse.of(source().server()).minus(serverBefore);
    ProcessUse after = ProcessUse.of(server.processId());
    ClosedLoad load = new ClosedLoad(source().server(), folder);
    load.run(WARM_UP_SECONDS);
    long rowsBefore = rowsRead(server);
    ClosedLoad.Done done = load.run(seconds);
    long rowsAfter = rowsRead(server);
    if (rowsAfter >= rows) {
      throw new BenchFailure("the snapshot has ended before the load: choose more --rows");
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("rows/s", quietRows / quietSeconds);
    values.put("server-µs/row", quietServer.toNanos() / 1e3 / Math.max(1, quietRows));
    values.put("server-cores", quietServer.toNanos() / 1e9 / quietSeconds);
    values.put("transactions/s", perSecond(done));
    values.put("rows/s-under-load", (rowsAfter - rowsBefore) / done.seconds());
    return new Run(values, after.cpuSecondsSince(before), after.peakMemoryBytes());
  }

  private static double perSecond(ClosedLoad.Done done) {
    return done.transactions() / done.seconds();
  }

  private static long rowsRead(ServerProcess server) throws InterruptedException {
    try {
      return JSON.readTree(server.send(server.request("/v1/admin/status").build()).body())
          .at("/sources/0/tables/0/rowsRead")
          .asLong();
    } catch (JsonProcessingException broken) {
      throw new BenchFailure("the server's status is no JSON", broken);
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
