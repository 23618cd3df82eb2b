package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The columns of a table change while it is mirrored; nothing is lost, doubled or misread. */
final class TableChangeTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private void edit(String from, String to) throws Exception {
    Path config = folder.resolve("unisono.yaml");
    String text = Files.readString(config);
    assertTrue(text.contains(from), "not in the config: " + from);
    Files.writeString(config, text.replace(from, to));
  }

  private void policy(String policy) throws Exception {
    edit("    entity: customer\n", "    entity: customer\n    schema-change: " + policy + "\n");
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

  /** Some fields of all customers as the list shows them; what is absent is null there, too. */
  private static List<String> listed(MirrorServer server, List<String> fields) throws Exception {
    JsonNode page = ExactJson.parse(server.get("/v1/customers?limit=1000").body());
    SortedMap<Long, String> rows = new TreeMap<>();
    for (JsonNode item : page.path("items")) {
      rows.put(item.get("id").asLong(), line(item, fields));
    }
    return List.copyOf(rows.values());
  }

  private static String line(JsonNode record, List<String> fields) {
    List<String> values = new ArrayList<>();
    for (String field : fields) {
      JsonNode value = record.get(field);
      values.add(value == null || value.isNull() ? "~" : value.asText());
    }
    return String.join("|", values);
  }

  private static String query(String table, String key, List<String> columns) {
    List<String> texts = new ArrayList<>();
    columns.forEach(column -> texts.add("coalesce(" + column + "::text, '~')"));
    return "SELECT concat_ws('|', "
        + String.join(", ", texts)
        + ") FROM "
        + table
        + " ORDER BY "
        + key;
  }

  @Test
  void columnsAddedUnderLoadAreOnEveryDoorThoughKilledAtThatMoment() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection changing = databases.inCrm();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      databases.executeInBilling("ALTER TABLE public.clients OWNER TO unisono");
      databases.noteWritesInBilling();
      policy("evolve");
      edit(
          "direction: write, fields: { id: client_id",
          "direction: write, alter-table: true, fields: { id: client_id");
      server.start();
      Map<Long, JsonNode> told = new ConcurrentHashMap<>();
      AtomicInteger wanted = new AtomicInteger();
      try (StreamClient events =
              new EventStream(
                  server.api(),
                  server.process().token(),
                  null,
                  event -> told.put(event.key(), event.record()));
          PacedWork work = new PacedWork(new Growing(changing, wanted))) {
        Random random = new Random();
        for (int round = 0; round < 5; round++) {
          work.allow(150);
          work.awaitAllBut(100, LIMIT);
          long learned = learned();
          wanted.incrementAndGet();
          work.awaitAllBut(random.nextInt(90), LIMIT);
          if (round % 2 == 1) {
            Eventually.isTrue(LIMIT, "the change is not seen", () -> learned() > learned);
            server.kill();
            server.startLive();
          } else if (round > 0) {
            server.kill();
            work.awaitAllBut(0, LIMIT);
            server.startLive();
          }
        }
        work.awaitAllBut(0, LIMIT);
        List<String> fields = List.of("id", "c1", "c2", "c3", "c4", "c5");
        List<String> expected = rows(changing, query("public.customers", "id", fields));
        assertEquals(750, expected.size());
        List<String> inBilling = List.of("client_id", "c1", "c2", "c3", "c4", "c5");
        try (Connection billing = databases.inBilling()) {
          Eventually.holds(
              LIMIT,
              () -> {
                boolean there =
                    rows(
                            billing,
                            "SELECT attname FROM pg_attribute WHERE attrelid ="
                                + " 'public.clients'::regclass")
                        .contains("c5");
                return there
                    ? differing(
                        expected, rows(billing, query("public.clients", "client_id", inBilling)))
                    : "there is no column c5";
              });
          assertEquals(
              List.of(),
              rows(
                  billing,
                  "SELECT client_id::text FROM public.written GROUP BY client_id HAVING count(*) <>"
                      + " 1"));
        }
        Eventually.holds(LIMIT, () -> differing(expected, listed(server, fields)));
        Eventually.holds(
            LIMIT,
            () -> {
              List<String> seen = new ArrayList<>();
              new TreeMap<>(told).values().forEach(record -> seen.add(line(record, fields)));
              return differing(expected, seen);
            });
        assertEquals(List.of(), events.picture().complaints());
      }
    }
  }

  /** How often the server's log says that a column was added. */
  private long learned() throws Exception {
    return Files.readString(folder.resolve("server.log"))
        .lines()
        .filter(line -> line.contains("the entity has it from now on"))
        .count();
  }

  private static String differing(List<String> expected, List<String> seen) {
    if (expected.equals(seen)) {
      return "";
    }
    List<String> missing = new ArrayList<>(expected);
    missing.removeAll(seen);
    List<String> wrong = new ArrayList<>(seen);
    wrong.removeAll(expected);
    return missing.size()
        + " rows are missing, such as "
        + missing.subList(0, Math.min(3, missing.size()))
        + "; there are instead "
        + wrong.subList(0, Math.min(3, wrong.size()));
  }

  /** Inserts customers, each with all the columns that were asked for so far. */
  private static final class Growing implements PacedWork.Step {
    private final Connection connection;
    private final AtomicInteger wanted;
    private final AtomicLong next = new AtomicLong(1);
    private int columns;

    Growing(Connection connection, AtomicInteger wanted) {
      this.connection = connection;
      this.wanted = wanted;
    }

    @Override
    public int run() throws SQLException {
      try (Statement statement = connection.createStatement()) {
        while (columns < wanted.get()) {
          columns++;
          statement.execute("ALTER TABLE public.customers ADD COLUMN c" + columns + " text");
        }
        long id = next.getAndIncrement();
        StringBuilder names = new StringBuilder("id, name");
        StringBuilder values = new StringBuilder(id + ", 'n'");
        for (int column = 1; column <= columns; column++) {
          names.append(", c").append(column);
          values.append(", 'v").append(column).append('-').append(id).append('\'');
        }
        statement.execute("INSERT INTO public.customers (" + names + ") VALUES (" + values + ")");
        return 1;
      }
    }
  }

  @Test
  void targetsAreMadeAndFollowRenamedDroppedAndWidenedColumns() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      databases.executeInBilling(
          "DROP TABLE public.invoices, public.clients", "GRANT CREATE ON SCHEMA public TO unisono");
      databases.executeInCrm(
          "INSERT INTO public.customers (id, name, balance, notes) VALUES (1, 'one', 1.25, 'x')");
      policy("evolve");
      edit("direction: write, fields:", "direction: write, create-table: true, fields:");
      server.start();
      String types =
          "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY"
              + " attnum) FROM pg_attribute WHERE attrelid = 'public.clients'::regclass AND attnum"
              + " > 0";
      assertEquals(
          List.of(
              "client_id bigint, full_name text, mail text, country text, balance numeric(12,2),"
                  + " changed_at timestamp with time zone, rating numeric, remarks text"),
          rows(billing, types));
      databases.executeInCrm(
          "ALTER TABLE public.customers RENAME COLUMN name TO label",
          "INSERT INTO public.customers (id, label, balance, notes) VALUES (2, 'two', 2.5, 'y')",
          "ALTER TABLE public.customers ALTER COLUMN balance TYPE numeric(16,4)",
          "INSERT INTO public.customers (id, label, balance, notes) VALUES (3, 'three', 3.0625,"
              + " 'z')",
          "ALTER TABLE public.customers DROP COLUMN notes",
          "INSERT INTO public.customers (id, label, balance) VALUES (4, 'four', 4)",
          "UPDATE public.customers SET label = 'ONE' WHERE id = 1");
      List<String> expected =
          List.of("1|ONE|1.2500|x", "2|two|2.5000|y", "3|three|3.0625|z", "4|four|4.0000|~");
      List<String> columns = List.of("client_id", "full_name", "balance", "remarks");
      Eventually.holds(
          LIMIT,
          () -> differing(expected, rows(billing, query("public.clients", "client_id", columns))));
      Eventually.holds(
          LIMIT,
          () -> differing(expected, listed(server, List.of("id", "name", "balance", "notes"))));
      JsonNode table = source(server).path("tables").get(0);
      assertTrue(table.path("differences").toString().contains("notes"), table::toString);
      assertTrue(
          server.get("/metrics").body().contains("unisono_source_schema_differences"),
          "the difference is no figure");
    }
  }

  private static JsonNode source(MirrorServer server) throws InterruptedException {
    JsonNode status = ExactJson.parse(server.get("/v1/admin/status").body());
    return status.path("sources").get(0);
  }

  @Test
  void aSourceThatStoppedGoesOnOnceTheConfigFitsAndNothingIsMissing() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      policy("stop");
      server.start();
      databases.executeInCrm(
          "INSERT INTO public.customers (id, name) VALUES (1, 'one')",
          "ALTER TABLE public.customers RENAME COLUMN name TO label",
          "ALTER TABLE public.customers ADD COLUMN phone text DEFAULT 'none'",
          "INSERT INTO public.customers (id, label, phone) VALUES (2, 'two', '123')");
      Eventually.holds(
          LIMIT,
          () -> {
            JsonNode source = source(server);
            boolean stopped =
                source.path("state").asText().equals("STOPPED")
                    && source.path("problem").path("code").asText().equals("schema-changed");
            return stopped ? "" : source.toString();
          });
      // What was before the change is here, and is served while the source waits.
      Eventually.isTrue(
          LIMIT,
          "the record before the change is missing",
          () -> server.get("/v1/customers/1").statusCode() == 200);
      assertEquals(404, server.get("/v1/customers/2").statusCode());
      server.stop();
      databases.executeInBilling("ALTER TABLE public.clients ADD COLUMN phone text");
      edit(
          "table: public.customers, direction: read",
          "table: public.customers, direction: read, fields: { name: label }");
      edit(
          "notes:      { type: string }\n",
          "notes:      { type: string }\n        phone:      { type: string }\n");
      server.start();
      List<String> expected = List.of("1|one|none", "2|two|123");
      List<String> columns = List.of("client_id", "full_name", "phone");
      Eventually.holds(
          LIMIT,
          () -> differing(expected, rows(billing, query("public.clients", "client_id", columns))));
      Eventually.holds(
          LIMIT, () -> differing(expected, listed(server, List.of("id", "name", "phone"))));
    }
  }

  @Test
  void aTargetThatMayNotBeAlteredWaitsForItsColumn() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      policy("evolve");
      server.start();
      databases.executeInCrm(
          "ALTER TABLE public.customers ADD COLUMN phone varchar(30)",
          "INSERT INTO public.customers (id, phone) VALUES (1, '123')");
      Eventually.holds(
          LIMIT,
          () -> {
            JsonNode status = ExactJson.parse(server.get("/v1/admin/status").body());
            JsonNode problem = status.path("targets").get(0).path("problem");
            return problem.path("code").asText().equals("target-lacks-column")
                ? ""
                : status.toString();
          });
      databases.executeInBilling("ALTER TABLE public.clients ADD COLUMN phone varchar(30)");
      Eventually.holds(
          LIMIT,
          () ->
              differing(
                  List.of("1|123"),
                  rows(
                      billing,
                      query("public.clients", "client_id", List.of("client_id", "phone")))));
    }
  }
}
