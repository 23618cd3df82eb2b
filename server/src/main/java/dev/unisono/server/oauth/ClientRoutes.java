package dev.unisono.server.oauth;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Audit;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Arguments;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the administration does with clients. Safe for threads. */
final class ClientRoutes {
  private static final String ALL = "/v1/admin/clients";
  private static final Duration OVERLAP = Duration.ofHours(24);
  private static final Duration LONGEST_OVERLAP = Duration.ofDays(30);

  private final Clients clients;
  private final Families families;
  private final Access access;
  private final InstantSource clock;

  ClientRoutes(Clients clients, Families families, Access access, InstantSource clock) {
    this.clients = clients;
    this.families = families;
    this.access = access;
    this.clock = clock;
  }

  void mount(Router router, Doorway doorway) {
    String one = ALL + "/:id";
    router.get(ALL).handler(context -> doorway.known(context, this::list));
    router.post(ALL).handler(context -> doorway.withBody(context, this::add));
    router.get(one).handler(context -> doorway.known(context, this::show));
    router.patch(one).handler(context -> doorway.withBody(context, this::patch));
    router.delete(one).handler(context -> doorway.known(context, this::remove));
    router.post(one + "/secret").handler(context -> doorway.known(context, this::rotate));
  }

  private static String id(RoutingContext context) {
    return Parameters.part(context, "id");
  }

  private void tell(RoutingContext context, String action, Client client, String detail) {
    access
        .audit()
        .tell(
            new Audit.Event(
                Audit.Kind.ACCESS,
                Doorway.caller(context).name(),
                action,
                client.caller(),
                true,
                detail,
                ClientDoor.address(context.request())));
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (Client client : clients.all()) {
            json.writeStartObject();
            write(json, client);
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void add(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Client.Settings settings = ClientBody.read(body.getBytes(), null);
    access.delegation(Doorway.caller(context)).give(settings.given());
    Clients.Made made = clients.create(settings);
    tell(context, "client.create", made.client(), "Made the client '" + settings.name() + "'.");
    context.response().putHeader("Location", ALL + "/" + made.client().id());
    answer(context, 201, made.client(), made.secret());
  }

  private void show(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    answer(context, 200, clients.get(id(context)), null);
  }

  private void patch(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Client before = clients.get(id(context));
    Client.Settings settings = ClientBody.read(body.getBytes(), before.settings());
    var delegation = access.delegation(Doorway.caller(context));
    delegation.dispose(before.settings().given());
    delegation.give(settings.given());
    Client after = clients.change(before.id(), settings);
    if (settings.disabled()) {
      families.endAll(before.id());
    }
    tell(
        context,
        settings.disabled() ? "client.disable" : "client.change",
        after,
        "Changed the client '" + settings.name() + "'.");
    answer(context, 200, after, null);
  }

  private void remove(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Client client = clients.get(id(context));
    clients.delete(client.id());
    families.endAll(client.id());
    tell(context, "client.delete", client, "Deleted '" + client.settings().name() + "'.");
    Answers.empty(context, 204);
  }

  private void rotate(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of("overlap"));
    long overlap =
        Arguments.number(
            context.queryParams().get("overlap"),
            "overlap",
            0,
            LONGEST_OVERLAP.toSeconds(),
            OVERLAP.toSeconds());
    Client client = clients.get(id(context));
    access.delegation(Doorway.caller(context)).dispose(client.settings().given());
    Clients.Made made = clients.rotate(client.id(), Duration.ofSeconds(overlap));
    tell(context, "client.rotate", client, "Gave the client another secret.");
    answer(context, 200, made.client(), made.secret());
  }

  /**
   * @param secret where it is told, this once
   */
  private void answer(RoutingContext context, int status, Client client, @Nullable String secret) {
    context.response().putHeader("Cache-Control", "no-store");
    Answers.json(
        context,
        status,
        json -> {
          json.writeStartObject();
          write(json, client);
          if (secret != null) {
            json.writeStringField("secret", secret);
          }
          json.writeEndObject();
        });
  }

  private void write(JsonGenerator json, Client client) throws IOException {
    Client.Settings settings = client.settings();
    json.writeStringField("id", client.id());
    json.writeStringField("name", settings.name());
    json.writeStringField("type", settings.confidential() ? "confidential" : "public");
    write(json, "redirectUris", settings.redirects());
    write(
        json,
        "grantTypes",
        settings.grants().stream().map(Client.Grant::word).collect(Collectors.toSet()));
    write(
        json,
        "scopes",
        settings.scopes().stream().map(Scope::toString).collect(Collectors.toSet()));
    write(json, "roles", settings.roles());
    json.writeObjectFieldStart("claims");
    for (Map.Entry<String, String> claim : new TreeMap<>(settings.claims()).entrySet()) {
      json.writeStringField(claim.getKey(), claim.getValue());
    }
    json.writeEndObject();
    json.writeStringField("tier", settings.tier());
    json.writeBooleanField("disabled", settings.disabled());
    json.writeStringField("created", EntityJson.time(client.created()));
    json.writeArrayFieldStart("secrets");
    for (Client.Secret secret : client.secrets()) {
      Instant ends = secret.ends();
      if (ends == null || clock.instant().isBefore(ends)) {
        json.writeStartObject();
        json.writeStringField("created", EntityJson.time(secret.created()));
        json.writeStringField("ends", ends == null ? null : EntityJson.time(ends));
        json.writeEndObject();
      }
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, String name, Collection<String> texts)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String text : new TreeSet<>(texts)) {
      json.writeString(text);
    }
    json.writeEndArray();
  }
}
