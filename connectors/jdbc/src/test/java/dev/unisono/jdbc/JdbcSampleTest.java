package dev.unisono.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Settings;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.ValueType;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is seen of SQLite's tables from outside. For one thread. */
final class JdbcSampleTest {
  @TempDir private Path folder;
  private Survey survey;

  @BeforeEach
  void makeTables() throws SQLException {
    Path file = folder.resolve("shop.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      // Half of the keys lie close together, the others far apart.
      statement.execute(
          "CREATE TABLE many (id INTEGER PRIMARY KEY, code TEXT UNIQUE, day DATE, twice GENERATED"
              + " ALWAYS AS (id * 2))");
      statement.execute(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT"
              + " INTO many (id, code, day) SELECT CASE WHEN i <= 1500 THEN i ELSE i * 1000 END, 'c' || i,"
              + " '2026-01-01' FROM n");
      statement.execute("CREATE TABLE keyless (word TEXT, parent INTEGER REFERENCES many (id))");
      statement.execute("INSERT INTO keyless VALUES ('a', 1), ('a', 1), (NULL, 2)");
      statement.execute("CREATE TABLE unisono_log (id INTEGER PRIMARY KEY)");
      statement.execute("CREATE VIEW seen AS SELECT * FROM many");
    }
    survey =
        new SqliteConnector()
            .connect(
                new SystemContext(
                    "shop",
                    new Settings(
                        Map.of(
                            "file",
                            file.toString(),
                            "busy-timeout",
                            Duration.ofSeconds(10),
                            "foreign-keys",
                            true)),
                    List.of(),
                    List.of(),
                    Map.of()))
            .survey();
  }

  @AfterEach
  void close() {
    survey.close();
  }

  private static Binding binding(String table, String key, Field... more) {
    List<Field> fields = new ArrayList<>(List.of(more));
    List<@Nullable String> columns = new ArrayList<>();
    fields.forEach(field -> columns.add(field.name()));
    return new Binding("any", new Schema(table, fields, List.of(key)), table, columns, "any");
  }

  private List<Row> sample(Binding binding, int rows) {
    List<Row> all = new ArrayList<>();
    try (RowReader sample = survey.sample(binding, survey.table(binding.table()), rows)) {
      for (List<Row> page = sample.next(50); !page.isEmpty(); page = sample.next(50)) {
        all.addAll(page);
      }
    }
    return all;
  }

  @Test
  void tablesAreListedWithoutViewsAndWhatIsOurs() {
    assertEquals(List.of("keyless", "many"), survey.tables());
    SurveyedTable many = survey.table("many");
    assertEquals(3000, many.rowsEstimated());
    assertEquals(List.of("id"), many.primaryKey());
    assertEquals(List.of(List.of("code")), many.uniqueKeys());
    assertTrue(many.columns().getLast().generated());
    assertEquals(ValueType.DATE, many.columns().get(2).type());
    SurveyedTable keyless = survey.table("keyless");
    assertEquals(
        List.of(new SurveyedTable.Reference(List.of("parent"), "many", List.of("id"))),
        keyless.references());
  }

  @Test
  void aLargeTableIsLookedAtInManyPlaces() {
    List<Row> rows = sample(binding("many", "id", new Field("id", ValueType.LONG, true)), 200);
    List<Long> ids = new ArrayList<>();
    rows.forEach(row -> ids.add((Long) row.value(0)));
    assertTrue(ids.size() <= 200 && ids.size() > 100, ids::toString);
    assertEquals(ids.size(), new HashSet<>(ids).size(), "no row twice");
    assertTrue(ids.stream().anyMatch(id -> id <= 1500), ids::toString);
    assertTrue(ids.stream().anyMatch(id -> id > 2_500_000), ids::toString);
  }

  @Test
  void withoutAKeyTheFirstRowsAreShown() {
    assertEquals(
        3,
        sample(binding("keyless", "word", new Field("word", ValueType.STRING, false)), 10).size());
  }

  @Test
  void aValueOfAnotherTypeIsUnfit() {
    List<Row> rows = sample(binding("many", "code", new Field("code", ValueType.UUID, false)), 5);
    assertTrue(rows.getFirst().value(0) instanceof Unfit, rows::toString);
  }
}
