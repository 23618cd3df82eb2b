package dev.unisono.server.grpc;

import com.google.protobuf.ByteString;
import dev.unisono.server.grpc.Frames.Frame;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.ContentCoding;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One call as HTTP/2 carries it (gRPC over HTTP/2): its messages, its deadline, and how it ends. On
 * the event loop of its connection, if not said otherwise.
 */
final class GrpcCall {
  private static final String TYPE = "application/grpc";
  private static final Pattern CONTENT_TYPE =
      Pattern.compile("application/grpc(\\+proto)?\\s*(;.*)?", Pattern.CASE_INSENSITIVE);
  private static final Pattern TIMEOUT = Pattern.compile("([0-9]{1,8})([HMSmun])");

  private static final long FAREWELL_MILLIS = 5_000;

  /** Of HTTP/2; clients of gRPC take it for RESOURCE_EXHAUSTED. */
  private static final long ENHANCE_YOUR_CALM = 0xb;

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final ContextInternal loop;
  private final Compression compression;
  private final int mostBytes;
  private final @Nullable Duration deadline;

  /** The last word waits behind what is in line. */
  private boolean ending;

  private GrpcCall(RoutingContext context, Compression compression, int mostBytes) {
    this.request = context.request();
    this.response = request.response();
    this.loop = (ContextInternal) context.vertx().getOrCreateContext();
    this.compression = compression;
    this.mostBytes = mostBytes;
    this.deadline = timeout(request.getHeader("grpc-timeout"));
    response
        .putHeader("Content-Type", TYPE + "+proto")
        .putHeader("grpc-accept-encoding", Compression.ACCEPTED)
        .setChunked(true);
    if (deadline != null) {
      long timer = loop.owner().setTimer(Math.max(1, deadline.toMillis()), _ -> end(late()));
      context.addEndHandler(_ -> loop.owner().cancelTimer(timer));
    }
  }

  /**
   * Begins a call; null where the request is none of gRPC's, or cannot be read: then it is
   * answered.
   *
   * @param mostBytes that a message of the caller has
   */
  static @Nullable GrpcCall begin(RoutingContext context, int mostBytes) {
    HttpServerRequest request = context.request();
    String type = request.getHeader("Content-Type");
    if (type == null || !CONTENT_TYPE.matcher(type).matches()) {
      Answers.refusal(
          context,
          new Refusal(
              415,
              "unsupported-media-type",
              "Call this by gRPC: application/grpc.",
              "Content-Type"));
      return null;
    }
    if (request.version() != HttpVersion.HTTP_2) {
      Answers.refusal(context, new Refusal(426, "upgrade-required", "gRPC needs HTTP/2."));
      return null;
    }
    try {
      return new GrpcCall(context, Compression.of(request), mostBytes);
    } catch (Refusal refusal) {
      new GrpcCall(context, new Compression(null, false), mostBytes).end(Failure.of(refusal, true));
      return null;
    }
  }

  private static Failure late() {
    return Failure.of(
        new Refusal(504, "deadline-exceeded", "The call's deadline has passed."), true);
  }

  static Failure unknownMethod() {
    return Failure.of(new Refusal(501, "unknown-method", "There is no such method."), true);
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
  void read(Consumer<Frame> then) {
    Frames frames = new Frames(mostBytes);
    @Nullable Frame[] message = new @Nullable Frame[1];
    request.handler(part -> {
      if (ended()) {
        return;
      }
      frames.add(part);
      guarded(() -> {
        if (message[0] == null) {
          message[0] = frames.next();
        }
        if (message[0] != null && !frames.taken()) {
          throw oneMessage();
        }
      });
    });
    request.exceptionHandler(_ -> {});
    request.endHandler(_ ->
        guarded(() -> {
          Frame whole = message[0];
          if (whole == null) {
            throw oneMessage();
          }
          then.accept(whole);
        }));
    request.resume();
  }

  private static Refusal oneMessage() {
    return Proto.bad("A call of this kind has one message, which is whole.");
  }

  /**
   * Reads the messages that the caller sends, one after the other, and ends well after the last.
   * While the caller takes no answers it is not read on.
   */
  void readEach(Consumer<Frame> each) {
    Frames frames = new Frames(mostBytes);
    boolean[] all = new boolean[1];
    Runnable pump =
        () ->
            guarded(() -> {
              Frame next = null;
              while (!response.writeQueueFull() && (next = frames.next()) != null) {
                each.accept(next);
              }
              if (response.writeQueueFull()) {
                request.pause();
              } else if (!all[0]) {
                request.resume();
              } else if (!frames.taken()) {
                throw Proto.bad("The last message is not whole.");
              } else {
                finish();
              }
            });
    request.handler(part -> {
      if (!ended()) {
        frames.add(part);
        pump.run();
      }
    });
    request.exceptionHandler(_ -> {});
    request.endHandler(_ -> {
      all[0] = true;
      pump.run();
    });
    response.drainHandler(_ -> pump.run());
    request.resume();
  }

  private void guarded(Runnable step) {
    if (!ended()) {
      try {
        step.run();
      } catch (RuntimeException failed) {
        end(Failure.of(failed, true));
      }
    }
  }

  /** A message as it was before it was compressed. By any thread. */
  ByteString plain(Frame frame) {
    return compression.plain(frame, mostBytes);
  }

  /** A message as it goes out. By any thread. */
  Buffer frame(byte[] message) {
    boolean compressed = compression.ours(message);
    byte[] sent = compressed ? ContentCoding.GZIP.encode(message) : message;
    return Buffer.buffer(Frames.HEAD + sent.length)
        .appendByte((byte) (compressed ? 1 : 0))
        .appendInt(sent.length)
        .appendBytes(sent);
  }

  boolean ended() {
    return response.ended() || response.closed();
  }

  /** Sends one message of several. */
  void send(byte[] message) {
    if (!ended()) {
      // Others of the same call may be smaller: each says for itself whether it is compressed.
      announce(compression.accepted());
      var _ = response.write(frame(message));
    }
  }

  private void announce(boolean compressed) {
    if (compressed && !response.headWritten()) {
      response.putHeader("grpc-encoding", Compression.GZIP);
    }
  }

  /**
   * Ends with a message.
   *
   * @param frame the message as it goes out
   * @param metadata what else is said of it
   */
  void end(Buffer frame, Map<String, String> metadata) {
    if (!ended()) {
      announce(frame.getByte(0) == 1);
      metadata.forEach(response::putHeader);
      GrpcStatus.write(response.trailers(), GrpcStatus.OK, "");
      response.end(frame);
    }
  }

  /** Ends well; what there was to say has been said. */
  void finish() {
    if (!ended()) {
      GrpcStatus.write(response.trailers(), GrpcStatus.OK, "");
      response.end();
    }
  }

  /** Ends with a failure. */
  void end(Failure failure) {
    if (ended() || ending) {
      return;
    }
    GrpcStatus.write(response.trailers(), failure);
    if (!response.headWritten()) {
      response.end();
      return;
    }
    // What is in line holds the end back for as long as the client takes nothing, and once the end
    // is in line, too, nothing can be cut off any more.
    ending = true;
    long timer =
        loop.owner()
            .setTimer(
                FAREWELL_MILLIS,
                _ -> {
                  if (!ended()) {
                    response.reset(ENHANCE_YOUR_CALM);
                  }
                });
    response
        .write(Buffer.buffer())
        .onComplete(_ -> {
          loop.owner().cancelTimer(timer);
          if (!ended()) {
            response.end();
          }
        });
  }
}
