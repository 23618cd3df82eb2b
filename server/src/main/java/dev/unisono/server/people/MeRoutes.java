package dev.unisono.server.people;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.Doors;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.access.AdminArea;
import dev.unisono.engine.entity.Entity;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.User;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.JsonBody;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.http.SessionCookie;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Lookup;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What callers know of themselves, and what users change of it. Safe for threads. */
public final class MeRoutes {
  private static final String ME = "/v1/me";
  private static final List<String> PASSWORD = List.of("password");

  private final Doors doors;
  private final Access access;

  public MeRoutes(Doors doors, Access access) {
    this.doors = doors;
    this.access = access;
  }

  public void mount(Router router, Doorway doorway) {
    router.get(ME).handler(context -> doorway.known(context, this::show));
    router.post(ME + "/password").handler(context -> doorway.withBody(context, this::password));
    router.post(ME + "/totp").handler(context -> doorway.withBody(context, this::begin));
    router.post(ME + "/totp/confirm").handler(context -> doorway.withBody(context, this::confirm));
    router.post(ME + "/totp/remove").handler(context -> doorway.withBody(context, this::remove));
    router
        .post(ME + "/recovery-codes")
        .handler(context -> doorway.withBody(context, this::recoveryCodes));
  }

  private void show(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Caller caller = Doorway.caller(context);
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("name", caller.name());
          Grants.write(
              json,
              caller.rights().subject().roles(),
              caller.rights().subject().claims(),
              caller.tier());
          Grants.scopes(json, access.scopes(caller));
          writeAreas(json, caller);
          writeEntities(json, caller);
          writeUser(json, caller);
          json.writeStringField("csrfToken", access.csrfToken(context.request()));
          json.writeEndObject();
        });
  }

  private static void writeAreas(JsonGenerator json, Caller caller) throws IOException {
    json.writeObjectFieldStart("areas");
    for (AdminArea area : AdminArea.values()) {
      json.writeArrayFieldStart(area.label());
      if (caller.rights().may(area, false).allowed()) {
        json.writeString("read");
      }
      if (caller.rights().may(area, true).allowed()) {
        json.writeString("write");
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private void writeEntities(JsonGenerator json, Caller caller) throws IOException {
    json.writeObjectFieldStart("entities");
    for (Entity entity : Lookup.served(doors)) {
      Grants.texts(
          json,
          entity.name(),
          Arrays.stream(Action.values())
              .filter(action -> caller.rights().of(entity).may(action).allowed())
              .map(Action::label)
              .toList());
    }
    json.writeEndObject();
  }

  private void writeUser(JsonGenerator json, Caller caller) throws IOException {
    Optional<User> found = access.user(caller);
    if (found.isEmpty()) {
      json.writeNullField("user");
      return;
    }
    User user = found.get();
    json.writeObjectFieldStart("user");
    json.writeStringField("name", user.name());
    json.writeStringField("displayName", user.displayName());
    json.writeBooleanField("hasSecondFactor", user.hasSecondFactor());
    json.writeBooleanField("needsSecondFactor", access.lacksSecondFactor(user));
    json.writeNumberField("recoveryCodes", user.recoveryCodes());
    json.writeEndObject();
  }

  private void password(RoutingContext context, Buffer bytes) throws InterruptedException {
    Parameters.check(context, Set.of());
    JsonBody body = JsonBody.read(bytes, "A change", List.of("password", "newPassword"));
    String present = body.required("password");
    String wanted = body.required("newPassword");
    SignInRoutes.waiting(
        context,
        () -> {
          String session = access.changePassword(Doorway.caller(context), present, wanted);
          SessionCookie.give(context, session);
          Answers.empty(context, 204);
        });
  }

  private static String shown(Buffer bytes) {
    return JsonBody.read(bytes, "It", PASSWORD).required("password");
  }

  private void begin(RoutingContext context, Buffer bytes) throws InterruptedException {
    Parameters.check(context, Set.of());
    String password = shown(bytes);
    SignInRoutes.waiting(
        context,
        () -> {
          List<String> offered = access.offerSecondFactor(Doorway.caller(context), password);
          Answers.json(
              context,
              200,
              json -> {
                json.writeStartObject();
                json.writeStringField("secret", offered.getFirst());
                json.writeStringField("uri", offered.getLast());
                json.writeEndObject();
              });
        });
  }

  private void confirm(RoutingContext context, Buffer bytes) throws InterruptedException {
    Parameters.check(context, Set.of());
    String code = JsonBody.read(bytes, "A confirmation", List.of("code")).required("code");
    SignInRoutes.waiting(
        context, () -> codes(context, access.confirmSecondFactor(Doorway.caller(context), code)));
  }

  /** Shown once: hashes alone are kept. */
  private static void codes(RoutingContext context, List<String> codes) {
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          Grants.texts(json, "recoveryCodes", codes);
          json.writeEndObject();
        });
  }

  private void remove(RoutingContext context, Buffer bytes) throws InterruptedException {
    Parameters.check(context, Set.of());
    String password = shown(bytes);
    SignInRoutes.waiting(
        context,
        () -> {
          access.removeSecondFactor(Doorway.caller(context), password);
          Answers.empty(context, 204);
        });
  }

  private void recoveryCodes(RoutingContext context, Buffer bytes) throws InterruptedException {
    Parameters.check(context, Set.of());
    String password = shown(bytes);
    SignInRoutes.waiting(
        context, () -> codes(context, access.newRecoveryCodes(Doorway.caller(context), password)));
  }
}
