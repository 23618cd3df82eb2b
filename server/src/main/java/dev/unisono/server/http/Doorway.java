package dev.unisono.server.http;

import dev.unisono.engine.HeldPatch;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Audit;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What every route passes through: who calls, how much of it, a virtual thread to block on, and one
 * way in which whatever goes wrong is answered. Safe for threads.
 */
public final class Doorway {
  private static final String CALLER = "caller";
  private static final String ADMIN = "/v1/admin/";
  private static final int MOST_BODY_BYTES = 1 << 20;

  private final Access access;
  private final Limits limits;

  public Doorway(Access access, Limits limits) {
    this.access = access;
    this.limits = limits;
  }

  /** Answers a request; may block. */
  public interface Handler {
    void handle(RoutingContext context, Buffer body) throws InterruptedException;
  }

  /** For routes that anybody may ask. */
  public void open(RoutingContext context, Handler handler) {
    limited(context, null, () -> start(context, handler, Buffer.buffer()));
  }

  /** For routes that must answer however much is asked: whoever looks whether the server lives. */
  public void unlimited(RoutingContext context, Handler handler) {
    start(context, handler, Buffer.buffer());
  }

  /** For routes that need a caller we know, and no body. */
  public void known(RoutingContext context, Handler handler) {
    admitted(context, () -> start(context, handler, Buffer.buffer()));
  }

  /** Answers a request without waiting for anything, or says that it cannot. */
  public interface ReadyHandler {
    /** False where it has to be done by a handler that may block: then nothing was answered. */
    boolean handle(RoutingContext context);
  }

  /**
   * For routes that need a caller we know, and no body.
   *
   * @param ready is asked first, on the event loop: a thread for what memory can answer costs more
   *     than the answer
   */
  public void known(RoutingContext context, ReadyHandler ready, Handler handler) {
    admitted(
        context,
        () -> {
          if (!answeredAtOnce(context, ready)) {
            start(context, handler, Buffer.buffer());
          }
        });
  }

  private static boolean answeredAtOnce(RoutingContext context, ReadyHandler ready) {
    try {
      return ready.handle(context);
    } catch (RuntimeException failed) {
      if (Attempts.again(failed)) {
        return false;
      }
      refuse(context, failed);
      return true;
    }
  }

  /** For routes that need a caller we know, and read a body. */
  public void withBody(RoutingContext context, Handler handler) {
    admitted(context, () -> readBody(context, handler));
  }

  /** For routes that anybody may ask, and that read a body. */
  public void openWithBody(RoutingContext context, Handler handler) {
    limited(context, null, () -> readBody(context, handler));
  }

  private static void readBody(RoutingContext context, Handler handler) {
    HttpServerRequest request = context.request();
    String length = request.getHeader("Content-Length");
    if (length != null && tooLong(length)) {
      refuseBody(context);
      return;
    }
    Buffer body = Buffer.buffer();
    request.handler(part -> {
      if (body.length() + part.length() <= MOST_BODY_BYTES) {
        body.appendBuffer(part);
      } else if (!context.response().ended()) {
        // A body without a length is known to be too long only when it is.
        refuseBody(context);
      }
    });
    request.exceptionHandler(_ ->
        Answers.refusal(context, new Refusal(400, "bad-body", "The body did not arrive whole.")));
    request.endHandler(_ -> {
      if (!context.response().ended()) {
        start(context, handler, body);
      }
    });
    // The container hands requests over paused.
    request.resume();
  }

  private static boolean tooLong(String length) {
    try {
      return Long.parseLong(length) > MOST_BODY_BYTES;
    } catch (NumberFormatException beyond) {
      return true;
    }
  }

  /** What still comes of it is not waited for. */
  private static void refuseBody(RoutingContext context) {
    context.response().putHeader("Connection", "close");
    Answers.refusal(context, new Refusal(413, "body-too-large", "A body has at most 1 MiB."));
  }

  /** Answers a request whose body is read as it comes; may block. */
  public interface StreamHandler {
    void handle(RoutingContext context, RequestStream body) throws InterruptedException;
  }

  /** For routes that need a caller we know, and read a body of any length. Never begun anew. */
  public void withStream(RoutingContext context, StreamHandler handler) {
    admitted(
        context,
        () -> {
          RequestStream body = RequestStream.of(context.request());
          Thread.ofVirtual()
              .name("request")
              .start(() -> {
                answered(context, () -> handler.handle(context, body));
                body.discard();
              });
        });
  }

  /** Goes on with a caller we know as far as the limits let it; all others are answered. */
  private void admitted(RoutingContext context, Runnable then) {
    Caller caller;
    try {
      caller = access.admit(context.request());
    } catch (Refusal refusal) {
      // Whoever tries out tokens is limited, too.
      limited(
          context,
          null,
          () -> {
            context
                .response()
                .putHeader("WWW-Authenticate", "Bearer realm=\"unisono\", error=\"invalid_token\"");
            Answers.refusal(context, refusal);
          });
      return;
    }
    context.put(CALLER, caller);
    remember(context, caller);
    limited(
        context,
        caller,
        () -> {
          if (allowed(context, caller)) {
            then.run();
          }
        });
  }

  private boolean allowed(RoutingContext context, Caller caller) {
    try {
      Needs.of(context.currentRoute()).check(caller, context.request(), access.denials());
      return true;
    } catch (Refusal refusal) {
      Answers.refusal(context, refusal);
      return false;
    }
  }

  private void limited(RoutingContext context, @Nullable Caller caller, Runnable then) {
    limits.check(
        caller,
        context,
        verdict -> {
          verdict.tell(context.response().headers());
          Refusal refusal = verdict.refusal();
          if (refusal == null) {
            then.run();
          } else {
            Answers.refusal(context, refusal);
          }
        });
  }

  /** What is done by the administration is remembered, whatever comes of it. */
  private void remember(RoutingContext context, Caller caller) {
    HttpMethod method = context.request().method();
    String path = context.normalizedPath();
    if (!path.startsWith(ADMIN) || Needs.reads(method)) {
      return;
    }
    context.addEndHandler(ended -> {
      int status = context.response().getStatusCode();
      access
          .audit()
          .tell(
              new Audit.Event(
                  Audit.Kind.OPERATION,
                  caller.name(),
                  method + " " + path,
                  "",
                  status < 400,
                  ended.succeeded()
                      ? "Answered by " + status + "."
                      : "The caller was gone before the answer.",
                  caller.address()));
    });
  }

  /** Who calls, on a route that needs a caller we know. */
  public static Caller caller(RoutingContext context) {
    return Objects.requireNonNull(context.get(CALLER), "the route lets anybody in");
  }

  private static void start(RoutingContext context, Handler handler, Buffer body) {
    Thread.ofVirtual()
        .name("request")
        .start(() -> answered(context, () -> Attempts.run(() -> handler.handle(context, body))));
  }

  private static void answered(RoutingContext context, Attempts.Attempt attempt) {
    try {
      attempt.run();
    } catch (HeldPatch held) {
      Answers.held(context, held);
    } catch (InterruptedException | RuntimeException failed) {
      refuse(context, failed);
    }
  }

  private static void refuse(RoutingContext context, Exception failed) {
    HttpMethod method = context.request().method();
    boolean reading = method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
    Answers.failure(context, Failure.of(failed, reading));
  }
}
