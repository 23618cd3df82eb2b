package dev.unisono.server.stream;

import dev.unisono.engine.Doors;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.Format;
import dev.unisono.hub.Hub;
import dev.unisono.hub.Interest;
import dev.unisono.hub.Outlet;
import dev.unisono.hub.Subscription;
import dev.unisono.hub.View;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Arguments;
import dev.unisono.server.operation.Operations;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Changes as server-sent events. Safe for threads. */
public final class StreamRoutes {
  private static final long HEARTBEAT_MILLIS = 15_000;

  /** With more than this in line a client needs no sign of life. */
  private static final long MOST_BEFORE_HEARTBEAT = 64L << 10;

  private static final long FAREWELL_MILLIS = 5_000;
  private static final String CONSUMER = "consumer";
  private static final Set<String> PARAMETERS =
      Set.of(
          "after",
          "snapshot",
          CONSUMER,
          StreamView.FILTER,
          StreamView.PAYLOAD,
          StreamView.FORMAT,
          StreamView.CONFLATE);

  private final Doors doors;
  private final Operations operations;
  private final Hub hub;
  private final JournalFeed feed;
  private final Consumers consumers;

  public StreamRoutes(
      Doors doors, Operations operations, Hub hub, JournalFeed feed, Consumers consumers) {
    this.doors = doors;
    this.operations = operations;
    this.hub = hub;
    this.feed = feed;
    this.consumers = consumers;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/v1/changes").handler(context -> handle(context, doorway, null));
    router
        .get("/v1/changes/:plural")
        .handler(context -> handle(context, doorway, context.pathParam("plural")));
  }

  /** On the connection's event loop, whose context the stream goes on in. */
  private void handle(RoutingContext context, Doorway doorway, @Nullable String plural) {
    ContextInternal loop = (ContextInternal) context.vertx().getOrCreateContext();
    doorway.known(
        context,
        (known, body) -> open(known, loop, plural == null ? null : operations.plural(plural)));
  }

  private void open(RoutingContext context, ContextInternal loop, @Nullable Entity entity) {
    HttpServerRequest request = context.request();
    Parameters.check(context, PARAMETERS);
    // An EventSource that reconnects asks for the same address again; where it stands is newer.
    String after = request.getHeader("Last-Event-ID");
    if (after == null) {
      after = context.queryParams().get("after");
    }
    // Who has a position has had the snapshot.
    boolean snapshot =
        Arguments.flag(context.queryParams().get("snapshot"), "snapshot")
            && context.request().getHeader("Last-Event-ID") == null;
    MultiMap parameters = context.queryParams();
    View view =
        StreamView.of(
            entity,
            parameters.get(StreamView.FILTER),
            parameters.get(StreamView.PAYLOAD),
            parameters.get(StreamView.FORMAT),
            Arguments.flag(parameters.get(StreamView.CONFLATE), StreamView.CONFLATE));
    StreamStart start =
        StreamStart.of(
            operations,
            consumers,
            Doorway.caller(context),
            entity,
            after,
            snapshot,
            parameters.get(CONSUMER));
    List<Entity> entities = entity == null ? operations.entities() : List.of(entity);
    Iterator<Event> prelude = start.snapshot() ? feed.records(entities) : null;
    Interest interest = new Interest(entity == null ? Interest.EVERY_TOPIC : entity.id(), view);
    loop.runOnContext(_ -> begin(context, loop, interest, start.position(), prelude));
  }

  /** On the connection's event loop. */
  private void begin(
      RoutingContext routing,
      ContextInternal context,
      Interest interest,
      Cursor position,
      @Nullable Iterator<Event> prelude) {
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
    response.write(": hello " + position.text() + "\n\n");
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
        new Subscription(outlet, interest, format, position.sequence(), prelude);
    Heartbeat heartbeat = new Heartbeat(outlet, response, subscription, position.sequence());
    long timer = context.owner().setPeriodic(HEARTBEAT_MILLIS, _ -> heartbeat.beat());
    // Called once when the answer ends, however it does: over HTTP/2 the connection goes on.
    routing.addEndHandler(_ -> {
      context.owner().cancelTimer(timer);
      hub.unsubscribe(subscription);
    });
    // What the client still sends is not for us, but that it is gone is seen by reading alone.
    request.resume();
    hub.subscribe(subscription);
  }

  /** Of one connection, on its event loop. */
  private final class Heartbeat {
    private final Outlet outlet;
    private final HttpServerResponse response;
    private final Subscription subscription;
    private long number;
    private long told;

    Heartbeat(Outlet outlet, HttpServerResponse response, Subscription subscription, long told) {
      this.outlet = outlet;
      this.response = response;
      this.subscription = subscription;
      this.told = told;
    }

    /** Written as any answer is, so that the connection does not count as idle. */
    void beat() {
      if (!outlet.open() || outlet.pendingBytes() >= MOST_BEFORE_HEARTBEAT) {
        return;
      }
      long through = subscription.position();
      String id = "";
      if (through > told) {
        // Without data it is no event, but a client remembers it: what was looked through and not
        // wanted need not be looked through again when it comes back.
        id = "id: " + new Cursor(doors.journal().head().epoch(), through).text() + "\n";
        told = through;
      }
      response.write(": " + ++number + "\n" + id + "\n");
    }
  }

  /** On the event loop. A gap is told; who was too slow finds out by its last cursor. */
  private void end(HttpServerRequest request, Outlet.End why) {
    HttpServerResponse response = request.response();
    if (response.closed() || response.ended()) {
      return;
    }
    switch (why) {
      case GAP ->
          finish(
              request,
              "event: gap\ndata: {\"code\":\"gap\",\"oldest\":\""
                  + doors.journal().oldest().text()
                  + "\"}\n\n");
      case STOPPING -> finish(request, ": stopping\n\n");
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
