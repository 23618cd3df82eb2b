package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * SymmetricDS between two PostgreSQL databases that both write one table: both of its nodes in one
 * process, which pushes each other's changes. Started as it starts by itself, by its own main
 * class. For one thread.
 */
final class SymmetricNodes implements MemberKeeper {
  /** How it is set up beyond what it must be told. */
  enum Tuning {
    /** As it comes. */
    DEFAULT,

    /** It looks for changes more often, and moves more of them at once. */
    TUNED;

    List<String> settings() {
      return switch (this) {
        case DEFAULT -> List.of();
        case TUNED ->
            List.of(
                "job.routing.period.time.ms=50",
                "job.push.period.time.ms=50",
                "heartbeat.sync.on.push.enabled=false");
      };
    }

    /** Changes in a batch, and so in a transaction of the one that is told. */
    int batchChanges() {
      return switch (this) {
        case DEFAULT -> 1_000;
        case TUNED -> 10_000;
      };
    }
  }

  private static final List<String> NODES = List.of("one", "two");

  private final Process process;
  private final Path log;
  private final List<PostgresServer> servers;
  private final String database;

  private SymmetricNodes(Process process, Path log, List<PostgresServer> servers, String database) {
    this.process = process;
    this.log = log;
    this.servers = servers;
    this.database = database;
  }

  static SymmetricNodes start(
      Path folder, String database, List<PostgresServer> servers, Tuning tuning) {
    Path libraries = ServerProcess.projectFolder().resolve("bench/symmetricds/target/lib");
    if (!Files.isDirectory(libraries)) {
      throw new BenchFailure("SymmetricDS is not in " + libraries + ": it was not built");
    }
    int port = ServerProcess.freePort();
    Path log = folder.resolve("symmetricds.log");
    try {
      Path engines = Files.createDirectories(folder.resolve("engines"));
      Path setup = folder.resolve("setup.sql");
      Files.writeString(setup, setup(tuning));
      for (int i = 0; i < NODES.size(); i++) {
        Files.write(
            engines.resolve(NODES.get(i) + ".properties"),
            properties(i, port, database, servers.get(i), setup, tuning));
      }
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(ChildProcess.JVM_OPTIONS);
      command.add("-Dsymmetric.engines.dir=" + engines);
      command.add("-cp");
      command.add(libraries + File.separator + "*");
      command.add("org.jumpmind.symmetric.SymmetricLauncher");
      command.addAll(List.of("--server", "--host", "127.0.0.1"));
      command.addAll(List.of("--port", Integer.toString(port)));
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().put("SYM_HOME", folder.toString());
      return new SymmetricNodes(builder.start(), log, servers, database);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static List<String> properties(
      int node, int port, String database, PostgresServer server, Path setup, Tuning tuning) {
    String name = NODES.get(node);
    String address = "http://127.0.0.1:" + port + "/sync/";
    List<String> properties = new ArrayList<>();
    properties.add("engine.name=" + name);
    properties.add("group.id=" + name);
    properties.add("external.id=" + name);
    properties.add("sync.url=" + address + name);
    properties.add("registration.url=" + (node == 0 ? "" : address + NODES.getFirst()));
    properties.add("db.driver=org.postgresql.Driver");
    properties.add("db.url=" + server.jdbcUrl(database));
    properties.add("db.user=" + server.user());
    properties.add("db.password=" + server.password());
    properties.add("auto.registration=true");
    properties.add("registration.require.initial.load=false");
    if (node == 0) {
      properties.add("auto.config.registration.svr.sql.script=" + setup);
    }
    properties.addAll(tuning.settings());
    return properties;
  }

  /** Both groups push, each with one trigger and one router, in a channel of its own. */
  private static String setup(Tuning tuning) {
    StringBuilder sql = new StringBuilder();
    sql.append(
        """
        insert into sym_channel (channel_id, processing_order, max_batch_size, enabled, description)
          values ('items', 1, %d, 1, 'items');
        insert into sym_trigger (trigger_id, source_table_name, channel_id, last_update_time, create_time)
          values ('items', 'item', 'items', current_timestamp, current_timestamp);
        """
            .formatted(tuning.batchChanges()));
    for (String node : NODES) {
      sql.append("insert into sym_node_group (node_group_id) values ('" + node + "');\n");
    }
    for (String from : NODES) {
      String to = NODES.get(1 - NODES.indexOf(from));
      sql.append(
          """
          insert into sym_node_group_link (source_node_group_id, target_node_group_id, data_event_action)
            values ('%1$s', '%2$s', 'P');
          insert into sym_router (router_id, source_node_group_id, target_node_group_id, router_type,
              create_time, last_update_time)
            values ('%1$s-%2$s', '%1$s', '%2$s', 'default', current_timestamp, current_timestamp);
          insert into sym_trigger_router (trigger_id, router_id, initial_load_order, create_time,
              last_update_time)
            values ('items', '%1$s-%2$s', 1, current_timestamp, current_timestamp);
          """
              .formatted(from, to));
    }
    return sql.toString();
  }

  @Override
  public void awaitReady(Duration atMost) throws SQLException, InterruptedException {
    for (PostgresServer server : servers) {
      try (Connection connection = server.connect(database);
          Statement statement = connection.createStatement()) {
        Deadline.in(atMost)
            .await(
                "SymmetricDS has its triggers",
                100,
                () -> {
                  if (!process.isAlive()) {
                    throw new BenchFailure("SymmetricDS has ended; its log is " + log);
                  }
                  try (ResultSet row =
                      statement.executeQuery(
                          "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'public.item'::regclass"
                              + " AND NOT tgisinternal")) {
                    row.next();
                    return row.getInt(1) >= 3;
                  }
                });
      }
    }
  }

  @Override
  public long processId() {
    return process.pid();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
