package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What was done in crm is in billing and on every door, whatever happens to the server. */
final class MirrorTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void everyDoorAgreesAfterTenThousandOperationsStopsAndKills() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection changing = databases.inCrm();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      Workload workload = new Workload(changing, 20260101);
      workload.fill(1_500, 3_000);
      server.start();
      String token = server.process().token();
      try (StreamClient events = new EventStream(server.api(), token, null, _ -> {});
          StreamClient socket = new SocketStream(server.api(), token, null, _ -> {});
          PacedWork work = new PacedWork(workload::transaction)) {
        endAndStartAgainInTheMiddle(server, work);
        assertAgreement(databases, server, List.of(events, socket));
      }
    }
  }

  /** Ten rounds of a thousand operations each; part of each round is done with no server there. */
  private static void endAndStartAgainInTheMiddle(MirrorServer server, PacedWork work)
      throws InterruptedException {
    Random random = new Random(7);
    for (int round = 0; round < 10; round++) {
      work.allow(1_000);
      work.awaitAllBut(random.nextInt(900), LIMIT);
      if (round % 3 == 1) {
        server.stop();
      } else {
        server.kill();
      }
      if (round % 2 == 0) {
        work.awaitAllBut(0, LIMIT);
      }
      if (round % 4 == 0) {
        server.startLive();
      } else {
        server.start();
      }
    }
    work.awaitAllBut(0, LIMIT);
  }

  private static void assertAgreement(
      MirroredDatabases databases, MirrorServer server, List<StreamClient> clients)
      throws Exception {
    try (Connection crm = databases.inCrm()) {
      for (MirroredEntity entity : MirroredEntity.values()) {
        int left = entity.inCrm(crm).byKey().size();
        assertTrue(left > 100, "too little is left to compare");
      }
      Agreement.await(LIMIT, databases, server, clients);
      String byFields = "-balance,name";
      Rows customers = MirroredEntity.CUSTOMER.inCrm(crm);
      assertEquals("", customers.difference(server.list(MirroredEntity.CUSTOMER, byFields)));
    }
  }

  @Test
  void writesEveryRowExactlyOnceThoughKilledAgainAndAgain() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection crm = databases.inCrm();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      databases.noteWritesInBilling();
      server.start();
      Random random = new Random();
      List<Long> all = shuffled(LongStream.rangeClosed(1, 4_000), random);
      List<Long> updated = shuffled(LongStream.rangeClosed(1, 3_000), random);
      List<Long> deleted = shuffled(LongStream.rangeClosed(2_001, 4_000), random);
      crm.setAutoCommit(false);
      // Each phase does one thing to a key and ends before the next: what reaches a target in one
      // batch for one key is written once, and the count would depend on that.
      String insert = "INSERT INTO public.customers (id, name, balance) VALUES (?, 'new', 1)";
      phase(server, crm, billing, insert, all, 3, random);
      String update = "UPDATE public.customers SET name = 'changed', balance = 2 WHERE id = ?";
      phase(server, crm, billing, update, updated, 3, random);
      String delete = "DELETE FROM public.customers WHERE id = ?";
      phase(server, crm, billing, delete, deleted, 3, random);
      // Whatever a lane might repeat after a kill, it repeats before it writes what is new.
      List<Long> last = LongStream.rangeClosed(10_001, 10_200).boxed().toList();
      phase(server, crm, billing, insert, last, 1, random);

      SortedMap<Long, String> expected = new TreeMap<>();
      all.forEach(key -> expected.merge(key, " INSERT", String::concat));
      updated.forEach(key -> expected.merge(key, " UPDATE", String::concat));
      deleted.forEach(key -> expected.merge(key, " DELETE", String::concat));
      last.forEach(key -> expected.merge(key, " INSERT", String::concat));
      Rows done = new Rows("what was done in crm", expected);
      assertEquals("", done.difference(new Rows("what was written in billing", written(billing))));
      Rows rows = MirroredEntity.CUSTOMER.inCrm(crm);
      assertEquals("", rows.difference(MirroredEntity.CUSTOMER.inBilling(billing)));
    }
  }

  private static List<Long> shuffled(LongStream keys, Random random) {
    List<Long> list = new java.util.ArrayList<>(keys.boxed().toList());
    Collections.shuffle(list, random);
    return list;
  }

  /**
   * Executes a statement once for each key, in small transactions, while the server is killed a few
   * times in the middle of writing; ends when all is written.
   */
  private static void phase(
      MirrorServer server,
      Connection crm,
      Connection billing,
      String sql,
      List<Long> keys,
      int kills,
      Random random)
      throws Exception {
    int share = keys.size() / (kills + 1);
    long before = writes(billing);
    Deque<Long> left = new ArrayDeque<>(keys);
    try (PacedWork work = new PacedWork(() -> execute(crm, sql, left, 1 + random.nextInt(4)))) {
      for (int kill = 0; kill < kills; kill++) {
        work.allow(share);
        long moment = before + (long) share * kill + random.nextInt(share);
        Eventually.isTrue(LIMIT, "billing is not written", () -> writes(billing) >= moment);
        server.kill();
        if (random.nextBoolean()) {
          work.awaitAllBut(0, LIMIT);
        }
        server.startLive();
      }
      work.allow(keys.size() - (long) share * kills);
      work.awaitAllBut(0, LIMIT);
    }
    Rows rows = MirroredEntity.CUSTOMER.inCrm(crm);
    Eventually.holds(LIMIT, () -> rows.difference(MirroredEntity.CUSTOMER.inBilling(billing)));
  }

  private static int execute(Connection crm, String sql, Deque<Long> keys, int most)
      throws SQLException {
    int count = Math.min(most, keys.size());
    try (PreparedStatement statement = crm.prepareStatement(sql)) {
      for (int i = 0; i < count; i++) {
        statement.setLong(1, keys.removeFirst());
        statement.executeUpdate();
      }
    }
    crm.commit();
    return count;
  }

  private static long writes(Connection billing) throws SQLException {
    try (Statement statement = billing.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM public.written")) {
      row.next();
      return row.getLong(1);
    }
  }

  private static SortedMap<Long, String> written(Connection billing) throws SQLException {
    SortedMap<Long, String> operations = new TreeMap<>();
    try (Statement statement = billing.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT client_id, operation FROM public.written ORDER BY n")) {
      while (row.next()) {
        operations.merge(row.getLong(1), " " + row.getString(2), String::concat);
      }
    }
    return operations;
  }
}
