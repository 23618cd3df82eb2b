package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import java.nio.file.Path;
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
 * {@code members}: three PostgreSQL databases that all write the same records, or two of them: how
 * long after its commit an edit is in the others' rows, under a steady load, and how many edits a
 * second of all are in unison again. For one thread.
 */
final class MembersScenario implements Scenario {
  static final String NAME = "members";
  private static final String THREE = "unisono";
  private static final String TWO = "unisono-two";
  private static final String PEER = "symmetricds-two";
  private static final String PEER_TUNED = "symmetricds-two-tuned";
  static final List<String> CONTENDERS = List.of(THREE, TWO, PEER, PEER_TUNED);

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
    return List.of(
        new Ratio(THREE + ".row.p99", "30"),
        new Ratio(TWO, PEER),
        new Ratio(TWO, PEER_TUNED),
        new Ratio(TWO + ".row.p99", PEER + ".row.p99"),
        new Ratio(TWO + ".row.p99", PEER_TUNED + ".row.p99"));
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
            + " records, each by one of the members, "
            + EDITS_AT_ONCE
            + " in a transaction, as fast as the members take them; until all hold all of it");
    conditions.put("all parts", "three servers and Unisono on one machine, TCP over loopback");
    return conditions;
  }

  @Override
  public Run run(String contender) throws SQLException, InterruptedException {
    Path runFolder = folder.resolve(NAME + "-" + ++run);
    String database = "run_" + run;
    List<String> members = contender.equals(THREE) ? MEMBERS : MEMBERS.subList(0, 2);
    for (String member : members) {
      server(member).createDatabase(database);
      execute(
          member,
          database,
          "CREATE TABLE public.item (id bigint PRIMARY KEY, name text, email text, country text,"
              + " balance numeric(12,2), due bigint)");
    }
    try (MemberKeeper keeper = start(contender, runFolder, database, members)) {
      keeper.awaitReady(LIMIT);
      execute(
          MEMBERS.getFirst(),
          database,
          "INSERT INTO public.item SELECT "
              + FIRST_RECORD
              + " + i, 'Ada', 'ada@example.com', 'GB', 0, 0 FROM generate_series(1, "
              + RECORDS
              + ") i");
      await(members, database, "all hold the records", "count(*)", RECORDS);
      ProcessUse before = ProcessUse.of(keeper.processId());
      Map<String, Double> values = steady(members, database);
      values.put("", edit(members, database));
      ProcessUse after = ProcessUse.of(keeper.processId());
      return new Run(values, after.cpuSecondsSince(before), after.peakMemoryBytes());
    }
  }

  private MemberKeeper start(
      String contender, Path runFolder, String database, List<String> members) {
    Map<String, PostgresServer> all = new LinkedHashMap<>();
    members.forEach(member -> all.put(member, server(member)));
    return switch (contender) {
      case PEER, PEER_TUNED ->
          SymmetricNodes.start(
              runFolder,
              database,
              List.copyOf(all.values()),
              contender.equals(PEER) ? SymmetricNodes.Tuning.DEFAULT : SymmetricNodes.Tuning.TUNED);
      default -> UnisonoMembers.start(runFolder, database, all);
    };
  }

  private void execute(String member, String database, String sql) throws SQLException {
    try (Connection connection = server(member).connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void await(List<String> members, String database, String what, String count, long wanted)
      throws SQLException, InterruptedException {
    for (String member : members) {
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
  private Map<String, Double> steady(List<String> members, String database)
      throws SQLException, InterruptedException {
    int inserted = perSecond * (WARM_UP_SECONDS + seconds);
    int first = perSecond * WARM_UP_SECONDS + 1;
    new OpenLoad(server(MEMBERS.getFirst()), database, clock).run(inserted, first, perSecond);
    await(members, database, "all rows are there", "count(*)", RECORDS + inserted);
    List<Double> millis = new ArrayList<>();
    for (String member : members.subList(1, members.size())) {
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
  private double edit(List<String> members, String database)
      throws SQLException, InterruptedException {
    long began = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(members.size())) {
      List<Future<?>> parts = new ArrayList<>();
      for (int i = 0; i < members.size(); i++) {
        int part = i;
        parts.add(
            threads.submit(() -> {
              edit(members, database, part);
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
        members,
        database,
        "all members hold all edits",
        "count(*) FILTER (WHERE balance = " + rounds + ")",
        RECORDS);
    return (double) rounds * RECORDS / ((System.nanoTime() - began) / 1e9);
  }

  private void edit(List<String> members, String database, int part) throws SQLException {
    try (Connection connection = server(members.get(part)).connect(database);
        PreparedStatement update =
            connection.prepareStatement("UPDATE public.item SET balance = ? WHERE id = ?")) {
      connection.setAutoCommit(false);
      int waiting = 0;
      for (int round = 1; round <= rounds; round++) {
        for (int record = 1 + part; record <= RECORDS; record += members.size()) {
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
