package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Field;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Target;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys of every kind: read in chunks by their order, changed, moved, deleted, and written. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KeyTypesTest {
  private static final int ROWS = 450;

  private PostgresServer server;

  @BeforeAll
  void startServer() {
    server = PostgresServer.temporary();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  /**
   * One kind of key.
   *
   * @param columns its columns and their types
   * @param values the values of the n-th row, each as SQL over {@code n}
   * @param fields what the columns are read as
   */
  record KeyKind(String name, List<String> columns, List<String> values, List<Field> fields) {
    Binding binding(String table) {
      List<Field> all = new ArrayList<>(fields);
      all.add(field("note", ValueType.STRING));
      return Bindings.of(
          table, fields.stream().map(Field::name).toList(), all.toArray(Field[]::new));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static KeyKind kind(String name, String type, String value, ValueType field) {
    return new KeyKind(name, List.of("k " + type), List.of(value), List.of(field("k", field)));
  }

  static Stream<KeyKind> kinds() {
    // Letters of both cases, hyphens and blanks: no two collations agree on these.
    String words =
        "chr(65 + n % 26) || chr(97 + n % 7) || repeat('-', n % 3) || ' ' || md5(n::text)";
    return Stream.of(
        kind("long", "bigint", "n * 37 % 1009", ValueType.LONG),
        kind("uuid", "uuid", "md5(n::text)::uuid", ValueType.UUID),
        kind("words", "text COLLATE \"en-x-icu\"", words, ValueType.STRING),
        kind("plain_words", "text COLLATE \"C\"", words, ValueType.STRING),
        kind("padded", "char(50)", words, ValueType.STRING),
        kind("caseless", "citext", words, ValueType.STRING),
        kind("accentless", "text COLLATE loose", words, ValueType.STRING),
        kind("domain", "code", words, ValueType.STRING),
        kind("amount", "numeric", "n % 10 + n / 1000.0", ValueType.DECIMAL),
        kind("address", "inet", "'10.0.0.0'::inet + n * 7919", ValueType.STRING),
        kind("span", "interval", "n * interval '7 hours'", ValueType.STRING),
        kind(
            "moment",
            "timestamptz",
            "'2024-01-01'::timestamptz + n * interval '1 us'",
            ValueType.TIMESTAMP),
        new KeyKind(
            "composite",
            List.of("a text COLLATE \"en-x-icu\"", "b mood", "c bigint"),
            List.of(
                "chr(65 + n % 2) || chr(97 + n % 3)",
                "(ARRAY['sad', 'Happy', 'ok'])[1 + n % 3]::mood", "n"),
            List.of(
                field("a", ValueType.STRING),
                field("b", ValueType.STRING),
                field("c", ValueType.LONG))));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyRowOfATableWithSuchAKeyIsReadAndWritten(KeyKind kind) throws Exception {
    try (TestDatabase database = new TestDatabase(server, "keys_" + kind.name())) {
      database.execute(
          "CREATE EXTENSION citext",
          "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic ="
              + " false)",
          "CREATE DOMAIN code AS varchar(60) COLLATE \"en-x-icu\"",
          "CREATE TYPE mood AS ENUM ('sad', 'ok', 'Happy')");
      String columns = String.join(", ", kind.columns());
      String key = String.join(", ", kind.fields().stream().map(Field::name).toList());
      for (String table : List.of("a", "b")) {
        database.execute(
            "CREATE TABLE " + table + " (" + columns + ", note text, PRIMARY KEY (" + key + "))");
      }
      String values = String.join(", ", kind.values());
      String insert = "INSERT INTO a SELECT " + values + ", n FROM generate_series";
      database.execute(insert + "(1, " + ROWS + ") n");
      Binding binding = kind.binding("public.a");
      try (var run = SourceRun.start(database.reading(binding).source(), Map.of())) {
        run.awaitStreaming();
        run.awaitChanges(ROWS);
        assertEquals(ROWS, run.changes().stream().map(Change::key).distinct().count());
        database.execute(
            "UPDATE a SET note = 'changed' WHERE note::int % 3 = 0",
            "DELETE FROM a WHERE note LIKE '%1'",
            insert + "(451, 459) n",
            "INSERT INTO a SELECT " + values + ", 'last' FROM generate_series(500, 500) n");
        run.await(change -> {
          var after = change.after();
          return after != null && "last".equals(after.value("note"));
        });
        write(database, kind.binding("public.b"), run.changes());
      }
      String rows = "SELECT a::text FROM %s a ORDER BY 1";
      assertEquals(database.rows(rows.formatted("a")), database.rows(rows.formatted("b")));
    }
  }

  private static void write(TestDatabase database, Binding target, List<Change> changes) {
    List<Delivery> deliveries = new ArrayList<>();
    for (Change change : changes) {
      deliveries.add(
          new Delivery(
              deliveries.size() + 1,
              target,
              change.operation(),
              change.key(),
              change.previousKey(),
              change.after(),
              change.transaction(),
              change.sourceTime()));
    }
    try (Target writing = database.writing(target).target();
        Lane lane = writing.open(0)) {
      for (int from = 0; from < deliveries.size(); from += 100) {
        List<Delivery> some = deliveries.subList(from, Math.min(from + 100, deliveries.size()));
        assertEquals(
            new DeliveryOutcome.Applied(some.size()),
            lane.apply(some, new LaneCursor(1, some.getLast().sequence())));
      }
    }
  }

  @Test
  void aKeyThatComesBackInOtherWordsIsNotLost() throws SQLException, InterruptedException {
    Binding source = kind("c", "citext", "", ValueType.STRING).binding("public.a");
    Binding target = kind("c", "citext", "", ValueType.STRING).binding("public.b");
    try (TestDatabase database = new TestDatabase(server, "other_words")) {
      database.execute(
          "CREATE EXTENSION citext",
          "CREATE TABLE a (k citext PRIMARY KEY, note text)",
          "CREATE TABLE b (k citext PRIMARY KEY, note text)");
      database.execute("INSERT INTO a VALUES ('one', '1'), ('two', '2'), ('three', '3')");
      try (var run = SourceRun.start(database.reading(source).source(), Map.of())) {
        run.awaitStreaming();
        write(database, target, run.changes());
        int read = run.changes().size();
        database.execute(
            "DELETE FROM a WHERE k = 'one'",
            "INSERT INTO a VALUES ('ONE', 'again')",
            "UPDATE a SET k = 'TWO' WHERE k = 'two'",
            "DELETE FROM a",
            "INSERT INTO a VALUES ('One', 'more'), ('Last', '')");
        run.await(change -> change.key() != null && "Last".equals(change.key().part(0)));
        List<Change> changes = run.changes();
        write(database, target, changes.subList(read, changes.size()));
      }
      String rows = "SELECT a::text FROM %s a ORDER BY 1";
      assertEquals(database.rows(rows.formatted("a")), database.rows(rows.formatted("b")));
      List<Problem> problems = database.writing(target).check();
      assertEquals(List.of("key-not-exact"), problems.stream().map(Problem::code).toList());
      assertTrue(problems.getFirst().message().contains("citext"));
      assertEquals(
          List.of(), database.system(Map.of("lanes", 1L), List.of(), List.of(target)).check());
    }
  }
}
