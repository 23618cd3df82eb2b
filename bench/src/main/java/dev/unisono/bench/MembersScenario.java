package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * {@code members}: three PostgreSQL databases that all write the same records: how long after its
 * commit an edit is in the others' rows, under a steady load, and how many edits a second of all
 * three are in unison again. For one thread.
 */
final class MembersScenario implements Scenario {
  static final String NAME = "members";
  static final List<String> CONTENDERS = List.of("unisono");

  private static final List<String> MEMBERS = List.of("crm", "billing", "shop");
  private static final int WARM_UP_SECONDS = 20;
  private static final int RECORDS = 30_000;

  /** Theirs begin behind all that the steady load inserts. */
  private static final int FIRST_RECORD = 10_000_000;

  private static final int EDITS_AT_ONCE = 100;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Path folder;
  private final int perSecond;
  private final int seconds;
  private final int rounds;
  private final InstantSource clock;
  private final Map<String, PostgresServer> servers = new LinkedHashMap<>();
  private int run;

  /**
   * @param edits how many are made as fast as can be, about
   */
  MembersScenario(Path folder, int perSecond, int seconds, long edits, InstantSource clock) {
    this.folder = folder;
    this.perSecond = perSecond;
    this.seconds = seconds;
    this.rounds = (int) Math.max(1, edits / RECORDS);
    this.clock = clock;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "edits/s, ms";
  }

  @Override
  public List<Ratio> ratios() {
    return List.of(new Ratio("unisono.row.p99", "30"));
  }

  @Override
  public void open() throws SQLException {
    Map<String, String> settings = new HashMap<>(SourceDatabase.SETTINGS);
    settings.put("track_commit_timestamp", "on");
    settings.put("shared_buffers", "128MB");
    for (String member : MEMBERS) {
      servers.put(member, PostgresServer.withSocket(settings));
    }
  }

  private PostgresServer server(String member) {
    PostgresServer server = servers.get(member);
    if (server == null) {
      throw new IllegalStateException("not open");
    }
    return server;
  }

  @Override
  public Map<String, String> conditions() throws SQLException {
    Map<String, String> conditions =
        new LinkedHashMap<>(Conditions.postgres(server(MEMBERS.getFirst())));
    conditions.put(
        "row",
        perSecond
            + " transactions of one insert a second into one member for "
            + seconds
            + " s, after "
            + WARM_UP_SECONDS
            + " s to warm up; open loop; from the moment the commit was due to the commit timestamp"
            + " of the row in each of the others");
    conditions.put(
        "edits",
        rounds * RECORDS
            + " updates of "
            + RECORDS
            + " records, a third by each member, "
            + EDITS_AT_ONCE
            + " in a transaction, as fast as the members take them; until all hold all of it");
    conditions.put("all parts", "three servers and Unisono on one machine, TCP over loopback");
    return conditions;
  }

  @Override
  public Run run(String contender) throws SQLException, InterruptedException {
    Path runFolder = folder.resolve(NAME + "-" + ++run);
    String database = "run_" + run;
    for (String member : MEMBERS) {
      server(member).createDatabase(database);
      execute(
          member,
          database,
          "CREATE TABLE public.item (id bigint PRIMARY KEY, name text, email text, country text,"
              + " balance numeric(12,2), due bigint)");
    }
    execute(
        MEMBERS.getFirst(),
        database,
        "INSERT INTO public.item SELECT "
            + FIRST_RECORD
            + " + i, 'Ada', 'ada@example.com', 'GB', 0, 0 FROM generate_series(1, "
            + RECORDS
            + ") i");
    try (ServerProcess server = start(runFolder, database)) {
      server.awaitReady(LIMIT, () -> false);
      await(database, "all hold the records", "count(*)", RECORDS);
      ProcessUse before = ProcessUse.of(server.processId());
      Map<String, Double> values = steady(database);
      values.put("", edit(database));
      ProcessUse after = ProcessUse.of(server.processId());
      return new Run(values, after.cpuSecondsSince(before), after.peakMemoryBytes());
    }
  }

  private ServerProcess start(Path runFolder, String database) {
    int port = ServerProcess.freePort();
    StringBuilder systems = new StringBuilder();
    StringBuilder members = new StringBuilder();
    Path config = runFolder.resolve("unisono.yaml");
    try {
      Files.createDirectories(runFolder);
      for (String member : MEMBERS) {
        Path password = runFolder.resolve("password-" + member);
        Files.createFile(
            password,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(password, server(member).password());
        systems.append(
            "  %s: { connector: postgres, url: \"%s\", user: %s, password: \"${file:%s}\" }\n"
                .formatted(
                    member, server(member).jdbcUrl(database), server(member).user(), password));
        members.append(
            "      - { system: %s, table: public.item, direction: both }\n".formatted(member));
      }
      Files.writeString(
          config,
          """
          server: { host: 127.0.0.1, port: %d }
          state: { folder: "%s" }
          systems:
          %sentities:
            item:
              plural: items
              key: id
              schema:
                properties:
                  id:      { type: integer }
                  name:    { type: string, maxLength: 200 }
                  email:   { type: string }
                  country: { type: string }
                  balance: { type: number }
                  due:     { type: integer }
          syncs:
            items:
              entity: item
              first-load: live
              members:
          %s\
          """
              .formatted(port, runFolder.resolve("state"), systems, members));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return ServerProcess.start(
        ServerProcess.projectFolder(),
        config,
        port,
        runFolder.resolve("state"),
        runFolder.resolve("server.log"),
        ChildProcess.JVM_OPTIONS);
  }

  private void execute(String member, String database, String sql) throws SQLException {
    try (Connection connection = server(member).connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void await(String database, String what, String count, long wanted)
      throws SQLException, InterruptedException {
    for (String member : MEMBERS) {
      try (Connection connection = server(member).connect(database);
          PreparedStatement select =
              connection.prepareStatement("SELECT " + count + " FROM public.item")) {
        Deadline.in(LIMIT)
            .await(
                what,
                20,
                () -> {
                  try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return row.getLong(1) == wanted;
                  }
                });
      }
    }
  }

  /** How long after their due moment rows of one member were committed in the others. */
  private Map<String, Double> steady(String database) throws SQLException, InterruptedException {
    int inserted = perSecond * (WARM_UP_SECONDS + seconds);
    int first = perSecond * WARM_UP_SECONDS + 1;
    new OpenLoad(server(MEMBERS.getFirst()), database, clock).run(inserted, first, perSecond);
    await(database, "all rows are there", "count(*)", RECORDS + inserted);
    List<Double> millis = new ArrayList<>();
    for (String member : MEMBERS.subList(1, MEMBERS.size())) {
      try (Connection connection = server(member).connect(database);
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint"
                      + " - due FROM public.item WHERE id BETWEEN "
                      + first
                      + " AND "
                      + inserted)) {
        while (row.next()) {
          millis.add(row.getLong(1) / 1e3);
        }
      }
    }
    Samples samples = Samples.of(millis);
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("row.p50", samples.percentile(50));
    values.put("row.p99", samples.percentile(99));
    values.put("row.max", samples.max());
    return values;
  }

  /** Edits a second of all members, until all hold all of it. */
  private double edit(String database) throws SQLException, InterruptedException {
    long began = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(MEMBERS.size())) {
      List<Future<?>> parts = new ArrayList<>();
      for (int i = 0; i < MEMBERS.size(); i++) {
        int part = i;
        parts.add(
            threads.submit(() -> {
              edit(database, part);
              return null;
            }));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } catch (ExecutionException failed) {
      throw new BenchFailure("the members cannot be edited", failed.getCause());
    }
    await(
        database,
        "all members hold all edits",
        "count(*) FILTER (WHERE balance = " + rounds + ")",
        RECORDS);
    return (double) rounds * RECORDS / ((System.nanoTime() - began) / 1e9);
  }

  private void edit(String database, int part) throws SQLException {
    try (Connection connection = server(MEMBERS.get(part)).connect(database);
        PreparedStatement update =
            connection.prepareStatement("UPDATE public.item SET balance = ? WHERE id = ?")) {
      connection.setAutoCommit(false);
      int waiting = 0;
      for (int round = 1; round <= rounds; round++) {
        for (int record = 1 + part; record <= RECORDS; record += MEMBERS.size()) {
          update.setInt(1, round);
          update.setLong(2, FIRST_RECORD + record);
          update.addBatch();
          if (++waiting == EDITS_AT_ONCE) {
            update.executeBatch();
            connection.commit();
            waiting = 0;
          }
        }
      }
      update.executeBatch();
      connection.commit();
    }
  }

  @Override
  public void close() {
    servers.values().forEach(PostgresServer::close);
    servers.clear();
  }
}
