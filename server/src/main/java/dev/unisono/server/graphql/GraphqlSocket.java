package dev.unisono.server.graphql;

import dev.unisono.hub.Format;
import dev.unisono.hub.Outlet;
import dev.unisono.hub.Subscription;
import dev.unisono.server.access.Access;
import dev.unisono.server.feed.ChannelOutlet;
import dev.unisono.server.feed.Followers;
import dev.unisono.server.graphql.Documents.Answer;
import dev.unisono.server.graphql.Documents.Prepared;
import dev.unisono.server.http.Answers;
import dev.unisono.server.limit.Asked;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Refusal;
import graphql.language.OperationDefinition.Operation;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * GraphQL over WebSocket, by the subprotocol {@code graphql-transport-ws}: queries, mutations and
 * subscriptions, many on one connection. Safe for threads.
 */
final class GraphqlSocket {
  static final String PROTOCOL = "graphql-transport-ws";

  private static final short BAD_MESSAGE = 4400;
  private static final short UNAUTHORIZED = 4401;
  private static final short FORBIDDEN = 4403;
  private static final short NO_PROTOCOL = 4406;
  private static final short INITIALISED_LATE = 4408;
  private static final short SUBSCRIBED_ALREADY = 4409;
  private static final short INITIALISED_TWICE = 4429;
  private static final short GOING_AWAY = 1001;
  private static final short TRY_AGAIN_LATER = 1013;
  private static final long INIT_MILLIS = 10_000;
  private static final long PING_MILLIS = 15_000;
  private static final int MOST_OPERATIONS = 100;
  private static final int LONGEST_ID = 200;

  private final Documents documents;
  private final Followers followers;
  private final Access access;
  private final Limits limits;

  GraphqlSocket(Documents documents, Followers followers, Access access, Limits limits) {
    this.documents = documents;
    this.followers = followers;
    this.access = access;
    this.limits = limits;
  }

  static boolean wanted(HttpServerRequest request) {
    String upgrade = request.getHeader("Upgrade");
    return upgrade != null && upgrade.equalsIgnoreCase("websocket");
  }

  void open(RoutingContext context) {
    HttpServerRequest request = context.request();
    Caller caller = null;
    String refused = "";
    try {
      caller = access.admit(request);
    } catch (Refusal refusal) {
      // A browser sets no headers: the first message may say who it is.
      refused = refusal.code();
    }
    Caller known = caller;
    String why = refused;
    Asked asked = limits.asked(known, context);
    limits.check(
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

  private void upgrade(RoutingContext context, Asked asked, @Nullable Caller known, String why) {
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
          if (!PROTOCOL.equals(socket.subProtocol())) {
            socket.close(NO_PROTOCOL, "Subprotocol not acceptable; offer " + PROTOCOL);
          } else {
            new Connection(context.vertx(), request, socket, asked, known, why).begin();
          }
        });
  }

  /** An operation of a connection; its subscription once there is one. */
  private static final class Running {
    private @Nullable Subscription subscription;
  }

  /** One connection and its operations; all of it runs on the connection's event loop. */
  private final class Connection {
    private final Vertx vertx;
    private final HttpServerRequest request;
    private final ServerWebSocket socket;
    private final Map<String, Running> operations = new HashMap<>();
    private final Asked opening;
    private final String refused;
    private @Nullable Caller caller;
    private boolean initialised;

    Connection(
        Vertx vertx,
        HttpServerRequest request,
        ServerWebSocket socket,
        Asked opening,
        @Nullable Caller caller,
        String refused) {
      this.vertx = vertx;
      this.request = request;
      this.socket = socket;
      this.opening = opening;
      this.caller = caller;
      this.refused = refused;
    }

    void begin() {
      socket.frameHandler(frame -> {
        if (frame.isBinary()) {
          close(BAD_MESSAGE, "Messages are JSON text");
        }
      });
      socket.textMessageHandler(this::take);
      socket.exceptionHandler(_ -> {});
      long late =
          vertx.setTimer(
              INIT_MILLIS,
              _ -> {
                if (!initialised) {
                  close(INITIALISED_LATE, "Connection initialisation timeout");
                }
              });
      // Shows that the client is still there, and that the connection is not idle.
      long ping = vertx.setPeriodic(PING_MILLIS, _ -> ping());
      socket.closeHandler(_ -> {
        vertx.cancelTimer(late);
        vertx.cancelTimer(ping);
        operations.values().forEach(this::stop);
        operations.clear();
      });
    }

    private void ping() {
      if (!socket.isClosed() && !socket.writeQueueFull()) {
        var _ = socket.writePing(Buffer.buffer());
      }
    }

    private void close(short code, String why) {
      if (!socket.isClosed()) {
        socket.close(code, why);
      }
    }

    private void stop(Running running) {
      if (running.subscription != null) {
        followers.unsubscribe(running.subscription);
      }
    }

    private void take(String text) {
      if (socket.isClosed()) {
        return;
      }
      Map<?, ?> message;
      try {
        message =
            Values.read(text.getBytes(StandardCharsets.UTF_8)) instanceof Map<?, ?> map
                ? map
                : Map.of();
      } catch (IOException notJson) {
        close(BAD_MESSAGE, "This is not JSON");
        return;
      }
      Object payload = message.get("payload");
      switch (message.get("type") instanceof String type ? type : "") {
        case "connection_init" -> initialise(payload);
        case "ping" -> send(message("pong", null, payload));
        case "pong" -> {}
        case "subscribe" -> subscribe(message.get("id"), payload);
        case "complete" -> complete(message.get("id"));
        default -> close(BAD_MESSAGE, "There is no message of this type");
      }
    }

    private void initialise(@Nullable Object payload) {
      if (initialised) {
        close(INITIALISED_TWICE, "Too many initialisation requests");
        return;
      }
      initialised = true;
      String token = null;
      if (payload instanceof Map<?, ?> given) {
        for (String name : List.of("Authorization", "authorization")) {
          token = given.get(name) instanceof String text ? text : token;
        }
      } else if (payload != null) {
        close(BAD_MESSAGE, "The payload is an object");
        return;
      }
      try {
        if (token != null) {
          caller = access.admit(token, Access.address(request));
        }
      } catch (Refusal refusal) {
        close(UNAUTHORIZED, refusal.code());
        return;
      }
      if (caller == null) {
        close(UNAUTHORIZED, refused);
      } else {
        send(message("connection_ack", null, null));
      }
    }

    private void subscribe(@Nullable Object id, @Nullable Object payload) {
      Caller known = caller == null ? null : caller.standing().now(caller).orElse(null);
      if (!initialised || known == null) {
        close(UNAUTHORIZED, "Unauthorized");
        return;
      }
      if (!(id instanceof String name) || name.isEmpty() || name.length() > LONGEST_ID) {
        close(BAD_MESSAGE, "An id has 1 to 200 characters");
        return;
      }
      if (operations.containsKey(name)) {
        String ended = name.length() > 60 ? name.substring(0, 60) : name;
        close(SUBSCRIBED_ALREADY, "Subscriber for " + ended + " already exists");
        return;
      }
      Documents.Request asked;
      try {
        asked = Documents.Request.of(payload);
      } catch (Refusal refusal) {
        close(BAD_MESSAGE, "The payload is no request");
        return;
      }
      if (operations.size() >= MOST_OPERATIONS) {
        fail(
            name,
            Answer.of(
                Failure.of(
                    new Refusal(
                        429,
                        "too-many-subscriptions",
                        "A connection has at most " + MOST_OPERATIONS + " operations."),
                    true)));
        return;
      }
      Running running = new Running();
      operations.put(name, running);
      Context loop = vertx.getOrCreateContext();
      Asked subscriber = limits.within(opening, known, "POST");
      limits.check(
          subscriber,
          verdict -> {
            Refusal refusal = verdict.refusal();
            if (socket.isClosed() || operations.get(name) != running) {
              return;
            }
            if (refusal != null) {
              fail(name, Answer.of(Failure.of(refusal, true)));
            } else {
              Thread.ofVirtual()
                  .name("graphql")
                  .start(() -> run(loop, name, running, asked, known, subscriber));
            }
          });
    }

    /** On a thread of its own, since it may block; what comes of it is said on the loop. */
    private void run(
        Context loop,
        String id,
        Running running,
        Documents.Request asked,
        Caller known,
        Asked subscriber) {
      Runnable told;
      try {
        told =
            switch (charged(documents.prepare(asked), subscriber)) {
              case Prepared.Refused refused -> () -> fail(id, Answer.of(refused));
              case Prepared.Ready ready when ready.kind() == Operation.SUBSCRIPTION -> {
                Documents.Following following = documents.follow(ready, known, null);
                yield () -> begin(id, running, known, following, subscriber);
              }
              case Prepared.Ready ready -> {
                Answer answer = documents.execute(ready, known, null);
                yield () -> answer(id, answer);
              }
            };
      } catch (InterruptedException | RuntimeException failed) {
        Answer answer = Answer.of(Failure.of(failed, true));
        told = () -> fail(id, answer);
      }
      Runnable next = told;
      loop.runOnContext(_ -> {
        // What the client has completed meanwhile is not told any more.
        if (!socket.isClosed() && operations.get(id) == running) {
          next.run();
        }
      });
    }

    private Prepared charged(Prepared prepared, Asked subscriber) throws InterruptedException {
      if (prepared instanceof Prepared.Ready ready) {
        Refusal refusal = limits.charge(subscriber, Math.max(1, ready.cost())).refusal();
        if (refusal != null) {
          throw refusal;
        }
      }
      return prepared;
    }

    private void answer(String id, Answer answer) {
      if (answer.body().containsKey("data")) {
        operations.remove(id);
        send(message("next", id, answer.body()));
        send(message("complete", id, null));
      } else {
        fail(id, answer);
      }
    }

    /** Nothing is said of it afterwards, not even that it is complete. */
    private void fail(String id, Answer answer) {
      operations.remove(id);
      send(message("error", id, answer.body().get("errors")));
    }

    private void begin(
        String id, Running running, Caller known, Documents.Following following, Asked subscriber) {
      Outlet outlet =
          limits.paced(
              ChannelOutlet.of(request.connection(), why -> end(id, running, why))
                  .orElseThrow(() -> new IllegalStateException("a WebSocket without a channel")),
              subscriber);
      byte[] quoted = Answers.bytes(json -> json.writeString(id));
      Subscription subscription =
          new Subscription(
              outlet,
              following.interest(),
              new Format.Message(
                  "{\"type\":\"next\",\"id\":"
                      + new String(quoted, StandardCharsets.UTF_8)
                      + ",\"payload\":",
                  "}"),
              following.position().sequence(),
              following.prelude());
      running.subscription = subscription;
      followers.subscribe(known, subscription);
    }

    private void end(String id, Running running, Outlet.End why) {
      if (socket.isClosed() || operations.get(id) != running) {
        return;
      }
      switch (why) {
        case GAP -> fail(id, Answer.of(documents.gap()));
        case REVOKED -> close(FORBIDDEN, "rights have changed; connect again");
        case TOO_SLOW -> close(TRY_AGAIN_LATER, "too slow; resume from the last cursor");
        case STOPPING -> close(GOING_AWAY, "the server is stopping");
        case FAILED -> close(TRY_AGAIN_LATER, "resume from the last cursor");
      }
    }

    private void complete(@Nullable Object id) {
      if (!(id instanceof String)) {
        close(BAD_MESSAGE, "An id is a string");
        return;
      }
      Running running = operations.remove(id);
      if (running != null) {
        stop(running);
      }
    }

    private void send(byte[] message) {
      var _ =
          socket.writeFrame(
              WebSocketFrame.textFrame(new String(message, StandardCharsets.UTF_8), true));
      if (socket.writeQueueFull()) {
        // Who does not read answers is not asked for more.
        socket.pause();
        socket.drainHandler(_ -> socket.resume());
      }
    }
  }

  private static byte[] message(String type, @Nullable String id, @Nullable Object payload) {
    Map<String, @Nullable Object> message = new LinkedHashMap<>();
    message.put("type", type);
    if (id != null) {
      message.put("id", id);
    }
    if (payload != null) {
      message.put("payload", payload);
    }
    return Values.bytes(message);
  }
}
