package dev.unisono.server.stream;

import dev.unisono.engine.Doors;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.Format;
import dev.unisono.hub.Interest;
import dev.unisono.hub.Outlet;
import dev.unisono.hub.Subscription;
import dev.unisono.hub.View;
import dev.unisono.server.access.Access;
import dev.unisono.server.feed.ChannelOutlet;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.Consumers.Acknowledged;
import dev.unisono.server.feed.EventFilter;
import dev.unisono.server.feed.Followers;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.feed.StreamStart;
import dev.unisono.server.feed.StreamView;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Idempotency;
import dev.unisono.server.limit.Asked;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Cursors;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection by WebSocket: its subscriptions and its writes. All of it runs on the connection's
 * event loop; what blocks does so elsewhere while no more is read.
 */
public final class SocketConnection {
  private static final short BAD_FRAME = 4400;
  static final short NOT_SIGNED_IN = 4401;
  private static final short NOT_ALLOWED = 4403;
  private static final short TOO_SLOW = 4408;
  private static final short GAP = 4410;
  private static final short GOING_AWAY = 1001;
  private static final short INTERNAL_ERROR = 1011;
  private static final long PING_MILLIS = 15_000;
  private static final long TOKEN_MILLIS = 10_000;
  private static final int MOST_SUBSCRIPTIONS = 100;

  /** What the connections of a server have in common. */
  public record Shared(
      Doors doors,
      Operations operations,
      Idempotency idempotency,
      Followers followers,
      JournalFeed feed,
      Access access,
      Consumers consumers,
      Acknowledgements acknowledgements,
      Limits limits) {}

  /** A subscription and what belongs to it. */
  private static final class Followed {
    final Subscription subscription;
    final @Nullable String consumer;
    final @Nullable AcknowledgedOutlet window;

    /** Said to the client: everything up to here has been sent. */
    long told;

    Followed(
        Subscription subscription,
        @Nullable String consumer,
        @Nullable AcknowledgedOutlet window,
        long told) {
      this.subscription = subscription;
      this.consumer = consumer;
      this.window = window;
      this.told = told;
    }
  }

  private final Shared shared;
  private final Vertx vertx;
  private final Context loop;
  private final HttpServerRequest request;
  private final ServerWebSocket socket;
  private final Asked asked;
  private final Map<String, Followed> followed = new HashMap<>();
  private final SocketWrites writes;

  /** Null until it is known. */
  private @Nullable Caller caller;

  /** It is not read while something is prepared, or much is in line. */
  private int pauses;

  private boolean writesFull;
  private boolean answersFull;

  SocketConnection(
      Shared shared,
      Vertx vertx,
      HttpServerRequest request,
      ServerWebSocket socket,
      Asked asked,
      @Nullable Caller caller) {
    this.shared = shared;
    this.vertx = vertx;
    this.loop = vertx.getOrCreateContext();
    this.request = request;
    this.socket = socket;
    this.asked = asked;
    this.caller = caller;
    this.writes = new SocketWrites(shared.operations(), shared.idempotency(), this::written);
  }

  void begin() {
    socket.frameHandler(frame -> {
      if (frame.isBinary()) {
        refuseFrame("Frames are JSON text.");
      }
    });
    socket.textMessageHandler(this::take);
    socket.exceptionHandler(_ -> {});
    if (caller == null) {
      vertx.setTimer(
          TOKEN_MILLIS,
          _ -> {
            if (caller == null && !socket.isClosed()) {
              socket.close(NOT_SIGNED_IN, "no token within 10 s");
            }
          });
    }
    // Shows that the client is still there, and that the connection is not idle.
    long timer = vertx.setPeriodic(PING_MILLIS, _ -> beat());
    socket.closeHandler(_ -> {
      vertx.cancelTimer(timer);
      followed.values().forEach(each -> shared.followers().unsubscribe(each.subscription));
      followed.clear();
      writes.end();
    });
  }

  private void beat() {
    if (socket.isClosed() || socket.writeQueueFull()) {
      return;
    }
    var _ = socket.writePing(Buffer.buffer());
    long epoch = shared.doors().journal().head().epoch();
    followed.forEach((name, each) -> {
      // Of what nothing was for it, so that it need not be looked through again.
      long through = each.subscription.position();
      if (through > each.told) {
        each.told = through;
        send(
            "{\"sub\":"
                + quoted(name)
                + ",\"through\":\""
                + new Cursor(epoch, through).text()
                + "\"}");
      }
    });
  }

  private void refuseFrame(String why) {
    if (!socket.isClosed()) {
      socket.close(BAD_FRAME, why);
    }
  }

  private void take(String text) {
    SocketFrame frame;
    try {
      frame = SocketFrame.parse(text);
    } catch (IOException | Refusal broken) {
      refuseFrame(broken instanceof Refusal refusal ? refusal.detail() : "This is not JSON.");
      return;
    }
    if (frame instanceof SocketFrame.Token token) {
      signIn(token.token());
      return;
    }
    Caller known = standing();
    if (known == null) {
      socket.close(NOT_SIGNED_IN, "not-signed-in");
      return;
    }
    switch (frame) {
      case SocketFrame.Token _ -> throw new IllegalStateException("it was taken above");
      case SocketFrame.Ping ping -> send("{\"pong\":" + ping.number() + "}");
      case SocketFrame.Subscribe subscribe ->
          limited(
              known,
              Action.FOLLOW,
              () -> aside(subscribe.name(), () -> prepare(known, subscribe)),
              failure -> sendError(subscribe.name(), failure));
      case SocketFrame.Unsubscribe unsubscribe ->
          now(unsubscribe.name(), () -> unsubscribe(unsubscribe.name()));
      case SocketFrame.Acknowledge acknowledge ->
          now(acknowledge.name(), () -> acknowledge(known, acknowledge));
      case SocketFrame.Write write ->
          limited(
              known,
              write.action(),
              () -> {
                writes.add(known, write);
                awaitWrites();
              },
              failure -> send(SocketWrites.refusal(write, failure)));
    }
  }

  /** Frames behind one that has to wait do so, too. */
  private void limited(Caller known, Action action, Runnable then, Consumer<Failure> otherwise) {
    boolean[] decided = new boolean[1];
    boolean[] waits = new boolean[1];
    shared
        .limits()
        .check(
            shared.limits().within(asked, known, method(action)),
            verdict -> {
              decided[0] = true;
              if (socket.isClosed()) {
                return;
              }
              Refusal refusal = verdict.refusal();
              if (refusal == null) {
                then.run();
              } else {
                otherwise.accept(Failure.of(refusal, true));
              }
              if (waits[0]) {
                resume();
              }
            });
    if (!decided[0]) {
      waits[0] = true;
      pause();
    }
  }

  /** By which REST does the same. */
  private static String method(Action action) {
    return switch (action) {
      case GET, LIST, FOLLOW -> "GET";
      case CREATE -> "POST";
      case REPLACE -> "PUT";
      case CHANGE -> "PATCH";
      case DELETE -> "DELETE";
    };
  }

  private void signIn(String token) {
    try {
      caller = shared.access().admit("Bearer " + token, Access.address(request));
      send("{\"authorized\":true}");
    } catch (Refusal refused) {
      socket.close(NOT_SIGNED_IN, refused.code());
    }
  }

  private void now(String name, Runnable action) {
    try {
      action.run();
    } catch (RuntimeException failed) {
      sendError(name, Failure.of(failed, true));
    }
  }

  /** What is prepared elsewhere, and then done on the event loop. */
  private interface Preparation {
    Runnable prepare() throws InterruptedException;
  }

  /** Other frames wait for it, so that they are taken in their order. */
  private void aside(String name, Preparation preparation) {
    pause();
    Thread.ofVirtual()
        .name("subscribing")
        .start(() -> {
          Runnable next;
          try {
            Runnable[] prepared = new Runnable[1];
            Attempts.run(() -> prepared[0] = preparation.prepare());
            next = prepared[0];
          } catch (InterruptedException | RuntimeException refused) {
            Failure failure = Failure.of(refused, true);
            next = () -> sendError(name, failure);
          }
          Runnable then = next;
          loop.runOnContext(_ -> {
            if (!socket.isClosed()) {
              now(name, then);
              resume();
            }
          });
        });
  }

  /** Who asks, with the rights of now; null where nobody does who is let in. */
  private @Nullable Caller standing() {
    Caller known = caller;
    caller = known == null ? null : known.standing().now(known).orElse(null);
    return caller;
  }

  private void pause() {
    if (pauses++ == 0) {
      socket.pause();
    }
  }

  private void resume() {
    if (--pauses == 0) {
      socket.resume();
    }
  }

  private Runnable prepare(Caller known, SocketFrame.Subscribe frame) {
    String entityName = frame.entity();
    Entity entity = entityName == null ? null : shared.operations().named(entityName);
    View view =
        StreamView.of(
            EventFilter.of(shared.operations(), known, entity, frame.filter()),
            frame.payload(),
            frame.format(),
            frame.conflate());
    StreamStart start =
        StreamStart.of(
            shared.operations(),
            shared.consumers(),
            known,
            entity,
            frame.after(),
            frame.snapshot(),
            frame.consumer());
    List<Entity> entities = entity == null ? shared.operations().followed(known) : List.of(entity);
    return () -> subscribe(known, frame, entity, view, start, entities);
  }

  private void subscribe(
      Caller known,
      SocketFrame.Subscribe frame,
      @Nullable Entity entity,
      View view,
      StreamStart start,
      List<Entity> entities) {
    String name = frame.name();
    if (followed.containsKey(name)) {
      throw new Refusal(409, "subscribed-already", "There is a subscription '" + name + "'.");
    }
    if (followed.size() >= MOST_SUBSCRIPTIONS) {
      throw new Refusal(
          429,
          "too-many-subscriptions",
          "A connection has at most " + MOST_SUBSCRIPTIONS + " subscriptions.");
    }
    Cursor position = start.position();
    Iterator<Event> prelude = start.snapshot() ? shared.feed().records(entities) : null;
    Outlet channel =
        ChannelOutlet.of(request.connection(), this::end)
            .orElseThrow(
                () -> new Refusal(500, "not-available", "This connection has no channel."));
    Outlet outlet = shared.limits().paced(channel, shared.limits().within(asked, caller, "GET"));
    AcknowledgedOutlet window =
        frame.window() == 0
            ? null
            : new AcknowledgedOutlet(outlet, frame.window(), position.sequence());
    Subscription subscription =
        new Subscription(
            window == null ? outlet : window,
            new Interest(entity == null ? Interest.EVERY_TOPIC : entity.id(), view),
            new Format.Socket(name),
            position.sequence(),
            prelude);
    followed.put(name, new Followed(subscription, frame.consumer(), window, position.sequence()));
    send("{\"subscribed\":" + quoted(name) + ",\"from\":\"" + position.text() + "\"}");
    shared.followers().subscribe(known, subscription);
  }

  private Followed following(String name) {
    Followed found = followed.get(name);
    if (found == null) {
      throw new Refusal(404, "unknown-subscription", "There is no subscription '" + name + "'.");
    }
    return found;
  }

  private void unsubscribe(String name) {
    shared.followers().unsubscribe(following(name).subscription);
    followed.remove(name);
    send("{\"unsubscribed\":" + quoted(name) + "}");
  }

  private void acknowledge(Caller known, SocketFrame.Acknowledge frame) {
    Followed acknowledged = following(frame.name());
    long sequence = Cursors.sequence(shared.doors().journal(), frame.cursor());
    if (acknowledged.window != null) {
      acknowledged.window.acknowledge(sequence);
    }
    String consumer = acknowledged.consumer;
    if (consumer == null) {
      return;
    }
    Cursor position = new Cursor(shared.doors().journal().head().epoch(), sequence);
    String answer =
        "{\"acked\":" + quoted(frame.name()) + ",\"cursor\":\"" + position.text() + "\"}";
    boolean taken =
        shared
            .acknowledgements()
            .offer(
                new Acknowledged(known, consumer, position, false),
                failure -> loop.runOnContext(_ -> acknowledged(frame.name(), answer, failure)));
    if (!taken) {
      throw new Refusal(
          503, "too-busy", "Too many acknowledgements are in line; send the newest again.");
    }
  }

  private void acknowledged(String name, String answer, @Nullable Failure failure) {
    if (!socket.isClosed()) {
      if (failure == null) {
        send(answer);
      } else {
        sendError(name, failure);
      }
    }
  }

  /** By the thread of the writes. */
  private void written(String text) {
    loop.runOnContext(_ -> {
      if (!socket.isClosed()) {
        send(text);
        awaitWrites();
      }
    });
  }

  private void awaitWrites() {
    boolean full = writes.inLine() >= SocketWrites.MOST;
    if (full && !writesFull) {
      pause();
    } else if (!full && writesFull) {
      resume();
    }
    writesFull = full;
  }

  private void end(Outlet.End why) {
    if (!socket.isClosed()) {
      switch (why) {
        case TOO_SLOW -> socket.close(TOO_SLOW, "too slow; resume from the last cursor");
        case GAP ->
            socket.close(GAP, "gap; oldest held " + shared.doors().journal().oldest().text());
        case REVOKED -> socket.close(NOT_ALLOWED, "rights have changed; connect again");
        case STOPPING -> socket.close(GOING_AWAY, "the server is stopping");
        case FAILED -> socket.close(INTERNAL_ERROR, "resume from the last cursor");
      }
    }
  }

  private void send(String text) {
    var _ = socket.writeFrame(WebSocketFrame.textFrame(text, true));
    if (socket.writeQueueFull() && !answersFull) {
      // Who does not read answers is not asked for more.
      answersFull = true;
      pause();
      socket.drainHandler(_ -> {
        if (answersFull) {
          answersFull = false;
          resume();
        }
      });
    }
  }

  private void sendError(String name, Failure failure) {
    byte[] bytes =
        Answers.bytes(json -> {
          json.writeStartObject();
          json.writeFieldName("error");
          Answers.writeFailure(json, failure);
          json.writeStringField("sub", name);
          json.writeEndObject();
        });
    send(new String(bytes, StandardCharsets.UTF_8));
  }

  private static String quoted(String text) {
    byte[] bytes = Answers.bytes(json -> json.writeString(text));
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
