package dev.unisono.server.people;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Audit;
import dev.unisono.server.access.Delegation.Given;
import dev.unisono.server.access.User;
import dev.unisono.server.access.Users;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.JsonBody;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Caller;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The people who may call. Nobody chooses a password for another: each gets a code by which it is
 * chosen. Safe for threads.
 */
public final class UserRoutes {
  private static final String ALL = "/v1/admin/users";
  private static final String USER = "A user";
  private static final List<String> CHANGED =
      List.of("displayName", "roles", "claims", "tier", "disabled");
  private static final List<String> MADE =
      List.of("name", "displayName", "roles", "claims", "tier", "disabled");

  private final Access access;

  public UserRoutes(Access access) {
    this.access = access;
  }

  public void mount(Router router, Doorway doorway) {
    String one = ALL + "/:name";
    router.get(ALL).handler(context -> doorway.known(context, this::list));
    router.post(ALL).handler(context -> doorway.withBody(context, this::create));
    router.get(one).handler(context -> doorway.known(context, this::show));
    router.patch(one).handler(context -> doorway.withBody(context, this::change));
    router.delete(one).handler(context -> doorway.known(context, this::remove));
    router.post(one + "/reset").handler(context -> doorway.withBody(context, this::reset));
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (User user : access.users().all()) {
            json.writeStartObject();
            write(json, user);
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private User named(RoutingContext context) {
    Parameters.check(context, Set.of());
    return access.users().get(Parameters.part(context, "name"));
  }

  private void show(RoutingContext context, Buffer body) {
    answer(context, 200, named(context), null);
  }

  /** A code is in the answer to making it, and in no other. */
  private static void answer(RoutingContext context, int status, User user, @Nullable String code) {
    Answers.json(
        context,
        status,
        json -> {
          json.writeStartObject();
          write(json, user);
          if (code != null) {
            json.writeStringField("setUpCode", code);
          }
          json.writeEndObject();
        });
  }

  private void create(RoutingContext context, Buffer bytes) {
    Parameters.check(context, Set.of());
    JsonBody body = JsonBody.read(bytes, USER, MADE);
    String name = body.required("name");
    Users.Wanted wanted =
        wanted(body, new Users.Wanted("", new TreeSet<>(), Map.of(), Caller.STANDARD, false));
    Caller caller = Doorway.caller(context);
    access.delegation(caller).give(given(wanted));
    String code = access.users().create(name, wanted);
    User made = access.users().get(Users.plain(name));
    access.tell(Audit.Kind.ACCESS, caller, "user.create", made.name(), said(wanted));
    context.response().putHeader("Location", ALL + "/" + made.name());
    answer(context, 201, made, code);
  }

  private static Users.Wanted wanted(JsonBody body, Users.Wanted before) {
    String displayName = body.text("displayName");
    boolean disabled = body.flag("disabled");
    return new Users.Wanted(
        displayName == null ? before.displayName() : displayName,
        Grants.roles(body, before.roles()),
        Grants.claims(body, before.claims()),
        Grants.tier(body, before.tier()),
        body.has("disabled") ? disabled : before.disabled());
  }

  private static Given given(Users.Wanted wanted) {
    return new Given(wanted.roles(), null, wanted.claims(), wanted.tier());
  }

  private static String said(Users.Wanted wanted) {
    return "Roles " + wanted.roles() + (wanted.disabled() ? ", disabled." : ".");
  }

  private void change(RoutingContext context, Buffer bytes) {
    User user = named(context);
    JsonBody body = JsonBody.read(bytes, USER, CHANGED);
    Users.Wanted wanted =
        wanted(
            body,
            new Users.Wanted(
                user.displayName(), user.roles(), user.claims(), user.tier(), user.disabled()));
    Caller caller = Doorway.caller(context);
    access.delegation(caller).dispose(user);
    access.delegation(caller).give(given(wanted));
    access.users().change(user.name(), wanted);
    if (wanted.disabled()) {
      access.endSessions(user.caller());
    }
    access.tell(Audit.Kind.ACCESS, caller, "user.change", user.name(), said(wanted));
    answer(context, 200, access.users().get(user.name()), null);
  }

  private void reset(RoutingContext context, Buffer bytes) {
    User user = named(context);
    boolean factor =
        JsonBody.read(bytes, "A reset", List.of("removeSecondFactor")).flag("removeSecondFactor");
    Caller caller = Doorway.caller(context);
    access.delegation(caller).dispose(user);
    String code = access.users().reset(user.name(), factor);
    access.endSessions(user.caller());
    access.forgetFailures(user.name());
    access.tell(
        Audit.Kind.ACCESS,
        caller,
        "user.reset",
        user.name(),
        "The password counts no more" + (factor ? ", nor the second factor." : "."));
    answer(context, 200, access.users().get(user.name()), code);
  }

  private void remove(RoutingContext context, Buffer body) {
    User user = named(context);
    Caller caller = Doorway.caller(context);
    access.delegation(caller).dispose(user);
    access.users().remove(user.name());
    access.endSessions(user.caller());
    access.forgetFailures(user.name());
    access.tell(Audit.Kind.ACCESS, caller, "user.delete", user.name(), "Taken away.");
    Answers.empty(context, 204);
  }

  private static void write(JsonGenerator json, User user) throws IOException {
    json.writeStringField("name", user.name());
    json.writeStringField("displayName", user.displayName());
    Grants.write(json, user.roles(), user.claims(), user.tier());
    json.writeBooleanField("disabled", user.disabled());
    json.writeStringField("created", EntityJson.time(user.created()));
    json.writeBooleanField("hasPassword", user.hasPassword());
    json.writeBooleanField("hasSecondFactor", user.hasSecondFactor());
    json.writeNumberField("recoveryCodes", user.recoveryCodes());
    time(json, "setUpEnds", user.setUpEnds());
    time(json, "signedIn", user.signedIn());
  }

  private static void time(JsonGenerator json, String name, @Nullable Instant time)
      throws IOException {
    json.writeStringField(name, time == null ? null : EntityJson.time(time));
  }
}
