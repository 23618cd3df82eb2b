package dev.unisono.server.people;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.ApiKey;
import dev.unisono.server.access.ApiKeys;
import dev.unisono.server.access.Audit;
import dev.unisono.server.access.Delegation.Given;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.JsonBody;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Caller;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The keys by which programs call: made, shown, changed and taken away. Safe for threads. */
public final class KeyRoutes {
  private static final String ALL = "/v1/admin/keys";
  private static final String KEY = "A key";
  private static final List<String> CHANGED =
      List.of("roles", "scopes", "claims", "tier", "expires");
  private static final List<String> MADE =
      List.of("name", "roles", "scopes", "claims", "tier", "expires");
  private static final Duration USUAL_OVERLAP = Duration.ofHours(24);

  private final Access access;
  private final InstantSource clock;

  public KeyRoutes(Access access, InstantSource clock) {
    this.access = access;
    this.clock = clock;
  }

  public void mount(Router router, Doorway doorway) {
    String one = ALL + "/:name";
    router.get(ALL).handler(context -> doorway.known(context, this::list));
    router.post(ALL).handler(context -> doorway.withBody(context, this::create));
    router.get(one).handler(context -> doorway.known(context, this::show));
    router.patch(one).handler(context -> doorway.withBody(context, this::change));
    router.delete(one).handler(context -> doorway.known(context, this::revoke));
    router.post(one + "/rotate").handler(context -> doorway.withBody(context, this::rotate));
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (ApiKey key : access.keys().all()) {
            json.writeStartObject();
            write(json, key);
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private ApiKey named(RoutingContext context) {
    Parameters.check(context, Set.of());
    return access.keys().get(Parameters.part(context, "name"));
  }

  private void show(RoutingContext context, Buffer body) {
    answer(context, 200, named(context), null);
  }

  /** A token is in the answer to making it, and in no other. */
  private static void answer(
      RoutingContext context, int status, ApiKey key, @Nullable String token) {
    Answers.json(
        context,
        status,
        json -> {
          json.writeStartObject();
          write(json, key);
          if (token != null) {
            json.writeStringField("token", token);
          }
          json.writeEndObject();
        });
  }

  private void create(RoutingContext context, Buffer bytes) {
    Parameters.check(context, Set.of());
    JsonBody body = JsonBody.read(bytes, KEY, MADE);
    String name = body.required("name");
    ApiKeys.Wanted wanted =
        wanted(body, new ApiKeys.Wanted(new TreeSet<>(), null, Map.of(), Caller.STANDARD, null));
    Caller caller = Doorway.caller(context);
    access.delegation(caller).give(given(wanted));
    String token = access.keys().create(name, wanted);
    access.tell(Audit.Kind.ACCESS, caller, "key.create", name, said(wanted));
    context.response().putHeader("Location", ALL + "/" + name);
    answer(context, 201, access.keys().get(name), token);
  }

  private ApiKeys.Wanted wanted(JsonBody body, ApiKeys.Wanted before) {
    Instant expires = body.moment("expires", clock.instant());
    return new ApiKeys.Wanted(
        Grants.roles(body, before.roles()),
        Grants.scopes(body, before.scopes()),
        Grants.claims(body, before.claims()),
        Grants.tier(body, before.tier()),
        body.has("expires") ? expires : before.expires());
  }

  private static Given given(ApiKeys.Wanted wanted) {
    return new Given(wanted.roles(), wanted.scopes(), wanted.claims(), wanted.tier());
  }

  private static String said(ApiKeys.Wanted wanted) {
    Instant expires = wanted.expires();
    return "Roles "
        + wanted.roles()
        + (wanted.scopes() == null ? "" : ", scopes " + new TreeSet<>(texts(wanted)))
        + (expires == null ? "" : ", until " + expires)
        + ".";
  }

  private static List<String> texts(ApiKeys.Wanted wanted) {
    var scopes = wanted.scopes();
    return scopes == null ? List.of() : scopes.stream().map(Object::toString).toList();
  }

  private void change(RoutingContext context, Buffer bytes) {
    ApiKey key = named(context);
    JsonBody body = JsonBody.read(bytes, KEY, CHANGED);
    ApiKeys.Wanted wanted =
        wanted(
            body,
            new ApiKeys.Wanted(key.roles(), key.scopes(), key.claims(), key.tier(), key.expires()));
    Caller caller = Doorway.caller(context);
    access.delegation(caller).dispose(key);
    access.delegation(caller).give(given(wanted));
    access.keys().change(key.name(), wanted);
    access.tell(Audit.Kind.ACCESS, caller, "key.change", key.name(), said(wanted));
    answer(context, 200, access.keys().get(key.name()), null);
  }

  private void rotate(RoutingContext context, Buffer bytes) {
    ApiKey key = named(context);
    Duration overlap = JsonBody.read(bytes, "A rotation", List.of("overlap")).duration("overlap");
    Duration kept = overlap == null ? USUAL_OVERLAP : overlap;
    Caller caller = Doorway.caller(context);
    access.delegation(caller).dispose(key);
    String token = access.keys().rotate(key.name(), kept);
    access.tell(
        Audit.Kind.ACCESS,
        caller,
        "key.rotate",
        key.name(),
        "The tokens before count for " + kept.toSeconds() + " s.");
    answer(context, 200, access.keys().get(key.name()), token);
  }

  private void revoke(RoutingContext context, Buffer body) {
    ApiKey key = named(context);
    Caller caller = Doorway.caller(context);
    access.delegation(caller).dispose(key);
    access.keys().revoke(key.name());
    int sessions = access.endSessions(key.caller());
    access.tell(
        Audit.Kind.ACCESS,
        caller,
        "key.revoke",
        key.name(),
        "Nobody is let in by it; sessions that ended by that: " + sessions + ".");
    Answers.empty(context, 204);
  }

  private static void write(JsonGenerator json, ApiKey key) throws IOException {
    json.writeStringField("name", key.name());
    Grants.write(json, key.roles(), key.claims(), key.tier());
    Grants.scopes(json, key.scopes());
    json.writeStringField("created", EntityJson.time(key.created()));
    time(json, "expires", key.expires());
    json.writeArrayFieldStart("tokens");
    for (ApiKey.Secret secret : key.secrets()) {
      json.writeStartObject();
      json.writeStringField("id", secret.id());
      json.writeStringField("created", EntityJson.time(secret.created()));
      time(json, "ends", secret.ends());
      time(json, "lastUsed", secret.lastUsed());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void time(JsonGenerator json, String name, @Nullable Instant time)
      throws IOException {
    json.writeStringField(name, time == null ? null : EntityJson.time(time));
  }
}
