package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A commit is in the log before other sessions can see it: for ever, where it waits for a standby
 * that is not there. A snapshot taken meanwhile reads the rows as they were before.
 */
final class SnapshotVisibilityTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int CUSTOMERS = 60_000;
  private static final int SESSIONS = 40;
  private static final int SESSIONS_AT_ONCE = 12;

  /** How far ahead of what is copied a key has to be, so that its chunk is surely not read yet. */
  private static final int AHEAD = 8_000;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final Random random = new Random(42);
  private final Set<Long> chosen = new HashSet<>();

  /** What lives on under which key, to be changed once more in the end. */
  private final Queue<Long> living = new ConcurrentLinkedQueue<>();

  /** All keys that are changed, for whoever watches them. */
  private final Queue<Long> touched = new ConcurrentLinkedQueue<>();

  private final List<Thread> sessions = new ArrayList<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private int chosenAhead;
  private int deleted;

  @Test
  void theOldValueNeverWinsWhileACommitIsInTheLogButNotYetVisible() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection crm = prepareCrm(databases);
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 100)) {
      databases.noteWritesInBilling();
      awaitCommitsHang(databases, crm);
      server.launch();
      Eventually.isTrue(
          LIMIT,
          "there is no slot",
          () ->
              number(
                      crm,
                      "SELECT count(*) FROM pg_replication_slots"
                          + " WHERE confirmed_flush_lsn IS NOT NULL")
                  == 1);
      for (int i = 0; i < SESSIONS_AT_ONCE; i++) {
        startSession(databases, copied(billing));
      }
      server.process().awaitLive(LIMIT);
      NeverBack inEvents = new NeverBack("server-sent events");
      NeverBack inSocket = new NeverBack("WebSocket");
      String token = server.process().token();
      String start = server.oldestCursor();
      try (StreamClient events = new EventStream(server.api(), token, start, inEvents::observe);
          StreamClient socket = new SocketStream(server.api(), token, start, inSocket::observe);
          Watcher watcher = new Watcher(server.api().toString(), token, touched)) {
        startMoreSessionsAsTheSnapshotGoesOn(databases, billing);
        Eventually.isTrue(
            LIMIT, "the snapshot has not ended", () -> copied(billing) == CUSTOMERS - deleted);
        assertEquals(sessions.size(), hanging(crm), "not all commits hung to the end: " + failures);
        assertTrue(chosenAhead >= 100, "only " + chosenAhead + " keys were ahead of the snapshot");
        release(crm);
        changeOnceMore(crm);
        assertAgreement(crm, billing, server, List.of(events, socket));
        assertEquals(List.of(), inEvents.complaints());
        assertEquals(List.of(), inSocket.complaints());
        assertEquals(List.of(), watcher.complaints());
        assertEquals(List.of(), writesThatWentBack(billing));
        assertEquals(List.of(), List.copyOf(failures));
      }
    }
  }

  /** Sessions of the test do not wait for the standby, but those that are to hang. */
  private static Connection prepareCrm(MirroredDatabases databases) throws SQLException {
    databases.executeInCrm(
        "ALTER ROLE postgres SET synchronous_commit = 'local'",
        // Making it would wait for the standby as any commit does.
        "CREATE PUBLICATION unisono_crm FOR TABLE public.customers, public.orders",
        // Even keys, so that a key can move to any place between them.
        "INSERT INTO public.customers (id, name, balance) SELECT 2 * n, 'customer ' || n, 1"
            + " FROM generate_series(1, "
            + CUSTOMERS
            + ") n",
        "ANALYZE public.customers",
        "ALTER SYSTEM SET synchronous_standby_names = 'absent'",
        "SELECT pg_reload_conf()");
    return databases.inCrm();
  }

  /** A new setting takes a moment to be known everywhere. */
  private void awaitCommitsHang(MirroredDatabases databases, Connection crm) throws Exception {
    List<Thread> probes = new ArrayList<>();
    Eventually.isTrue(
        LIMIT,
        "commits do not wait for the absent standby",
        () -> {
          if (probes.isEmpty() || !probes.getLast().isAlive()) {
            probes.add(
                commitAndHang(
                    databases, List.of("SELECT pg_logical_emit_message(true, 'probe', '')")));
          }
          return hanging(crm) > 0;
        });
    // A transaction that is not over would keep the slot from being made.
    execute(
        crm, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    for (Thread probe : probes) {
      probe.join();
    }
  }

  private static long hanging(Connection crm) throws SQLException {
    return number(crm, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  }

  private static long copied(Connection billing) throws SQLException {
    return number(billing, "SELECT count(*) FROM public.clients");
  }

  private void startMoreSessionsAsTheSnapshotGoesOn(MirroredDatabases databases, Connection billing)
      throws Exception {
    int step = (CUSTOMERS - 2 * AHEAD) / SESSIONS;
    for (int i = sessions.size(); i < SESSIONS; i++) {
      long least = (long) step * i;
      Eventually.isTrue(LIMIT, "the snapshot does not go on", () -> copied(billing) >= least);
      long copied = copied(billing);
      if (copied > CUSTOMERS - 2 * AHEAD) {
        return;
      }
      startSession(databases, copied);
    }
  }

  /** Changes keys that are copied already and keys that are not, and hangs in commit. */
  private void startSession(MirroredDatabases databases, long copied) throws SQLException {
    List<String> statements = new ArrayList<>();
    List<String> before = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      boolean ahead = i % 4 != 3;
      long key = choose(ahead, copied);
      touched.add(key);
      switch (i % 5) {
        case 0 -> {
          statements.add("DELETE FROM public.customers WHERE id = " + key);
          deleted++;
        }
        case 1 -> {
          long to = 2L * random.nextLong(CUSTOMERS) + 1;
          while (!chosen.add(to)) {
            to = 2L * random.nextLong(CUSTOMERS) + 1;
          }
          touched.add(to);
          living.add(to);
          statements.add(
              "UPDATE public.customers SET id = "
                  + to
                  + ", balance = balance + 1 WHERE id = "
                  + key);
        }
        case 2 -> {
          before.add(increase(key));
          statements.add(increase(key));
          living.add(key);
        }
        default -> {
          statements.add(increase(key));
          living.add(key);
        }
      }
    }
    try (Connection visible = databases.inCrm()) {
      for (String statement : before) {
        execute(visible, statement);
      }
    }
    sessions.add(commitAndHang(databases, statements));
  }

  private long choose(boolean ahead, long copied) {
    while (true) {
      long place =
          ahead
              ? random.nextLong(Math.min(copied + AHEAD, CUSTOMERS - 1), CUSTOMERS)
              : random.nextLong(CUSTOMERS);
      if (chosen.add(2 * (place + 1))) {
        chosenAhead += ahead ? 1 : 0;
        return 2 * (place + 1);
      }
    }
  }

  private static String increase(long key) {
    return "UPDATE public.customers SET balance = balance + 1 WHERE id = " + key;
  }

  private Thread commitAndHang(MirroredDatabases databases, List<String> statements) {
    return Thread.ofVirtual()
        .name("hanging-commit")
        .start(() -> {
          try (Connection connection = databases.inCrm()) {
            execute(connection, "SET synchronous_commit = on");
            connection.setAutoCommit(false);
            for (String statement : statements) {
              execute(connection, statement);
            }
            connection.commit();
          } catch (SQLException failed) {
            failures.add(failed.toString());
          }
        });
  }

  private void release(Connection crm) throws SQLException, InterruptedException {
    execute(crm, "ALTER SYSTEM RESET synchronous_standby_names");
    execute(crm, "SELECT pg_reload_conf()");
    for (Thread session : sessions) {
      session.join();
    }
  }

  private void changeOnceMore(Connection crm) throws SQLException {
    for (Long key : living) {
      execute(crm, increase(key));
    }
  }

  private static void assertAgreement(
      Connection crm, Connection billing, MirrorServer server, List<StreamClient> clients)
      throws Exception {
    Rows expected = MirroredEntity.CUSTOMER.inCrm(crm);
    Eventually.holds(LIMIT, () -> expected.difference(MirroredEntity.CUSTOMER.inBilling(billing)));
    Eventually.holds(LIMIT, () -> expected.difference(server.list(MirroredEntity.CUSTOMER, "")));
    for (StreamClient client : clients) {
      Eventually.holds(
          LIMIT,
          () -> {
            assertEquals(List.of(), client.picture().complaints(), client.name());
            return expected.difference(
                client.picture().rows(client.name(), MirroredEntity.CUSTOMER));
          });
    }
  }

  private static List<String> writesThatWentBack(Connection billing) throws SQLException {
    NeverBack order = new NeverBack("billing");
    try (Statement statement = billing.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT client_id, operation, balance FROM public.written ORDER BY n")) {
      while (row.next()) {
        if (row.getString(2).equals("DELETE")) {
          order.gone(row.getLong(1));
        } else {
          order.there(row.getLong(1), row.getBigDecimal(3));
        }
      }
    }
    return order.complaints();
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Reads the changed keys one by one, again and again, on a thread of its own. */
  private static final class Watcher implements AutoCloseable {
    private final String api;
    private final String token;
    private final Queue<Long> keys;
    private final NeverBack order = new NeverBack("GET");
    private final CountDownLatch closing = new CountDownLatch(1);
    private final HttpClient http =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private final Thread thread;

    Watcher(String api, String token, Queue<Long> keys) {
      this.api = api;
      this.token = token;
      this.keys = keys;
      this.thread = Thread.ofPlatform().daemon().name("watcher").start(this::run);
    }

    private void run() {
      try {
        while (!closing.await(1, TimeUnit.MILLISECONDS)) {
          for (Long key : keys) {
            look(key);
          }
        }
      } catch (InterruptedException closed) {
        Thread.currentThread().interrupt();
      } catch (UncheckedIOException failed) {
        if (closing.getCount() > 0) {
          complaints.add("GET: " + failed);
        }
      }
    }

    private void look(long key) throws InterruptedException {
      HttpRequest request =
          HttpRequest.newBuilder(java.net.URI.create(api + "/v1/customers/" + key))
              .header("Authorization", "Bearer " + token)
              .build();
      try {
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        switch (answer.statusCode()) {
          case 200 -> {
            BigDecimal balance = ExactJson.parse(answer.body()).path("balance").decimalValue();
            order.there(key, balance);
          }
          case 404 -> {}
          case 410 -> order.gone(key);
          default -> complaints.add("GET: " + answer.statusCode() + " " + answer.body());
        }
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }

    List<String> complaints() {
      List<String> all = new ArrayList<>(complaints);
      all.addAll(order.complaints());
      return all;
    }

    @Override
    public void close() {
      closing.countDown();
      http.shutdownNow();
      thread.interrupt();
      try {
        thread.join(10_000);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
