package dev.unisono.server.grpc;

import com.google.protobuf.ByteString;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One call as HTTP/2 carries it (gRPC over HTTP/2): its message, its deadline, and how it ends. On
 * the event loop of its connection.
 */
final class GrpcCall {
  static final String TYPE = "application/grpc";
  static final int HEAD = 5;

  private static final int MOST_BYTES = 1 << 20;
  private static final Pattern TIMEOUT = Pattern.compile("([0-9]{1,8})([HMSmun])");

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final ContextInternal loop;
  private final @Nullable Duration deadline;

  GrpcCall(RoutingContext context) {
    this.request = context.request();
    this.response = request.response();
    this.loop = (ContextInternal) context.vertx().getOrCreateContext();
    this.deadline = timeout(request.getHeader("grpc-timeout"));
    response
        .putHeader("Content-Type", TYPE + "+proto")
        .putHeader("grpc-accept-encoding", "identity")
        .setChunked(true);
    if (deadline != null) {
      long timer = loop.owner().setTimer(Math.max(1, deadline.toMillis()), _ -> end(late()));
      context.addEndHandler(_ -> loop.owner().cancelTimer(timer));
    }
  }

  private static Failure late() {
    return Failure.of(
        new Refusal(504, "deadline-exceeded", "The call's deadline has passed."), true);
  }

  /** How long the caller waits; null where it does not say. */
  @Nullable Duration deadline() {
    return deadline;
  }

  ContextInternal loop() {
    return loop;
  }

  HttpServerResponse response() {
    return response;
  }

  private static @Nullable Duration timeout(@Nullable String text) {
    Matcher timeout = TIMEOUT.matcher(text == null ? "" : text);
    if (!timeout.matches()) {
      return null;
    }
    long number = Long.parseLong(timeout.group(1));
    return switch (timeout.group(2)) {
      case "H" -> Duration.ofHours(number);
      case "M" -> Duration.ofMinutes(number);
      case "S" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMillis(number);
      case "u" -> Duration.ofNanos(number * 1_000);
      default -> Duration.ofNanos(number);
    };
  }

  /** Reads the one message that the caller sends. */
  void read(Consumer<ByteString> then) {
    Buffer body = Buffer.buffer();
    request.handler(part -> {
      if (body.length() + part.length() <= MOST_BYTES + HEAD) {
        body.appendBuffer(part);
      } else {
        end(Failure.of(new Refusal(413, "body-too-large", "A message has at most 1 MiB."), true));
      }
    });
    request.exceptionHandler(_ -> {});
    request.endHandler(_ -> {
      if (response.ended()) {
        return;
      }
      if (body.length() < HEAD || body.getUnsignedInt(1) != body.length() - HEAD) {
        end(Failure.of(Proto.bad("A call of this kind has one message."), true));
      } else if (body.getByte(0) != 0) {
        end(
            Failure.of(
                new Refusal(
                    501, "compressed-message", "Messages are taken as they are: uncompressed."),
                true));
      } else {
        then.accept(ByteString.copyFrom(body.getBytes(HEAD, body.length())));
      }
    });
    request.resume();
  }

  /** Ends with a message. */
  void end(byte[] message) {
    if (!response.ended() && !response.closed()) {
      GrpcStatus.write(response.trailers(), GrpcStatus.OK, "");
      response.end(
          Buffer.buffer(HEAD + message.length)
              .appendByte((byte) 0)
              .appendInt(message.length)
              .appendBytes(message));
    }
  }

  /** Ends with a failure. */
  void end(Failure failure) {
    end(GrpcStatus.of(failure), failure);
  }

  void end(int code, Failure failure) {
    if (!response.ended() && !response.closed()) {
      GrpcStatus.write(response.trailers(), code, failure);
      response.end();
    }
  }
}
