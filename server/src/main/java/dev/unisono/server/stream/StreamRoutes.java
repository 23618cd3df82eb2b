package dev.unisono.server.stream;

import dev.unisono.engine.Doors;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.Interest;
import dev.unisono.hub.Outlet;
import dev.unisono.hub.View;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.EventFilter;
import dev.unisono.server.feed.EventStream;
import dev.unisono.server.feed.Followers;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.feed.StreamStart;
import dev.unisono.server.feed.StreamView;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.limit.Asked;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.operation.Arguments;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Operations;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Changes as server-sent events. Safe for threads. */
public final class StreamRoutes {
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
  private final Followers followers;
  private final JournalFeed feed;
  private final Consumers consumers;
  private final Limits limits;

  public StreamRoutes(
      Doors doors,
      Operations operations,
      Followers followers,
      JournalFeed feed,
      Consumers consumers,
      Limits limits) {
    this.doors = doors;
    this.operations = operations;
    this.followers = followers;
    this.feed = feed;
    this.consumers = consumers;
    this.limits = limits;
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
    Caller caller = Doorway.caller(context);
    View view =
        StreamView.of(
            EventFilter.of(operations, caller, entity, parameters.get(StreamView.FILTER)),
            parameters.get(StreamView.PAYLOAD),
            parameters.get(StreamView.FORMAT),
            Arguments.flag(parameters.get(StreamView.CONFLATE), StreamView.CONFLATE));
    StreamStart start =
        StreamStart.of(
            operations, consumers, caller, entity, after, snapshot, parameters.get(CONSUMER));
    List<Entity> entities = entity == null ? operations.followed(caller) : List.of(entity);
    Iterator<Event> prelude = start.snapshot() ? feed.records(entities) : null;
    Interest interest = new Interest(entity == null ? Interest.EVERY_TOPIC : entity.id(), view);
    Cursor position = start.position();
    Asked subscriber = limits.asked(Doorway.caller(context), context);
    EventStream stream =
        new EventStream(
            followers,
            caller,
            interest,
            position.sequence(),
            prelude,
            this::through,
            this::last,
            outlet -> limits.paced(outlet, subscriber));
    loop.runOnContext(_ -> stream.begin(context, loop, ": hello " + position.text() + "\n\n"));
  }

  /** Without data it is no event, but a client remembers it. */
  private String through(long sequence) {
    return "id: " + new Cursor(doors.journal().head().epoch(), sequence).text() + "\n";
  }

  /** A gap is told; who was too slow finds out by its last cursor. */
  private String last(Outlet.End why) {
    return switch (why) {
      case GAP ->
          "event: gap\ndata: {\"code\":\"gap\",\"oldest\":\""
              + doors.journal().oldest().text()
              + "\"}\n\n";
      case REVOKED -> ": rights have changed\n\n";
      case TOO_SLOW, STOPPING, FAILED -> ": stopping\n\n";
    };
  }
}
