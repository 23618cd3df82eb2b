package dev.unisono.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
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
 * {@code latency}: how long after the moment its commit was due a change is there, under a steady
 * load of small transactions: at a client of the event stream and in the target's row, or at the
 * peer's handler. For one thread.
 */
final class LatencyScenario implements Scenario {
  static final String NAME = "latency";
  static final List<String> CONTENDERS = List.of("unisono", "debezium-default", "debezium-tuned");

  /** The first compiles and connects; it is not what is asked for. */
  private static final int WARM_UP_SECONDS = 20;

  private static final String SLOT = "debezium_bench";
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private final Path folder;
  private final int perSecond;
  private final int seconds;
  private final InstantSource clock;
  private @Nullable SourceDatabase source;
  private @Nullable TargetDatabase target;
  private int run;

  LatencyScenario(Path folder, int perSecond, int seconds, InstantSource clock) {
    this.folder = folder;
    this.perSecond = perSecond;
    this.seconds = seconds;
    this.clock = clock;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "ms";
  }

  @Override
  public List<Ratio> ratios() {
    List<Ratio> ratios = new ArrayList<>();
    for (String peer : List.of("debezium-default", "debezium-tuned")) {
      for (String value : List.of("p50", "p99", "max")) {
        ratios.add(new Ratio("unisono." + value, peer + "." + value));
      }
    }
    return ratios;
  }

  @Override
  public void open() throws SQLException {
    SourceDatabase database = SourceDatabase.start();
    source = database;
    createTable(database.connection());
    database.execute("CREATE PUBLICATION " + SourceDatabase.PUBLICATION + " FOR TABLE public.item");
    target = TargetDatabase.start();
  }

  private static void createTable(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE TABLE public.item (
            id bigint PRIMARY KEY, name text, email text, country text,
            balance numeric(12,2), due bigint)
          """);
    }
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
        perSecond
            + " transactions of one insert a second for "
            + seconds
            + " s, after "
            + WARM_UP_SECONDS
            + " s to warm up; open loop");
    conditions.put(
        "measured",
        "from the moment the commit was due (so the commit itself is in it) to the client or"
            + " handler; commit: to the commit's return; row: to the target's commit timestamp");
    conditions.put("all parts", "one machine, TCP over loopback");
    conditions.put("processor time", "of the contender's process over the load, warm-up included");
    return conditions;
  }

  private int transactions() {
    return perSecond * (WARM_UP_SECONDS + seconds);
  }

  private int firstMeasured() {
    return perSecond * WARM_UP_SECONDS + 1;
  }

  @Override
  public Run run(String contender) throws SQLException, InterruptedException {
    Path runFolder = folder.resolve(NAME + "-" + ++run);
    source().execute("TRUNCATE public.item");
    Variant variant = Variant.of(contender);
    return variant.contender().equals("unisono")
        ? runUnisono(runFolder, variant)
        : runDebezium(runFolder, "listen-" + contender);
  }

  private Run runUnisono(Path runFolder, Variant variant)
      throws SQLException, InterruptedException {
    String database = target().create();
    try (Connection written = target().server().connect(database)) {
      createTable(written);
      ServerConfig config =
          new ServerConfig(
              runFolder,
              source().server(),
              target().server(),
              database,
              "due: { type: integer }",
              true,
              variant);
      try (ServerProcess server = config.start()) {
        server.awaitReady(START_LIMIT, () -> false);
        Map<String, String> parameters = measured();
        parameters.put("url", server.api() + "/v1/changes/items");
        parameters.put("token", server.tokenFile().toString());
        try (ChildProcess client =
            ChildProcess.start(runFolder.resolve("client.log"), "listen-sse", parameters)) {
          Run run = load(client, server.processId());
          run.values().putAll(rows(written));
          return run;
        }
      } finally {
        source().dropSlot(ServerConfig.SLOT);
      }
    } finally {
      target().drop(database);
    }
  }

  private Run runDebezium(Path runFolder, String kind) throws SQLException, InterruptedException {
    source().createSlot(SLOT);
    Map<String, String> parameters = source().parameters(SLOT);
    parameters.putAll(measured());
    parameters.put("offsets", runFolder + ".offsets");
    try (ChildProcess child = ChildProcess.start(Path.of(runFolder + ".log"), kind, parameters)) {
      Deadline.in(START_LIMIT)
          .await(
              "the engine reads the slot", 20, () -> child.alive() && source().readerOf(SLOT) != 0);
      return load(child, child.processId());
    } finally {
      source().dropSlot(SLOT);
    }
  }

  private Map<String, String> measured() {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("first", Integer.toString(firstMeasured()));
    parameters.put("measured", Integer.toString(perSecond * seconds));
    return parameters;
  }

  private Run load(ChildProcess listener, long processId)
      throws SQLException, InterruptedException {
    listener.awaitReady(LIMIT);
    ProcessUse before = ProcessUse.of(processId);
    Samples commits =
        new OpenLoad(source().server(), SourceDatabase.DATABASE, clock)
            .run(transactions(), firstMeasured(), perSecond);
    ProcessUse after = ProcessUse.of(processId);
    JsonNode arrived = listener.awaitResult(LIMIT);
    Map<String, Double> values = new LinkedHashMap<>();
    for (String name : List.of("p50", "p99", "max")) {
      values.put(name, arrived.get(name).doubleValue());
    }
    values.put("commit.p50", commits.percentile(50));
    values.put("commit.p99", commits.percentile(99));
    return new Run(values, after.cpuSecondsSince(before), after.peakMemoryBytes());
  }

  /** How long after their due moment the rows were committed in the target. */
  private Map<String, Double> rows(Connection written) throws SQLException, InterruptedException {
    List<Double> millis = new ArrayList<>();
    Deadline.in(LIMIT)
        .await(
            "all rows are in the target",
            20,
            () -> {
              millis.clear();
              try (Statement statement = written.createStatement();
                  ResultSet row =
                      statement.executeQuery(
                          "SELECT (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint"
                              + " - due FROM public.item WHERE id >= "
                              + firstMeasured())) {
                while (row.next()) {
                  millis.add(row.getLong(1) / 1e3);
                }
              }
              return millis.size() == perSecond * seconds;
            });
    Samples samples = Samples.of(millis);
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("row.p50", samples.percentile(50));
    values.put("row.p99", samples.percentile(99));
    values.put("row.max", samples.max());
    return values;
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
