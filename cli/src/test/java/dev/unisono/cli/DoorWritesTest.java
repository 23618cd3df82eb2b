package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.Doors.Written;
import dev.unisono.engine.Engine;
import dev.unisono.engine.Precondition;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.testkit.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What callers make, replace and delete is in the databases that own it, and in the journal. */
final class DoorWritesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Object SAME = Unchanged.UNCHANGED;
  private static final Precondition ANY = Precondition.NONE;

  @TempDir private Path folder;

  private static String mirror(PostgresServer server) {
    return """
    systems:
      shop: { connector: postgres, url: "%s", user: %s, password: "${env:DB_PASSWORD}" }
    entities:
      customer:
        key: id
        schema:
          required: [id, name, since]
          properties:
            id: { type: integer }
            name: { type: string }
            city: { type: string }
            since: { type: integer }
            letters: { type: integer }
      order:
        key: id
        schema: { properties: { id: { type: integer }, customer: { type: integer } } }
    syncs:
      customers:
        entity: customer
        members: [ { system: shop, table: public.customers, direction: read } ]
      orders:
        entity: order
        members: [ { system: shop, table: public.orders, direction: read } ]
    """
        .formatted(server.jdbcUrl("shop"), server.user());
  }

  private String merge() {
    return """
    systems:
      billing: { connector: sqlite, file: "%s" }
      crm: { connector: sqlite, file: "%s" }
    entities:
      customer:
        key: id
        match: [ { exact: [name] } ]
        schema:
          properties: { id: { type: integer }, name: { type: string }, city: { type: string } }
    syncs:
      customers:
        entity: customer
        first-load: ask
        members:
          - { system: crm, table: customer, direction: both }
          - { system: billing, table: customer, direction: both }
    """
        .formatted(folder.resolve("billing.db"), folder.resolve("crm.db"));
  }

  private Engine start(String config, String password) throws Exception {
    ConfigReader.Outcome outcome =
        new ConfigReader(ServiceLoader.load(Connector.class), _ -> password).read(config, folder);
    assertEquals(List.of(), outcome.problems());
    Engine engine =
        new Engine(Objects.requireNonNull(outcome.config()), InstantSource.system(), () -> {});
    engine.start();
    until(
        "all is read",
        () ->
            engine.status().sources().stream()
                .allMatch(source ->
                    !source.progress().tables().isEmpty()
                        && source.progress().tables().stream()
                            .allMatch(table -> table.phase() == TablePhase.DONE)));
    return engine;
  }

  private static void until(String what, Callable<Boolean> holds) throws Exception {
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    while (!holds.call()) {
      assertTrue(System.nanoTime() < deadlineNanos, "did not come: " + what);
      LockSupport.parkNanos(5_000_000);
    }
  }

  private static Entity entity(Engine engine, String name) {
    return engine.entities().stream()
        .filter(entity -> entity.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Row row(Entity entity, @Nullable Object... values) {
    return new Row(entity.schema(), values);
  }

  private static String text(@Nullable Row row) {
    return row == null ? "none" : Arrays.toString(row.copyValues());
  }

  private static Problem refused(Executable write) {
    return assertThrows(UnisonoException.class, write).problem();
  }

  /** What was answered is in the journal, as it was answered. */
  private static Written journaled(Engine engine, Written written, Operation operation) {
    JournalEntry entry = engine.journal().read(written.sequence() - 1, 1).getFirst();
    assertEquals(operation, entry.operation());
    assertEquals(written.record().key(), entry.key());
    assertEquals(written.record().version(), entry.sequence());
    assertEquals(text(written.record().row()), text(entry.row()));
    return written;
  }

  private static List<String> rows(Connection connection, String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        rows.add(row.getString(1));
      }
    }
    return rows;
  }

  private static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  @Test
  void postgresqlOwnsWhatIsMadeReplacedAndDeleted() throws Exception {
    try (PostgresServer server = PostgresServer.temporary()) {
      server.createDatabase("shop");
      try (Connection shop = server.connect("shop")) {
        execute(
            shop,
            "CREATE TABLE customers (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name"
                + " text NOT NULL UNIQUE, city text, since bigint NOT NULL DEFAULT 2020, letters"
                + " bigint GENERATED ALWAYS AS (length(name)) STORED)",
            "CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customers)");
        try (Engine engine = start(mirror(server), server.password())) {
          change(engine, shop);
        }
      }
    }
  }

  private static void change(Engine engine, Connection shop) throws Exception {
    Entity customer = entity(engine, "customer");
    Entity order = entity(engine, "order");
    Written ada =
        journaled(
            engine,
            engine.create(customer, row(customer, SAME, "Ada", "Rome", SAME, SAME), PATIENCE),
            Operation.CREATE);
    assertTrue(ada.created());
    assertEquals("[1, Ada, Rome, 2020, 3]", text(ada.record().row()));
    assertEquals(
        "exists",
        refused(() -> engine.create(customer, row(customer, 1L, "Eve", null, 1L, SAME), PATIENCE))
            .code());
    Problem taken =
        refused(
            () -> engine.create(customer, row(customer, SAME, "Ada", null, SAME, SAME), PATIENCE));
    assertEquals("refused-by-owner", taken.code());
    assertTrue(taken.message().contains("customers_name_key"), taken.message());
    // Replaced as it was read, with what the server computes.
    Written replaced =
        journaled(
            engine,
            engine.put(
                customer,
                new Key(1L),
                row(customer, 1L, "Ada", SAME, 2021L, 3L),
                new Precondition.Version(ada.record().version()),
                PATIENCE),
            Operation.UPDATE);
    assertEquals("[1, Ada, null, 2021, 3]", text(replaced.record().row()));
    Written made =
        journaled(
            engine,
            engine.put(
                customer,
                new Key(70L),
                row(customer, SAME, "Kim", "Oslo", 2022L, SAME),
                new Precondition.Absent(),
                PATIENCE),
            Operation.CREATE);
    assertEquals("[70, Kim, Oslo, 2022, 3]", text(made.record().row()));
    journaled(engine, engine.create(order, row(order, 9L, 70L), PATIENCE), Operation.CREATE);
    Problem referred = refused(() -> engine.delete(customer, new Key(70L), ANY, PATIENCE));
    assertEquals("refused-by-owner", referred.code());
    assertTrue(referred.message().contains("orders_customer_fkey"), referred.message());
    assertNull(
        journaled(engine, engine.delete(order, new Key(9L), ANY, PATIENCE), Operation.DELETE)
            .record()
            .row());
    journaled(
        engine,
        engine.delete(
            customer, new Key(70L), new Precondition.Version(made.record().version()), PATIENCE),
        Operation.DELETE);
    assertEquals(
        "gone", refused(() -> engine.delete(customer, new Key(70L), ANY, PATIENCE)).code());
    assertEquals(List.of("(1,Ada,,2021,3)"), rows(shop, "SELECT c::text FROM customers c"));
    assertEquals(List.of(), rows(shop, "SELECT o::text FROM orders o"));
  }

  private Connection database(String name) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(name));
    execute(
        connection,
        "PRAGMA busy_timeout = 20000",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, city TEXT)");
    return connection;
  }

  @Test
  void whatIsWrittenToTheFirstMemberOfAMergeIsMergedAndInTheOthers() throws Exception {
    String names = "SELECT name || ' ' || coalesce(city, '-') FROM customer ORDER BY name";
    try (Connection crm = database("crm.db");
        Connection billing = database("billing.db")) {
      execute(crm, "INSERT INTO customer VALUES (1, 'Ada', 'London')");
      execute(billing, "INSERT INTO customer VALUES (5, 'Zoe', 'Oslo')");
      try (Engine engine = start(merge(), "none")) {
        Entity customer = entity(engine, "customer");
        // It is found to be the one that billing has, and known by the key in crm from now on.
        Written zoe = engine.create(customer, row(customer, SAME, "Zoe", "Bergen"), PATIENCE);
        assertEquals(new Key(2L), zoe.record().key());
        until("both are read", () -> live(engine));
        until(
            "they are the same",
            () ->
                rows(crm, names).equals(List.of("Ada London", "Zoe Bergen"))
                    && rows(billing, names).equals(List.of("Ada London", "Zoe Bergen")));
        Written kim = engine.create(customer, row(customer, SAME, "Kim", "Rome"), PATIENCE);
        until("it is in billing", () -> rows(billing, names).contains("Kim Rome"));
        engine.put(customer, kim.record().key(), row(customer, SAME, "Kim", SAME), ANY, PATIENCE);
        until("it is replaced in billing", () -> rows(billing, names).contains("Kim -"));
        assertNull(engine.delete(customer, new Key(2L), ANY, PATIENCE).record().row());
        until("it is gone in billing", () -> rows(billing, names).size() == 2);
        // Two rows of one member are not one record: the second takes no part.
        Problem aside =
            refused(() -> engine.create(customer, row(customer, SAME, "Kim", "Oslo"), PATIENCE));
        assertEquals("write-set-aside", aside.code());
        assertEquals(List.of("Ada London", "Kim -"), rows(billing, names));
      }
    }
  }

  private static boolean live(Engine engine) throws InterruptedException {
    try {
      engine.live("customer");
      return true;
    } catch (UnisonoException notYet) {
      assertEquals("not-collected", notYet.problem().code());
      return false;
    }
  }
}
