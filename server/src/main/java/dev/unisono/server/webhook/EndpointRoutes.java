package dev.unisono.server.webhook;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.PageRequest;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Arguments;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What callers do with the endpoints that changes are sent to. Safe for threads. */
public final class EndpointRoutes {
  private static final Set<String> PAGE = Set.of("after", "limit");

  private final Webhooks webhooks;
  private final Operations operations;

  public EndpointRoutes(Webhooks webhooks, Operations operations) {
    this.webhooks = webhooks;
    this.operations = operations;
  }

  public void mount(Router router, Doorway doorway) {
    String all = "/v1/admin/webhooks";
    String one = all + "/:id";
    router.post(all).handler(context -> doorway.withBody(context, this::add));
    router.get(all).handler(context -> doorway.known(context, this::list));
    router.get(one).handler(context -> doorway.known(context, this::show));
    router.patch(one).handler(context -> doorway.withBody(context, this::patch));
    router.delete(one).handler(context -> doorway.known(context, this::remove));
    router.post(one + "/secret").handler(context -> doorway.known(context, this::rotate));
    router.post(one + "/replay").handler(context -> doorway.withBody(context, this::replay));
    router.post(one + "/enable").handler(context -> doorway.known(context, this::enable));
    router.get(one + "/deliveries").handler(context -> doorway.known(context, this::deliveries));
  }

  private static long id(RoutingContext context) {
    return Arguments.number(Parameters.part(context, "id"), "id", 1, Long.MAX_VALUE, 0);
  }

  private void add(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    EndpointBody wanted = EndpointBody.read(body.getBytes(), null);
    admit(context, wanted.settings());
    Endpoint added = webhooks.add(wanted.settings(), wanted.enabled(), wanted.after());
    context.response().putHeader("Location", "/v1/admin/webhooks/" + added.id());
    withSecret(context, 201, added);
  }

  /** An endpoint is sent records as they are: whoever has them sent has to be shown them so. */
  private void admit(RoutingContext context, EndpointSettings settings) {
    operations.admitWhole(Doorway.caller(context), settings.entities());
  }

  /** The only two answers that ever tell a secret. */
  private void withSecret(RoutingContext context, int status, Endpoint endpoint) {
    Webhooks.Known known = webhooks.find(endpoint.id());
    Answers.json(
        context,
        status,
        json -> {
          json.writeStartObject();
          write(json, known);
          json.writeStringField("secret", endpoint.secret().text());
          json.writeEndObject();
        });
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, PAGE);
    PageRequest page = PageRequest.of(context);
    page.answer(
        context,
        webhooks.list(page.after(), page.wanted()),
        known -> known.endpoint().id(),
        this::write);
  }

  private void show(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    answer(context, webhooks.find(id(context)));
  }

  private void patch(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    answer(
        context,
        webhooks.patch(
            id(context),
            endpoint -> {
              EndpointBody wanted = EndpointBody.read(body.getBytes(), endpoint);
              admit(context, wanted.settings());
              return wanted;
            }));
  }

  private void remove(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    webhooks.remove(id(context));
    Answers.empty(context, 204);
  }

  private void rotate(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    admit(context, webhooks.find(id(context)).endpoint().settings());
    withSecret(context, 200, webhooks.rotate(id(context)));
  }

  private void enable(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    admit(context, webhooks.find(id(context)).endpoint().settings());
    answer(context, webhooks.enable(id(context)));
  }

  private void replay(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    admit(context, webhooks.find(id(context)).endpoint().settings());
    answer(context, webhooks.replay(id(context), after(body.getBytes())));
  }

  private static String after(byte[] body) {
    try (JsonParser json = EntityJson.FACTORY.createParser(body)) {
      if (json.nextToken() == JsonToken.START_OBJECT
          && "after".equals(json.nextFieldName())
          && json.nextToken() == JsonToken.VALUE_STRING) {
        String after = json.getText();
        if (!after.isEmpty() && json.nextToken() == JsonToken.END_OBJECT) {
          return after;
        }
      }
    } catch (IOException broken) {
      // Said below.
    }
    throw new Refusal(
        400, "bad-body", "The body says from which cursor on: {\"after\": \"u1.…\"}.", "after");
  }

  private void deliveries(RoutingContext context, Buffer body) {
    Parameters.check(context, PAGE);
    PageRequest page = PageRequest.of(context);
    List<AttemptLog.Entry> found = webhooks.deliveries(id(context), page.after(), page.wanted());
    page.answer(context, found, AttemptLog.Entry::id, EndpointRoutes::writeEntry);
  }

  private static void writeEntry(JsonGenerator json, AttemptLog.Entry entry) throws IOException {
    json.writeNumberField("id", entry.id());
    json.writeStringField("message", entry.message());
    json.writeStringField("event", entry.event());
    json.writeNumberField("attempt", entry.attempt());
    json.writeStringField("time", EntityJson.time(entry.at()));
    json.writeNumberField("millis", entry.took().toMillis());
    json.writeStringField("outcome", entry.outcome());
    if (entry.status() == 0) {
      json.writeNullField("status");
    } else {
      json.writeNumberField("status", entry.status());
    }
    json.writeStringField("detail", entry.detail());
  }

  private void answer(RoutingContext context, Webhooks.Known known) {
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          write(json, known);
          json.writeEndObject();
        });
  }

  private void write(JsonGenerator json, Webhooks.Known known) throws IOException {
    Endpoint endpoint = known.endpoint();
    EndpointSettings settings = endpoint.settings();
    json.writeNumberField("id", endpoint.id());
    json.writeStringField("url", settings.url().toString());
    json.writeArrayFieldStart("entities");
    for (String name : settings.entities()) {
      json.writeString(name);
    }
    json.writeEndArray();
    json.writeStringField("filter", settings.filter());
    json.writeStringField("payload", settings.payload() == null ? "full" : settings.payload());
    json.writeStringField("format", settings.format() == null ? "plain" : settings.format());
    json.writeStringField("description", settings.description());
    json.writeBooleanField("enabled", endpoint.enabled());
    json.writeStringField("created", EntityJson.time(endpoint.created()));
    Endpoint.Before before = endpoint.before();
    json.writeStringField(
        "secretBeforeSignsUntil", before == null ? null : EntityJson.time(before.until()));
    writeStanding(json, endpoint, known.standing());
    Endpoint.Disabled disabled = endpoint.disabled();
    if (disabled == null) {
      json.writeNullField("disabled");
    } else {
      json.writeObjectFieldStart("disabled");
      json.writeStringField("code", disabled.code());
      json.writeStringField("message", disabled.message());
      json.writeStringField("time", EntityJson.time(disabled.at()));
      json.writeEndObject();
    }
    Endpoint.Gap gap = endpoint.gap();
    if (gap == null) {
      json.writeNullField("gap");
    } else {
      json.writeObjectFieldStart("gap");
      json.writeStringField("after", gap.from());
      json.writeStringField("oldest", gap.to());
      json.writeStringField("time", EntityJson.time(gap.at()));
      json.writeBooleanField("told", gap.told());
      json.writeEndObject();
    }
  }

  private void writeStanding(
      JsonGenerator json, Endpoint endpoint, EndpointRun.@Nullable Standing standing)
      throws IOException {
    json.writeStringField("cursor", endpoint.cursor().text());
    json.writeStringField(
        "failingSince",
        endpoint.failingSince() == null ? null : EntityJson.time(endpoint.failingSince()));
    long cursor = standing == null ? endpoint.cursor().sequence() : standing.cursor();
    json.writeNumberField("waiting", standing == null ? 0 : standing.waiting());
    json.writeNumberField("lagEntries", Math.max(0, webhooks.head() - cursor));
  }
}
