package dev.unisono.server.http;

import dev.unisono.engine.HeldPatch;
import dev.unisono.engine.InvalidPatch;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.UUID;

/**
 * What every route passes through: who calls, a virtual thread to block on, and one way in which
 * whatever goes wrong is answered. Safe for threads.
 */
public final class Doorway {
  private static final System.Logger LOG = System.getLogger(Doorway.class.getName());

  private static final int MOST_BODY_BYTES = 1 << 20;

  /** A request that met a change of an entity's fields is answered anew, by those of now. */
  private static final int ATTEMPTS = 3;

  private final Access access;

  public Doorway(Access access) {
    this.access = access;
  }

  /** Answers a request; may block. */
  public interface Handler {
    void handle(RoutingContext context, Buffer body) throws InterruptedException;
  }

  /** For routes that anybody may ask. */
  public void open(RoutingContext context, Handler handler) {
    start(context, handler, Buffer.buffer());
  }

  /** For routes that need a caller we know, and no body. */
  public void known(RoutingContext context, Handler handler) {
    if (admitted(context)) {
      start(context, handler, Buffer.buffer());
    }
  }

  /** For routes that need a caller we know, and read a body. */
  public void withBody(RoutingContext context, Handler handler) {
    if (!admitted(context)) {
      return;
    }
    HttpServerRequest request = context.request();
    Buffer body = Buffer.buffer();
    request.handler(part -> {
      if (body.length() + part.length() <= MOST_BODY_BYTES) {
        body.appendBuffer(part);
      } else if (!context.response().ended()) {
        // A body without a length is known to be too long only when it is.
        context.response().putHeader("Connection", "close");
        Answers.refusal(context, new Refusal(413, "body-too-large", "A body has at most 1 MiB."));
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

  boolean admitted(RoutingContext context) {
    Optional<Problem> refused = access.refuse(context.request());
    refused.ifPresent(problem -> {
      context
          .response()
          .putHeader("WWW-Authenticate", "Bearer realm=\"unisono\", error=\"invalid_token\"");
      Answers.problem(context, 401, problem);
    });
    return refused.isEmpty();
  }

  private static void start(RoutingContext context, Handler handler, Buffer body) {
    Thread.ofVirtual().name("request").start(() -> run(context, handler, body));
  }

  private static void run(RoutingContext context, Handler handler, Buffer body) {
    try {
      handle(context, handler, body);
    } catch (Refusal refusal) {
      Answers.refusal(context, refusal);
    } catch (InvalidPatch invalid) {
      Answers.invalid(context, invalid);
    } catch (HeldPatch held) {
      Answers.held(context, held);
    } catch (UnisonoException failed) {
      Answers.problem(context, status(context.request(), failed.problem()), failed.problem());
    } catch (InterruptedException stop) {
      Answers.problem(
          context,
          503,
          new Problem("stopping", ProblemType.TRANSIENT, "The server is stopping.", null, ""));
    } catch (RuntimeException fault) {
      String instance = UUID.randomUUID().toString();
      LOG.log(System.Logger.Level.ERROR, "request " + instance, fault);
      Answers.internal(context, instance);
    }
  }

  private static void handle(RoutingContext context, Handler handler, Buffer body)
      throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        handler.handle(context, body);
        return;
      } catch (UnisonoException failed) {
        if (!failed.problem().code().equals("entities-changed")) {
          throw failed;
        }
        if (attempt == ATTEMPTS) {
          context.response().putHeader("Retry-After", "1");
          throw failed;
        }
      }
    }
  }

  /** The status of a problem that the engine found, by its code, then by its type. */
  private static int status(HttpServerRequest request, Problem problem) {
    return switch (problem.code()) {
      case "not-found" -> 404;
      case "gone", "gap" -> 410;
      case "version-mismatch" -> 412;
      case "method-not-allowed", "not-available" -> 405;
      case "refused-by-owner", "not-convertible", "no-such-side", "key-immutable" -> 422;
      case "source-not-running",
          "conflict-decided",
          "letter-closed",
          "letter-empty",
          "not-replayable",
          "match-decided",
          "restart-needed",
          "config-being-written",
          "file-unfit",
          "file-unreadable",
          "file-unwritable",
          "not-merged",
          "not-linked",
          "links-clash",
          "record-busy",
          "not-collected" ->
          409;
      case "write-timeout" -> 504;
      case "state-failed" -> request.method().name().equals("GET") ? 500 : 507;
      default ->
          switch (problem.type()) {
            case EXTERNAL, TRANSIENT, RESOURCES, USER -> 503;
            case INTERNAL -> 500;
          };
    };
  }
}
