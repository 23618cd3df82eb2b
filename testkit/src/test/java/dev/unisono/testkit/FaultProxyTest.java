package dev.unisono.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** The statements here have the form of those that Unisono sends. */
final class FaultProxyTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String CURSOR =
      "INSERT INTO unisono.unisono_cursor VALUES (1, 5) ON CONFLICT (lane) DO UPDATE SET sequence ="
          + " EXCLUDED.sequence";
  private static final PostgresServer SERVER = PostgresServer.temporary();

  private final ExecutorService beside = Executors.newVirtualThreadPerTaskExecutor();
  private final FaultProxy proxy = FaultProxy.before(SERVER);

  @BeforeAll
  static void makeTables() throws SQLException {
    SERVER.createDatabase("billing");
    try (Connection direct = SERVER.connect("billing")) {
      execute(
          direct,
          "CREATE TABLE t (id int PRIMARY KEY, name text)",
          "CREATE SCHEMA unisono",
          "CREATE TABLE unisono.unisono_cursor (lane int PRIMARY KEY, sequence bigint)",
          "CREATE PUBLICATION p FOR TABLE t");
    }
  }

  @AfterAll
  static void stopServer() {
    SERVER.close();
  }

  @BeforeEach
  void empty() throws SQLException {
    try (Connection direct = SERVER.connect("billing")) {
      execute(direct, "TRUNCATE t");
    }
  }

  @AfterEach
  void close() {
    proxy.close();
    beside.close();
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(proxy.jdbcUrl("billing"), SERVER.user(), SERVER.password());
  }

  private static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  private static long rows() throws SQLException {
    try (Connection direct = SERVER.connect("billing");
        Statement statement = direct.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM t")) {
      row.next();
      return row.getLong(1);
    }
  }

  private static void insert(Connection connection, int id) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO t VALUES (?, 'new')")) {
      insert.setInt(1, id);
      insert.executeUpdate();
    }
  }

  private Future<Void> insertAndCommit(Connection connection, int id) {
    return beside.submit(() -> {
      insert(connection, id);
      execute(connection, CURSOR);
      connection.commit();
      return null;
    });
  }

  @Test
  void passesOnWhateverIsAsked() throws SQLException {
    try (Connection connection = connect()) {
      String large = "x".repeat(3_000_000);
      try (PreparedStatement select =
          connection.prepareStatement("SELECT ?::text, n FROM" + " generate_series(1, 3) n")) {
        select.setString(1, large);
        try (ResultSet row = select.executeQuery()) {
          assertTrue(row.next());
          assertEquals(large, row.getString(1));
        }
      }
      assertThrows(SQLException.class, () -> execute(connection, "SELECT 1/0"));
      execute(connection, "SELECT 1");
      assertEquals(1, proxy.connections());
    }
  }

  @Test
  void withholdsTheAnswerToACommitThatTheTargetHasMade() throws Exception {
    try (Connection connection = connect();
        Hold hold = proxy.hold(FaultPoint.AFTER_TARGET_COMMIT)) {
      connection.setAutoCommit(false);
      Future<Void> work = insertAndCommit(connection, 1);
      assertTrue(hold.awaitReached(LIMIT));
      assertEquals(1, rows());
      assertFalse(work.isDone());
      hold.cut();
      assertThrows(ExecutionException.class, () -> work.get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void withholdsACommitThatTheTargetThenNeverSees() throws Exception {
    try (Connection connection = connect();
        Hold hold = proxy.hold(FaultPoint.BEFORE_TARGET_COMMIT)) {
      connection.setAutoCommit(false);
      Future<Void> work = insertAndCommit(connection, 1);
      assertTrue(hold.awaitReached(LIMIT));
      hold.cut();
      assertThrows(ExecutionException.class, () -> work.get(20, TimeUnit.SECONDS));
      assertEquals(0, rows());
    }
  }

  @Test
  void passesAPointAsOftenAsItWasToldBeforeItHolds() throws Exception {
    try (Connection connection = connect();
        Hold hold = proxy.hold(FaultPoint.BEFORE_TARGET_COMMIT, 12)) {
      connection.setAutoCommit(false);
      // The driver names a statement that it has sent a few times, and sends its text no more.
      for (int id = 1; id <= 12; id++) {
        insertAndCommit(connection, id).get(20, TimeUnit.SECONDS);
      }
      Future<Void> work = insertAndCommit(connection, 13);
      assertTrue(hold.awaitReached(LIMIT));
      assertEquals(12, rows());
      hold.release();
      work.get(20, TimeUnit.SECONDS);
      assertEquals(13, rows());
    }
  }

  @Test
  void takesACommitOfNothingButTheCursorForNoDelivery() throws Exception {
    try (Connection connection = connect();
        Hold before = proxy.hold(FaultPoint.BEFORE_TARGET_COMMIT);
        Hold after = proxy.hold(FaultPoint.AFTER_TARGET_COMMIT)) {
      connection.setAutoCommit(false);
      execute(connection, CURSOR);
      connection.commit();
      insert(connection, 1);
      connection.rollback();
      execute(connection, CURSOR);
      connection.commit();
      assertFalse(before.awaitReached(Duration.ZERO));
      assertFalse(after.awaitReached(Duration.ZERO));
    }
  }

  @Test
  void holdsAStatementOfRowsAndTheQuestionForACursor() throws Exception {
    try (Connection connection = connect();
        Hold rows = proxy.hold(FaultPoint.AMID_TARGET_TRANSACTION);
        Hold cursor = proxy.hold(FaultPoint.BEFORE_TARGET_CURSOR)) {
      Future<Void> asks =
          beside.submit(() -> {
            execute(
                connection,
                "SELECT epoch, sequence FROM (SELECT 1 epoch, 2 sequence) unisono_cursor");
            insert(connection, 1);
            return null;
          });
      assertTrue(cursor.awaitReached(LIMIT));
      cursor.release();
      assertTrue(rows.awaitReached(LIMIT));
      assertEquals(0, rows());
      rows.release();
      asks.get(20, TimeUnit.SECONDS);
      assertEquals(1, rows());
    }
  }

  @Test
  void holdsAmidTheRowsOfAChunkAndAfterTheMessageThatPlacesIt() throws Exception {
    try (Connection connection = connect();
        Hold amid = proxy.hold(FaultPoint.AMID_SNAPSHOT_CHUNK);
        Hold placed = proxy.hold(FaultPoint.CHUNK_MESSAGE)) {
      execute(connection, "INSERT INTO t SELECT n, 'row' FROM generate_series(1, 10) n");
      Future<Void> chunk =
          beside.submit(() -> {
            connection.setAutoCommit(false);
            execute(connection, "SELECT pg_current_snapshot()::text, 1", "SELECT * FROM t");
            connection.commit();
            connection.setAutoCommit(true);
            emit(connection, "heartbeat");
            emit(connection, "chunk 7 1");
            return null;
          });
      assertTrue(amid.awaitReached(LIMIT));
      assertFalse(placed.awaitReached(Duration.ZERO));
      amid.release();
      assertTrue(placed.awaitReached(LIMIT));
      assertFalse(chunk.isDone());
      placed.release();
      chunk.get(20, TimeUnit.SECONDS);
    }
  }

  private static void emit(Connection connection, String content) throws SQLException {
    try (PreparedStatement emit =
        connection.prepareStatement("SELECT pg_logical_emit_message(true, ?, ?::text)")) {
      emit.setString(1, "unisono");
      emit.setString(2, content);
      emit.execute();
    }
  }

  @Test
  void holdsTheLogAmidATransactionAndAnAcknowledgementOfIt() throws Exception {
    try (Connection direct = SERVER.connect("billing")) {
      execute(direct, "SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
      Properties properties = new Properties();
      PGProperty.USER.set(properties, SERVER.user());
      PGProperty.PASSWORD.set(properties, SERVER.password());
      PGProperty.REPLICATION.set(properties, "database");
      PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
      PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "14");
      try (Connection replication =
              DriverManager.getConnection(proxy.jdbcUrl("billing"), properties);
          Hold amid = proxy.hold(FaultPoint.AMID_TRANSACTION, 2);
          Hold after = proxy.hold(FaultPoint.AFTER_ACKNOWLEDGEMENT);
          Hold before = proxy.hold(FaultPoint.BEFORE_ACKNOWLEDGEMENT)) {
        PGReplicationStream stream =
            replication
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName("s")
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", "p")
                .withStatusInterval(50, TimeUnit.MILLISECONDS)
                .withAutomaticFlush(false)
                .start();
        String start = confirmed(direct);
        stream.setFlushedLSN(LogSequenceNumber.valueOf(start));
        stream.forceUpdateStatus();
        execute(direct, "INSERT INTO t SELECT n, 'row' FROM generate_series(1, 5) n");
        assertTrue(amid.awaitReached(LIMIT));
        StringBuilder kinds = new StringBuilder();
        while (kinds.chars().filter(kind -> kind == 'I').count() < 3) {
          kinds.append(kind(stream));
        }
        assertEquals("BRIII", kinds.toString());
        amid.release();
        while (kinds.charAt(kinds.length() - 1) != 'C') {
          kinds.append(kind(stream));
        }
        assertEquals("BRIIIIIC", kinds.toString());
        stream.setFlushedLSN(stream.getLastReceiveLSN());
        stream.forceUpdateStatus();
        assertTrue(before.awaitReached(LIMIT));
        assertEquals(start, confirmed(direct));
        before.release();
        assertTrue(after.awaitReached(LIMIT));
      }
      // The walsender ends a moment after its connection.
      execute(direct, "SET statement_timeout = '30s'");
      execute(
          direct,
          "DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_replication_slots WHERE active) LOOP"
              + " PERFORM pg_sleep(0.01); END LOOP; END $$");
      execute(direct, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    }
  }

  private static char kind(PGReplicationStream stream) throws SQLException {
    return (char) Objects.requireNonNull(stream.read()).get();
  }

  private static String confirmed(Connection direct) throws SQLException {
    try (Statement statement = direct.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT confirmed_flush_lsn::text FROM pg_replication_slots")) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void cutsWhatIsThereAndTakesWhatComesThen() throws SQLException {
    try (Connection connection = connect()) {
      execute(connection, "SELECT 1");
      proxy.cut();
      assertThrows(SQLException.class, () -> execute(connection, "SELECT 1"));
    }
    try (Connection connection = connect()) {
      execute(connection, "SELECT 1");
    }
  }

  @Test
  void answersNothingWhileFrozenAndAllOfItAfterwards() throws Exception {
    try (Connection connection = connect()) {
      proxy.freeze();
      Future<Void> asks =
          beside.submit(() -> {
            insert(connection, 1);
            return null;
          });
      assertThrows(TimeoutException.class, () -> asks.get(200, TimeUnit.MILLISECONDS));
      assertEquals(0, rows());
      proxy.thaw();
      asks.get(20, TimeUnit.SECONDS);
      assertEquals(1, rows());
    }
  }

  @Test
  void passesOnEverythingLateOrSlowly() throws SQLException {
    try (Connection connection = connect()) {
      proxy.delay(Duration.ofMillis(100));
      long began = System.nanoTime();
      execute(connection, "SELECT 1");
      assertTrue(System.nanoTime() - began >= TimeUnit.MILLISECONDS.toNanos(200));
      proxy.delay(Duration.ZERO);
      proxy.trickle(10_000);
      began = System.nanoTime();
      execute(connection, "SELECT repeat('x', 3000)");
      assertTrue(System.nanoTime() - began >= TimeUnit.MILLISECONDS.toNanos(250));
      proxy.trickle(0);
    }
  }

  @Test
  void goesOnWithAServerThatWasKilledAndStartedAgain() throws SQLException {
    SERVER.kill();
    assertThrows(SQLException.class, this::connect);
    SERVER.restart();
    try (Connection connection = connect()) {
      execute(connection, "SELECT 1");
    }
  }
}
