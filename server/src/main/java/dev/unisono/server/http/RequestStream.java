package dev.unisono.server.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request of any length, as a thread of its own reads it: no more of it is held than
 * the client may send ahead. Filled by the connection's event loop.
 */
public final class RequestStream extends InputStream {
  private static final int MOST_AHEAD_BYTES = 256 << 10;

  private final HttpServerRequest request;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition came = lock.newCondition();
  private final Deque<Buffer> ahead = new ArrayDeque<>();
  private int aheadBytes;
  private boolean paused;
  private boolean discarding;
  private boolean whole;
  private boolean broken;
  private @Nullable Buffer current;
  private int read;

  private RequestStream(HttpServerRequest request) {
    this.request = request;
  }

  /** Begins to read; on the connection's event loop. */
  static RequestStream of(HttpServerRequest request) {
    RequestStream stream = new RequestStream(request);
    request.handler(stream::take);
    request.exceptionHandler(_ -> stream.end(true));
    request.endHandler(_ -> stream.end(false));
    request.resume();
    return stream;
  }

  /** Nobody reads any more: what still comes is taken off the wire, so that the answer is read. */
  void discard() {
    lock.lock();
    try {
      discarding = true;
      ahead.clear();
      if (paused) {
        paused = false;
        request.resume();
      }
    } finally {
      lock.unlock();
    }
  }

  private void take(Buffer part) {
    lock.lock();
    try {
      if (discarding) {
        return;
      }
      ahead.add(part);
      aheadBytes += part.length();
      if (aheadBytes > MOST_AHEAD_BYTES && !paused) {
        paused = true;
        request.pause();
      }
      came.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void end(boolean tooEarly) {
    lock.lock();
    try {
      // A connection that ends behind the body takes nothing of it away.
      if (!whole) {
        whole = !tooEarly;
        broken = tooEarly;
      }
      came.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The next part; null at the end. */
  private @Nullable Buffer next() throws IOException {
    lock.lock();
    try {
      while (ahead.isEmpty() && !whole && !broken) {
        came.await();
      }
      Buffer part = ahead.poll();
      if (part == null) {
        if (broken) {
          throw new IOException("the body did not arrive whole");
        }
        return null;
      }
      aheadBytes -= part.length();
      if (paused && aheadBytes < MOST_AHEAD_BYTES / 2) {
        paused = false;
        request.resume();
      }
      return part;
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new IOException("the server is stopping", stop);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Buffer part = current;
    while (part == null || read == part.length()) {
      part = next();
      current = part;
      read = 0;
      if (part == null) {
        return -1;
      }
    }
    int count = Math.min(length, part.length() - read);
    part.getBytes(read, read + count, into, offset);
    read += count;
    return count;
  }
}
