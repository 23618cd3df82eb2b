package dev.unisono.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that runs in the demo: three databases, the server as a process of its own, the
 * traffic. Started and closed by one thread; {@link #interrupt} may come from another.
 */
final class DemoParts implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final DemoFolder folder;
  private final Path home;
  private final int port;
  private final boolean withTraffic;
  private final Consumer<String> out;
  private @Nullable PostgresServer crm;
  private @Nullable Billing billing;
  private @Nullable ConflictDoor door;
  private @Nullable ServerProcess server;
  private @Nullable Traffic traffic;
  private volatile boolean interrupted;

  DemoParts(Path home, Path folder, int port, boolean withTraffic, Consumer<String> out) {
    this.home = home;
    this.folder = new DemoFolder(folder);
    this.port = port;
    this.withTraffic = withTraffic;
    this.out = out;
  }

  void start() throws InterruptedException {
    try {
      folder.endLeftOverServer();
      folder.refuseOlder();
      out.accept("starting the databases crm, billing and shop in " + folder.path());
      PostgresServer crm = PostgresServer.start(folder.path().resolve("crm"), Map.of());
      this.crm = crm;
      stopIfInterrupted();
      Billing billing = Billing.start(folder.path(), out);
      this.billing = billing;
      stopIfInterrupted();
      Shop shop = new Shop(folder.shop());
      DemoData data = new DemoData(crm, billing, shop);
      data.prepare(folder.password("crm"), folder.password("billing"));
      folder.writeConfig(port, crm, billing);
      List<CustomerTable> members = List.of(customers(crm), billing.customers(), shop.customers());
      ConflictDoor door = ConflictDoor.open(new CrossingEdits(members));
      this.door = door;
      folder.writeDoor(door);
      stopIfInterrupted();
      ServerProcess server = startServer();
      data.awaitEqual(() -> interrupted);
      folder.writeDescription(server, members);
      if (withTraffic) {
        traffic = Traffic.start(members.get(0), members.get(1), members.get(2));
      }
      sayWhereToLook(server, crm, billing, shop);
    } catch (SQLException | UncheckedIOException | IllegalStateException failed) {
      throw new DemoFailure("demo-failed: " + failed.getMessage(), failed);
    }
  }

  private ServerProcess startServer() throws InterruptedException {
    out.accept("starting the server");
    ServerProcess server =
        ServerProcess.start(
            home,
            folder.config(),
            port,
            folder.state(),
            folder.path().resolve("server.log"),
            List.of("-Dunisono.demo=" + folder.door()));
    this.server = server;
    server.awaitReady(START_LIMIT, () -> interrupted);
    stopIfInterrupted();
    return server;
  }

  private static CustomerTable customers(PostgresServer crm) {
    return new CustomerTable(
        "crm",
        "postgres",
        crm.url("crm"),
        "public.customers",
        "id",
        "phone",
        () -> crm.connect("crm"));
  }

  /** Waits until asked to stop; a server that ends by itself is a failure. */
  void awaitEnd(CountDownLatch stopping) throws InterruptedException {
    ServerProcess running = server;
    while (running != null && !stopping.await(500, TimeUnit.MILLISECONDS)) {
      if (!running.alive()) {
        throw new DemoFailure("server-ended: the server has ended. " + running.lastLines());
      }
    }
  }

  void interrupt() {
    interrupted = true;
  }

  private void stopIfInterrupted() {
    if (interrupted) {
      throw new DemoFailure("stopped");
    }
  }

  @Override
  public void close() {
    if (traffic != null) {
      traffic.close();
      traffic = null;
    }
    if (server != null) {
      server.close();
      server = null;
    }
    if (door != null) {
      door.close();
      door = null;
    }
    if (billing != null) {
      billing.close();
      billing = null;
    }
    if (crm != null) {
      crm.close();
      crm = null;
    }
  }

  /** A link that signs a browser in, once. */
  private static String signInLink(ServerProcess server) throws InterruptedException {
    HttpResponse<String> answer =
        server.send(
            server
                .request("/v1/admin/sign-in-links")
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    if (answer.statusCode() / 100 != 2) {
      throw new DemoFailure("no-sign-in-link: the server answered " + answer.body());
    }
    try {
      return JSON.readTree(answer.body()).get("url").asText();
    } catch (IOException notJson) {
      throw new DemoFailure("no-sign-in-link: the server answered " + answer.body(), notJson);
    }
  }

  private void sayWhereToLook(ServerProcess server, PostgresServer crm, Billing billing, Shop shop)
      throws InterruptedException {
    out.accept(
        """

        Unisono keeps crm, billing and shop in unison.

          page     %s
                   (signs in once; the demo prints a new one at each start)
          api      curl -H "Authorization: Bearer $(cat %s)" %s/v1/customers/1
          live     curl -N -H "Authorization: Bearer $(cat %s)" %s/v1/changes/customers
          crm      psql %s
          billing  %s
          shop     %s

        Customers are public.customers in crm, %s in billing and buyers in shop: change one in any
        of them and look at the others. Orders go one way, from crm to billing.%s
        Ctrl-C stops everything.
        """
            .formatted(
                signInLink(server),
                server.tokenFile(),
                server.api(),
                server.tokenFile(),
                server.api(),
                crm.url("crm"),
                billing.shell(),
                shop.shell(),
                billing.customers().name(),
                withTraffic ? "" : "\nNo traffic was asked for: they change only by your hand."));
    out.accept("ready");
  }
}
