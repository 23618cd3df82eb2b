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
 * Everything that runs in the demo: two databases, the server as a process of its own, the traffic.
 * Started and closed by one thread; {@link #interrupt} may come from another.
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
  private @Nullable PostgresServer billing;
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
      out.accept("starting the databases crm and billing in " + folder.path());
      PostgresServer crm = PostgresServer.start(folder.path().resolve("crm"), Map.of());
      this.crm = crm;
      stopIfInterrupted();
      PostgresServer billing = PostgresServer.start(folder.path().resolve("billing"), Map.of());
      this.billing = billing;
      stopIfInterrupted();
      DemoData data =
          new DemoData(crm, billing, folder.password("crm"), folder.password("billing"));
      data.prepare();
      folder.writeConfig(port, crm, billing);
      stopIfInterrupted();
      out.accept("starting the server");
      ServerProcess server =
          ServerProcess.start(
              home,
              folder.config(),
              port,
              folder.state(),
              folder.path().resolve("server.log"),
              List.of());
      this.server = server;
      server.awaitReady(START_LIMIT, () -> interrupted);
      stopIfInterrupted();
      data.awaitEqual(() -> interrupted);
      folder.writeDescription(server, crm, billing);
      if (withTraffic) {
        traffic = Traffic.start(crm);
      }
      sayWhereToLook(server, crm, billing);
    } catch (SQLException | UncheckedIOException | IllegalStateException failed) {
      throw new DemoFailure("demo-failed: " + failed.getMessage(), failed);
    }
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

  private void sayWhereToLook(ServerProcess server, PostgresServer crm, PostgresServer billing)
      throws InterruptedException {
    out.accept(
        """

        Unisono keeps crm and billing in unison.

          page     %s
                   (signs in once; the demo prints a new one at each start)
          api      curl -H "Authorization: Bearer $(cat %s)" %s/v1/customers/1
          live     curl -N -H "Authorization: Bearer $(cat %s)" %s/v1/changes/customers
          crm      psql %s
          billing  psql %s

        Change public.customers in crm and look at public.clients in billing. It is one-way here:
        an edit in billing stays until that row's next change in crm.%s
        Ctrl-C stops everything.
        """
            .formatted(
                signInLink(server),
                server.tokenFile(),
                server.api(),
                server.tokenFile(),
                server.api(),
                crm.url("crm"),
                billing.url("billing"),
                withTraffic ? "" : "\nNo traffic was asked for: crm changes only by your hand."));
    out.accept("ready");
  }
}
