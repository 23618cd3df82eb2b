package dev.unisono.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real MariaDB server on this machine, listening on loopback only, with the log that change data
 * capture needs. Its folder may be kept: started again on it, it goes on where it was. Safe for
 * threads.
 */
public final class MariaDbServer implements AutoCloseable {
  private static final Duration START_DEADLINE = Duration.ofSeconds(60);
  private static final String USER = "root";

  private final Path folder;
  private final boolean temporary;
  private final Map<String, String> settings;
  private final int port;
  private @Nullable Process process;

  private MariaDbServer(Path folder, boolean temporary, Map<String, String> settings, int port) {
    this.folder = folder;
    this.temporary = temporary;
    this.settings = settings;
    this.port = port;
  }

  /**
   * A server in a folder of its own that is removed on close. Where there is none for this machine
   * the test is skipped with the reason, and fails with {@code CI=true}.
   */
  public static MariaDbServer temporary() {
    return temporary(Map.of());
  }

  /** The same with options of {@code mariadbd} of the caller's own, without their dashes. */
  public static MariaDbServer temporary(Map<String, String> settings) {
    try {
      if (!MariaDbBinaries.obstacle().isEmpty()) {
        throw Requirement.missing(MariaDbBinaries.obstacle() + ".");
      }
      return start(Files.createTempDirectory("unisono-mariadb-data"), true, settings);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /**
   * A server on a folder that stays: made where it is empty, gone on with where it is not, on the
   * same port where that is free.
   *
   * @throws IllegalStateException if there is none for this machine, or it does not start; the
   *     message says why
   */
  public static MariaDbServer start(Path folder, Map<String, String> settings) {
    if (!MariaDbBinaries.obstacle().isEmpty()) {
      throw new IllegalStateException(MariaDbBinaries.obstacle());
    }
    return start(folder, false, settings);
  }

  private static MariaDbServer start(Path folder, boolean temporary, Map<String, String> settings) {
    Map<String, String> all = new TreeMap<>();
    all.put("server-id", "1");
    all.put("log-bin", "binlog");
    all.put("binlog-format", "ROW");
    all.put("binlog-row-image", "FULL");
    all.put("sync-binlog", "1");
    all.put("innodb-flush-log-at-trx-commit", "1");
    all.put("innodb-buffer-pool-size", "64M");
    all.put("character-set-server", "utf8mb4");
    all.put("bind-address", "127.0.0.1");
    all.putAll(settings);
    Path place = folder.toAbsolutePath();
    MariaDbServer server = new MariaDbServer(place, temporary, all, KeptPort.choose(place));
    server.initialize();
    server.endLeftOver();
    server.launch();
    KeptPort.keep(place, server.port);
    return server;
  }

  public int port() {
    return port;
  }

  public String user() {
    return USER;
  }

  public String jdbcUrl(String database) {
    return "jdbc:mariadb://127.0.0.1:" + port + "/" + database;
  }

  public Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(jdbcUrl(database), USER, "");
  }

  /** Makes a database where it is not there yet. */
  public void createDatabase(String database) throws SQLException {
    execute("", "CREATE DATABASE IF NOT EXISTS `" + database.replace("`", "``") + '`');
  }

  /** Makes a user with a password; what it may do is to be granted. */
  public void createUser(String user, String password) throws SQLException {
    execute("", "CREATE OR REPLACE USER '" + user + "'@'%' IDENTIFIED BY '" + password + "'");
  }

  /** Runs statements, each in a transaction of its own. */
  public void execute(String database, String... statements) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  /** Ends the server in order; open connections are cut. */
  public void stop() {
    end(Process::destroy);
  }

  /** Ends the server at once, as a crash would: recovery at the next start. */
  public void kill() {
    end(Process::destroyForcibly);
  }

  private void end(Consumer<Process> how) {
    Process running = process;
    process = null;
    if (running == null) {
      return;
    }
    how.accept(running);
    running.onExit().orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** Starts the server again after {@link #stop} or {@link #kill}, on the same port. */
  public void restart() {
    launch();
  }

  @Override
  public void close() {
    stop();
    if (temporary) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      } catch (IOException failed) {
        throw new UncheckedIOException("cannot remove " + folder, failed);
      }
    }
  }

  private Path data() {
    return folder.resolve("data");
  }

  private Path processFile() {
    return folder.resolve("mariadbd.pid");
  }

  /**
   * Ends a server that another process started on this folder and did not end; nothing committed is
   * lost.
   */
  private void endLeftOver() {
    try {
      if (!Files.exists(processFile())) {
        return;
      }
      Optional<ProcessHandle> left =
          ProcessHandle.of(Long.parseLong(Files.readString(processFile()).strip()));
      if (left.isPresent() && left.get().info().command().orElse("").endsWith("mariadbd")) {
        left.get().destroy();
        left.get().onExit().orTimeout(60, TimeUnit.SECONDS).join();
      }
      Files.deleteIfExists(processFile());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void initialize() {
    if (Files.exists(folder.resolve("initialized"))) {
      return;
    }
    try {
      Files.createDirectories(folder);
      MariaDbTemplate.copyTo(data());
      Files.createFile(folder.resolve("initialized"));
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot make a database in " + folder, failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while making a database", interrupted);
    }
  }

  private ProcessBuilder builder(List<String> command, String output) {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve(output).toFile()))
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
  }

  private void launch() {
    Path home = MariaDbBinaries.folder();
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin/mariadbd").toString());
    command.add("--no-defaults");
    command.add("--basedir=" + home);
    command.add("--datadir=" + data());
    command.add("--port=" + port);
    // Within the folder of the data: a path is too long for a socket sooner than for a file.
    command.add("--socket=socket");
    command.add("--pid-file=" + processFile());
    command.add(MariaDbTemplate.SMALL_LOG);
    command.addAll(MariaDbTemplate.asRoot());
    settings.forEach((name, value) -> command.add("--" + name + "=" + value));
    try {
      process = builder(command, "mariadbd.log").start();
      awaitAnswer();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot start MariaDB in " + folder, failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while starting MariaDB", interrupted);
    }
  }

  private void awaitAnswer() throws IOException, InterruptedException {
    long deadlineNanos = System.nanoTime() + START_DEADLINE.toNanos();
    while (true) {
      try (Connection connection = connect("")) {
        if (connection.isValid(5)) {
          return;
        }
      } catch (SQLException notYet) {
        Process started = process;
        if (started == null || !started.isAlive() || System.nanoTime() - deadlineNanos > 0) {
          stop();
          throw new IllegalStateException(
              "MariaDB does not start: " + Files.readString(folder.resolve("mariadbd.log")),
              notYet);
        }
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
