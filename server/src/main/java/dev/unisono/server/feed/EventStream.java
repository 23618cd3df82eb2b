package dev.unisono.server.feed;

import dev.unisono.hub.Event;
import dev.unisono.hub.Format;
import dev.unisono.hub.Interest;
import dev.unisono.hub.Outlet;
import dev.unisono.hub.Subscription;
import dev.unisono.server.operation.Caller;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.RoutingContext;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An answer of server-sent events, from a position on until its client goes or the hub ends it. Of
 * one request; runs on its connection's event loop.
 */
public final class EventStream {
  private static final long HEARTBEAT_MILLIS = 15_000;

  /** With more than this in line a client needs no sign of life. */
  private static final long MOST_BEFORE_HEARTBEAT = 64L << 10;

  private static final long FAREWELL_MILLIS = 5_000;

  private final Followers followers;
  private final Caller caller;
  private final Interest interest;
  private final long position;
  private final @Nullable Iterator<Event> prelude;
  private final LongFunction<String> through;
  private final Function<Outlet.End, String> last;
  private final UnaryOperator<Outlet> pace;

  /**
   * @param through the lines of a heartbeat that say how far everything has been sent; none where
   *     it is not to be said
   * @param last what is written last where it ends by a gap, because rights have changed, or
   *     because the server stops
   * @param pace makes of a way out one that keeps to what its client may be sent
   */
  public EventStream(
      Followers followers,
      Caller caller,
      Interest interest,
      long position,
      @Nullable Iterator<Event> prelude,
      LongFunction<String> through,
      Function<Outlet.End, String> last,
      UnaryOperator<Outlet> pace) {
    this.followers = followers;
    this.caller = caller;
    this.interest = interest;
    this.position = position;
    this.prelude = prelude;
    this.through = through;
    this.last = last;
    this.pace = pace;
  }

  /**
   * Begins the answer; on the event loop.
   *
   * @param hello what is written first
   */
  public void begin(RoutingContext routing, ContextInternal context, String hello) {
    HttpServerRequest request = routing.request();
    HttpServerResponse response = request.response();
    if (response.closed()) {
      return;
    }
    response
        .setChunked(true)
        .putHeader("Content-Type", "text/event-stream; charset=utf-8")
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Accel-Buffering", "no")
        .putHeader("X-Content-Type-Options", "nosniff");
    response.write(hello);
    // Only connections that carry one answer at a time are written to directly, and only those of
    // HTTP/1.1 have chunks.
    Outlet outlet =
        (request.version() == HttpVersion.HTTP_2
                ? Optional.<Outlet>empty()
                : ChannelOutlet.of(request.connection(), why -> end(request, why)))
            .orElseGet(() -> new ResponseOutlet(response, context, why -> end(request, why)));
    Format.Sse format =
        new Format.Sse(
            outlet instanceof ChannelOutlet && request.version() == HttpVersion.HTTP_1_1);
    Subscription subscription =
        new Subscription(pace.apply(outlet), interest, format, position, prelude);
    Heartbeat heartbeat = new Heartbeat(outlet, response, subscription);
    long timer = context.owner().setPeriodic(HEARTBEAT_MILLIS, _ -> heartbeat.beat());
    // Called once when the answer ends, however it does: over HTTP/2 the connection goes on.
    routing.addEndHandler(_ -> {
      context.owner().cancelTimer(timer);
      followers.unsubscribe(subscription);
    });
    // What the client still sends is not for us, but that it is gone is seen by reading alone.
    request.resume();
    followers.subscribe(caller, subscription);
  }

  /** Of one connection, on its event loop. */
  private final class Heartbeat {
    private final Outlet outlet;
    private final HttpServerResponse response;
    private final Subscription subscription;
    private long number;
    private long told = position;

    Heartbeat(Outlet outlet, HttpServerResponse response, Subscription subscription) {
      this.outlet = outlet;
      this.response = response;
      this.subscription = subscription;
    }

    /** Written as any answer is, so that the connection does not count as idle. */
    void beat() {
      if (!outlet.open() || outlet.pendingBytes() >= MOST_BEFORE_HEARTBEAT) {
        return;
      }
      long now = subscription.position();
      String id = "";
      if (now > told) {
        // What was looked through and not wanted need not be looked through again.
        id = through.apply(now);
        told = now;
      }
      response.write(": " + ++number + "\n" + id + "\n");
    }
  }

  /** On the event loop. Who was too slow could not take a last word. */
  private void end(HttpServerRequest request, Outlet.End why) {
    HttpServerResponse response = request.response();
    if (response.closed() || response.ended()) {
      return;
    }
    switch (why) {
      case GAP, REVOKED, STOPPING -> finish(request, last.apply(why));
      case TOO_SLOW, FAILED -> cut(request);
    }
  }

  /** Ends an answer as it should, but does not wait long for a client that does not take it. */
  private static void finish(HttpServerRequest request, String last) {
    request.response().end(last);
    if (request.version() != HttpVersion.HTTP_2) {
      ChannelOutlet.closeWithin(request.connection(), FAREWELL_MILLIS);
    }
  }

  /** What is in line would hold back an orderly end for as long as the client takes nothing. */
  private static void cut(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset();
    } else {
      ChannelOutlet.closeWithin(request.connection(), 0);
    }
  }
}
