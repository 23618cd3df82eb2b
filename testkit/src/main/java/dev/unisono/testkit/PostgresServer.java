package dev.unisono.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real PostgreSQL server on this machine, listening on loopback only, with the log that change
 * data capture needs and with fsync on. Its folder may be kept: started again on it, it goes on
 * where it was, and a server left over from a killed process is ended first. Safe for threads.
 */
public final class PostgresServer implements AutoCloseable {
  private static final String USER = "postgres";
  private static final String PASSWORD = "postgres";

  private final Path folder;
  private final boolean temporary;
  private final Map<String, String> settings;
  private int port;

  private PostgresServer(Path folder, boolean temporary, Map<String, String> settings) {
    this.folder = folder;
    this.temporary = temporary;
    this.settings = settings;
  }

  /** A server in a folder of its own that is removed on close. */
  public static PostgresServer temporary() {
    return temporary(Map.of());
  }

  /** The same with settings of {@code postgresql.conf} of the caller's own. */
  public static PostgresServer temporary(Map<String, String> settings) {
    try {
      return start(Files.createTempDirectory("unisono-postgres-data"), true, settings);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** The same, to be reached through a Unix socket, too; see {@link #socketFolder}. */
  public static PostgresServer withSocket(Map<String, String> settings) {
    try {
      Path folder = Files.createTempDirectory("unisono-postgres-data");
      Map<String, String> all = new TreeMap<>(settings);
      all.put("unix_socket_directories", "'" + folder + "'");
      return start(folder, true, all);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** A server on a folder that stays: made where it is empty, gone on with where it is not. */
  public static PostgresServer start(Path folder, Map<String, String> settings) {
    return start(folder, false, settings);
  }

  private static PostgresServer start(
      Path folder, boolean temporary, Map<String, String> settings) {
    Map<String, String> all = new TreeMap<>();
    all.put("wal_level", "logical");
    all.put("fsync", "on");
    all.put("synchronous_commit", "on");
    all.put("max_replication_slots", "20");
    all.put("max_wal_senders", "20");
    all.put("max_connections", "100");
    all.put("shared_buffers", "64MB");
    all.put("unix_socket_directories", "''");
    all.put("listen_addresses", "127.0.0.1");
    all.put("log_min_messages", "warning");
    all.putAll(settings);
    PostgresServer server = new PostgresServer(folder.toAbsolutePath(), temporary, all);
    server.initialize();
    server.endLeftOver();
    server.port = KeptPort.choose(server.folder);
    server.launch();
    return server;
  }

  /**
   * A standby of a running server, in a folder of its own that is removed on close. It streams by a
   * physical slot of this name, which is made, and keeps the primary's fail-over slots.
   */
  public static PostgresServer standbyOf(PostgresServer primary, String slot, String database)
      throws SQLException {
    try (Connection connection = primary.connect(database);
        Statement statement = connection.createStatement()) {
      Path folder = Files.createTempDirectory("unisono-postgres-data");
      statement.execute("SELECT pg_create_physical_replication_slot('" + slot + "', true)");
      statement.execute("SELECT pg_backup_start('standby', fast => true)");
      copy(primary.data(), folder.resolve("data"));
      try (var row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop()")) {
        row.next();
        Files.writeString(folder.resolve("data/backup_label"), row.getString(1));
      }
      Files.createFile(folder.resolve("data/standby.signal"));
      Files.createFile(folder.resolve("initialized"));
      Files.writeString(
          folder.resolve("data/postgresql.auto.conf"),
          """
          primary_conninfo = 'host=127.0.0.1 port=%d user=%s password=%s dbname=%s'
          primary_slot_name = '%s'
          hot_standby_feedback = on
          sync_replication_slots = on
          """
              .formatted(primary.port, USER, PASSWORD, database, slot));
      return start(folder, true, Map.of());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** A server's files while it runs, but its slots, which are its own. */
  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path relative = from.relativize(file);
        boolean slot = relative.startsWith("pg_replslot") && relative.getNameCount() > 1;
        if (!slot && !relative.startsWith("postmaster.pid")) {
          Files.copy(file, to.resolve(relative), StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    } catch (UncheckedIOException failed) {
      throw failed.getCause();
    }
  }

  /** Makes a standby a server of its own. */
  public void promote() {
    run("pg_ctl", "-D", data().toString(), "-w", "-t", "60", "promote");
  }

  public int port() {
    return port;
  }

  public String user() {
    return USER;
  }

  public String password() {
    return PASSWORD;
  }

  public Path folder() {
    return folder;
  }

  /** The folder of the Unix socket; of a server that is made {@link #withSocket}. */
  public Path socketFolder() {
    return folder;
  }

  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
  }

  /** For psql and the like: {@code postgresql://user:password@host:port/database}. */
  public String url(String database) {
    return "postgresql://" + USER + ":" + PASSWORD + "@127.0.0.1:" + port + "/" + database;
  }

  public Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(jdbcUrl(database), USER, PASSWORD);
  }

  /** Makes a database where it is not there yet. */
  public void createDatabase(String database) throws SQLException {
    try (Connection connection = connect("postgres");
        Statement statement = connection.createStatement()) {
      boolean there;
      try (var rows =
          statement.executeQuery(
              "SELECT 1 FROM pg_database WHERE datname = '" + database.replace("'", "''") + "'")) {
        there = rows.next();
      }
      if (!there) {
        statement.execute("CREATE DATABASE \"" + database.replace("\"", "\"\"") + '"');
      }
    }
  }

  /** The process id of the postmaster; empty where it does not run. */
  public Optional<Long> processId() {
    Path file = data().resolve("postmaster.pid");
    try {
      return Files.exists(file)
          ? Optional.of(Long.valueOf(Files.readAllLines(file).getFirst().strip()))
          : Optional.empty();
    } catch (IOException | NumberFormatException unreadable) {
      return Optional.empty();
    }
  }

  /** Ends the server in order; open connections are cut. */
  public void stop() {
    processId().flatMap(ProcessHandle::of).ifPresent(this::stop);
  }

  private void stop(ProcessHandle postmaster) {
    run("pg_ctl", "-D", data().toString(), "-m", "fast", "-w", "-t", "60", "stop");
    // The pid file goes a moment before the process does.
    postmaster.onExit().orTimeout(30, TimeUnit.SECONDS).join();
  }

  /** Ends the server at once, as a power cut would: nothing is flushed, recovery at next start. */
  public void kill() {
    Optional<ProcessHandle> postmaster = processId().flatMap(ProcessHandle::of);
    postmaster.ifPresent(process -> {
      // So that it makes no child that is not in the list.
      pause(process);
      List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
      process.destroyForcibly();
      all.forEach(ProcessHandle::destroyForcibly);
      all.add(process);
      all.forEach(each -> each.onExit().orTimeout(30, TimeUnit.SECONDS).join());
    });
  }

  private static void pause(ProcessHandle process) {
    try {
      new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start().waitFor();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts the server again after {@link #stop} or {@link #kill}, on the same port. */
  public void restart() {
    endLeftOver();
    launch();
  }

  @Override
  public void close() {
    stop();
    if (temporary) {
      remove(folder);
    }
  }

  private Path data() {
    return folder.resolve("data");
  }

  private void initialize() {
    if (Files.exists(data().resolve("PG_VERSION")) && Files.exists(folder.resolve("initialized"))) {
      return;
    }
    try {
      if (Files.exists(data())) {
        // An initdb that was interrupted; it refuses to work on what is left of it.
        remove(data());
      }
      Files.createDirectories(folder);
      Path passwordFile =
          Files.createTempFile(
              "unisono",
              "pw",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(passwordFile, PASSWORD + "\n");
      try {
        run(
            "initdb",
            "-D",
            data().toString(),
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            "--pwfile=" + passwordFile,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            // A power cut now only means that it is made again.
            "--no-sync",
            "--no-instructions");
      } finally {
        Files.delete(passwordFile);
      }
      Files.createFile(folder.resolve("initialized"));
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot make a database in " + folder, failed);
    }
  }

  /**
   * Ends a server that another process started on this folder and did not end. Its settings may be
   * others and its port unknown to us, so that ending it is safer than taking it over; nothing
   * committed is lost.
   */
  private void endLeftOver() {
    Optional<ProcessHandle> left = processId().flatMap(ProcessHandle::of);
    if (left.isPresent() && left.get().info().command().orElse("").endsWith("postgres")) {
      stop(left.get());
    }
    try {
      Files.deleteIfExists(data().resolve("postmaster.pid"));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void launch() {
    List<String> options = new ArrayList<>();
    settings.forEach((name, value) -> options.add("-c " + name + "=" + value));
    options.add("-p " + port);
    run(
        "pg_ctl",
        "-D",
        data().toString(),
        "-w",
        "-t",
        "60",
        "-l",
        folder.resolve("postgres.log").toString(),
        "-o",
        String.join(" ", options),
        "start");
    KeptPort.keep(folder, port);
  }

  /**
   * Runs one of PostgreSQL's programs and waits for it; its output goes to a file beside the data.
   */
  private void run(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      // PostgreSQL refuses to run as root; in a user namespace of its own it is nobody.
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(PostgresBinaries.folder().resolve("bin").resolve(program).toString());
    command.addAll(Arrays.asList(arguments));
    Path output = folder.resolve(program + ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      if (!process.waitFor(120, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(program + " did not end within 120 s");
      }
      if (process.exitValue() != 0) {
        Path log = folder.resolve("postgres.log");
        throw new IllegalStateException(
            program
                + " failed: "
                + Files.readString(output)
                + (Files.exists(log) ? Files.readString(log) : ""));
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while running " + program, interrupted);
    }
  }

  private static void remove(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot remove " + folder, failed);
    }
  }
}
