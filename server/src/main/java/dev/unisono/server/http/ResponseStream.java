package dev.unisono.server.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;

/**
 * The body of an answer of any length, as a thread of its own writes it: it waits where the client
 * does not take it. The answer's head is sent with the first byte.
 */
public final class ResponseStream extends OutputStream {
  private final HttpServerResponse response;

  public ResponseStream(HttpServerResponse response) {
    this.response = response.setChunked(true);
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (response.closed() || response.ended()) {
      throw new IOException("the client has gone");
    }
    var _ = response.write(Buffer.buffer(length).appendBytes(bytes, offset, length));
    if (response.writeQueueFull()) {
      CountDownLatch room = new CountDownLatch(1);
      response.drainHandler(_ -> room.countDown());
      response.closeHandler(_ -> room.countDown());
      try {
        if (response.writeQueueFull() && !response.closed()) {
          room.await();
        }
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
        throw new IOException("the server is stopping", stop);
      }
    }
  }

  /** The whole of it has been written. */
  @Override
  public void close() {
    if (!response.closed() && !response.ended()) {
      response.end();
    }
  }

  /** Less than the whole of it has been written, which the client shall see. */
  public void cut() {
    if (!response.closed() && !response.ended()) {
      response.reset();
    }
  }
}
