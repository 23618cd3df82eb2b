package dev.unisono.mariadb;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Owner.WriteReceipt;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MariaDbOwnerTest {
  private MariaDbServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server = MariaDbServer.temporary();
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

  private static Row item(@Nullable Object name, @Nullable Object price) {
    return new Row(
        ItemTable.BINDING.schema(), new @Nullable Object[] {Unchanged.UNCHANGED, name, price});
  }

  @Test
  void isToldByItsNumberInTheBinlog() throws Exception {
    ItemTable.create(database, 3);
    try (SourceRun run =
            SourceRun.start(database.system(Map.of(), ItemTable.BINDING).source(), Map.of())
                .awaitDone();
        Owner owner = database.system(Map.of(), ItemTable.BINDING).owner()) {
      database.execute("UPDATE item SET name = 'somebody else' WHERE id = 2");
      WriteReceipt receipt =
          owner
              .update(ItemTable.BINDING, new Key(1L), item("patched", Unchanged.UNCHANGED), null)
              .orElseThrow();
      assertTrue(receipt.changed());
      Change change = run.await(each -> each.transaction() == receipt.transaction());
      assertEquals("1|patched|0.250", Replica.text(Objects.requireNonNull(change.after())));
      assertEquals(Operation.UPDATE, change.operation());
    }
  }

  @Test
  void writesOnlyWhereTheRowIsAsExpected() throws Exception {
    ItemTable.create(database, 3);
    try (Owner owner = database.system(Map.of(), ItemTable.BINDING).owner()) {
      Row patch = item("new", Unchanged.UNCHANGED);
      Key key = new Key(1L);
      assertEquals(
          Optional.empty(),
          owner.update(ItemTable.BINDING, key, patch, item("ITEM 1", Unchanged.UNCHANGED)));
      assertEquals(
          Optional.empty(),
          owner.update(ItemTable.BINDING, key, patch, item("item 1 ", Unchanged.UNCHANGED)));
      assertEquals(Optional.empty(), owner.update(ItemTable.BINDING, key, patch, item(null, null)));
      assertEquals(Optional.empty(), owner.update(ItemTable.BINDING, new Key(9L), patch, null));
      assertTrue(
          owner
              .update(ItemTable.BINDING, key, patch, item("item 1", null))
              .orElseThrow()
              .changed());
      assertFalse(owner.update(ItemTable.BINDING, key, patch, null).orElseThrow().changed());
      assertTrue(
          owner
              .update(ItemTable.BINDING, key, item(null, Unchanged.UNCHANGED), patch)
              .orElseThrow()
              .changed());
      assertEquals("1|~|0.250", ItemTable.texts(database).getFirst());
    }
  }

  @Test
  void saysWhatTheServerRefuses() throws Exception {
    ItemTable.create(database, 3);
    database.execute("ALTER TABLE item ADD CHECK (price < 1000)");
    try (Owner owner = database.system(Map.of(), ItemTable.BINDING).owner()) {
      for (Row patch :
          List.of(
              item("x".repeat(101), Unchanged.UNCHANGED),
              item(Unchanged.UNCHANGED, new BigDecimal("1001")),
              item(Unchanged.UNCHANGED, new BigDecimal("1e20")))) {
        UnisonoException refused =
            assertThrows(
                UnisonoException.class,
                () -> owner.update(ItemTable.BINDING, new Key(1L), patch, null));
        assertEquals("refused-by-owner", refused.problem().code());
      }
      assertEquals("1|item 1|0.250", ItemTable.texts(database).getFirst());
    }
  }

  @Test
  void tellsKeysApartThatACollationDoesNot() throws Exception {
    database.execute("CREATE TABLE word (w varchar(20) PRIMARY KEY, n int)");
    database.execute("INSERT INTO word VALUES ('Abc', 1)");
    Binding word =
        Bindings.of("word", List.of("w"), field("w", ValueType.STRING), field("n", ValueType.LONG));
    Row patch = new Row(word.schema(), new @Nullable Object[] {Unchanged.UNCHANGED, 2L});
    try (Owner owner = database.system(Map.of(), word).owner()) {
      assertEquals(Optional.empty(), owner.update(word, new Key("abc"), patch, null));
      assertTrue(owner.update(word, new Key("Abc"), patch, null).isPresent());
      assertEquals(Optional.empty(), owner.delete(word, new Key("abc"), null));
      // The server takes them for the same, and says so; it is another key all the same.
      Row same = new Row(word.schema(), new @Nullable Object[] {"abc", 3L});
      assertEquals(
          "refused-by-owner",
          assertThrows(UnisonoException.class, () -> owner.insert(word, same, _ -> {}))
              .problem()
              .code());
      Row again = new Row(word.schema(), new @Nullable Object[] {"Abc", 3L});
      assertEquals(
          "exists",
          assertThrows(UnisonoException.class, () -> owner.insert(word, again, _ -> {}))
              .problem()
              .code());
      assertTrue(owner.delete(word, new Key("Abc"), null).isPresent());
    }
  }

  @Test
  void writesAndComparesEachType() throws Exception {
    database.execute(
        "CREATE TABLE v (id int PRIMARY KEY, b tinyint(1), f float, d double, t time(6), dt date,"
            + " ts timestamp(6) NULL, u uuid, j json, x varbinary(10), e enum('a','b'))");
    database.execute("INSERT INTO v (id) VALUES (1)");
    Binding binding =
        Bindings.of(
            "v",
            List.of("id"),
            field("id", ValueType.LONG),
            field("b", ValueType.BOOLEAN),
            field("f", ValueType.DOUBLE),
            field("d", ValueType.DOUBLE),
            field("t", ValueType.TIME),
            field("dt", ValueType.DATE),
            field("ts", ValueType.TIMESTAMP),
            field("u", ValueType.UUID),
            field("j", ValueType.JSON),
            field("x", ValueType.BYTES),
            field("e", ValueType.STRING));
    Row patch =
        new Row(
            binding.schema(),
            new @Nullable Object[] {
              Unchanged.UNCHANGED,
              true,
              0.1,
              0.1,
              LocalTime.parse("12:34:56.000001"),
              LocalDate.parse("2024-02-29"),
              Instant.parse("2024-03-31T02:30:00.000001Z"),
              UUID.fromString("00112233-4455-1677-8899-aabbccddee00"),
              new Json("{\"a\": 1}"),
              new byte[] {0, 1, 2},
              "b"
            });
    try (SourceRun run =
            SourceRun.start(database.system(Map.of(), binding).source(), Map.of()).awaitDone();
        Owner owner = database.system(Map.of(), binding).owner()) {
      assertTrue(owner.update(binding, new Key(1L), patch, null).orElseThrow().changed());
      Change change = run.awaitChanges(2).get(1);
      assertEquals(
          "1" + Replica.text(patch).substring("UNCHANGED".length()),
          Replica.text(Objects.requireNonNull(change.after())));
      assertFalse(owner.update(binding, new Key(1L), patch, patch).orElseThrow().changed());
    }
  }
}
