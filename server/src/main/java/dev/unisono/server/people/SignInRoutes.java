package dev.unisono.server.people;

import dev.unisono.server.access.Access;
import dev.unisono.server.access.SignIn;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.JsonBody;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.http.SessionCookie;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** How people sign in and out, and choose a password by a code. Safe for threads. */
public final class SignInRoutes {
  private static final int LONGEST = 1_000;

  private final Access access;

  public SignInRoutes(Access access) {
    this.access = access;
  }

  public void mount(Router router, Doorway doorway) {
    router.post("/v1/sign-in").handler(context -> doorway.openWithBody(context, this::signIn));
    router
        .post("/v1/sign-in/password")
        .handler(context -> doorway.openWithBody(context, this::setUp));
    router.post("/v1/sign-out").handler(context -> doorway.known(context, this::signOut));
  }

  private void signIn(RoutingContext context, Buffer bytes) throws InterruptedException {
    Parameters.check(context, Set.of());
    checkSender(context.request());
    JsonBody body =
        JsonBody.read(bytes, "A sign-in", List.of("user", "password", "code", "recoveryCode"));
    SignIn.Shown shown =
        new SignIn.Shown(
            bounded(body.required("user"), "user"),
            bounded(body.required("password"), "password"),
            body.text("code"),
            body.text("recoveryCode"));
    waiting(
        context,
        () -> {
          SessionCookie.give(context, access.signIn(shown, Access.address(context.request())));
          Answers.empty(context, 204);
        });
  }

  /**
   * No page of others shall sign a browser in as somebody whom its user is not: a form sends no
   * JSON, and what a script sends from elsewhere says so.
   */
  private static void checkSender(HttpServerRequest request) {
    String type = request.getHeader("Content-Type");
    if (type == null || !type.strip().toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw new Refusal(
          415, "unsupported-media-type", "The body is application/json.", "Content-Type");
    }
    String site = request.getHeader("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      throw new Refusal(401, "another-origin", "Sign in by our own page.");
    }
  }

  private static String bounded(String text, String name) {
    if (text.length() > LONGEST) {
      throw new Refusal(
          422, "invalid-value", name + " has at most " + LONGEST + " characters.", name);
    }
    return text;
  }

  /** Something that somebody must wait for who has failed too often. */
  interface Attempt {
    void make() throws InterruptedException;
  }

  static void waiting(RoutingContext context, Attempt attempt) throws InterruptedException {
    try {
      attempt.make();
    } catch (SignIn.Locked locked) {
      context.response().putHeader("Retry-After", Long.toString(locked.seconds()));
      throw locked.refusal();
    }
  }

  private void setUp(RoutingContext context, Buffer bytes) throws InterruptedException {
    Parameters.check(context, Set.of());
    checkSender(context.request());
    JsonBody body = JsonBody.read(bytes, "A new password", List.of("code", "password"));
    access.setUp(
        bounded(body.required("code"), "code"),
        bounded(body.required("password"), "password"),
        Access.address(context.request()));
    Answers.empty(context, 204);
  }

  private void signOut(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    if (access.signOut(context.request(), Doorway.caller(context))) {
      SessionCookie.take(context);
    }
    Answers.empty(context, 204);
  }
}
