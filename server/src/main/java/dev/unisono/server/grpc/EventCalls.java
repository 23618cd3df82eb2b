package dev.unisono.server.grpc;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.Format;
import dev.unisono.hub.Hub;
import dev.unisono.hub.Interest;
import dev.unisono.hub.Outlet;
import dev.unisono.hub.Subscription;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.EventFilter;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.feed.ResponseOutlet;
import dev.unisono.server.feed.StreamStart;
import dev.unisono.server.grpc.Frames.Frame;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The call that is answered by events, for as long as its caller listens. Safe for threads. */
final class EventCalls {
  private static final long FAREWELL_MILLIS = 5_000;

  private final Operations operations;
  private final JournalFeed feed;
  private final Hub hub;
  private final Consumers consumers;

  EventCalls(Operations operations, JournalFeed feed, Hub hub, Consumers consumers) {
    this.operations = operations;
    this.feed = feed;
    this.hub = hub;
    this.consumers = consumers;
  }

  /** Blocks; then it goes on by the event loop. */
  void answer(RoutingContext context, GrpcCall call, Caller caller, Frame frame) {
    Runnable next;
    try {
      Proto.Fields request = Proto.Fields.of(call.plain(frame));
      String name = request.text(1);
      Entity entity = name.isEmpty() ? null : operations.named(name);
      String filter = request.text(4);
      String consumer = request.text(6);
      EventMessage view =
          new EventMessage(
              EventFilter.of(entity, filter.isEmpty() ? null : filter), request.flag(5));
      StreamStart start =
          StreamStart.of(
              operations,
              consumers,
              caller,
              entity,
              request.text(2),
              request.flag(3),
              consumer.isEmpty() ? null : consumer);
      List<Entity> entities = entity == null ? operations.entities() : List.of(entity);
      Iterator<Event> prelude = start.snapshot() ? feed.records(entities) : null;
      Interest interest = new Interest(entity == null ? Interest.EVERY_TOPIC : entity.id(), view);
      next = () -> follow(context, call, interest, start.position(), prelude);
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
