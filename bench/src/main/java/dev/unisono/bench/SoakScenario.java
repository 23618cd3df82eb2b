package dev.unisono.bench;

import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code soak}: many rows through a small heap. They are made in tenths while the server reads;
 * what a row costs and what memory is held is noted for each tenth, so that anything which grows
 * with the number of rows shows. For one thread.
 */
final class SoakScenario implements Scenario {
  static final String NAME = "soak";
  static final List<String> CONTENDERS = List.of("unisono", "unisono-with-records");

  private static final List<String> SMALL_HEAP = List.of("-Xms512m", "-Xmx512m");
  private static final int PARTS = 10;

  /** The first part compiles; the second is what the last is compared to. */
  private static final int EARLY = 2;

  private static final Duration LIMIT = Duration.ofMinutes(15);
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private final Path folder;
  private final long rows;
  private final InstantSource clock;
  private @Nullable SourceDatabase source;
  private @Nullable TargetDatabase target;
  private int run;

  SoakScenario(Path folder, long rows, InstantSource clock) {
    this.folder = folder;
    this.rows = rows;
    this.clock = clock;
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
    List<Ratio> ratios = new ArrayList<>();
    for (String contender : CONTENDERS) {
      for (String value : List.of("CPU-µs/row", "resident-MiB")) {
        ratios.add(
            new Ratio(contender + "." + value + ".last", contender + "." + value + ".early"));
      }
    }
    return ratios;
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
    conditions.put("contender JVM", String.join(" ", SMALL_HEAP));
    conditions.put(
        "load",
        rows
            + " inserts of a row of six columns in transactions of "
            + ItemTable.TRANSACTION_CHANGES
            + ", a tenth at a time, the next as soon as the one before is in the target");
    conditions.put("early, last", "the second tenth and the last; the first compiles");
    conditions.put("resident", "the server's process at the end of that tenth, not only its heap");
    return conditions;
  }

  @Override
  public Run run(String contender) throws SQLException, InterruptedException {
    Path runFolder = folder.resolve(NAME + "-" + ++run);
    source().execute("TRUNCATE public.item");
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
              Variant.of(contender).contender().equals("unisono-with-records"),
              Variant.of(contender));
      try (ServerProcess server = config.start(SMALL_HEAP)) {
        server.awaitReady(START_LIMIT, () -> false);
        return soak(server, written);
      } finally {
        source().dropSlot(ServerConfig.SLOT);
      }
    } finally {
      target().drop(database);
    }
  }

  private Run soak(ServerProcess server, Connection written)
      throws SQLException, InterruptedException {
    long partRows = rows / PARTS / ItemTable.TRANSACTION_CHANGES * ItemTable.TRANSACTION_CHANGES;
    Map<String, Double> values = new LinkedHashMap<>();
    ProcessUse start = ProcessUse.of(server.processId());
    long startMicros = Arrivals.micros(clock.instant());
    for (int part = 1; part <= PARTS; part++) {
      ProcessUse before = ProcessUse.of(server.processId());
      long last = part * partRows;
      ItemTable.insert(source().connection(), last - partRows, partRows);
      Deadline.in(LIMIT)
          .await("the target has row " + last, 50, () -> alive(server) && has(written, last));
      if (part == EARLY || part == PARTS) {
        String when = part == EARLY ? "early" : "last";
        double cpuSeconds = ProcessUse.of(server.processId()).cpuSecondsSince(before);
        values.put("CPU-µs/row." + when, cpuSeconds * 1e6 / partRows);
        values.put("resident-MiB." + when, residentMebibytes(server.processId()));
      }
    }
    // Lanes write beside each other: the last row may be there before others are.
    Deadline.in(LIMIT)
        .await(
            "the target is equal",
            500,
            () ->
                alive(server)
                    && ItemTable.fingerprint(written)
                        .equals(ItemTable.fingerprint(source().connection())));
    double seconds = (TargetDatabase.lastCommitMicros(written) - startMicros) / 1e6;
    values.put("rows/s", PARTS * partRows / seconds);
    ProcessUse end = ProcessUse.of(server.processId());
    return new Run(values, end.cpuSecondsSince(start), end.peakMemoryBytes());
  }

  private static boolean alive(ServerProcess server) {
    if (!server.alive()) {
      throw new BenchFailure("the server has ended");
    }
    return true;
  }

  private static boolean has(Connection written, long id) throws SQLException {
    try (Statement statement = written.createStatement();
        ResultSet row = statement.executeQuery("SELECT 1 FROM public.item WHERE id = " + id)) {
      return row.next();
    }
  }

  private static double residentMebibytes(long processId) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", Long.toString(processId), "status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
        }
      }
      return 0;
    } catch (IOException notLinux) {
      return 0;
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
