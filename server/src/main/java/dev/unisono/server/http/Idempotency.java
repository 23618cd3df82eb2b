package dev.unisono.server.http;

import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.UnisonoException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Has a write that its caller names by {@code Idempotency-Key} done once, however often it is sent
 * (draft-ietf-httpapi-idempotency-key-header-07). Safe for threads.
 */
public final class Idempotency {
  public static final String HEADER = "Idempotency-Key";

  private static final System.Logger LOG = System.getLogger(Idempotency.class.getName());

  private static final String REPLAYED = "Idempotency-Replayed";

  /** A string of structured fields, or the same without its quotes, as most clients send it. */
  private static final Pattern NAME =
      Pattern.compile("\"[\\x20\\x21\\x23-\\x5B\\x5D-\\x7E]{1,255}\"|[\\x21\\x23-\\x7E]{1,255}");

  /** What is told again with an answer, besides its body. */
  private static final List<String> HEADERS =
      List.of("Content-Type", "ETag", "Location", "Unisono-Cursor", "Preference-Applied", "Allow");

  private final KeptAnswers answers;

  public Idempotency(KeptAnswers answers) {
    this.answers = answers;
  }

  /**
   * A handler whose answer is kept where its caller names the request.
   *
   * @param repeatable whether it may be done twice without harm; then what was refused for the
   *     moment alone (503) is tried anew
   */
  public Doorway.Handler once(boolean repeatable, Doorway.Handler handler) {
    return (context, body) -> {
      String name = name(context.request());
      if (name == null) {
        handler.handle(context, body);
        return;
      }
      Caller caller = Doorway.caller(context);
      if (context.get(Kept.class.getName()) == null) {
        switch (answers.begin(caller, name, digest(context.request(), body))) {
          case KeptAnswers.Known.Nothing _ ->
              context.put(Kept.class.getName(), new Kept(answers, caller, name, repeatable));
          case KeptAnswers.Known.Running _ -> {
            context.response().putHeader("Retry-After", "1");
            throw new Refusal(
                409,
                "request-running",
                "A request of this " + HEADER + " is being done; ask again in a moment.",
                HEADER);
          }
          case KeptAnswers.Known.Interrupted _ ->
              throw new Refusal(
                  409,
                  "outcome-unknown",
                  "The server ended amid the request of this "
                      + HEADER
                      + ". Look whether it was done; if not, send it with another key.",
                  HEADER);
          case KeptAnswers.Known.Another _ ->
              throw new Refusal(
                  422,
                  "key-reused",
                  "This " + HEADER + " was sent with another request; each has a key of its own.",
                  HEADER);
          case KeptAnswers.Known.Answered answered -> {
            replay(context.response(), answered.answer());
            return;
          }
        }
      }
      handler.handle(context, body);
    };
  }

  private static @Nullable String name(HttpServerRequest request) {
    List<String> sent = request.headers().getAll(HEADER);
    if (sent.isEmpty()) {
      return null;
    }
    String text = sent.getFirst().strip();
    if (sent.size() > 1 || !NAME.matcher(text).matches()) {
      throw HeaderList.malformed(HEADER);
    }
    return text.startsWith("\"") ? text.substring(1, text.length() - 1) : text;
  }

  /** All that makes it this request, and not who sent it or how the answer is to be coded. */
  private static byte[] digest(HttpServerRequest request, Buffer body) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part :
          List.of(
              request.method().name(),
              String.valueOf(request.uri()),
              String.valueOf(request.getHeader("Content-Type")),
              String.valueOf(request.getHeader("If-Match")),
              String.valueOf(request.getHeader("If-None-Match")))) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return digest.digest(body.getBytes());
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }

  private static void replay(HttpServerResponse response, KeptAnswers.Answer answer) {
    for (String line : answer.headers().split("\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        response.putHeader(line.substring(0, colon), line.substring(colon + 1));
      }
    }
    response
        .setStatusCode(answer.status())
        .putHeader(REPLAYED, "true")
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(Buffer.buffer(answer.body()));
  }

  /** Keeps the answer of a request that has a name, before it is sent. */
  record Kept(KeptAnswers answers, Caller caller, String name, boolean repeatable) {
    static void before(RoutingContext context, byte[] body) {
      Kept kept = context.get(Kept.class.getName());
      if (kept == null) {
        return;
      }
      try {
        kept.keep(context.response(), body);
      } catch (UnisonoException failed) {
        // The caller is told what became of the request all the same.
        LOG.log(System.Logger.Level.WARNING, "an answer is not kept: {0}", failed.problem());
      }
    }

    private void keep(HttpServerResponse response, byte[] body) {
      if (repeatable && response.getStatusCode() == 503) {
        answers.release(caller, name);
        return;
      }
      StringBuilder headers = new StringBuilder();
      for (String header : HEADERS) {
        String value = response.headers().get(header);
        if (value != null) {
          headers.append(header).append(':').append(value).append('\n');
        }
      }
      answers.keep(
          caller, name, new KeptAnswers.Answer(response.getStatusCode(), headers.toString(), body));
    }
  }
}
