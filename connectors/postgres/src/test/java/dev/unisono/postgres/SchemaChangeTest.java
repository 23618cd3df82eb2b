package dev.unisono.postgres;

import static dev.unisono.spi.SchemaChange.EVOLVE;
import static dev.unisono.spi.SchemaChange.IGNORE;
import static dev.unisono.spi.SchemaChange.STOP;
import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A table's columns change under a source, by each policy. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SchemaChangeTest {
  private static final Field ID = field("id", ValueType.LONG);
  private static final Field NAME = new Field("name", ValueType.STRING, true);
  private static final Field NOTE = field("note", ValueType.STRING);
  private static final Field AMOUNT = field("amount", ValueType.DECIMAL);
  private static final Field PHONE = field("phone", ValueType.STRING);

  private static final Binding PERSON = person(List.of("id", "name", "note", "amount"));

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
  void makeTable(TestInfo test) throws SQLException {
    String name = test.getTestMethod().orElseThrow().getName();
    database = new TestDatabase(server, name + Integer.toHexString(test.hashCode()));
    database.execute(
        "CREATE TABLE person (id bigint PRIMARY KEY, name varchar(20) NOT NULL, note text,"
            + " amount int)",
        "INSERT INTO person VALUES (1, 'one', 'x', 10)");
  }

  @AfterEach
  void dropSlot() throws SQLException {
    database.close();
  }

  /** The entity's first fields, in other columns perhaps. */
  private static Binding person(List<String> columns, Field... more) {
    List<Field> fields = new ArrayList<>(List.of(ID, NAME, NOTE, AMOUNT));
    fields.addAll(List.of(more));
    return new Binding(
        "person",
        new Schema("person", fields.subList(0, columns.size()), List.of("id")),
        "public.person",
        new ArrayList<>(columns),
        "syncs.person.members[0]");
  }

  private FollowedTable streaming(SchemaChange policy) throws InterruptedException {
    return new FollowedTable(database, PERSON, policy).start().awaitStreaming();
  }

  private static Row after(Change change) {
    return Objects.requireNonNull(change.after());
  }

  private static Change last(FollowedTable table) {
    return table.changes().getLast();
  }

  @Test
  void anAddedColumnIsReportedAndNotSyncedWhereItIsToBeIgnored() throws Exception {
    try (FollowedTable table = streaming(IGNORE)) {
      database.execute(
          "ALTER TABLE person ADD COLUMN phone text",
          "INSERT INTO person VALUES (2, 'two', NULL, NULL, '123')");
      table.awaitRows(List.of("1|one", "2|two"), "id", "name");
      table.await(() -> !table.run().differences().isEmpty());
      assertEquals(
          List.of("The column phone (text) was added and is not synced."),
          table.run().differences());
      assertEquals(1, table.starts());
      // It is said after a restart, too, until the config has it.
      table.stop().start().awaitStreaming();
      assertEquals(1, table.run().differences().size());
    }
  }

  @Test
  void anAddedColumnBecomesAFieldInTheMiddleOfWork() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      for (int i = 2; i <= 300; i++) {
        if (i == 100) {
          database.execute("ALTER TABLE person ADD COLUMN phone text");
        }
        String phone = i < 100 ? "" : ", 'p" + i + "'";
        database.execute("INSERT INTO person VALUES (" + i + ", 'n', 'x', 1" + phone + ")");
      }
      table.awaitRows(
          database.rows("SELECT concat_ws('|', id, coalesce(phone, '~')) FROM person ORDER BY id"),
          "id",
          "phone");
      // One restart, and no row was read again: nothing stood in the column before.
      assertEquals(2, table.starts());
      assertEquals(300, table.changes().size());
    }
  }

  @Test
  void rowsAreReadAgainWhereAnAddedColumnHasADefault() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      database.execute(
          "ALTER TABLE person ADD COLUMN phone text DEFAULT 'none'",
          "INSERT INTO person VALUES (2, 'two', 'x', 1, 'p')");
      table.awaitRows(List.of("1|none", "2|p"), "id", "phone");
    }
  }

  @Test
  void changesOfColumnsAndRowsInOneTransactionAreToldApart() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      database.transaction(
          "INSERT INTO person VALUES (2, 'two', 'x', 1)",
          "ALTER TABLE person ADD COLUMN phone text",
          "INSERT INTO person VALUES (3, 'three', 'x', 1, 'p3')",
          "ALTER TABLE person RENAME COLUMN name TO label",
          "UPDATE person SET label = 'TWO' WHERE id = 2",
          "ALTER TABLE person ADD COLUMN fax text",
          "INSERT INTO person VALUES (4, 'four', 'x', 1, 'p4', 'f4')");
      table.awaitRows(
          List.of("1|one|~|~", "2|TWO|~|~", "3|three|p3|~", "4|four|p4|f4"),
          "id",
          "name",
          "phone",
          "fax");
      List<Operation> operations =
          table.changes().stream().map(Change::operation).filter(o -> o != Operation.READ).toList();
      // None is missing, and none came twice.
      assertEquals(
          List.of(Operation.CREATE, Operation.CREATE, Operation.UPDATE, Operation.CREATE),
          operations);
    }
  }

  @Test
  void severalChangesBeforeTheFirstIsReadAreTakenOneByOne() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      table.stop();
      database.execute(
          "UPDATE person SET name = 'a' WHERE id = 1",
          "ALTER TABLE person RENAME COLUMN name TO label",
          "INSERT INTO person VALUES (2, 'two', 'x', 1)",
          "ALTER TABLE person RENAME COLUMN label TO title",
          "INSERT INTO person VALUES (3, 'three', 'x', 1)",
          "ALTER TABLE person ADD COLUMN phone text",
          "INSERT INTO person VALUES (4, 'four', 'x', 1, 'p4')",
          "ALTER TABLE person RENAME COLUMN phone TO mobile",
          "INSERT INTO person VALUES (5, 'five', 'x', 1, 'p5')");
      table.start();
      // What is called mobile by now was phone when the log first told of it.
      table.awaitRows(
          List.of("1|a|~", "2|two|~", "3|three|~", "4|four|p4", "5|five|p5"),
          "id",
          "name",
          "phone");
    }
  }

  @Test
  void aChangeOfColumnsThatIsRolledBackIsNone() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      database.execute(
          "BEGIN",
          "ALTER TABLE person ADD COLUMN phone text",
          "INSERT INTO person VALUES (2, 'two', 'x', 1, 'p')",
          "ROLLBACK");
      database.transaction(
          "INSERT INTO person VALUES (3, 'three', 'x', 1)",
          "SAVEPOINT s",
          "ALTER TABLE person DROP COLUMN note",
          "INSERT INTO person VALUES (4, 'four', 1)",
          "ROLLBACK TO s",
          "INSERT INTO person VALUES (5, 'five', 'y', 1)");
      table.awaitRows(List.of("1|x", "3|x", "5|y"), "id", "note");
      assertEquals(1, table.starts());
      assertEquals(List.of(), table.run().differences());
    }
  }

  @Test
  void aColumnOfATableThatRestsIsFoundAllTheSame() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      database.execute("ALTER TABLE person ADD COLUMN phone text DEFAULT 'none'");
      table.awaitRows(List.of("1|none"), "id", "phone");
      database.execute("ALTER TABLE person RENAME COLUMN phone TO mobile");
      table.await(() -> table.binding().columns().contains("mobile"));
    }
  }

  @Test
  void aCrashWhereTheEntityLearnsLosesAndRepeatsNothing() throws Exception {
    for (int batches = 0; batches < 4; batches++) {
      String column = "c" + batches;
      try (FollowedTable table = new FollowedTable(database, PERSON, EVOLVE)) {
        table.start().awaitStreaming().stop();
        int id = 100 * (batches + 1);
        database.transaction(
            "INSERT INTO person (id, name) VALUES (" + id + ", 'before')",
            "ALTER TABLE person ADD COLUMN " + column + " text",
            "INSERT INTO person (id, name, " + column + ") VALUES (" + (id + 1) + ", 'n', 'v')");
        table.startUntilBatches(batches);
        table.run().awaitEnd();
        table.stop().start();
        table.await(() -> table.texts("id", column).contains((id + 1) + "|v"));
        long created =
            table.changes().stream().filter(each -> each.operation() == Operation.CREATE).count();
        assertEquals(2, created);
        table.stop();
      }
      database.awaitIdleSlot();
      database.execute("SELECT pg_drop_replication_slot('" + database.slot() + "')");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IGNORE", "EVOLVE"})
  void theFieldOfADroppedColumnIsLeftOut(SchemaChange policy) throws Exception {
    try (FollowedTable table = streaming(policy)) {
      database.execute(
          "ALTER TABLE person DROP COLUMN note",
          "INSERT INTO person VALUES (2, 'two', 20)",
          "UPDATE person SET amount = 11 WHERE id = 1");
      // What was there stays.
      table.awaitRows(List.of("1|x|11", "2|~|20"), "id", "note", "amount");
      assertSame(Unchanged.UNCHANGED, after(last(table)).value("note"));
      String expected = "The column note of the field note is gone; the field is left out.";
      table.await(() -> table.run().differences().equals(List.of(expected)));
      table.stop().start().awaitStreaming();
      database.execute("INSERT INTO person VALUES (3, 'three', 30)");
      table.awaitRows(List.of("1|x", "2|~", "3|~"), "id", "note");
      assertEquals(List.of(expected), table.run().differences());
    }
  }

  @ParameterizedTest
  @EnumSource(SchemaChange.class)
  void aDroppedColumnThatMustHaveAValueStopsTheSource(SchemaChange policy) throws Exception {
    try (FollowedTable table = streaming(policy)) {
      database.execute(
          "INSERT INTO person VALUES (2, 'two', 'y', 20)",
          "ALTER TABLE person DROP COLUMN name",
          "INSERT INTO person VALUES (3, 'z', 30)");
      Problem problem = table.awaitStop();
      assertEquals("column-dropped", problem.code());
      assertTrue(problem.remedy().contains("the field name"), problem::toString);
      // The row before the change is there, those after it come once the config fits.
      assertEquals(List.of("1|x", "2|y"), table.texts("id", "note"));
      table.configure(Bindings.of("public.person", List.of("id"), ID, NOTE, AMOUNT), policy);
      table.start();
      table.awaitRows(List.of("1|x", "2|y", "3|z"), "id", "note");
    }
  }

  @Test
  void aRenamedColumnIsFollowed() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      database.execute(
          "ALTER TABLE person RENAME COLUMN name TO label",
          "INSERT INTO person VALUES (2, 'two', 'x', 1)",
          "ALTER TABLE person RENAME COLUMN id TO number",
          "UPDATE person SET note = 'y' WHERE number = 2",
          "INSERT INTO person VALUES (3, 'three', 'x', 1)");
      table.awaitRows(List.of("1|one|x", "2|two|y", "3|three|x"), "id", "name", "note");
    }
  }

  @Test
  void columnsThatChangeTheirNamesForOneAnotherAreFollowed() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      database.transaction(
          "ALTER TABLE person RENAME COLUMN name TO other",
          "ALTER TABLE person RENAME COLUMN note TO name",
          "ALTER TABLE person RENAME COLUMN other TO note",
          "INSERT INTO person (id, note, name) VALUES (2, 'two', 'x')");
      table.awaitRows(List.of("1|one|x", "2|two|x"), "id", "name", "note");
    }
  }

  @Test
  void aRenamedColumnIsAskedForWhereItIsNotToBeFollowed() throws Exception {
    try (FollowedTable table = streaming(IGNORE)) {
      database.execute(
          "ALTER TABLE person RENAME COLUMN note TO remark",
          "INSERT INTO person VALUES (2, 'two', 'y', 1)");
      table.awaitRows(List.of("1|x", "2|~"), "id", "note");
      table.await(() -> table.run().differences().size() == 2);
      // Once the config names it, what was missed comes, too.
      table.stop();
      table.configure(person(List.of("id", "name", "remark", "amount")), IGNORE);
      table.start();
      table.awaitRows(List.of("1|x", "2|y"), "id", "note");
    }
  }

  @Test
  void aRenameStopsWithTheLineToWriteAndGoesOnAfterIt() throws Exception {
    try (FollowedTable table = streaming(STOP)) {
      database.execute(
          "INSERT INTO person VALUES (2, 'two', 'x', 1)",
          "ALTER TABLE person RENAME COLUMN name TO label",
          "INSERT INTO person VALUES (3, 'three', 'x', 1)");
      Problem problem = table.awaitStop();
      assertEquals("schema-changed", problem.code());
      assertTrue(problem.message().contains("name was renamed to label"), problem::toString);
      assertTrue(problem.remedy().contains("`name: label`"), problem::toString);
      table.configure(person(List.of("id", "label", "note", "amount")), STOP);
      table.start();
      table.awaitRows(List.of("1|one", "2|two", "3|three"), "id", "name");
      assertEquals(3, table.changes().size());
    }
  }

  @Test
  void anAddedColumnStopsAndIsSyncedOnceTheConfigHasIt() throws Exception {
    try (FollowedTable table = streaming(STOP)) {
      database.execute(
          "ALTER TABLE person ADD COLUMN phone text",
          "INSERT INTO person VALUES (2, 'two', 'x', 1, 'p')");
      Problem problem = table.awaitStop();
      assertEquals("schema-changed", problem.code());
      assertTrue(problem.remedy().contains("`phone: { type: string }`"), problem::toString);
      assertTrue(problem.remedy().contains("ADD COLUMN \"phone\" text"), problem::toString);
      table.configure(person(List.of("id", "name", "note", "amount", "phone"), PHONE), STOP);
      table.start();
      table.awaitRows(List.of("1|~", "2|p"), "id", "phone");
    }
  }

  @Test
  void anAddedColumnThatStoppedIsLeftOutByOneStartThatIgnoresIt() throws Exception {
    try (FollowedTable table = streaming(STOP)) {
      database.execute("ALTER TABLE person ADD COLUMN phone text");
      assertEquals("schema-changed", table.awaitStop().code());
      table.configure(PERSON, IGNORE);
      table.start();
      table.await(() -> !table.run().differences().isEmpty());
      table.stop();
      table.configure(PERSON, STOP);
      table.start().awaitStreaming();
      database.execute("INSERT INTO person VALUES (2, 'two', 'x', 1, 'p')");
      table.awaitRows(List.of("1|one", "2|two"), "id", "name");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IGNORE", "EVOLVE"})
  void aWiderColumnGoesOn(SchemaChange policy) throws Exception {
    try (FollowedTable table = streaming(policy)) {
      database.execute(
          "ALTER TABLE person ALTER COLUMN name TYPE varchar(200)",
          "INSERT INTO person VALUES (2, repeat('n', 30), 'x', 1)",
          "ALTER TABLE person ALTER COLUMN name TYPE text",
          "ALTER TABLE person ALTER COLUMN amount TYPE bigint",
          "INSERT INTO person VALUES (3, 'three', 'x', 5000000000)",
          "ALTER TABLE person ALTER COLUMN amount TYPE numeric(20, 2)",
          "INSERT INTO person VALUES (4, 'four', 'x', 0.25)");
      table.awaitRows(
          database.rows("SELECT concat_ws('|', id, name, amount) FROM person ORDER BY id"),
          "id",
          "name",
          "amount");
    }
  }

  @Test
  void whatWillComeOfAChangeIsForetold() throws Exception {
    try (FollowedTable table = streaming(EVOLVE).stop()) {
      assertEquals(List.of(), notices(table, EVOLVE));
      database.execute(
          "ALTER TABLE person ADD COLUMN phone text",
          "ALTER TABLE person RENAME COLUMN note TO remark",
          "ALTER TABLE person ALTER COLUMN amount TYPE bigint");
      assertEquals(
          List.of(
              "public.person: The field note will follow its column from note to remark."
                  + " The field phone will be added from the column phone."
                  + " The type of the column amount has changed from integer to bigint, which the"
                  + " field can hold. Its rows will be read again."),
          notices(table, EVOLVE));
      assertEquals(
          List.of(
              "public.person: The type of the column amount has changed from integer to bigint,"
                  + " which the field can hold."
                  + " The column note of the field note is gone; the field is left out."
                  + " The column remark (text) was added and is not synced."
                  + " The column phone (text) was added and is not synced."
                  + " Its rows will be read again."),
          notices(table, IGNORE));
      assertEquals(List.of(), notices(table, STOP));
      assertEquals(
          "schema-changed",
          system(table, STOP).check(table.state()).getFirst().code(),
          "what stops a source is a problem");
    }
  }

  private ConnectedSystem system(FollowedTable table, SchemaChange policy) {
    Binding binding = table.binding().with(new TablePolicy(policy, false, false, null));
    return database.reading(binding);
  }

  private List<String> notices(FollowedTable table, SchemaChange policy) {
    return system(table, policy).notices(table.state()).stream().map(Problem::message).toList();
  }

  @Test
  void rowsThatAChangeOfTypeRewroteAreReadAgain() throws Exception {
    try (FollowedTable table = streaming(IGNORE)) {
      database.execute("ALTER TABLE person ALTER COLUMN amount TYPE bigint USING amount * 100");
      table.awaitRows(List.of("1|1000"), "id", "amount");
    }
  }

  @Test
  void rowsThatAChangeOfTypeRewroteInPartitionsAreReadAgain() throws Exception {
    database.execute(
        "DROP TABLE person",
        "CREATE TABLE person (id bigint PRIMARY KEY, name varchar(20) NOT NULL, note text,"
            + " amount int) PARTITION BY RANGE (id)",
        "CREATE TABLE person_low PARTITION OF person FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE person_high PARTITION OF person FOR VALUES FROM (10) TO (30) PARTITION BY"
            + " RANGE (id)",
        "CREATE TABLE person_deep PARTITION OF person_high FOR VALUES FROM (10) TO (20)",
        "INSERT INTO person VALUES (1, 'one', 'x', 10), (11, 'eleven', 'x', 20)");
    try (FollowedTable table = streaming(IGNORE)) {
      database.execute("ALTER TABLE person ALTER COLUMN amount TYPE bigint USING amount * 100");
      table.awaitRows(List.of("1|1000", "11|2000"), "id", "amount");
      int starts = table.starts();
      String before = table.run().state().get("shape/person");
      // What only comes with another partition, or becomes wider without a rewrite, is no reason.
      database.execute(
          "CREATE TABLE person_next PARTITION OF person FOR VALUES FROM (30) TO (40)",
          "INSERT INTO person VALUES (31, 'thirty-one', 'x', 3)");
      table.awaitRows(List.of("1|1000", "11|2000", "31|3"), "id", "amount");
      table.await(() -> !Objects.equals(before, table.run().state().get("shape/person")));
      database.execute(
          "ALTER TABLE person ALTER COLUMN name TYPE varchar(200)",
          "INSERT INTO person VALUES (32, repeat('n', 30), 'x', 4)");
      table.awaitRows(List.of("1|1000", "11|2000", "31|3", "32|4"), "id", "amount");
      assertEquals(starts, table.starts());
    }
  }

  @Test
  void rowsThatWereRewrittenAreReadAgainThoughTheCatalogWasFurtherBefore() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      table.stop();
      database.execute(
          "ALTER TABLE person RENAME COLUMN name TO label",
          "INSERT INTO person VALUES (2, 'two', 'x', 20)",
          "ALTER TABLE person ALTER COLUMN amount TYPE bigint USING amount * 100",
          "INSERT INTO person VALUES (3, 'three', 'x', 3000)",
          "ALTER TABLE person ALTER COLUMN amount TYPE int USING (amount / 10)::int",
          "INSERT INTO person VALUES (4, 'four', 'x', 400)");
      table.start();
      table.awaitRows(List.of("1|100", "2|200", "3|300", "4|400"), "id", "amount");
    }
  }

  @ParameterizedTest
  @EnumSource(SchemaChange.class)
  void aTypeThatCannotBeTheFieldStopsBeforeItsFirstRow(SchemaChange policy) throws Exception {
    try (FollowedTable table = streaming(policy)) {
      database.execute(
          "INSERT INTO person VALUES (2, 'two', 'x', 20)",
          "ALTER TABLE person ALTER COLUMN amount TYPE text USING amount::text",
          "INSERT INTO person VALUES (3, 'three', 'x', 'many')");
      Problem problem = table.awaitStop();
      assertEquals("column-type-changed", problem.code());
      assertEquals(List.of("1|10", "2|20"), table.texts("id", "amount"));
      database.execute(
          "DELETE FROM person WHERE id = 3",
          "ALTER TABLE person ALTER COLUMN amount TYPE int USING amount::int");
      // The log still tells of the text: the field has to follow it, or what it tells is not read.
      table.configure(Bindings.of("public.person", List.of("id"), ID, NAME, NOTE), policy);
      table.start();
      table.await(() -> last(table).operation() == Operation.DELETE);
    }
  }

  @Test
  void aColumnThatWasDroppedAndAddedAgainIsReadAgain() throws Exception {
    try (FollowedTable table = streaming(IGNORE)) {
      database.execute(
          "ALTER TABLE person DROP COLUMN amount",
          "ALTER TABLE person ADD COLUMN amount int DEFAULT 7");
      table.awaitRows(List.of("1|7"), "id", "amount");
    }
  }

  @Test
  void aColumnThatTheConfigNamesLaterIsReadForAllRows() throws Exception {
    database.execute(
        "ALTER TABLE person ADD COLUMN phone text", "UPDATE person SET phone = 'p' WHERE id = 1");
    try (FollowedTable table = streaming(IGNORE)) {
      table.stop();
      table.configure(person(List.of("id", "name", "note", "amount", "phone"), PHONE), IGNORE);
      table.start();
      database.execute("INSERT INTO person VALUES (2, 'two', 'x', 1, 'q')");
      table.awaitRows(List.of("1|p", "2|q"), "id", "phone");
    }
  }

  @Test
  void aTableThatIsMadeAgainIsReadAgain() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      database.transaction(
          "DROP TABLE person",
          "CREATE TABLE person (id bigint PRIMARY KEY, name text, note text, amount int)",
          "INSERT INTO person VALUES (1, 'new', 'x', 1)");
      table.awaitRows(List.of("1|new"), "id", "name");
    }
  }

  @Test
  void aTableThatIsGoneStopsTheSource() throws Exception {
    try (FollowedTable table = streaming(EVOLVE)) {
      database.execute("INSERT INTO person VALUES (2, 'two', 'x', 1)", "DROP TABLE person");
      assertEquals("no-such-table", table.awaitStop().code());
      assertEquals(2, table.changes().size());
    }
  }

  @Test
  void aRenamedTableIsNamedAndGoesOnOnceTheConfigHasItsName() throws Exception {
    try (FollowedTable table = streaming(STOP)) {
      database.execute(
          "ALTER TABLE person RENAME TO people", "INSERT INTO people VALUES (2, 'two', 'x', 1)");
      Problem problem = table.awaitStop();
      assertEquals("no-such-table", problem.code());
      assertTrue(problem.remedy().contains("public.people"), problem::toString);
      table.configure(
          new Binding(
              PERSON.sync(),
              PERSON.schema(),
              "public.people",
              PERSON.columns(),
              PERSON.configPath()),
          STOP);
      table.start();
      table.awaitRows(List.of("1|one", "2|two"), "id", "name");
      assertEquals(new Key(2L), last(table).key());
    }
  }

  @Test
  void aColumnThatThePublicationLeavesOutStopsTheSource() throws Exception {
    try (FollowedTable table =
        new FollowedTable(database, PERSON, IGNORE).start().awaitStreaming()) {
      database.execute(
          "ALTER PUBLICATION " + database.slot() + " SET TABLE person (id, name, note)");
      database.execute("INSERT INTO person VALUES (2, 'two', 'x', 1)");
      assertEquals("column-missing", table.awaitStop().code());
    }
  }

  @Test
  void columnsThatChangeWhileTheSnapshotIsReadAreTakenUp() throws Exception {
    database.execute(
        "INSERT INTO person SELECT n, 'n' || n, 'x', n FROM generate_series(2, 2000) n");
    try (FollowedTable table = new FollowedTable(database, PERSON, EVOLVE).start()) {
      table.run().awaitBatches(2);
      database.execute(
          "ALTER TABLE person RENAME COLUMN name TO label",
          "ALTER TABLE person ADD COLUMN phone text DEFAULT 'none'");
      table.awaitRows(
          database.rows("SELECT concat_ws('|', id, label, phone) FROM person ORDER BY id"),
          "id",
          "name",
          "phone");
    }
  }
}
