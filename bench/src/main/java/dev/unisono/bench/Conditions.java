package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What figures depend on besides the code: the machine, the versions, the settings. No state. */
final class Conditions {
  private static final List<String> SETTINGS =
      List.of(
          "fsync",
          "synchronous_commit",
          "full_page_writes",
          "shared_buffers",
          "max_wal_size",
          "autovacuum");

  private Conditions() {}

  static Map<String, String> machine(Path home, InstantSource clock) {
    Map<String, String> conditions = new LinkedHashMap<>();
    conditions.put("time", clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
    conditions.put("commit", commit(home));
    conditions.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    conditions.put("memory", memory());
    conditions.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    conditions.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
    conditions.put("contender JVM", String.join(" ", ChildProcess.JVM_OPTIONS));
    conditions.put("load before", load());
    return conditions;
  }

  static Map<String, String> postgres(PostgresServer server) throws SQLException {
    Map<String, String> conditions = new LinkedHashMap<>();
    try (Connection connection = server.connect("postgres");
        Statement statement = connection.createStatement()) {
      conditions.put("postgresql", show(statement, "server_version"));
      StringBuilder settings = new StringBuilder();
      for (String setting : SETTINGS) {
        settings.append(settings.isEmpty() ? "" : ", ").append(setting).append('=');
        settings.append(show(statement, setting));
      }
      conditions.put("postgresql settings", settings.toString());
    }
    return conditions;
  }

  private static String show(Statement statement, String setting) throws SQLException {
    try (ResultSet row = statement.executeQuery("SHOW " + setting)) {
      row.next();
      return row.getString(1);
    }
  }

  /** The commit this was built from as far as git knows; what is changed since is told. */
  private static String commit(Path home) {
    String commit = git(home, "rev-parse", "--short=12", "HEAD");
    if (commit.isEmpty()) {
      return "unknown";
    }
    return git(home, "status", "--porcelain", "-uno").isEmpty() ? commit : commit + " and changes";
  }

  private static String git(Path home, String... arguments) {
    ProcessBuilder builder = new ProcessBuilder("git", "-C", home.toString());
    builder.command().addAll(List.of(arguments));
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    try {
      Process process = builder.start();
      String answer =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 ? answer : "";
    } catch (IOException noGit) {
      return "";
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private static String memory() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith("MemTotal:")) {
          return (Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10) + " MiB";
        }
      }
    } catch (IOException notLinux) {
      return "unknown";
    }
    return "unknown";
  }

  private static String load() {
    try {
      return Files.readString(Path.of("/proc/loadavg")).strip();
    } catch (IOException notLinux) {
      return "unknown";
    }
  }
}
