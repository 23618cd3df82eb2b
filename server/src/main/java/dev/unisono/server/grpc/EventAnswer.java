package dev.unisono.server.grpc;

import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.Format;
import dev.unisono.hub.Interest;
import dev.unisono.hub.Outlet;
import dev.unisono.hub.Subscription;
import dev.unisono.server.feed.Followers;
import dev.unisono.server.feed.ResponseOutlet;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An answer of events, from a position on until its caller goes or the hub ends it. Safe for
 * threads.
 */
final class EventAnswer {
  private final Followers followers;
  private final Supplier<String> oldest;

  /**
   * @param oldest tells the oldest cursor that is held
   */
  EventAnswer(Followers followers, Supplier<String> oldest) {
    this.followers = followers;
    this.oldest = oldest;
  }

  /**
   * Begins the answer; on the event loop.
   *
   * @param pace makes of a way out one that keeps to what its caller may be sent
   */
  void begin(
      RoutingContext context,
      GrpcCall call,
      Caller caller,
      Interest interest,
      Cursor position,
      @Nullable Iterator<Event> prelude,
      UnaryOperator<Outlet> pace) {
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
        new Subscription(
            pace.apply(outlet), interest, new Format.Grpc(), position.sequence(), prelude);
    subscribed.set(subscription);
    context.addEndHandler(_ -> followers.unsubscribe(subscription));
    followers.subscribe(caller, subscription);
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
      }
      case GAP ->
          call.end(
              Failure.of(
                  new Refusal(
                      410,
                      "gap",
                      "What follows is no longer held. The oldest cursor held is "
                          + oldest.get()
                          + "; start again from a snapshot, or from there."),
                  true));
      case REVOKED ->
          call.end(
              Failure.of(
                  new Refusal(403, "rights-changed", "Rights have changed; call again."), true));
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
