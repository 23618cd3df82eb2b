package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;

/** Our server between some PostgreSQL databases that all write one table. For one thread. */
final class UnisonoMembers implements MemberKeeper {
  private final ServerProcess server;

  private UnisonoMembers(ServerProcess server) {
    this.server = server;
  }

  /**
   * @param members by name, in the order of their priority
   */
  static UnisonoMembers start(Path folder, String database, Map<String, PostgresServer> members) {
    Path config = folder.resolve("unisono.yaml");
    int port = ServerProcess.freePort();
    try {
      Files.createDirectories(folder);
      Files.writeString(config, config(folder, port, database, members));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return new UnisonoMembers(
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config,
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            ChildProcess.JVM_OPTIONS));
  }

  private static String config(
      Path folder, int port, String database, Map<String, PostgresServer> all) throws IOException {
    StringBuilder systems = new StringBuilder();
    StringBuilder members = new StringBuilder();
    for (Map.Entry<String, PostgresServer> each : all.entrySet()) {
      String member = each.getKey();
      PostgresServer server = each.getValue();
      Path password = folder.resolve("password-" + member);
      Files.createFile(
          password,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(password, server.password());
      systems.append(
          "  %s: { connector: postgres, url: \"%s\", user: %s, password: \"${file:%s}\" }\n"
              .formatted(member, server.jdbcUrl(database), server.user(), password));
      members.append(
          "      - { system: %s, table: public.item, direction: both }\n".formatted(member));
    }
    return """
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
        .formatted(port, folder.resolve("state"), systems, members);
  }

  @Override
  public void awaitReady(Duration atMost) throws InterruptedException {
    server.awaitReady(atMost, () -> false);
  }

  @Override
  public long processId() {
    return server.processId();
  }

  @Override
  public void close() {
    server.close();
  }
}
