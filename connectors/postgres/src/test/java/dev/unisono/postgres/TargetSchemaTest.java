package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A target's table is made to fit what is written to it, where the member allows it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TargetSchemaTest {
  private static final Binding PERSON =
      Bindings.of(
          "public.person",
          List.of("id"),
          field("id", ValueType.LONG),
          new Field("name", ValueType.STRING, true),
          field("amount", ValueType.DECIMAL),
          field("born", ValueType.DATE));

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

  private static Binding with(boolean create, boolean alter, @Nullable String... sourceTypes) {
    TablePolicy.Origin origin =
        new TablePolicy.Origin() {
          @Override
          public String kind() {
            return "postgres";
          }

          @Override
          public List<@Nullable String> columnTypes() {
            return java.util.Arrays.asList(sourceTypes);
          }
        };
    return PERSON.with(
        new TablePolicy(
            SchemaChange.EVOLVE, create, alter, sourceTypes.length == 0 ? null : origin));
  }

  private void open(Binding binding) {
    database.writing(binding).target().open(0).close();
  }

  private Problem refused(Binding binding) {
    return assertThrows(UnisonoException.class, () -> open(binding)).problem();
  }

  private List<String> columns() throws SQLException {
    return database.rows(
        "SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '"
            + " NOT NULL' ELSE '' END FROM pg_attribute WHERE attrelid = 'person'::regclass AND"
            + " attnum > 0 ORDER BY attnum");
  }

  @Test
  void aMissingTableIsMadeWithTheTypesOfTheSource() throws SQLException {
    open(with(true, false, "integer", "character varying(20)", "numeric(12,2)", "date"));
    assertEquals(
        List.of(
            "id integer NOT NULL",
            "name character varying(20) NOT NULL",
            "amount numeric(12,2)",
            "born date"),
        columns());
    assertEquals(
        "id",
        database.one(
            "SELECT string_agg(attname, ',') FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND"
                + " attnum = ANY (indkey) WHERE indrelid = 'person'::regclass AND indisprimary"));
    // A second start finds it as it should be.
    open(with(true, false, "integer", "character varying(20)", "numeric(12,2)", "date"));
  }

  @Test
  void aMissingTableIsMadeByTheFieldsWhereTheSourceHasNoTypesOfItsOwn() throws SQLException {
    open(with(true, false));
    assertEquals(
        List.of("id bigint NOT NULL", "name text NOT NULL", "amount numeric", "born date"),
        columns());
  }

  @Test
  void aMissingTableIsAskedForWithItsStatement() {
    Problem problem = refused(with(false, true, "integer", "text", "numeric(12,2)", "date"));
    assertEquals("no-such-table", problem.code());
    assertTrue(
        problem
            .remedy()
            .contains(
                "CREATE TABLE IF NOT EXISTS \"public\".\"person\" (\"id\" integer NOT NULL,"
                    + " \"name\" text NOT NULL, \"amount\" numeric(12,2), \"born\" date,"
                    + " PRIMARY KEY (\"id\"))"),
        problem::toString);
  }

  @Test
  void aMissingColumnIsAddedWhereThatIsAllowedAndElseAskedFor() throws SQLException {
    database.execute("CREATE TABLE person (id bigint PRIMARY KEY, name text, amount numeric)");
    Problem problem = refused(with(false, false, "bigint", "text", "numeric", "date"));
    assertEquals("target-lacks-column", problem.code());
    assertEquals(ProblemType.EXTERNAL, problem.type());
    assertTrue(
        problem.remedy().contains("ADD COLUMN IF NOT EXISTS \"born\" date"), problem::toString);
    open(with(false, true, "bigint", "text", "numeric", "date"));
    assertEquals("born date", columns().getLast());
    open(with(false, false));
  }

  @Test
  void narrowerColumnsAreWidened() throws SQLException {
    database.execute(
        "CREATE TABLE person (id int PRIMARY KEY, name varchar(10), amount numeric(8, 2), born"
            + " date)",
        "INSERT INTO person VALUES (1, 'one', 1.25)");
    open(with(false, true, "bigint", "character varying(200)", "numeric(12,4)", "date"));
    assertEquals(
        List.of(
            "id bigint NOT NULL",
            "name character varying(200)",
            "amount numeric(12,4)",
            "born date"),
        columns());
    assertEquals("1.2500", database.one("SELECT amount FROM person"));
  }

  @Test
  void aTableOfSomebodyElseIsSaidWithTheStatementToRun() throws SQLException {
    database.execute(
        "CREATE TABLE person (id bigint PRIMARY KEY, name text, amount numeric)",
        "DO $$ BEGIN CREATE ROLE stranger LOGIN PASSWORD 'x';"
            + " EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    Binding binding = with(false, true, "bigint", "text", "numeric", "date");
    UnisonoException failed =
        assertThrows(
            UnisonoException.class,
            () ->
                database
                    .system(
                        Map.of("user", "stranger", "password", "x"), List.of(), List.of(binding))
                    .target()
                    .lanes());
    assertEquals("target-not-altered", failed.problem().code());
    assertEquals(ProblemType.EXTERNAL, failed.problem().type());
    assertTrue(failed.problem().remedy().contains("ALTER TABLE"), failed::getMessage);
  }

  @Test
  void aNewRowThatLacksFieldsIsInsertedWithWhatTheTablePutsThere() throws SQLException {
    database.execute(
        "CREATE TABLE person (id bigint PRIMARY KEY, name text, amount numeric DEFAULT 7, born"
            + " date)",
        "INSERT INTO person VALUES (2, 'two', 5)");
    try (Lane lane = database.writing(PERSON).target().open(0)) {
      List<Delivery> deliveries =
          List.of(
              delivery(1, Operation.CREATE, 1, "one", Unchanged.UNCHANGED),
              delivery(2, Operation.READ, 2, "TWO", Unchanged.UNCHANGED),
              // One that is no new row has nothing to be added to.
              delivery(3, Operation.UPDATE, 3, "three", Unchanged.UNCHANGED),
              delivery(4, Operation.CREATE, 4, "four", new BigDecimal("4")),
              delivery(5, Operation.UPDATE, 1, "uno", Unchanged.UNCHANGED));
      assertEquals(new DeliveryOutcome.Applied(5), lane.apply(deliveries, new LaneCursor(1, 5)));
    }
    assertEquals(
        List.of("1|uno|7", "2|TWO|5", "4|four|4"),
        database.rows("SELECT concat_ws('|', id, name, amount) FROM person ORDER BY id"));
  }

  private static Delivery delivery(
      long sequence, Operation operation, long id, Object name, Object amount) {
    Row row =
        new Row(PERSON.schema(), new @Nullable Object[] {id, name, amount, Unchanged.UNCHANGED});
    return new Delivery(sequence, PERSON, operation, new Key(id), null, row, 0, Instant.EPOCH);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "smallint; integer; integer",
        "integer; bigint; bigint",
        "bigint; integer; ",
        "bigint; numeric(20,2); numeric(20,2)",
        "numeric(8,2); numeric(12,2); numeric(12,2)",
        "numeric(12,2); numeric(8,2); ",
        "numeric(12,2); numeric(12,4); numeric(14,4)",
        "numeric(12,2); numeric; numeric",
        "numeric; numeric(12,2); ",
        "real; double precision; double precision",
        "character varying(10); character varying(20); character varying(20)",
        "character varying(10); text; text",
        "character varying(10); character(12); character varying(12)",
        "character varying; text; ",
        "text; character varying(20); ",
        "character(3); character(5); character(5)",
        "date; timestamp without time zone; ",
        "boolean; text; "
      })
  void aTypeIsWidenedOnlyWhereItIsNarrower(String target, String source, @Nullable String wider) {
    assertEquals(java.util.Optional.ofNullable(wider), TypeWidth.wider(target, source));
  }
}
