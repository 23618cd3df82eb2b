package dev.unisono.bench;

import dev.unisono.testkit.ServerProcess;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code source-load}: what being read costs a source database. The same load runs against it with
 * nobody reading, and with each contender reading it live: how many transactions a second it does,
 * what processor time the server takes for each, and how much of that is the walsender's. For one
 * thread.
 */
final class SourceLoadScenario implements Scenario {
  static final String NAME = "source-load";
  static final List<String> CONTENDERS = List.of("alone", "unisono", "debezium-jdbc");

  private static final String SLOT = "debezium_bench";
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int WARM_UP_SECONDS = 5;

  private final Path folder;
  private final int seconds;
  private @Nullable SourceDatabase source;
  private @Nullable TargetDatabase target;
  private int run;

  SourceLoadScenario(Path folder, int seconds) {
    this.folder = folder;
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
    List<Ratio> ratios = new ArrayList<>();
    for (String contender : List.of("unisono", "debezium-jdbc")) {
      ratios.add(new Ratio(contender + ".transactions/s", "alone.transactions/s"));
      ratios.add(new Ratio(contender + ".server-µs/transaction", "alone.server-µs/transaction"));
    }
    ratios.add(
        new Ratio("unisono.walsender-µs/transaction", "debezium-jdbc.walsender-µs/transaction"));
    return ratios;
  }

  @Override
  public void open() throws SQLException {
    SourceDatabase database = SourceDatabase.start();
    source = database;
    ItemTable.create(database.connection());
    ClosedLoad.prepare(database.connection());
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
    Map<String, String> conditions = new LinkedHashMap<>(Conditions.postgres(source().server()));
    conditions.put(
        "load",
        ClosedLoad.describe() + ", " + seconds + " s after " + WARM_UP_SECONDS + " s to warm up");
    conditions.put(
        "processor time",
        "of the contender's process; server: of all the source server's processes until the"
            + " load's end has been sent, walsender: of the one that serves the slot");
    conditions.put("all parts", "one machine: who reads also takes processor time from the load");
    return conditions;
  }

  @Override
  public Run run(String contender) throws SQLException, InterruptedException {
    Path runFolder = folder.resolve(NAME + "-" + ++run);
    return switch (contender) {
      case "alone" -> measure(null, 0);
      case "debezium-jdbc" -> runDebezium(runFolder);
      default -> runUnisono(runFolder, Variant.of(contender));
    };
  }

  private Run runUnisono(Path runFolder, Variant variant)
      throws SQLException, InterruptedException {
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
              variant);
      try (ServerProcess server = config.start()) {
        server.awaitReady(LIMIT, () -> false);
        return measure(ServerConfig.SLOT, server.processId());
      } finally {
        source().dropSlot(ServerConfig.SLOT);
      }
    } finally {
      target().drop(database);
    }
  }

  private Run runDebezium(Path runFolder) throws SQLException, InterruptedException {
    String database = target().create();
    try (Connection written = target().server().connect(database)) {
      ItemTable.create(written);
      source().createSlot(SLOT);
      Map<String, String> parameters = source().parameters(SLOT);
      parameters.put("target", target().server().jdbcUrl(database));
      parameters.put("offsets", runFolder + ".offsets");
      try (ChildProcess child =
          ChildProcess.start(Path.of(runFolder + ".log"), "apply-debezium", parameters)) {
        Deadline.in(LIMIT)
            .await(
                "the engine reads the slot",
                20,
                () -> child.alive() && source().readerOf(SLOT) != 0);
        return measure(SLOT, child.processId());
      } finally {
        source().dropSlot(SLOT);
      }
    } finally {
      target().drop(database);
    }
  }

  /**
   * Runs the load.
   *
   * @param slot the slot that is read meanwhile; null where nobody reads
   */
  private Run measure(@Nullable String slot, long processId)
      throws SQLException, InterruptedException {
    ClosedLoad load = new ClosedLoad(source().server(), folder);
    load.run(WARM_UP_SECONDS);
    awaitRead(slot);
    long walsender = slot == null ? 0 : source().readerOf(slot);
    ProcessUse contenderBefore = processId == 0 ? null : ProcessUse.of(processId);
    ProcessUse walsenderBefore = walsender == 0 ? null : ProcessUse.of(walsender);
    Duration serverBefore = ServerUse.of(source().server());
    ClosedLoad.Done done = load.run(seconds);
    awaitRead(slot);
    Duration server = ServerUse.of(source().server()).minus(serverBefore);
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("transactions/s", done.transactions() / done.seconds());
    values.put("server-µs/transaction", server.toNanos() / 1e3 / done.transactions());
    if (walsenderBefore != null) {
      double walsenderSeconds = ProcessUse.of(walsender).cpuSecondsSince(walsenderBefore);
      values.put("walsender-µs/transaction", walsenderSeconds * 1e6 / done.transactions());
    }
    if (contenderBefore == null) {
      return new Run(values, 0, 0);
    }
    ProcessUse contender = ProcessUse.of(processId);
    return new Run(values, contender.cpuSecondsSince(contenderBefore), contender.peakMemoryBytes());
  }

  /** Waits until all there is was sent to the slot's reader: that is part of the cost. */
  private void awaitRead(@Nullable String slot) throws SQLException, InterruptedException {
    if (slot == null) {
      return;
    }
    try (Connection asking = source().server().connect(SourceDatabase.DATABASE);
        Statement statement = asking.createStatement()) {
      String end;
      try (var row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()::text")) {
        row.next();
        end = row.getString(1);
      }
      Deadline.in(LIMIT)
          .await(
              "the end of the load has been sent",
              100,
              () -> {
                try (var row =
                    statement.executeQuery(
                        "SELECT r.sent_lsn >= '"
                            + end
                            + "'::pg_lsn FROM pg_stat_replication r JOIN pg_replication_slots s ON"
                            + " s.active_pid = r.pid WHERE s.slot_name = '"
                            + slot
                            + "'")) {
                  return row.next() && row.getBoolean(1);
                }
              });
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
