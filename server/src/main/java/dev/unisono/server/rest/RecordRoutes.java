package dev.unisono.server.rest;

import dev.unisono.engine.assess.EntityName;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.Records;
import dev.unisono.server.http.AllowedMethods;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.ContentCoding;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.HeaderList;
import dev.unisono.server.http.Idempotency;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.http.ResponseStream;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Embedding;
import dev.unisono.server.operation.FieldSelection;
import dev.unisono.server.operation.ListRequest;
import dev.unisono.server.operation.Operations;
import dev.unisono.spi.Key;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Records by REST: what their paths are, list and get. Safe for threads. */
public final class RecordRoutes {
  /** As RFC 9110 has it (5.6.7): the day in two digits, which RFC 1123 leaves open. */
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private static final Set<String> GET_PARAMETERS = Set.of("fields", "embed");

  private final Operations operations;
  private final RecordWrites writes;
  private final Supplier<Config> config;
  private final InstantSource clock;

  /**
   * @param config gives the one that is in effect
   */
  public RecordRoutes(
      Operations operations,
      Idempotency idempotency,
      Supplier<Config> config,
      InstantSource clock) {
    this.operations = operations;
    this.writes = new RecordWrites(operations, idempotency);
    this.config = config;
    this.clock = clock;
  }

  /**
   * The first of all routes under {@code /v1}, since they are asked most and routes are tried in
   * their order; they pass on what has a name that no entity has.
   */
  public void mountReading(Router router, Doorway doorway) {
    router
        .route("/v1/:plural")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(unlessReserved(context -> doorway.known(context, this::listHeld, this::list)));
    router
        .route("/v1/:plural/:key")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(unlessReserved(context -> doorway.known(context, this::getHeld, this::get)));
  }

  private static Handler<RoutingContext> unlessReserved(Handler<RoutingContext> handler) {
    return context -> {
      if (!EntityName.possible(Parameters.part(context, "plural"))) {
        context.next();
      } else {
        handler.handle(context);
      }
    };
  }

  /** The last of all routes under {@code /v1}: what comes here from others has no handler there. */
  public void mount(Router router, Doorway doorway) {
    AllowedMethods allowed = new AllowedMethods(router);
    for (String reserved : EntityName.RESERVED) {
      router
          .route("/v1/" + reserved + "/*")
          .handler(context -> doorway.known(context, (known, body) -> allowed.refuse(known)));
    }
    writes.mount(router, doorway);
    router
        .route("/v1/*")
        .handler(context -> doorway.known(context, (known, body) -> allowed.refuse(known)));
  }

  /** Answers where memory has all that is asked for. */
  private boolean listHeld(RoutingContext context) {
    if (after(context) != null
        || context.queryParams().contains("embed")
        || HeaderList.wantsLines(context.request())) {
      return false;
    }
    Entity entity = operations.plural(Parameters.part(context, "plural"));
    ListRequest list = ListRequest.parse(entity, context.queryParams());
    Caller caller = Doorway.caller(context);
    Operations.Found<Records.Page> found = operations.held(caller, list);
    if (found == null) {
      return false;
    }
    answer(context, list, found.value(), operations.embedding(caller, entity, null));
    return true;
  }

  private void list(RoutingContext context, Buffer body) throws InterruptedException {
    Entity entity = operations.plural(Parameters.part(context, "plural"));
    if (HeaderList.wantsLines(context.request())) {
      export(context, entity);
      return;
    }
    ListRequest list = ListRequest.parse(entity, context.queryParams());
    Caller caller = Doorway.caller(context);
    Embedding embedding = operations.embedding(caller, entity, list.embed());
    answer(context, list, operations.list(caller, list, after(context)).value(), embedding);
  }

  private void answer(
      RoutingContext context, ListRequest list, Records.Page page, Embedding embedding) {
    Entity entity = list.entity();
    HttpServerResponse response = context.response();
    reflect(response, entity, page.position());
    String next = token(list, page.next());
    String previous = token(list, page.previous());
    link(context, next, previous);
    keepFor(response, entity);
    Long total = page.total();
    if (total != null) {
      response.putHeader("Unisono-Total", total.toString());
    }
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (EntityRecord record : page.records()) {
            embedding.write(json, list.fields(), record);
          }
          json.writeEndArray();
          if (next != null) {
            json.writeStringField("next", next);
          }
          if (previous != null) {
            json.writeStringField("prev", previous);
          }
          if (list.query().countAtMost() != null) {
            json.writeFieldName("total");
            if (total == null) {
              json.writeNull();
            } else {
              json.writeNumber(total);
            }
          }
          json.writeEndObject();
        });
  }

  /** All of a list, as lines. */
  private void export(RoutingContext context, Entity entity) throws InterruptedException {
    ListRequest list = ListRequest.whole(entity, context.queryParams(), RecordExport.PAGE);
    Caller caller = Doorway.caller(context);
    Records.Page first = operations.list(caller, list, after(context)).value();
    HttpServerResponse response = context.response();
    reflect(response, entity, first.position());
    keepFor(response, entity);
    response.putHeader("Content-Type", HeaderList.LINES);
    response.putHeader("X-Content-Type-Options", "nosniff");
    if (context.request().method().equals(HttpMethod.HEAD)) {
      response.end();
      return;
    }
    new RecordExport(operations, caller, list)
        .answer(
            first,
            new ResponseStream(response),
            out -> ContentCoding.over(context.request(), response, out));
  }

  private static @Nullable String token(ListRequest list, @Nullable Edge edge) {
    return edge == null ? null : list.token(edge);
  }

  /** The pages beside this one, as RFC 8288 says. */
  private static void link(
      RoutingContext context, @Nullable String next, @Nullable String previous) {
    List<String> links = new ArrayList<>();
    if (next != null) {
      links.add("<" + address(context, "after", next) + ">; rel=\"next\"");
    }
    if (previous != null) {
      links.add("<" + address(context, "before", previous) + ">; rel=\"prev\"");
    }
    if (!links.isEmpty()) {
      context.response().putHeader("Link", String.join(", ", links));
    }
  }

  /** The same list's page at another place. */
  private static String address(RoutingContext context, String name, String token) {
    StringBuilder address = new StringBuilder(context.normalizedPath()).append('?');
    for (var parameter : context.queryParams().entries()) {
      if (!parameter.getKey().equals("after") && !parameter.getKey().equals("before")) {
        address
            .append(URLEncoder.encode(parameter.getKey(), StandardCharsets.UTF_8))
            .append('=')
            .append(URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
            .append('&');
      }
    }
    return address.append(name).append('=').append(token).toString();
  }

  /** A record as it is asked for. */
  private record Asked(Entity entity, FieldSelection fields, Key key) {}

  private Asked asked(RoutingContext context) {
    Entity entity = operations.plural(Parameters.part(context, "plural"));
    Parameters.check(context, GET_PARAMETERS);
    FieldSelection fields =
        FieldSelection.parse(
            entity, context.queryParams().get("fields"), List.copyOf(GET_PARAMETERS));
    return new Asked(entity, fields, RecordPath.key(entity, context.request()));
  }

  /** Answers where memory has all that is asked for. */
  private boolean getHeld(RoutingContext context) {
    if (after(context) != null || context.queryParams().contains("embed")) {
      return false;
    }
    Asked asked = asked(context);
    Operations.Found<EntityRecord> found =
        operations.held(Doorway.caller(context), asked.entity(), asked.key());
    if (found == null) {
      return false;
    }
    answer(context, asked, found, null);
    return true;
  }

  private void get(RoutingContext context, Buffer body) throws InterruptedException {
    Asked asked = asked(context);
    Caller caller = Doorway.caller(context);
    String embed = context.queryParams().get("embed");
    Embedding embedding =
        embed == null ? null : operations.embedding(caller, asked.entity(), embed);
    answer(
        context,
        asked,
        operations.get(caller, asked.entity(), asked.key(), after(context)),
        embedding);
  }

  /**
   * Answers with a record.
   *
   * @param embedding what stands inside it; null for nothing
   */
  private void answer(
      RoutingContext context,
      Asked asked,
      Operations.Found<EntityRecord> found,
      @Nullable Embedding embedding) {
    EntityRecord record = found.value();
    HttpServerResponse response = context.response();
    reflect(response, asked.entity(), found.position());
    if (record.row() == null) {
      throw Operations.gone(asked.entity());
    }
    keepFor(response, asked.entity());
    response.putHeader("Last-Modified", lastModified(record.changed()));
    if (embedding != null) {
      // A tag names a version of the record itself, and not of what stands inside it.
      Answers.json(context, 200, json -> embedding.write(json, asked.fields(), record));
      return;
    }
    response.putHeader("ETag", VersionTags.of(record.version()));
    if (record.ofToday() && VersionTags.match(context.request(), record.version())) {
      response.setStatusCode(304).end();
      return;
    }
    Answers.json(context, 200, json -> asked.fields().write(json, record));
  }

  /** How long a browser may show it again without a question, and to whom. */
  private void keepFor(HttpServerResponse response, Entity entity) {
    EntityConfig configured = config.get().entities().get(entity.name());
    Duration maximum = configured == null ? Duration.ZERO : configured.cacheAge();
    response.putHeader(
        "Cache-Control",
        "private, " + (maximum.isZero() ? "no-cache" : "max-age=" + maximum.toSeconds()));
    response.headers().add("Vary", "Authorization, Cookie, Unisono-After");
  }

  /** Never later than the answer itself, however the source's clock goes. */
  private String lastModified(Instant changed) {
    Instant now = clock.instant();
    return HTTP_DATE.format(changed.isAfter(now) ? now : changed);
  }

  /** The position that the caller wants to see reflected. */
  private static @Nullable String after(RoutingContext context) {
    return context.request().getHeader("Unisono-After");
  }

  /**
   * Says what position an answer reflects, how far behind the journal's head that is, and how far
   * what is held may be behind a system that is away.
   */
  private void reflect(HttpServerResponse response, Entity entity, Cursor position) {
    response.putHeader("Unisono-Cursor", position.text());
    response.putHeader("Unisono-Lag", Operations.seconds(operations.lagSeconds(position)));
    operations
        .staleSeconds(entity)
        .ifPresent(stale -> response.putHeader("Unisono-Stale", Operations.seconds(stale)));
  }
}
