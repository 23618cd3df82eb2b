package dev.unisono.server.stream;

import dev.unisono.server.http.Answers;
import dev.unisono.server.limit.Asked;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/**
 * Changes and writes by WebSocket: JSON text frames, several subscriptions on one connection. Safe
 * for threads.
 */
public final class SocketRoutes {
  private final SocketConnection.Shared shared;

  public SocketRoutes(SocketConnection.Shared shared) {
    this.shared = shared;
  }

  public void mount(Router router) {
    router.get("/v1/stream").handler(this::open);
  }

  private void open(RoutingContext context) {
    HttpServerRequest request = context.request();
    String upgrade = request.getHeader("Upgrade");
    if (upgrade == null || !upgrade.equalsIgnoreCase("websocket")) {
      context.response().putHeader("Upgrade", "websocket");
      Answers.refusal(
          context, new Refusal(426, "upgrade-required", "This is a WebSocket: ask to upgrade."));
      return;
    }
    @Nullable Caller caller = null;
    @Nullable String refused = null;
    try {
      caller = shared.access().admit(request);
    } catch (Refusal refusal) {
      // Who has said nothing may say it by the first frame: a browser's script sets no headers.
      refused = refusal.code().equals("not-signed-in") ? null : refusal.code();
    }
    @Nullable Caller known = caller;
    @Nullable String why = refused;
    Asked asked = shared.limits().asked(known, context);
    shared
        .limits()
        .check(
            asked,
            verdict -> {
              Refusal refusal = verdict.refusal();
              if (refusal == null) {
                upgrade(context, asked, known, why);
              } else {
                verdict.tell(context.response().headers());
                Answers.refusal(context, refusal);
              }
            });
  }

  private void upgrade(
      RoutingContext context, Asked asked, @Nullable Caller known, @Nullable String why) {
    HttpServerRequest request = context.request();
    request
        .toWebSocket()
        .onFailure(_ -> {
          if (!context.response().ended() && !context.response().closed()) {
            Answers.refusal(
                context, new Refusal(400, "bad-handshake", "This is no WebSocket handshake."));
          }
        })
        .onSuccess(socket -> {
          if (why != null) {
            // A client of a browser sees no status of the handshake, but it sees this.
            socket.close(SocketConnection.NOT_SIGNED_IN, why);
          } else {
            new SocketConnection(shared, context.vertx(), request, socket, asked, known).begin();
          }
        });
  }
}
