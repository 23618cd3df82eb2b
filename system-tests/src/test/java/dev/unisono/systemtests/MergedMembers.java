package dev.unisono.systemtests;

import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Three databases that all write one entity, the last two on one server, and the server that keeps
 * them in unison. For one thread; connections are their callers' own.
 */
final class MergedMembers implements AutoCloseable {
  static final List<String> NAMES = List.of("crm", "billing", "shop");
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path folder;
  private final PostgresServer first = PostgresServer.temporary();
  private final PostgresServer second = PostgresServer.temporary();
  private final int port = ServerProcess.freePort();
  private @Nullable ServerProcess server;

  MergedMembers(Path folder) throws SQLException, IOException {
    this.folder = folder;
    for (String name : NAMES) {
      server(name).createDatabase(name);
      execute(
          name,
          "CREATE TABLE customer (id bigint PRIMARY KEY, name text, city text,"
              + " balance numeric(12,2), visits bigint)",
          "CREATE TABLE visit (customer bigint)");
    }
    write();
  }

  private void write() throws IOException {
    StringBuilder systems = new StringBuilder();
    StringBuilder members = new StringBuilder();
    for (String name : NAMES) {
      Path password = folder.resolve("password-" + name);
      Files.createFile(
          password,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(password, server(name).password());
      systems.append(
          "  %s: { connector: postgres, url: \"%s\", user: %s, password: \"${file:%s}\" }\n"
              .formatted(name, server(name).jdbcUrl(name), server(name).user(), password));
      members.append(
          "      - { system: %s, table: public.customer, direction: both }\n".formatted(name));
    }
    Files.writeString(
        config(),
        """
        server: { host: 127.0.0.1, port: %d }
        state: { folder: "%s" }
        systems:
        %sentities:
          customer:
            plural: customers
            key: id
            schema:
              properties:
                id:      { type: integer }
                name:    { type: string }
                city:    { type: string }
                balance: { type: number }
                visits:  { type: integer }
              required: [id]
        syncs:
          customers:
            entity: customer
            first-load: live
            conflict: { fields: { visits: sum } }
            members:
        %s\
        """
            .formatted(port, folder.resolve("state"), systems, members));
  }

  /** Before it is started: nobody is written before somebody says so. */
  void ask() throws IOException {
    Files.writeString(
        config(), Files.readString(config()).replace("first-load: live", "first-load: ask"));
  }

  Path config() {
    return folder.resolve("unisono.yaml");
  }

  PostgresServer server(String name) {
    return name.equals("crm") ? first : second;
  }

  Connection in(String name) throws SQLException {
    return server(name).connect(name);
  }

  void execute(String name, String... statements) throws SQLException {
    try (Connection connection = in(name);
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  /** All rows of a member, in order, as text. */
  List<String> rows(String name) throws SQLException {
    try (Connection connection = in(name);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT c::text FROM customer c ORDER BY id")) {
      List<String> rows = new ArrayList<>();
      while (row.next()) {
        rows.add(row.getString(1));
      }
      return rows;
    }
  }

  ServerProcess running() {
    if (server == null) {
      throw new IllegalStateException("not started");
    }
    return server;
  }

  void start() throws InterruptedException {
    launch();
    running().awaitReady(LIMIT, () -> false);
  }

  void launch() throws InterruptedException {
    ServerProcess started =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config(),
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            List.of("-Xmx512m"));
    server = started;
    started.awaitLive(LIMIT);
  }

  void kill() throws InterruptedException {
    running().kill();
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
    first.close();
    second.close();
  }
}
