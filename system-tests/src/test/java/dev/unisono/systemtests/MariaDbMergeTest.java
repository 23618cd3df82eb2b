package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL and a MariaDB that keeps less of a value are kept in unison, whoever is killed. */
final class MariaDbMergeTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int RECORDS = 30;
  private static final int KILLS = 6;

  /** So many edits more may be made before each kill. */
  private static final int EDITS = 400;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  /**
   * Nobody of the test connects meanwhile: who knocks at a port without pause while nobody listens
   * may be given that port, and the server cannot have it.
   */
  private final Object restarting = new Object();

  private PostgresServer crm;
  private MariaDbServer billing;
  private int port;

  @BeforeEach
  void makeMembers() throws SQLException, IOException {
    crm = PostgresServer.temporary();
    billing = MariaDbServer.temporary();
    port = ServerProcess.freePort();
    crm.createDatabase("crm");
    inCrm(
        "CREATE TABLE customer (id bigint PRIMARY KEY, name text, balance numeric(20,6), seen"
            + " timestamptz(6), visits bigint)",
        "CREATE TABLE visit (customer bigint)");
    billing.createDatabase("billing");
    billing.execute(
        "billing",
        "CREATE TABLE clients (client_id bigint PRIMARY KEY, name varchar(100), balance"
            + " decimal(12,2), seen datetime, visits bigint)",
        "CREATE TABLE visit (customer bigint)");
    write();
  }

  @AfterEach
  void closeMembers() {
    billing.close();
    crm.close();
  }

  private void write() throws IOException {
    Path password = folder.resolve("password");
    Files.createFile(
        password,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(password, crm.password());
    Files.writeString(
        folder.resolve("unisono.yaml"),
        """
        server: { port: %d }
        state: { folder: "%s" }
        systems:
          crm: { connector: postgres, url: "%s", user: %s, password: "${file:%s}" }
          billing: { connector: mariadb, url: "%s", user: root }
        entities:
          customer:
            key: id
            schema:
              properties:
                id:      { type: integer }
                name:    { type: string }
                balance: { type: number }
                seen:    { type: string, format: date-time }
                visits:  { type: integer }
        syncs:
          customers:
            entity: customer
            first-load: live
            conflict: { fields: { visits: sum } }
            members:
              - { system: billing, table: clients, direction: both, fields: { id: client_id } }
              - { system: crm, table: public.customer, direction: both }
        """
            .formatted(
                port,
                folder.resolve("state"),
                crm.jdbcUrl("crm"),
                crm.user(),
                password,
                billing.jdbcUrl("billing")));
  }

  private ServerProcess start() throws InterruptedException {
    ServerProcess started =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            folder.resolve("unisono.yaml"),
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            List.of("-Xmx512m"));
    started.awaitReady(LIMIT, () -> false);
    return started;
  }

  private void inCrm(String... statements) throws SQLException {
    try (Connection connection = crm.connect("crm");
        Statement statement = connection.createStatement()) {
      statement.execute("SET TIME ZONE 'UTC'");
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  private static List<String> rows(Connection connection, String query) throws SQLException {
    try (connection;
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      List<String> rows = new ArrayList<>();
      while (row.next()) {
        rows.add(row.getString(1));
      }
      return rows;
    }
  }

  private List<String> crm() throws SQLException {
    return rows(
        crm.connect("crm"),
        "SELECT concat_ws('|', id, name, balance, seen AT TIME ZONE 'UTC', visits) FROM customer"
            + " ORDER BY id");
  }

  private List<String> billing() throws SQLException {
    return rows(
        billing.connect("billing"),
        "SELECT concat_ws('|', client_id, name, balance, seen, visits) FROM clients ORDER BY"
            + " client_id");
  }

  private void await(List<String> inCrm, List<String> inBilling) throws Exception {
    Eventually.holds(
        LIMIT,
        () ->
            crm().equals(inCrm) && billing().equals(inBilling)
                ? ""
                : "crm has " + crm() + ", billing " + billing());
  }

  /** What it shows of a value is the part that it can keep, and no edit of anybody. */
  @Test
  void aMemberThatKeepsLessOfAValueTakesNothingFromTheOthers() throws Exception {
    inCrm("INSERT INTO customer VALUES (1, 'Ada', 1.234567, '2026-05-06 07:08:09.987654', 0)");
    billing.execute(
        "billing", "INSERT INTO clients VALUES (1, 'Ada', 1.23, '2026-05-06 07:08:09', 0)");
    try (ServerProcess server = start()) {
      billing.execute("billing", "UPDATE clients SET name = 'Ida' WHERE client_id = 1");
      await(
          List.of("1|Ida|1.234567|2026-05-06 07:08:09.987654|0"),
          List.of("1|Ida|1.23|2026-05-06 07:08:09|0"));
      inCrm(
          "UPDATE customer SET balance = 2.345678, seen = '2026-05-06 07:08:10.555555'",
          "INSERT INTO customer VALUES (2, 'Bob', -0.005, '1969-12-31 23:59:59.999999', 7)");
      await(
          List.of(
              "1|Ida|2.345678|2026-05-06 07:08:10.555555|0",
              "2|Bob|-0.005000|1969-12-31 23:59:59.999999|7"),
          List.of("1|Ida|2.35|2026-05-06 07:08:10|0", "2|Bob|-0.01|1969-12-31 23:59:59|7"));
      server.kill();
    }
    try (ServerProcess server = start()) {
      billing.execute(
          "billing",
          "UPDATE clients SET visits = visits + 1",
          "UPDATE clients SET balance = 5.5 WHERE client_id = 2");
      await(
          List.of(
              "1|Ida|2.345678|2026-05-06 07:08:10.555555|1",
              "2|Bob|5.500000|1969-12-31 23:59:59.999999|8"),
          List.of("1|Ida|2.35|2026-05-06 07:08:10|1", "2|Bob|5.50|1969-12-31 23:59:59|8"));
      billing.execute("billing", "DELETE FROM clients WHERE client_id = 1");
      inCrm("UPDATE customer SET id = 3 WHERE id = 2");
      await(
          List.of("3|Bob|5.500000|1969-12-31 23:59:59.999999|8"),
          List.of("3|Bob|5.50|1969-12-31 23:59:59|8"));
      server.kill();
    }
  }

  @Test
  void bothEndEqualAndNoIncrementIsLostWhileEverythingIsKilled() throws Exception {
    inCrm(
        "INSERT INTO customer SELECT i, 'c' || i, i / 7.0, '2026-01-01 00:00:00.5', 0 FROM"
            + " generate_series(1, "
            + RECORDS
            + ") i");
    ServerProcess server = start();
    try {
      Eventually.isTrue(LIMIT, "billing has all rows", () -> billing().size() == RECORDS);
      AtomicBoolean over = new AtomicBoolean();
      Semaphore allowed = new Semaphore(0);
      AtomicLong edits = new AtomicLong();
      List<Thread> writers =
          List.of(
              Thread.ofPlatform().name("writer-crm").start(() -> edit(true, over, allowed, edits)),
              Thread.ofPlatform()
                  .name("writer-billing")
                  .start(() -> edit(false, over, allowed, edits)));
      Random random = new Random(5);
      for (int kill = 0; kill < KILLS; kill++) {
        // More than is waited for, so that something is on its way when somebody is killed.
        allowed.release(EDITS);
        long enough = edits.get() + EDITS / 4 + random.nextInt(EDITS / 2);
        Eventually.isTrue(LIMIT, "there are edits", () -> edits.get() > enough);
        switch (kill % 3) {
          case 1 -> restartBilling();
          case 2 -> restartCrm();
          default -> {
            server.kill();
            server.close();
            server = start();
          }
        }
      }
      over.set(true);
      allowed.release(writers.size());
      for (Thread writer : writers) {
        writer.join();
      }
      Eventually.holds(LIMIT, this::difference);
      assertEquals(visits(), visitsShown());
    } finally {
      server.close();
    }
  }

  private void restartBilling() {
    synchronized (restarting) {
      billing.kill();
      billing.restart();
    }
  }

  private void restartCrm() {
    synchronized (restarting) {
      crm.kill();
      crm.restart();
    }
  }

  private Connection connect(boolean toCrm) throws SQLException {
    synchronized (restarting) {
      return toCrm ? crm.connect("crm") : billing.connect("billing");
    }
  }

  /** What the members differ in beside what the one cannot keep. */
  private String difference() throws SQLException {
    List<String> inCrm =
        rows(
            crm.connect("crm"),
            "SELECT concat_ws('|', id, name, round(balance, 2), date_trunc('second', seen AT TIME"
                + " ZONE 'UTC'), visits) FROM customer ORDER BY id");
    List<String> inBilling = billing();
    return inCrm.equals(inBilling) ? "" : "crm has " + inCrm + ", billing " + inBilling;
  }

  /** Of each customer how often it was visited, in both members. */
  private List<String> visits() throws SQLException {
    long[] visits = new long[RECORDS + 1];
    String query = "SELECT customer FROM visit";
    for (Connection connection : List.of(crm.connect("crm"), billing.connect("billing"))) {
      rows(connection, query).forEach(customer -> visits[Integer.parseInt(customer)]++);
    }
    List<String> texts = new ArrayList<>();
    for (int id = 1; id <= RECORDS; id++) {
      texts.add(id + " " + visits[id]);
    }
    return texts;
  }

  private List<String> visitsShown() throws SQLException {
    return rows(crm.connect("crm"), "SELECT concat_ws(' ', id, visits) FROM customer ORDER BY id");
  }

  /** Somebody works in a member, over a new connection where the one before was killed. */
  private void edit(boolean inCrm, AtomicBoolean over, Semaphore allowed, AtomicLong edits) {
    Random random = new Random(inCrm ? 1 : 2);
    String table = inCrm ? "customer" : "clients";
    String key = inCrm ? "id" : "client_id";
    while (!over.get()) {
      try (Connection connection = connect(inCrm);
          PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE " + table + " SET name = ?, balance = ? WHERE " + key + " = ?");
          PreparedStatement visit =
              connection.prepareStatement(
                  "UPDATE " + table + " SET visits = visits + 1 WHERE " + key + " = ?");
          PreparedStatement note = connection.prepareStatement("INSERT INTO visit VALUES (?)")) {
        connection.setAutoCommit(false);
        while (!over.get()) {
          allowed.acquire();
          int id = 1 + random.nextInt(RECORDS);
          if (random.nextBoolean()) {
            update.setString(1, (inCrm ? "crm" : "billing") + random.nextInt(1000));
            update.setBigDecimal(2, BigDecimal.valueOf(random.nextInt(100_000_000), inCrm ? 6 : 2));
            update.setInt(3, id);
            update.executeUpdate();
          } else {
            visit.setInt(1, id);
            visit.executeUpdate();
            note.setInt(1, id);
            note.executeUpdate();
          }
          connection.commit();
          edits.incrementAndGet();
        }
      } catch (SQLException killed) {
        // On with the next connection; what was committed is counted in the database.
      } catch (InterruptedException stop) {
        return;
      }
    }
  }
}
