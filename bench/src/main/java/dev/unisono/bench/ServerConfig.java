package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * A folder with a config for the server to be measured: one table, read from the one database and
 * written to the other. Has no state beside its files.
 */
final class ServerConfig {
  static final String SLOT = "unisono_bench";

  private final Path folder;
  private final int port = ServerProcess.freePort();

  /**
   * @param lastField the sixth column and its schema
   * @param served whether records are kept for REST
   * @param variant what is set beside, and whether the databases are reached through their sockets
   */
  ServerConfig(
      Path folder,
      PostgresServer source,
      PostgresServer target,
      String targetDatabase,
      String lastField,
      boolean served,
      Variant variant) {
    this(folder, source, target, targetDatabase, served, variant, schema(lastField));
  }

  /**
   * For a table of other columns.
   *
   * @param entity what the config says of the entity beside its key, schema included
   */
  ServerConfig(
      Path folder,
      PostgresServer source,
      PostgresServer target,
      String targetDatabase,
      boolean served,
      Variant variant,
      String entity) {
    this.folder = folder;
    Path password = folder.resolve("password");
    String config =
        """
        server: { host: 127.0.0.1, port: %d }
        state:
          folder: "%s"
          %s
        systems:
          source:
            connector: postgres
            url: "%s"
            user: %s
            password: "${file:%s}"
            slot: %s
            publication: %s
            %s
          target:
            connector: postgres
            url: "%s"
            user: %s
            password: "${file:%s}"
            %s
        entities:
          item:
            plural: items
            key: id
            %s
        %s
        syncs:
          items:
            entity: item
            members:
              - { system: source, table: public.item, direction: read }
              - { system: target, table: public.item, direction: write }
        """
            .formatted(
                port,
                state(),
                variant.setting("state"),
                source.jdbcUrl(SourceDatabase.DATABASE),
                source.user(),
                password,
                SLOT,
                SourceDatabase.PUBLICATION,
                beside("source", source, variant),
                target.jdbcUrl(targetDatabase),
                target.user(),
                password,
                beside("target", target, variant),
                served ? "" : "serve: false",
                entity.indent(4).stripTrailing());
    try {
      Files.createDirectories(folder);
      Files.createFile(
          password,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(password, source.password());
      Files.writeString(folder.resolve("unisono.yaml"), config);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write a config in " + folder, failed);
    }
  }

  private static String schema(String lastField) {
    return """
    schema:
      properties:
        id:      { type: integer }
        name:    { type: string, maxLength: 200 }
        email:   { type: string }
        country: { type: string }
        balance: { type: number }
        %s
      required: [id, name]
    """
        .formatted(lastField);
  }

  /** What else the config says of a system; no contender by socket is varied. */
  private static String beside(String system, PostgresServer server, Variant variant) {
    return variant.contender().endsWith(LogScenario.SOCKET)
        ? "socket: \"" + server.socketFolder() + "\""
        : variant.setting(system);
  }

  private Path state() {
    return folder.resolve("state");
  }

  /** Starts the server with what every contender's virtual machine has. */
  ServerProcess start() {
    return start(ChildProcess.JVM_OPTIONS);
  }

  ServerProcess start(List<String> jvmOptions) {
    return ServerProcess.start(
        ServerProcess.projectFolder(),
        folder.resolve("unisono.yaml"),
        port,
        state(),
        folder.resolve("server.log"),
        jvmOptions);
  }
}
