package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PublicationCommandTest {
  private static final Map<String, String> ENVIRONMENT = Map.of("DB_PASSWORD", "postgres");

  private static final String CONFIG =
      """
      systems:
        crm: { connector: postgres, url: "CRM", user: postgres, password: "${env:DB_PASSWORD}" }
        billing: { connector: postgres, url: "CRM", user: postgres, password: "${env:DB_PASSWORD}" }
      entities:
        customer:
          key: id
          schema: { properties: { id: { type: integer } } }
      syncs:
        customers:
          entity: customer
          members:
            - { system: crm, table: public.customers, direction: read, where: "id > 5" }
            - { system: billing, table: public.clients, direction: write }
      """;

  private static final String STATEMENT =
      "CREATE PUBLICATION \"unisono_crm\" FOR TABLE \"public\".\"customers\" WHERE (id > 5);\n";

  @TempDir private Path folder;

  @Test
  void printsWhatHasToBeRunAndRunsItWhenAskedTo() throws Exception {
    try (PostgresServer server = PostgresServer.temporary()) {
      server.createDatabase("crm");
      try (Connection connection = server.connect("crm");
          var statement = connection.createStatement()) {
        statement.execute("CREATE TABLE customers (id bigint PRIMARY KEY)");
      }
      String text = CONFIG.replace("CRM", server.jdbcUrl("crm"));
      String file = Files.writeString(folder.resolve("unisono.yaml"), text).toString();
      CliRun printed = CliRun.of(ENVIRONMENT, "publication", file);
      assertEquals(0, printed.exit(), printed.errors());
      assertEquals(
          "-- crm: for whoever owns the tables\n" + STATEMENT + "-- billing: nothing to run\n",
          printed.output());
      CliRun other = CliRun.of(ENVIRONMENT, "publication", file, "billing");
      assertEquals("-- billing: nothing to run\n", other.output());
      CliRun applied = CliRun.of(ENVIRONMENT, "publication", file, "crm", "--apply");
      assertEquals("-- crm: was run\n" + STATEMENT, applied.output());
      CliRun again = CliRun.of(ENVIRONMENT, "publication", file, "crm", "--apply");
      assertEquals("-- crm: nothing to run\n", again.output());

      CliRun unknown = CliRun.of(ENVIRONMENT, "publication", file, "cmr");
      assertEquals(2, unknown.exit());
      assertTrue(unknown.errors().startsWith("no-such-system: "), unknown.errors());
      Files.writeString(folder.resolve("unisono.yaml"), text.replace("id > 5", "ID > 'x'"));
      CliRun wrong = CliRun.of(ENVIRONMENT, "publication", file);
      assertEquals(1, wrong.exit());
      assertTrue(wrong.errors().contains("unisono.yaml:12: bad-filter: "), wrong.errors());
      assertFalse(wrong.output().contains("crm"), wrong.output());
    }
    assertEquals(2, CliRun.of(Map.of(), "publication", folder + "/none.yaml").exit());
  }

  /** A database that triggers make show its changes can be left as it was. */
  @Test
  void triggersArePrintedMadeAndTakenBack() throws Exception {
    Path shop = Files.createFile(folder.resolve("shop.db"));
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + shop);
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY)");
    }
    String file =
        Files.writeString(
                folder.resolve("unisono.yaml"),
                """
                systems:
                  shop: { connector: sqlite, file: "SHOP" }
                  copy: { connector: sqlite, file: "SHOP" }
                entities:
                  customer:
                    key: id
                    schema: { properties: { id: { type: integer } } }
                syncs:
                  customers:
                    entity: customer
                    members:
                      - { system: shop, table: customers, direction: read }
                      - { system: copy, table: copies, direction: write, create-table: true }
                """
                    .replace("SHOP", shop.toString()))
            .toString();
    CliRun printed = CliRun.of(Map.of(), "publication", file, "shop");
    assertEquals(0, printed.exit(), printed.errors());
    assertTrue(
        printed.output().contains("CREATE TRIGGER unisono_1_insert AFTER INSERT ON \"customers\""),
        printed.output());
    CliRun check = CliRun.of(Map.of(), "check", file);
    assertTrue((check.output() + check.errors()).contains("triggers-missing"), check.output());
    CliRun.of(Map.of(), "publication", file, "shop", "--apply");
    assertEquals(
        "-- shop: nothing to run\n",
        CliRun.of(Map.of(), "publication", file, "shop", "--apply").output());
    CliRun removed = CliRun.of(Map.of(), "publication", file, "shop", "--remove", "--apply");
    assertTrue(removed.output().startsWith("-- shop: was run\nDROP TRIGGER "), removed.output());
    assertEquals(
        "-- shop: nothing to run\n",
        CliRun.of(Map.of(), "publication", file, "shop", "--remove").output());
  }
}
