package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A few clients that do one small transaction after the other, as fast as they are answered:
 * pgbench where it is on the PATH, else the same statements by JDBC. For one thread.
 */
final class ClosedLoad {
  private static final int ROWS = 100_000;
  private static final int CLIENTS = 4;

  /** After the form of pgbench's own: one row changed and read, and a line of history. */
  private static final List<String> STATEMENTS =
      List.of(
          "UPDATE public.item SET balance = balance + 1, updated_at = now() WHERE id = %s",
          "SELECT balance FROM public.item WHERE id = %s",
          "INSERT INTO public.history (item, delta, at) VALUES (%s, 1, now())");

  private static final Pattern PROCESSED =
      Pattern.compile("number of transactions actually processed: (\\d+)");

  private final PostgresServer server;
  private final Path folder;

  ClosedLoad(PostgresServer server, Path folder) {
    this.server = server;
    this.folder = folder;
  }

  /** What was done. */
  record Done(long transactions, double seconds) {}

  /** Fills the table, and makes one that nobody reads. */
  static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO public.item SELECT i, 'Name ' || i, 'name' || i || '@example.com', 'DE',"
              + " i, now() FROM generate_series(1, "
              + ROWS
              + ") i");
      statement.execute(
          "CREATE TABLE public.history (id bigserial PRIMARY KEY, item bigint, delta int, at"
              + " timestamptz)");
      statement.execute("VACUUM ANALYZE public.item");
    }
  }

  static String describe() {
    return (pgbench() ? "pgbench" : "JDBC")
        + ", "
        + CLIENTS
        + " clients, each one transaction after the other: an update of one of "
        + ROWS
        + " rows, a read, an insert into a table that is not read";
  }

  private static boolean pgbench() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .anyMatch(each -> Files.isExecutable(Path.of(each, "pgbench")));
  }

  Done run(int seconds) throws SQLException, InterruptedException {
    return pgbench() ? runPgbench(seconds) : runJdbc(seconds);
  }

  private Done runPgbench(int seconds) throws InterruptedException {
    try {
      Path script = folder.resolve("load.sql");
      StringBuilder text = new StringBuilder("\\set id random(1, " + ROWS + ")\nBEGIN;\n");
      STATEMENTS.forEach(each -> text.append(each.formatted(":id")).append(";\n"));
      Files.writeString(script, text.append("COMMIT;\n"));
      ProcessBuilder builder =
          new ProcessBuilder(
              "pgbench",
              "--no-vacuum",
              "--protocol=prepared",
              "--client=" + CLIENTS,
              "--jobs=2",
              "--time=" + seconds,
              "--file=" + script,
              "--host=127.0.0.1",
              "--port=" + server.port(),
              "--username=" + server.user(),
              SourceDatabase.DATABASE);
      builder.environment().put("PGPASSWORD", server.password());
      builder.redirectErrorStream(true);
      long startNanos = System.nanoTime();
      Process process = builder.start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exit = process.waitFor();
      double took = (System.nanoTime() - startNanos) / 1e9;
      Matcher processed = PROCESSED.matcher(said);
      if (exit != 0 || !processed.find()) {
        throw new BenchFailure("pgbench has failed: " + said);
      }
      return new Done(Long.parseLong(processed.group(1)), took);
    } catch (IOException failed) {
      throw new UncheckedIOException("pgbench cannot be run", failed);
    }
  }

  private Done runJdbc(int seconds) throws SQLException, InterruptedException {
    List<Connection> connections = new ArrayList<>();
    long startNanos = System.nanoTime();
    long endNanos = startNanos + TimeUnit.SECONDS.toNanos(seconds);
    long transactions = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<Long>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Connection connection = server.connect(SourceDatabase.DATABASE);
        connections.add(connection);
        Random random = new Random(i);
        clients.add(threads.submit(() -> transactions(connection, random, endNanos)));
      }
      for (Future<Long> client : clients) {
        transactions += client.get();
      }
    } catch (ExecutionException failed) {
      throw new BenchFailure("the load cannot be made", failed.getCause());
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
    return new Done(transactions, (System.nanoTime() - startNanos) / 1e9);
  }

  private static long transactions(Connection connection, Random random, long endNanos)
      throws SQLException {
    connection.setAutoCommit(false);
    List<PreparedStatement> statements = new ArrayList<>();
    for (String each : STATEMENTS) {
      statements.add(connection.prepareStatement(each.formatted("?")));
    }
    long transactions = 0;
    while (System.nanoTime() < endNanos) {
      long id = 1L + random.nextInt(ROWS);
      for (PreparedStatement statement : statements) {
        statement.setLong(1, id);
        statement.execute();
      }
      connection.commit();
      transactions++;
    }
    for (PreparedStatement statement : statements) {
      statement.close();
    }
    return transactions;
  }
}
