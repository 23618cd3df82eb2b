package dev.unisono.server.grpc;

import com.google.protobuf.ByteString;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.Format;
import dev.unisono.hub.Hub;
import dev.unisono.hub.Interest;
import dev.unisono.hub.Outlet;
import dev.unisono.hub.Subscription;
import dev.unisono.server.feed.EventFilter;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.feed.ResponseOutlet;
import dev.unisono.server.http.Access;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Records and their changes by gRPC, on the port of all doors. Safe for threads. */
public final class GrpcRoutes {
  private static final String PROTO = "unisono.proto";
  private static final String SERVICE = "unisono.v1.Records";
  private static final long FAREWELL_MILLIS = 5_000;

  private final Operations operations;
  private final Calls calls;
  private final JournalFeed feed;
  private final Hub hub;
  private final Access access;

  public GrpcRoutes(Operations operations, JournalFeed feed, Hub hub, Access access) {
    this.operations = operations;
    this.calls = new Calls(operations);
    this.feed = feed;
    this.hub = hub;
    this.access = access;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/v1/grpc/" + PROTO).handler(context -> doorway.known(context, GrpcRoutes::proto));
    router.post("/" + SERVICE + "/:method").handler(this::call);
    router.post("/grpc.health.v1.Health/:method").handler(GrpcRoutes::health);
  }

  private static void proto(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    try (InputStream in = GrpcRoutes.class.getResourceAsStream("/" + PROTO)) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      Answers.text(context, 200, "text/plain; charset=utf-8", text);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Null where the request is none of gRPC's; then it is answered. */
  private static @Nullable GrpcCall begin(RoutingContext context) {
    HttpServerRequest request = context.request();
    String type = request.getHeader("Content-Type");
    if (type == null || !type.startsWith(GrpcCall.TYPE)) {
      Answers.refusal(
          context,
          new Refusal(
              415,
              "unsupported-media-type",
              "Call this by gRPC: application/grpc.",
              "Content-Type"));
      return null;
    }
    if (request.version() != HttpVersion.HTTP_2) {
      Answers.refusal(context, new Refusal(426, "upgrade-required", "gRPC needs HTTP/2."));
      return null;
    }
    return new GrpcCall(context);
  }

  /** Anybody may ask, as with the other doors' health. */
  private static void health(RoutingContext context) {
    GrpcCall call = begin(context);
    if (call == null) {
      return;
    }
    call.read(message -> {
      try {
        String service = Proto.Fields.of(message).text(1);
        if (!"Check".equals(context.pathParam("method"))) {
          call.end(unknown());
        } else if (service.isEmpty() || service.equals(SERVICE)) {
          call.end(Proto.message(out -> out.writeEnum(1, 1)));
        } else {
          call.end(Failure.of(new Refusal(404, "not-found", "There is no such service."), true));
        }
      } catch (Refusal refusal) {
        call.end(Failure.of(refusal, true));
      }
    });
  }

  private static Failure unknown() {
    return Failure.of(new Refusal(501, "unknown-method", "There is no such method."), true);
  }

  private void call(RoutingContext context) {
    GrpcCall call = begin(context);
    if (call == null) {
      return;
    }
    Caller caller;
    try {
      caller = access.admit(context.request());
    } catch (Refusal refusal) {
      call.end(Failure.of(refusal, true));
      return;
    }
    String method = Objects.requireNonNull(context.pathParam("method"));
    call.read(message ->
        Thread.ofVirtual()
            .name("grpc")
            .start(() -> {
              if (method.equals("Subscribe")) {
                subscribe(context, call, caller, message);
              } else {
                unary(call, method, caller, message);
              }
            }));
  }

  private void unary(GrpcCall call, String method, Caller caller, ByteString message) {
    Runnable end;
    try {
      AtomicReference<byte @Nullable []> answer = new AtomicReference<>();
      Attempts.run(() -> answer.set(calls.answer(method, caller, message, call.deadline())));
      byte[] told = answer.get();
      end = told == null ? () -> call.end(unknown()) : () -> call.end(told);
    } catch (InterruptedException | RuntimeException failed) {
      boolean reading = method.equals("Get") || method.equals("List");
      Failure failure = Failure.of(failed, reading);
      end = () -> call.end(failure);
    }
    Runnable told = end;
    call.loop().runOnContext(_ -> told.run());
  }

  private void subscribe(RoutingContext context, GrpcCall call, Caller caller, ByteString message) {
    Runnable next;
    try {
      Proto.Fields request = Proto.Fields.of(message);
      String name = request.text(1);
      Entity entity = name.isEmpty() ? null : operations.named(name);
      String filter = request.text(4);
      String after = request.text(2);
      EventMessage view =
          new EventMessage(EventFilter.of(entity, filter.isEmpty() ? null : filter));
      Cursor position =
          operations.follow(caller, entity, after.isEmpty() ? null : after, request.flag(3));
      List<Entity> entities = entity == null ? operations.entities() : List.of(entity);
      Iterator<Event> prelude = request.flag(3) ? feed.records(entities) : null;
      Interest interest = new Interest(entity == null ? Interest.EVERY_TOPIC : entity.id(), view);
      next = () -> follow(context, call, interest, position, prelude);
    } catch (RuntimeException failed) {
      Failure failure = Failure.of(failed, true);
      next = () -> call.end(failure);
    }
    Runnable prepared = next;
    call.loop().runOnContext(_ -> prepared.run());
  }

  /** On the event loop. */
  private void follow(
      RoutingContext context,
      GrpcCall call,
      Interest interest,
      Cursor position,
      @Nullable Iterator<Event> prelude) {
    HttpServerResponse response = call.response();
    if (response.ended() || response.closed()) {
      return;
    }
    response.putHeader("unisono-cursor", position.text());
    // So that the caller knows where it begins before there is anything to tell.
    var _ = response.write(Buffer.buffer());
    AtomicReference<@Nullable Subscription> subscribed = new AtomicReference<>();
    Outlet outlet =
        new ResponseOutlet(
            response, call.loop(), why -> end(call, subscribed.get(), position.epoch(), why));
    Subscription subscription =
        new Subscription(outlet, interest, new Format.Grpc(), position.sequence(), prelude);
    subscribed.set(subscription);
    context.addEndHandler(_ -> hub.unsubscribe(subscription));
    hub.subscribe(subscription);
  }

  private void end(GrpcCall call, @Nullable Subscription subscription, long epoch, Outlet.End why) {
    switch (why) {
      case TOO_SLOW -> {
        long reached = subscription == null ? -1 : subscription.position();
        if (reached >= 0) {
          call.response().putTrailer("unisono-cursor", new Cursor(epoch, reached).text());
        }
        call.end(
            Failure.of(
                new Refusal(429, "too-slow", "Too slow; resume from the last cursor."), true));
        // What is in line holds the end back for as long as the client takes nothing.
        call.loop().owner().setTimer(FAREWELL_MILLIS, _ -> call.response().reset());
      }
      case GAP ->
          call.end(
              Failure.of(
                  new Refusal(
                      410,
                      "gap",
                      "What follows is no longer held. The oldest cursor held is "
                          + operations.oldest().text()
                          + "; start again from a snapshot, or from there."),
                  true));
      case STOPPING ->
          call.end(Failure.of(new Refusal(503, "stopping", "The server is stopping."), true));
      case FAILED ->
          call.end(
              Failure.of(
                  new Refusal(
                      503, "stream-failed", "A fault of ours; resume from the last cursor."),
                  true));
    }
  }
}
