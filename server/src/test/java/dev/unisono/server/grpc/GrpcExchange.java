package dev.unisono.server.grpc;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.ext.web.Router;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;

/** Routes behind an HTTP/2 server of their own, and a client that calls them. */
final class GrpcExchange {
  static final long LIMIT_SECONDS = 30;

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final HttpClient client;

  GrpcExchange(Consumer<Router> mount) throws Exception {
    Router router = Router.router(vertx);
    mount.accept(router);
    server =
        await(
            vertx
                .createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture());
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
  }

  static <T> T await(CompletableFuture<T> future) throws Exception {
    return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  static byte[] gzip(byte[] plain) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return out.toByteArray();
  }

  static Buffer frame(int flag, byte[] message) {
    return Buffer.buffer().appendByte((byte) flag).appendInt(message.length).appendBytes(message);
  }

  /** A call that has begun. */
  static final class Call {
    final HttpClientRequest request;
    final BlockingQueue<Frames.Frame> messages = new LinkedBlockingQueue<>();
    private final CompletableFuture<HttpClientResponse> begun = new CompletableFuture<>();
    private final CompletableFuture<HttpClientResponse> ended = new CompletableFuture<>();
    private final Frames frames = new Frames(64 << 20);

    Call(HttpClientRequest request) {
      this.request = request;
      request
          .response()
          .onFailure(failed -> {
            begun.completeExceptionally(failed);
            ended.completeExceptionally(failed);
          })
          .onSuccess(response -> {
            response.handler(part -> {
              frames.add(part);
              for (Frames.Frame next = frames.next(); next != null; next = frames.next()) {
                messages.add(next);
              }
            });
            response.exceptionHandler(ended::completeExceptionally);
            response.endHandler(_ -> ended.complete(response));
            begun.complete(response);
          });
    }

    void send(Buffer part) {
      var _ = request.write(part);
    }

    HttpClientResponse begun() throws Exception {
      return await(begun);
    }

    byte[] next() throws InterruptedException {
      Frames.Frame frame = messages.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
      assertNotNull(frame, "no message");
      return new Compression(Compression.GZIP, false).plain(frame, 64 << 20).toByteArray();
    }

    /** The status in the trailers. */
    int status() throws Exception {
      HttpClientResponse response = await(ended);
      String trailer = response.getTrailer("grpc-status");
      return Integer.parseInt(trailer == null ? response.getHeader("grpc-status") : trailer);
    }
  }

  /** Begins a call; its messages follow. */
  Call call(String path, Map<String, String> headers) throws Exception {
    HttpClientRequest request =
        await(
            client
                .request(
                    new RequestOptions()
                        .setHost("127.0.0.1")
                        .setPort(server.actualPort())
                        .setMethod(HttpMethod.POST)
                        .setURI(path))
                .toCompletionStage()
                .toCompletableFuture());
    request.putHeader("Content-Type", "application/grpc").putHeader("TE", "trailers");
    headers.forEach(request::putHeader);
    request.setChunked(true);
    return new Call(request);
  }

  /** A call with one message, or whatever stands in its place. */
  Call unary(String path, Map<String, String> headers, Buffer body) throws Exception {
    Call call = call(path, headers);
    var _ = call.request.end(body);
    return call;
  }

  void close() throws Exception {
    await(vertx.close().toCompletionStage().toCompletableFuture());
  }
}
