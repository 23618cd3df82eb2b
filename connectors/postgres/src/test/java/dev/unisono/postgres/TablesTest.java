package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Target;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/** Tables of every kind: without a primary key, partitioned, computed, numbered, oddly named. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TablesTest {
  private PostgresServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server = PostgresServer.temporary();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void makeDatabase(TestInfo test) throws SQLException {
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    database.close();
  }

  private static Binding binding(String table) {
    return Bindings.of(
        table, List.of("id"), field("id", ValueType.LONG), field("name", ValueType.STRING));
  }

  private static List<String> codes(List<Problem> problems) {
    return problems.stream().map(Problem::code).toList();
  }

  private List<Problem> checkRead(Binding... bindings) {
    return database.reading(bindings).check();
  }

  /** Changes after the snapshot, until a row of this number is shown, are all that happened. */
  private static List<String> after(SourceRun run, long last) {
    run.await(change -> change.key() != null && change.key().part(0).equals(last));
    return new Replica().apply(run.changes()).texts();
  }

  @Test
  void readsATableByTheIndexOfItsReplicaIdentity() throws SQLException, InterruptedException {
    database.execute(
        "CREATE TABLE t (number bigint PRIMARY KEY, id bigint NOT NULL, name text)",
        "INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b')");
    Binding binding = binding("public.t");
    assertEquals(List.of("key-not-in-log"), codes(checkRead(binding)));
    database.execute("CREATE UNIQUE INDEX by_id ON t (id)");
    assertEquals(List.of("key-not-in-log"), codes(checkRead(binding)));
    database.execute("ALTER TABLE t REPLICA IDENTITY USING INDEX by_id");
    assertEquals(List.of(), checkRead(binding));
    try (var run = SourceRun.start(database.reading(binding).source(), Map.of())) {
      run.awaitStreaming();
      database.execute(
          "UPDATE t SET name = 'changed' WHERE id = 10",
          "UPDATE t SET id = 30 WHERE id = 20",
          "UPDATE t SET number = 7 WHERE id = 30",
          "DELETE FROM t WHERE id = 10",
          "INSERT INTO t VALUES (9, 99, 'last')");
      assertEquals(List.of("30|b", "99|last"), after(run, 99));
    }
  }

  @Test
  void readsATableWithoutAPrimaryKeyByItsWholeRows() throws SQLException, InterruptedException {
    database.execute(
        "CREATE TABLE t (id bigint NOT NULL, name text)",
        "INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, 250) n");
    Binding binding = binding("public.t");
    assertEquals(List.of("key-not-in-log"), codes(checkRead(binding)));
    database.execute("ALTER TABLE t REPLICA IDENTITY FULL");
    assertEquals(List.of(), checkRead(binding));
    try (var run = SourceRun.start(database.reading(binding).source(), Map.of())) {
      run.awaitStreaming();
      database.execute(
          "UPDATE t SET name = 'changed' WHERE id = 1",
          "UPDATE t SET id = 1000 WHERE id = 2",
          "DELETE FROM t WHERE id BETWEEN 3 AND 249",
          "INSERT INTO t VALUES (999, 'last')");
      assertEquals(List.of("1000|row 2", "1|changed", "250|row 250", "999|last"), after(run, 999));
    }
  }

  @Test
  void readsAPartitionedTableAsAWhole() throws SQLException, InterruptedException {
    database.execute(
        "CREATE TABLE t (name text, id bigint PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE other (extra int, id bigint NOT NULL, name text)",
        "ALTER TABLE other DROP COLUMN extra, ADD PRIMARY KEY (id)",
        "ALTER TABLE t ATTACH PARTITION other FOR VALUES FROM (100) TO (1000)",
        "INSERT INTO t (id, name) SELECT n, 'row ' || n FROM generate_series(90, 110) n",
        "DELETE FROM t WHERE id NOT IN (90, 110)");
    Binding binding = binding("public.t");
    assertEquals(List.of(), checkRead(binding));
    try (var run = SourceRun.start(database.reading(binding).source(), Map.of())) {
      run.awaitStreaming();
      database.execute(
          "CREATE TABLE t_high PARTITION OF t FOR VALUES FROM (1000) TO (2000)",
          "UPDATE t SET id = 1500 WHERE id = 90",
          "UPDATE t SET name = 'changed' WHERE id = 110",
          "INSERT INTO other VALUES (120, 'beside')",
          "INSERT INTO t (id, name) VALUES (500, 'gone')",
          "DELETE FROM t WHERE id = 500",
          "INSERT INTO t (id, name) VALUES (1999, 'last')");
      assertEquals(
          List.of("110|changed", "120|beside", "1500|row 90", "1999|last"), after(run, 1999));
      database.execute("TRUNCATE t", "INSERT INTO t (id, name) VALUES (1, 'after')");
      assertEquals(List.of("1|after"), after(run, 1));
    }
    database.execute("ALTER TABLE other REPLICA IDENTITY NOTHING");
    Problem problem = checkRead(binding).getFirst();
    assertEquals("key-not-in-log", problem.code());
    assertTrue(problem.remedy().contains("ALTER TABLE public.other REPLICA"), problem.remedy());
  }

  @Test
  void makesAPublicationShowWhatItDidNot() throws SQLException, InterruptedException {
    database.execute(
        "CREATE TABLE t (id bigint PRIMARY KEY, name text) PARTITION BY HASH (id)",
        "CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        "CREATE TABLE u (id bigint PRIMARY KEY, name text)",
        "CREATE PUBLICATION " + database.slot() + " FOR TABLE t WITH (publish = 'insert')",
        "CREATE ROLE reader LOGIN REPLICATION PASSWORD 'r'",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
    Binding whole = binding("public.t");
    Binding other = binding("public.u");
    List<Problem> problems =
        database
            .system(Map.of("user", "reader", "password", "r"), List.of(whole, other), List.of())
            .check();
    assertEquals(List.of("publication-lacks-table"), codes(problems));
    String name = Database.quote(database.slot());
    assertEquals(
        "Let the tables' owner run: ALTER PUBLICATION "
            + name
            + " SET (publish = 'insert, update, delete, truncate', publish_via_partition_root ="
            + " true); ALTER PUBLICATION "
            + name
            + " ADD TABLE \"public\".\"u\";",
        problems.getFirst().remedy());
    assertEquals(List.of(), checkRead(whole, other));
    try (var run = SourceRun.start(database.reading(whole, other).source(), Map.of())) {
      run.awaitStreaming();
      database.execute(
          "INSERT INTO t VALUES (1, 'a')",
          "UPDATE t SET name = 'b'",
          "INSERT INTO u VALUES (2, 'last')");
      assertEquals(List.of("1|b", "2|last"), after(run, 2));
    }
    assertEquals(
        List.of("publication-lacks-table"), codes(checkRead(whole, binding("public.t_0"))));
    database.execute("DROP OWNED BY reader", "DROP ROLE reader");
  }

  @Test
  void readsAComputedColumnThatIsStored() throws SQLException, InterruptedException {
    database.execute(
        "CREATE TABLE t (id bigint PRIMARY KEY, name text GENERATED ALWAYS AS ('n' || id) STORED)",
        "CREATE TABLE v (id bigint PRIMARY KEY, name text GENERATED ALWAYS AS ('n' || 1) VIRTUAL)",
        "CREATE PUBLICATION " + database.slot() + " FOR TABLE t",
        "INSERT INTO t VALUES (1)");
    assertEquals(List.of("column-generated"), codes(checkRead(binding("public.v"))));
    Binding binding = binding("public.t");
    assertEquals(List.of(), checkRead(binding));
    try (var run = SourceRun.start(database.reading(binding).source(), Map.of())) {
      run.awaitStreaming();
      database.execute("UPDATE t SET id = 5", "INSERT INTO t VALUES (2)");
      assertEquals(List.of("2|n2", "5|n5"), after(run, 2));
    }
  }

  @Test
  void namesWithDotsAndQuotesAreWrittenAsInSql() throws SQLException, InterruptedException {
    database.execute(
        "CREATE SCHEMA \"App.v1\"",
        "CREATE TABLE \"App.v1\".\"Order \"\"x\"\".y\" (\"Row.Id\" bigint PRIMARY KEY, \"a\"\"b\" text)",
        "CREATE TABLE \"dotted.name\" (id bigint PRIMARY KEY, name text)",
        "INSERT INTO \"App.v1\".\"Order \"\"x\"\".y\" VALUES (1, 'one')");
    Schema schema =
        new Schema(
            "order",
            List.of(field("id", ValueType.LONG), field("name", ValueType.STRING)),
            List.of("id"));
    Binding odd =
        new Binding(
            "orders",
            schema,
            "\"App.v1\".\"Order \"\"x\"\".y\"",
            List.of("Row.Id", "a\"b"),
            "syncs.orders.members[0]");
    Binding plain = binding("\"dotted.name\"");
    assertEquals(List.of(), checkRead(odd, plain));
    try (var run = SourceRun.start(database.reading(odd, plain).source(), Map.of())) {
      run.awaitStreaming();
      database.execute(
          "INSERT INTO \"App.v1\".\"Order \"\"x\"\".y\" VALUES (2, 'two')",
          "INSERT INTO \"dotted.name\" VALUES (3, 'last')");
      assertEquals(List.of("1|one", "2|two", "3|last"), after(run, 3));
      write(plain, run.changes().stream().filter(change -> change.binding() == odd).toList());
    }
    assertEquals(
        List.of("(1,one)", "(2,two)", "(3,last)"),
        database.rows("SELECT t::text FROM \"dotted.name\" t ORDER BY id"));
    assertEquals(new TableName(null, "a"), TableName.parse("a"));
    assertEquals(new TableName("A", "b c.d"), TableName.parse("A.b c.d"));
    assertEquals(new TableName("a.b", "c"), TableName.parse("\"a.b\".c"));
    assertEquals(new TableName("a", "b.c"), TableName.parse("a.\"b.c\""));
    assertEquals(new TableName("a\".", "\""), TableName.parse("\"a\"\".\".\"\"\"\""));
    assertEquals(new TableName("a\"b", "c"), TableName.parse("a\"b.c"));
  }

  @Test
  void writesAPartitionedTable() throws SQLException {
    database.execute(
        "CREATE TABLE t (id bigint, name text) PARTITION BY LIST (name)",
        "CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a')",
        "CREATE TABLE t_b PARTITION OF t DEFAULT");
    Binding narrow = binding("public.t");
    Problem problem = database.writing(narrow).check().getFirst();
    assertEquals("key-not-unique", problem.code());
    assertTrue(problem.remedy().startsWith("It is partitioned by name"), problem.remedy());
    database.execute("ALTER TABLE t ADD PRIMARY KEY (id, name)", "ALTER TABLE t ADD note text");
    Binding wide =
        Bindings.of(
            "public.t",
            List.of("id", "name"),
            field("id", ValueType.LONG),
            field("name", ValueType.STRING),
            field("note", ValueType.STRING));
    assertEquals(List.of(), database.writing(wide).check());
    try (Target target = database.writing(wide).target();
        Lane lane = target.open(0)) {
      apply(lane, delivery(1, wide, Operation.CREATE, null, 1L, "a", "x"));
      apply(lane, delivery(2, wide, Operation.CREATE, null, 2L, "z", "y"));
      apply(lane, delivery(3, wide, Operation.UPDATE, null, 1L, "a", "X"));
      apply(lane, delivery(4, wide, Operation.UPDATE, new Key(2L, "z"), 2L, "a", "moved"));
      apply(lane, delivery(5, wide, Operation.CREATE, null, 3L, "a", "gone"));
      apply(
          lane,
          new Delivery(6, wide, Operation.DELETE, new Key(3L, "a"), null, null, 0, Instant.EPOCH));
    }
    assertEquals(
        List.of("(1,a,X)", "(2,a,moved)"), database.rows("SELECT t::text FROM t_a t ORDER BY id"));
  }

  @Test
  void writesAKeyThatTheServerWouldNumber() throws SQLException {
    database.execute(
        "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, own text"
            + " DEFAULT 'ours')",
        "CREATE TABLE u (id bigint PRIMARY KEY, name text, number int GENERATED ALWAYS AS IDENTITY)");
    Binding binding = binding("public.t");
    assertEquals(List.of(), database.writing(binding).check());
    try (Target target = database.writing(binding).target();
        Lane lane = target.open(0)) {
      apply(lane, delivery(1, binding, Operation.CREATE, null, 5L, "a"));
      database.execute("UPDATE t SET own = 'kept'");
      apply(lane, delivery(2, binding, Operation.UPDATE, null, 5L, "b"));
      apply(lane, delivery(3, binding, Operation.UPDATE, new Key(5L), 6L, "c"));
      apply(lane, delivery(3, binding, Operation.UPDATE, new Key(5L), 6L, "c"));
    }
    assertEquals(List.of("(6,c,kept)"), database.rows("SELECT t::text FROM t"));
    Binding numbered =
        Bindings.of(
            "public.u",
            List.of("id"),
            field("id", ValueType.LONG),
            field("number", ValueType.LONG));
    assertEquals(List.of("column-generated"), codes(database.writing(numbered).check()));
    assertEquals(List.of(), database.writing(binding("public.u")).check());
  }

  @Test
  void refusesWhatIsNoTableAndWhatHasNoValues() throws SQLException {
    database.execute("CREATE VIEW v AS SELECT 1::bigint AS id, 'x' AS name");
    assertEquals(List.of("not-a-table"), codes(checkRead(binding("public.v"))));
    Binding pseudo =
        Bindings.of(
            "pg_catalog.pg_statistic",
            List.of("starelid"),
            field("starelid", ValueType.LONG),
            field("stavalues1", ValueType.STRING));
    assertEquals(List.of("type-not-supported"), codes(checkRead(pseudo)));
  }

  private static Delivery delivery(
      long sequence, Binding binding, Operation operation, @Nullable Key from, Object... values) {
    Row row = new Row(binding.schema(), values);
    return new Delivery(
        sequence, binding, operation, binding.schema().key(row), from, row, 0, Instant.EPOCH);
  }

  private static void apply(Lane lane, Delivery delivery) {
    assertEquals(
        new DeliveryOutcome.Applied(1),
        lane.apply(List.of(delivery), new LaneCursor(1, delivery.sequence())));
  }

  private void write(Binding binding, List<Change> changes) {
    List<Delivery> deliveries = new ArrayList<>();
    for (Change change : changes) {
      Row row = Objects.requireNonNull(change.after());
      deliveries.add(
          new Delivery(
              deliveries.size() + 1,
              binding,
              Operation.READ,
              change.key(),
              null,
              new Row(binding.schema(), row.copyValues()),
              0,
              change.sourceTime()));
    }
    try (Target target = database.writing(binding).target();
        Lane lane = target.open(0)) {
      assertEquals(
          new DeliveryOutcome.Applied(deliveries.size()),
          lane.apply(deliveries, new LaneCursor(1, deliveries.size())));
    }
  }
}
