package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL is mirrored into a SQLite file whose tables are made by the server. */
final class SqliteTargetTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  /** Writes the config's target anew. */
  private void writeToSqlite(Path file) throws Exception {
    Path config = folder.resolve("unisono.yaml");
    String before = Files.readString(config);
    String after =
        before
            .replaceFirst(
                "(?s)billing:\n.*?\nentities:",
                "billing:\n    connector: sqlite\n    file: \"" + file + "\"\nentities:")
            .replace(
                "table: public.clients, direction: write",
                "table: clients, direction: write, create-table: true")
            .replace(
                "table: public.invoices, direction: write",
                "table: invoices, direction: write, create-table: true");
    assertNotEquals(before, after);
    Files.writeString(config, after);
  }

  private static List<String> rows(Connection connection, String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          values.add(String.valueOf(row.getString(i)));
        }
        rows.add(String.join("|", values));
      }
    }
    return rows;
  }

  private static void awaitSame(MirroredDatabases databases, Path file) throws Exception {
    try (Connection crm = databases.inCrm();
        Connection sqlite = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      Eventually.holds(
          LIMIT,
          () -> {
            boolean made =
                rows(sqlite, "SELECT count(*) FROM sqlite_schema WHERE name = 'invoices'")
                    .equals(List.of("1"));
            if (!made) {
              return "the tables are not made";
            }
            List<String> customers =
                rows(crm, "SELECT id, name, balance, notes FROM public.customers ORDER BY id");
            List<String> clients =
                rows(
                    sqlite,
                    "SELECT client_id, full_name, balance, remarks FROM clients ORDER BY 1");
            List<String> orders =
                rows(
                    crm,
                    "SELECT id, customer_id, price, ordered_on, shipped::int FROM public.orders"
                        + " ORDER BY id");
            List<String> invoices =
                rows(
                    sqlite,
                    "SELECT invoice_id, client_id, unit_price, invoiced_on, sent FROM invoices"
                        + " ORDER BY 1");
            return customers.equals(clients) && orders.equals(invoices)
                ? ""
                : customers.size() + " customers and " + clients.size() + " clients differ";
          });
    }
  }

  @Test
  void aMirrorIsTheSameThoughTheServerIsKilled() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        MirrorServer server = new MirrorServer(databases, folder, 200)) {
      Path file = Files.createFile(folder.resolve("billing.db"));
      writeToSqlite(file);
      databases.executeInCrm(
          "INSERT INTO public.customers SELECT i, 'name ' || i, NULL, 'CH', i * 1.10, now(), i,"
              + " repeat('n', 3000) FROM generate_series(1, 2000) AS i",
          "INSERT INTO public.orders SELECT i, 1 + i % 2000, 'item', 1, i * 0.01, '2026-05-06',"
              + " i % 2 = 0 FROM generate_series(1, 3000) AS i");
      server.startLive();
      databases.executeInCrm(
          "UPDATE public.customers SET balance = balance + 0.01 WHERE id % 3 = 0");
      server.kill();
      databases.executeInCrm(
          "DELETE FROM public.orders WHERE id % 7 = 0",
          "UPDATE public.customers SET id = 100000 + id WHERE id % 500 = 0",
          "INSERT INTO public.customers (id, name) VALUES (3000, 'while away')");
      server.start();
      awaitSame(databases, file);
      databases.executeInCrm(
          "UPDATE public.customers SET name = 'again' WHERE id < 100",
          "DELETE FROM public.customers WHERE id = 5");
      awaitSame(databases, file);
      try (Connection sqlite = DriverManager.getConnection("jdbc:sqlite:" + file)) {
        assertEquals(
            List.of("1"), rows(sqlite, "SELECT count(*) FROM unisono_cursor WHERE lane = 0"));
      }
    }
  }
}
