package dev.unisono.server.feed;

import dev.unisono.hub.Outlet;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.impl.ContextInternal;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** The way out by public API alone, for connections whose channel carries more than one stream. */
public final class ResponseOutlet implements Outlet {
  private final HttpServerResponse response;
  private final EventLoop loop;
  private final Consumer<End> onEnd;
  private final AtomicLong pendingBytes = new AtomicLong();

  public ResponseOutlet(HttpServerResponse response, ContextInternal context, Consumer<End> onEnd) {
    this.response = response;
    this.loop = context.nettyEventLoop();
    this.onEnd = onEnd;
  }

  @Override
  public EventLoop eventLoop() {
    return loop;
  }

  @Override
  public void write(ByteBuf frames) {
    byte[] bytes = new byte[frames.readableBytes()];
    frames.readBytes(bytes);
    frames.release();
    pendingBytes.addAndGet(bytes.length);
    response
        .write(Buffer.buffer(bytes))
        .onComplete(written -> pendingBytes.addAndGet(-bytes.length));
  }

  @Override
  public void flush() {
    // The connection flushes what it is given.
  }

  @Override
  public long pendingBytes() {
    return pendingBytes.get();
  }

  @Override
  public boolean open() {
    return !response.closed() && !response.ended();
  }

  @Override
  public void end(End why) {
    onEnd.accept(why);
  }
}
