package dev.unisono.server.stream;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Doors;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.Format;
import dev.unisono.hub.Hub;
import dev.unisono.hub.Interest;
import dev.unisono.hub.Outlet;
import dev.unisono.hub.Subscription;
import dev.unisono.hub.View;
import dev.unisono.server.feed.ChannelOutlet;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.feed.StreamView;
import dev.unisono.server.http.Access;
import dev.unisono.server.http.Answers;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Changes by WebSocket: JSON text frames, several subscriptions on one connection. */
public final class SocketRoutes {
  private static final short BAD_FRAME = 4400;
  private static final short NOT_SIGNED_IN = 4401;
  private static final short TOO_SLOW = 4408;
  private static final short GAP = 4410;
  private static final short GOING_AWAY = 1001;
  private static final short INTERNAL_ERROR = 1011;
  private static final long PING_MILLIS = 15_000;
  private static final int MOST_SUBSCRIPTIONS = 100;
  private static final int LONGEST_NAME = 100;

  private final Doors doors;
  private final Operations operations;
  private final Hub hub;
  private final JournalFeed feed;
  private final Access access;

  public SocketRoutes(
      Doors doors, Operations operations, Hub hub, JournalFeed feed, Access access) {
    this.doors = doors;
    this.operations = operations;
    this.hub = hub;
    this.feed = feed;
    this.access = access;
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
    Caller caller = null;
    String refused = "";
    try {
      caller = access.admit(request);
    } catch (Refusal refusal) {
      refused = refusal.code();
    }
    Caller known = caller;
    String why = refused;
    request
        .toWebSocket()
        .onFailure(_ -> {
          if (!context.response().ended() && !context.response().closed()) {
            Answers.refusal(
                context, new Refusal(400, "bad-handshake", "This is no WebSocket handshake."));
          }
        })
        .onSuccess(socket -> {
          if (known == null) {
            // A client of a browser sees no status of the handshake, but it sees this.
            socket.close(NOT_SIGNED_IN, why);
          } else {
            new Connection(context.vertx(), request, socket, known).begin();
          }
        });
  }

  /** One connection and its subscriptions; all of it runs on the connection's event loop. */
  private final class Connection {
    private final Vertx vertx;
    private final HttpServerRequest request;
    private final ServerWebSocket socket;
    private final Caller caller;
    private final Map<String, Subscription> subscriptions = new HashMap<>();

    Connection(Vertx vertx, HttpServerRequest request, ServerWebSocket socket, Caller caller) {
      this.vertx = vertx;
      this.request = request;
      this.socket = socket;
      this.caller = caller;
    }

    void begin() {
      socket.frameHandler(frame -> {
        if (frame.isBinary()) {
          refuseFrame("Frames are JSON text.");
        }
      });
      socket.textMessageHandler(this::take);
      socket.exceptionHandler(_ -> {});
      // Shows that the client is still there, and that the connection is not idle.
      long timer = vertx.setPeriodic(PING_MILLIS, _ -> ping());
      socket.closeHandler(_ -> {
        vertx.cancelTimer(timer);
        subscriptions.values().forEach(hub::unsubscribe);
        subscriptions.clear();
      });
    }

    private void ping() {
      if (!socket.isClosed() && !socket.writeQueueFull()) {
        var _ = socket.writePing(Buffer.buffer());
      }
    }

    private void refuseFrame(String why) {
      if (!socket.isClosed()) {
        socket.close(BAD_FRAME, why);
      }
    }

    private void take(String text) {
      Frame frame;
      try {
        frame = Frame.parse(text);
      } catch (IOException | Refusal broken) {
        refuseFrame(broken instanceof Refusal refusal ? refusal.detail() : "This is not JSON.");
        return;
      }
      if (frame.ping() != null) {
        send("{\"pong\":" + frame.ping() + "}");
        return;
      }
      String name = frame.name();
      try {
        if (frame.subscribes() && frame.filter() != null) {
          prepare(name, frame);
        } else if (frame.subscribes()) {
          subscribe(name, frame, view(frame));
        } else {
          unsubscribe(name);
        }
      } catch (RuntimeException failed) {
        sendError(name, Failure.of(failed, true));
      }
    }

    private void unsubscribe(String name) {
      Subscription subscription = subscriptions.remove(name);
      if (subscription == null) {
        throw new Refusal(404, "unknown-subscription", "There is no subscription '" + name + "'.");
      }
      hub.unsubscribe(subscription);
      send("{\"unsubscribed\":" + quoted(name) + "}");
    }

    private View view(Frame frame) {
      String entity = frame.entity();
      return StreamView.of(
          entity == null ? null : operations.named(entity),
          frame.filter(),
          frame.payload(),
          frame.format());
    }

    /** To compile a filter takes longer than a loop may be held up; other frames wait for it. */
    private void prepare(String name, Frame frame) {
      Context loop = vertx.getOrCreateContext();
      socket.pause();
      Thread.ofVirtual()
          .name("filter")
          .start(() -> {
            Runnable next;
            try {
              View view = view(frame);
              next = () -> subscribe(name, frame, view);
            } catch (RuntimeException refused) {
              next = () -> sendError(name, Failure.of(refused, true));
            }
            Runnable prepared = next;
            loop.runOnContext(_ -> go(name, prepared));
          });
    }

    private void go(String name, Runnable prepared) {
      if (!socket.isClosed()) {
        try {
          prepared.run();
        } catch (RuntimeException failed) {
          sendError(name, Failure.of(failed, true));
        }
        socket.resume();
      }
    }

    private void subscribe(String name, Frame frame, View view) {
      if (subscriptions.containsKey(name)) {
        throw new Refusal(409, "subscribed-already", "There is a subscription '" + name + "'.");
      }
      if (subscriptions.size() >= MOST_SUBSCRIPTIONS) {
        throw new Refusal(
            429,
            "too-many-subscriptions",
            "A connection has at most " + MOST_SUBSCRIPTIONS + " subscriptions.");
      }
      String entityName = frame.entity();
      Entity entity = entityName == null ? null : operations.named(entityName);
      Cursor position = operations.follow(caller, entity, frame.after(), frame.snapshot());
      List<Entity> entities = entity == null ? operations.entities() : List.of(entity);
      Iterator<Event> prelude = frame.snapshot() ? feed.records(entities) : null;
      Outlet outlet =
          ChannelOutlet.of(request.connection(), this::end)
              .orElseThrow(
                  () -> new Refusal(500, "not-available", "This connection has no channel."));
      Subscription subscription =
          new Subscription(
              outlet,
              new Interest(entity == null ? Interest.EVERY_TOPIC : entity.id(), view),
              new Format.Socket(name),
              position.sequence(),
              prelude);
      subscriptions.put(name, subscription);
      send("{\"subscribed\":" + quoted(name) + ",\"from\":\"" + position.text() + "\"}");
      hub.subscribe(subscription);
    }

    private void end(Outlet.End why) {
      if (!socket.isClosed()) {
        switch (why) {
          case TOO_SLOW -> socket.close(TOO_SLOW, "too slow; resume from the last cursor");
          case GAP -> socket.close(GAP, "gap; oldest held " + doors.journal().oldest().text());
          case STOPPING -> socket.close(GOING_AWAY, "the server is stopping");
          case FAILED -> socket.close(INTERNAL_ERROR, "resume from the last cursor");
        }
      }
    }

    private void send(String text) {
      var _ = socket.writeFrame(WebSocketFrame.textFrame(text, true));
      if (socket.writeQueueFull()) {
        // Who does not read answers is not asked for more.
        socket.pause();
        socket.drainHandler(_ -> socket.resume());
      }
    }

    private void sendError(@Nullable String name, Failure failure) {
      byte[] bytes =
          Answers.bytes(json -> {
            json.writeStartObject();
            json.writeFieldName("error");
            Answers.writeFailure(json, failure);
            if (name != null) {
              json.writeStringField("sub", name);
            }
            json.writeEndObject();
          });
      send(new String(bytes, StandardCharsets.UTF_8));
    }
  }

  private static String quoted(String text) {
    byte[] bytes = Answers.bytes(json -> json.writeString(text));
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** What a client says. */
  record Frame(
      boolean subscribes,
      String name,
      @Nullable String entity,
      @Nullable String after,
      boolean snapshot,
      @Nullable String filter,
      @Nullable String payload,
      @Nullable String format,
      @Nullable String ping) {

    static Frame parse(String text) throws IOException {
      String subscribe = null;
      String unsubscribe = null;
      String entity = null;
      String after = null;
      String filter = null;
      String payload = null;
      String format = null;
      String ping = null;
      boolean snapshot = false;
      try (JsonParser json = EntityJson.FACTORY.createParser(text)) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          throw new Refusal(400, "bad-frame", "A frame is a JSON object.");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String member = json.currentName();
          JsonToken value = json.nextToken();
          switch (member) {
            case "subscribe" -> subscribe = name(json, value);
            case "unsubscribe" -> unsubscribe = name(json, value);
            case "entity" -> entity = string(json, value, member);
            case "after" -> after = string(json, value, member);
            case "snapshot" -> {
              if (!value.isBoolean()) {
                throw new Refusal(400, "bad-frame", "snapshot is true or false.");
              }
              snapshot = json.getBooleanValue();
            }
            case StreamView.FILTER -> filter = string(json, value, member);
            case StreamView.PAYLOAD -> payload = string(json, value, member);
            case StreamView.FORMAT -> format = string(json, value, member);
            case "ping" -> {
              if (value != JsonToken.VALUE_NUMBER_INT) {
                throw new Refusal(400, "bad-frame", "ping is a whole number.");
              }
              ping = json.getText();
            }
            default -> throw new Refusal(400, "bad-frame", "unknown member in a frame");
          }
        }
        if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
          throw new Refusal(400, "bad-frame", "A frame is one JSON object.");
        }
      }
      int verbs =
          (subscribe == null ? 0 : 1) + (unsubscribe == null ? 0 : 1) + (ping == null ? 0 : 1);
      if (verbs != 1) {
        throw new Refusal(400, "bad-frame", "A frame has one of subscribe, unsubscribe, ping.");
      }
      String name = subscribe == null ? unsubscribe : subscribe;
      return new Frame(
          subscribe != null,
          name == null ? "" : name,
          entity,
          after,
          snapshot,
          filter,
          payload,
          format,
          ping);
    }

    private static String name(JsonParser json, JsonToken value) throws IOException {
      String name = string(json, value, "a subscription's name");
      if (name.isEmpty() || name.length() > LONGEST_NAME) {
        throw new Refusal(400, "bad-frame", "A subscription's name has 1 to 100 characters.");
      }
      return name;
    }

    private static String string(JsonParser json, JsonToken value, String what) throws IOException {
      if (value != JsonToken.VALUE_STRING) {
        throw new Refusal(400, "bad-frame", what + " is a string.");
      }
      String text = json.getText();
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
        throw new Refusal(400, "bad-frame", what + " has half a character.");
      }
      return text;
    }
  }
}
