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
            throw running(HEADER);
          }
          case KeptAnswers.Known.Interrupted _ -> throw interrupted(HEADER);
          case KeptAnswers.Known.Another _ -> throw another(HEADER);
          case KeptAnswers.Known.Answered answered -> {
            replay(context.response(), answered.answer());
            return;
          }
        }
      }
      handler.handle(context, body);
    };
  }

  /** What became of a write that was no request by HTTP, in the door's own form. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Outcome(int status, byte[] body, boolean replayed) {}

  /** Does a write. */
  public interface Work {
    Outcome done() throws InterruptedException;
  }

  /**
   * Has a write done once that did not come by HTTP.
   *
   * @param member where the door has the name, for people
   * @param content all that makes it this write
   * @param repeatable as of {@link #once(boolean, Doorway.Handler)}
   * @throws Refusal where the name says that it must not be done
   */
  public Outcome once(
      Caller caller,
      String name,
      String member,
      List<String> content,
      boolean repeatable,
      Work work)
      throws InterruptedException {
    return switch (answers.begin(caller, name, digest(content, new byte[0]))) {
      case KeptAnswers.Known.Nothing _ -> {
        Outcome outcome = work.done();
        new Kept(answers, caller, name, repeatable).keep(outcome);
        yield outcome;
      }
      case KeptAnswers.Known.Running _ -> throw running(member);
      case KeptAnswers.Known.Interrupted _ -> throw interrupted(member);
      case KeptAnswers.Known.Another _ -> throw another(member);
      case KeptAnswers.Known.Answered answered ->
          new Outcome(answered.answer().status(), answered.answer().body(), true);
    };
  }

  private static Refusal running(String member) {
    return new Refusal(
        409,
        "request-running",
        "A request of this " + member + " is being done; ask again in a moment.",
        member);
  }

  private static Refusal interrupted(String member) {
    return new Refusal(
        409,
        "outcome-unknown",
        "The server ended amid the request of this "
            + member
            + ". Look whether it was done; if not, send it with another key.",
        member);
  }

  private static Refusal another(String member) {
    return new Refusal(
        422,
        "key-reused",
        "This " + member + " was sent with another request; each has a key of its own.",
        member);
  }

  /** Whether it may be a request's name, without quotes around it. */
  public static boolean names(String text) {
    return NAME.matcher('"' + text + '"').matches();
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
    return digest(
        List.of(
            request.method().name(),
            String.valueOf(request.uri()),
            String.valueOf(request.getHeader("Content-Type")),
            String.valueOf(request.getHeader("If-Match")),
            String.valueOf(request.getHeader("If-None-Match"))),
        body.getBytes());
  }

  private static byte[] digest(List<String> parts, byte[] body) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return digest.digest(body);
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
      kept.keep(context.response(), body);
    }

    void keep(Outcome outcome) {
      keep(new KeptAnswers.Answer(outcome.status(), "", outcome.body()));
    }

    private void keep(HttpServerResponse response, byte[] body) {
      StringBuilder headers = new StringBuilder();
      for (String header : HEADERS) {
        String value = response.headers().get(header);
        if (value != null) {
          headers.append(header).append(':').append(value).append('\n');
        }
      }
      keep(new KeptAnswers.Answer(response.getStatusCode(), headers.toString(), body));
    }

    private void keep(KeptAnswers.Answer answer) {
      try {
        // Who asked for too much has had nothing done.
        if (answer.status() == 429 || (repeatable && answer.status() == 503)) {
          answers.release(caller, name);
        } else {
          answers.keep(caller, name, answer);
        }
      } catch (UnisonoException failed) {
        // The caller is told what became of the request all the same.
        LOG.log(System.Logger.Level.WARNING, "an answer is not kept: {0}", failed.problem());
      }
    }
  }
}
