package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What was missed is made good by comparison, with the server's state as it is. */
final class RepairTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void aSlotThatWasLostWhileTheServerWasAwayIsMadeGoodEverywhere() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection changing = databases.inCrm();
        MirrorServer server = new MirrorServer(databases, folder, 200)) {
      new Workload(changing, 20260404).fill(800, 1_500);
      server.start();
      String token = server.process().token();
      try (StreamClient events = new EventStream(server.api(), token, null, _ -> {})) {
        assertAgreement(databases, server, List.of(events));
        server.stop();
        databases.executeInCrm(
            "SELECT pg_drop_replication_slot('unisono_crm')",
            "DELETE FROM public.orders WHERE id % 7 = 0",
            "DELETE FROM public.customers WHERE id % 11 = 0",
            "UPDATE public.customers SET name = 'changed', balance = 1 WHERE id % 5 = 0",
            "INSERT INTO public.customers (id, name) SELECT n, 'new' FROM"
                + " generate_series(500001, 500300) n",
            "INSERT INTO public.orders (id, customer_id, item) SELECT n, n, 'new' FROM"
                + " generate_series(500001, 500300) n",
            "UPDATE public.customers SET id = id + 700000 WHERE id % 13 = 0");
        server.start();
        assertAgreement(databases, server, List.of(events));
        Eventually.isTrue(
            LIMIT, "it is still repairing", () -> source(server).get("repairing").isNull());
        assertTrue(Files.readString(folder.resolve("server.log")).contains("The slot unisono_crm"));
        // And from here on it goes on as ever.
        databases.executeInCrm("DELETE FROM public.orders WHERE id % 5 = 0");
        assertAgreement(databases, server, List.of(events));
      }
    }
  }

  @Test
  void aTargetSetBackToAnOldCopyIsMadeEqualAgain() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection changing = databases.inCrm();
        MirrorServer server = new MirrorServer(databases, folder, 200)) {
      server.keepFor("1s");
      new Workload(changing, 20260505).fill(500, 800);
      server.start();
      assertAgreement(databases, server, List.of());
      databases.executeInBilling(
          "CREATE TABLE public.old_clients AS SELECT * FROM public.clients",
          "CREATE TABLE public.old_invoices AS SELECT * FROM public.invoices",
          "CREATE TABLE public.old_cursor AS SELECT * FROM unisono.unisono_cursor");
      databases.executeInCrm(
          "DELETE FROM public.orders WHERE id % 3 = 0",
          "DELETE FROM public.customers WHERE id % 11 = 0",
          "INSERT INTO public.customers (id, name) SELECT n, 'new' FROM"
              + " generate_series(500001, 500300) n");
      assertAgreement(databases, server, List.of());
      Eventually.isTrue(
          LIMIT,
          "the journal still holds what the old copy lacks",
          () -> {
            databases.executeInCrm(
                "UPDATE public.customers SET balance = balance + 1 WHERE id = 500001");
            return status(server).get("journal").get("oldest").asLong() > oldest(databases);
          });
      server.kill();
      databases.executeInBilling(
          "TRUNCATE public.clients, public.invoices, unisono.unisono_cursor",
          "INSERT INTO public.clients SELECT * FROM public.old_clients",
          "INSERT INTO public.invoices SELECT * FROM public.old_invoices",
          "INSERT INTO unisono.unisono_cursor SELECT * FROM public.old_cursor");
      server.startLive();
      Eventually.isTrue(
          LIMIT, "it is not being repaired", () -> target(server).equals("RECONCILING"));
      // The note of the repair outlives the server.
      server.kill();
      server.start();
      assertAgreement(databases, server, List.of());
      Eventually.isTrue(LIMIT, "it is still repaired", () -> target(server).equals("RUNNING"));
    }
  }

  private static long oldest(MirroredDatabases databases) throws Exception {
    try (Connection billing = databases.inBilling();
        Statement statement = billing.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT max(sequence) FROM public.old_cursor WHERE lane >= 0")) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  void aSnapshotIsPausedResumedAndRepeatedByCommand() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection changing = databases.inCrm();
        MirrorServer server = new MirrorServer(databases, folder, 200)) {
      new Workload(changing, 20260606).fill(500, 800);
      server.start();
      assertAgreement(databases, server, List.of());
      // Paused while it is compared it would not be done, but paused.
      Eventually.isTrue(LIMIT, "not compared", () -> isPhase(server, "customers", "done"));
      command(0, "pause", "crm", "customers");
      Eventually.isTrue(LIMIT, "no pause", () -> isPhase(server, "customers", "done"));
      command(0, "repeat", "crm");
      Eventually.isTrue(LIMIT, "not paused", () -> isPhase(server, "customers", "paused"));
      Eventually.isTrue(LIMIT, "orders", () -> isPhase(server, "orders", "done"));
      server.kill();
      databases.executeInBilling(
          "DELETE FROM public.invoices WHERE invoice_id % 4 = 0",
          "UPDATE public.clients SET full_name = 'broken' WHERE client_id % 4 = 0",
          "INSERT INTO public.clients (client_id, full_name) VALUES (900001, 'nobody')");
      server.start();
      assertTrue(command(0, "status", "crm").contains("customers (public.customers): paused"));
      command(0, "resume", "crm");
      Eventually.isTrue(LIMIT, "customers", () -> isPhase(server, "customers", "done"));
      command(0, "repeat", "crm", "orders");
      assertAgreement(databases, server, List.of());
      assertTrue(command(1, "pause", "nothing").startsWith("not-found: "));
      assertTrue(command(1, "repeat", "crm", "nothing").startsWith("not-found: "));
      HttpResponse<String> refused =
          server
              .process()
              .send(
                  server
                      .process()
                      .request("/v1/admin/sources/crm/snapshot")
                      .POST(HttpRequest.BodyPublishers.ofString("{\"action\":\"drop\"}"))
                      .build());
      assertEquals(400, refused.statusCode());
      assertEquals("bad-body", ExactJson.parse(refused.body()).get("code").asText());
      server.stop();
      assertTrue(command(2, "status", "crm").startsWith("server-unreachable: "));
    }
  }

  private static boolean isPhase(MirrorServer server, String sync, String phase) throws Exception {
    for (JsonNode table : source(server).get("tables")) {
      if (table.get("sync").asText().equals(sync)) {
        return table.get("phase").asText().equals(phase);
      }
    }
    return false;
  }

  private static JsonNode status(MirrorServer server) throws Exception {
    return ExactJson.parse(server.get("/v1/admin/status").body());
  }

  private static JsonNode source(MirrorServer server) throws Exception {
    return status(server).get("sources").get(0);
  }

  private static String target(MirrorServer server) throws Exception {
    return status(server).get("targets").get(0).get("state").asText();
  }

  private String command(int exit, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("snapshot"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--config", folder.resolve("unisono.yaml").toString()));
    return CommandLine.run(exit, command.toArray(String[]::new));
  }

  private static void assertAgreement(
      MirroredDatabases databases, MirrorServer server, List<StreamClient> clients)
      throws Exception {
    Agreement.await(LIMIT, databases, server, clients);
  }
}
