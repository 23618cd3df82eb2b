package dev.unisono.server.graphql;

import dev.unisono.engine.config.Config;
import dev.unisono.hub.Outlet;
import dev.unisono.server.access.Access;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.EventStream;
import dev.unisono.server.feed.Followers;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.graphql.Documents.Answer;
import dev.unisono.server.graphql.Documents.Prepared;
import dev.unisono.server.graphql.Documents.Request;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.HeaderList;
import dev.unisono.server.http.Idempotency;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.limit.Asked;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.limit.Verdict;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Refusal;
import graphql.language.OperationDefinition.Operation;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** GraphQL over HTTP and over server-sent events, one connection for each. Safe for threads. */
public final class GraphqlRoutes {
  /** By which a WebSocket speaks GraphQL. */
  public static final String SUBPROTOCOL = GraphqlSocket.PROTOCOL;

  private static final String PATH = "/v1/graphql";
  private static final String JSON = "application/json";
  private static final String RESPONSE = "application/graphql-response+json";
  private static final String EVENTS = "text/event-stream";
  private static final String COMPLETE = "event: complete\ndata:\n\n";
  private static final Set<String> PARAMETERS =
      Set.of("query", "operationName", "variables", "extensions");

  private final Documents documents;
  private final GraphqlSocket socket;
  private final Followers followers;
  private final Idempotency idempotency;
  private final Limits limits;

  /**
   * @param config gives the one that is in effect
   */
  public GraphqlRoutes(
      Operations operations,
      JournalFeed feed,
      Followers followers,
      Consumers consumers,
      Access access,
      Idempotency idempotency,
      Limits limits,
      Supplier<Config> config) {
    this.documents = new Documents(operations, feed, consumers, config);
    this.socket = new GraphqlSocket(documents, followers, access, limits);
    this.followers = followers;
    this.idempotency = idempotency;
    this.limits = limits;
  }

  public void mount(Router router, Doorway doorway) {
    router.get(PATH + "/schema").handler(context -> doorway.known(context, this::schema));
    router
        .get(PATH)
        .handler(context -> {
          if (GraphqlSocket.wanted(context.request())) {
            socket.open(context);
          } else {
            ContextInternal loop = (ContextInternal) context.vertx().getOrCreateContext();
            doorway.known(context, (known, _) -> get(known, loop));
          }
        });
    router
        .post(PATH)
        .handler(context -> {
          ContextInternal loop = (ContextInternal) context.vertx().getOrCreateContext();
          doorway.withBody(
              context, idempotency.once(false, (known, body) -> post(known, loop, body)));
        });
  }

  private void schema(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Answers.text(context, 200, "text/plain; charset=utf-8", documents.schema());
  }

  private void get(RoutingContext context, ContextInternal loop) throws InterruptedException {
    answer(
        context,
        loop,
        () -> {
          Parameters.check(context, PARAMETERS);
          MultiMap parameters = context.queryParams();
          String query = parameters.get("query");
          String variables = parameters.get("variables");
          if (query == null || query.isBlank()) {
            throw new Refusal(400, "bad-parameter", "query is the document.", "query");
          }
          return new Request(
              query,
              parameters.get("operationName"),
              Request.variables(
                  variables == null ? null : json(variables.getBytes(StandardCharsets.UTF_8))));
        });
  }

  private void post(RoutingContext context, ContextInternal loop, Buffer body)
      throws InterruptedException {
    answer(
        context,
        loop,
        () -> {
          String type = context.request().getHeader("Content-Type");
          if (type == null
              || !type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(JSON)) {
            context.response().putHeader("Accept-Post", JSON);
            throw new Refusal(
                415, "unsupported-media-type", "Send a request: application/json.", "Content-Type");
          }
          Parameters.check(context, Set.of());
          return Request.of(json(body.getBytes()));
        });
  }

  private static @Nullable Object json(byte[] text) {
    try {
      return Values.read(text);
    } catch (IOException broken) {
      throw new Refusal(400, "bad-body", "This is not JSON.");
    }
  }

  private void answer(RoutingContext context, ContextInternal loop, Supplier<Request> reader)
      throws InterruptedException {
    String type = JSON;
    try {
      type = HeaderList.best(context.request(), List.of(RESPONSE, EVENTS), JSON);
      Request request = reader.get();
      Prepared prepared = documents.prepare(request);
      if (prepared instanceof Prepared.Ready ready) {
        charge(context, ready.cost());
      }
      if (type.equals(EVENTS)) {
        events(context, loop, prepared);
        return;
      }
      Answer answer =
          switch (prepared) {
            case Prepared.Refused refused -> Answer.of(refused);
            case Prepared.Ready ready -> execute(context, ready);
          };
      // Where a request was read, JSON of no type of its own says all in the body.
      boolean own = type.equals(RESPONSE);
      send(
          context,
          own || answer.status() == 405 || answer.status() == 406 ? answer.status() : 200,
          type,
          answer);
    } catch (Refusal refusal) {
      Failure failure = Failure.of(refusal, true);
      Long seconds = failure.retrySeconds();
      if (seconds != null) {
        context.response().putHeader("Retry-After", Long.toString(seconds));
      }
      send(context, failure.status(), type.equals(EVENTS) ? JSON : type, Answer.of(failure));
    }
  }

  private void charge(RoutingContext context, long cost) throws InterruptedException {
    Verdict verdict =
        limits.charge(limits.asked(Doorway.caller(context), context), Math.max(1, cost));
    verdict.tell(context.response().headers());
    Refusal refusal = verdict.refusal();
    if (refusal != null) {
      throw refusal;
    }
  }

  private static void send(RoutingContext context, int status, String type, Answer answer) {
    if (answer.position() != null) {
      context.response().putHeader("Unisono-Cursor", answer.position().text());
    }
    answer
        .staleSeconds()
        .ifPresent(
            stale -> context.response().putHeader("Unisono-Stale", Operations.seconds(stale)));
    Answers.end(context, status, type + "; charset=utf-8", Values.bytes(answer.body()));
  }

  private Answer execute(RoutingContext context, Prepared.Ready ready) {
    checkMethod(context, ready.kind());
    if (ready.kind() == Operation.SUBSCRIPTION) {
      throw new Refusal(
          406,
          "not-acceptable",
          "A subscription is answered with Accept: text/event-stream, or over a WebSocket.",
          "Accept");
    }
    return documents.execute(
        ready, Doorway.caller(context), context.request().getHeader("Unisono-After"));
  }

  /** What changes something is no matter of links. */
  private static void checkMethod(RoutingContext context, Operation kind) {
    if (kind == Operation.MUTATION && context.request().method().equals(HttpMethod.GET)) {
      context.response().putHeader("Allow", "POST");
      throw new Refusal(405, "method-not-allowed", "Send a mutation by POST.");
    }
  }

  private void events(RoutingContext context, ContextInternal loop, Prepared prepared) {
    HttpServerRequest request = context.request();
    if (request.headers().contains(Idempotency.HEADER)) {
      throw new Refusal(
          400,
          "bad-header",
          "An answer of events has no " + Idempotency.HEADER + ".",
          Idempotency.HEADER);
    }
    switch (prepared) {
      case Prepared.Refused refused -> once(context, Answer.of(refused));
      case Prepared.Ready ready when ready.kind() != Operation.SUBSCRIPTION ->
          once(context, execute(context, ready));
      case Prepared.Ready ready -> follow(context, loop, ready);
    }
  }

  private void follow(RoutingContext context, ContextInternal loop, Prepared.Ready ready) {
    Documents.Following following;
    try {
      // An EventSource that reconnects asks for the same address again; where it stands is newer.
      following =
          documents.follow(
              ready, Doorway.caller(context), context.request().getHeader("Last-Event-ID"));
    } catch (Refusal refusal) {
      once(context, Answer.of(Failure.of(refusal, true)));
      return;
    }
    Asked subscriber = limits.asked(Doorway.caller(context), context);
    EventStream stream =
        new EventStream(
            followers,
            Doorway.caller(context),
            following.interest(),
            following.position().sequence(),
            following.prelude(),
            _ -> "",
            this::last,
            outlet -> limits.paced(outlet, subscriber));
    loop.runOnContext(
        _ -> stream.begin(context, loop, ": from " + following.position().text() + "\n\n"));
  }

  private String last(Outlet.End why) {
    return why == Outlet.End.GAP ? next(Answer.of(documents.gap())) + COMPLETE : ": stopping\n\n";
  }

  /** An answer that is one event, and the end. */
  private static void once(RoutingContext context, Answer answer) {
    Answers.text(context, 200, EVENTS + "; charset=utf-8", next(answer) + COMPLETE);
  }

  private static String next(Answer answer) {
    String data = new String(Values.bytes(answer.body()), StandardCharsets.UTF_8);
    // A document inside a record may have line ends between its tokens.
    return "event: " + Picture.NEXT + "\ndata: " + data.replaceAll("\\R", "\ndata: ") + "\n\n";
  }
}
