package dev.unisono.bench;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;

/** An endpoint that does nothing but answer, as Quarkus would by the same means. */
final class BareServer {
  private BareServer() {}

  /**
   * Begins to listen, on every processor.
   *
   * @param ready told once it does
   */
  static void serve(int port, Runnable ready) {
    Vertx vertx = Vertx.vertx();
    Router router = Router.router(vertx);
    Buffer body =
        Buffer.buffer("{\"text\":\"" + "x".repeat(RestScenario.RECORD_BYTES - 11) + "\"}");
    router
        .get("/customers/:key")
        .handler(
            context -> context.response().putHeader("Content-Type", "application/json").end(body));
    int loops = Runtime.getRuntime().availableProcessors();
    for (int loop = 1; loop <= loops; loop++) {
      HttpServer server =
          vertx.createHttpServer(
              new HttpServerOptions().setHost("127.0.0.1").setPort(port).setTcpNoDelay(true));
      boolean last = loop == loops;
      var _ =
          server
              .requestHandler(router)
              .listen()
              .onSuccess(_ -> {
                if (last) {
                  ready.run();
                }
              })
              .onFailure(failure -> {
                throw new BenchFailure("it cannot listen on " + port, failure);
              });
    }
  }
}
