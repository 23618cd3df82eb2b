package dev.unisono.server.page;

import dev.unisono.server.access.Access;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.SessionCookie;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/** Signing a browser in, and the headers of the page. Safe for threads. */
public final class PageRoutes {
  private static final String IMPORT_MAP_START = "<script type=\"importmap\">";

  private final Access access;
  private final String policy;

  public PageRoutes(Access access) {
    this.access = access;
    this.policy =
        "default-src 'self'; script-src 'self'"
            + importMapSource()
            + "; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none';"
            + " base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/sign-in").handler(context -> doorway.open(context, this::signIn));
    router
        .route()
        .handler(context -> {
          context
              .response()
              .putHeader("Content-Security-Policy", policy)
              .putHeader("X-Content-Type-Options", "nosniff")
              .putHeader("Referrer-Policy", "same-origin");
          context.next();
        });
    // A path or a query that cannot be decoded reaches no route.
    router.errorHandler(
        400,
        context ->
            Answers.refusal(
                context,
                new Refusal(
                    400, "bad-request", "The address is not percent-encoded as it must be.")));
    // What is neither a route nor a file; static files are served behind this handler's turn.
    router
        .route()
        .last()
        .handler(context ->
            Answers.refusal(
                context, new Refusal(404, "not-found", "There is nothing at this path.")));
  }

  private void signIn(RoutingContext context, Buffer body) {
    String code = context.request().getParam("code");
    Optional<String> session =
        code == null ? Optional.empty() : access.signIn(code, Access.address(context.request()));
    if (session.isEmpty()) {
      throw new Refusal(
          401,
          "link-used",
          "This sign-in link was used, is too old, or is none of ours; ask for a new one.");
    }
    SessionCookie.give(context, session.get());
    context.response().putHeader("Cache-Control", "no-store").putHeader("Location", "/");
    context.response().setStatusCode(303).end();
  }

  /** The import map is the page's one inline script: allowed by its hash. */
  private static String importMapSource() {
    try (InputStream page =
        PageRoutes.class.getResourceAsStream("/META-INF/resources/index.html")) {
      if (page == null) {
        return "";
      }
      String text = new String(page.readAllBytes(), StandardCharsets.UTF_8);
      int start = text.indexOf(IMPORT_MAP_START);
      int end = text.indexOf("</script>", Math.max(0, start));
      if (start < 0 || end < 0) {
        return "";
      }
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  text.substring(start + IMPORT_MAP_START.length(), end)
                      .getBytes(StandardCharsets.UTF_8));
      return " 'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }
}
