package dev.unisono.server.oauth;

import dev.unisono.engine.access.Scope;
import dev.unisono.server.http.Answers;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.commons.text.StringEscapeUtils;

/**
 * The page that asks a person whether a client may have what it wants. It has no script, and nobody
 * can show it inside another. Has no state.
 */
final class ConsentPage {
  private ConsentPage() {}

  /**
   * What is asked.
   *
   * @param client its name
   * @param ticket what the answer sends along
   */
  record Question(String client, URI redirect, String person, Set<Scope> scopes, String ticket) {}

  static void show(RoutingContext context, Question question) {
    String scopes =
        new TreeSet<>(question.scopes().stream().map(ConsentPage::words).toList())
            .stream()
                .map(words -> "<li>" + escaped(words) + "</li>\n")
                .collect(Collectors.joining());
    String origin = question.redirect().getScheme() + "://" + question.redirect().getAuthority();
    // Some browsers ask for it, too, where the answer to a form leads on.
    write(
        context,
        200,
        "form-action 'self' " + origin,
        """
        <h1>%s asks for access</h1>
        <p>You are signed in as <strong>%s</strong>. The program may do in your name, and no more than you may yourself:</p>
        <ul>
        %s</ul>
        <p class="quiet">You will be sent back to %s.</p>
        <form method="post" action="%s">
        <input type="hidden" name="ticket" value="%s">
        <button name="answer" value="allow">Allow</button>
        <button name="answer" value="refuse">Refuse</button>
        </form>
        """
            .formatted(
                escaped(question.client()),
                escaped(question.person()),
                scopes,
                escaped(origin),
                TokenRoutes.AUTHORIZE,
                escaped(question.ticket())));
  }

  /** Says what is wrong, and sends nobody anywhere. */
  static void problem(RoutingContext context, String what) {
    write(
        context,
        400,
        "form-action 'none'",
        "<h1>This cannot be asked for</h1>\n<p>" + escaped(what) + "</p>\n");
  }

  private static String words(Scope scope) {
    String what =
        scope.name().equals("*") ? (scope.admin() ? "all areas" : "all records") : scope.name();
    return (scope.write() ? "write " : "read ")
        + what
        + (scope.admin() ? " of the administration" : "")
        + " ("
        + scope
        + ")";
  }

  private static String escaped(String text) {
    return StringEscapeUtils.escapeHtml4(text);
  }

  private static void write(RoutingContext context, int status, String forms, String content) {
    context
        .response()
        .putHeader(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
                + forms
                + "; frame-ancestors 'none'")
        .putHeader("X-Frame-Options", "DENY")
        .putHeader("Referrer-Policy", "no-referrer")
        .putHeader("Cache-Control", "no-store");
    Answers.text(
        context,
        status,
        "text/html; charset=utf-8",
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Unisono</title>
        <link rel="icon" href="/page/icon.svg">
        <link rel="stylesheet" href="/page.css">
        </head>
        <body>
        <main class="card sign-in">
        %s</main>
        </body>
        </html>
        """
            .formatted(content));
  }
}
