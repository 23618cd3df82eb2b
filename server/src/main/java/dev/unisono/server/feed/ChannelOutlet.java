package dev.unisono.server.feed;

import dev.unisono.hub.Outlet;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrameEncoder;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The way out to one HTTP/1.1 connection by its Netty channel, behind the encoders: what is written
 * is already as it goes over the wire. The one place that knows that Vert.x has such a channel.
 */
public final class ChannelOutlet implements Outlet {
  private final Channel channel;
  private final ChannelHandlerContext behindEncoder;
  private final Consumer<End> onEnd;

  private ChannelOutlet(Channel channel, ChannelHandlerContext behindEncoder, Consumer<End> onEnd) {
    this.channel = channel;
    this.behindEncoder = behindEncoder;
    this.onEnd = onEnd;
  }

  /** Empty where the connection is not of the kind that has such a channel (HTTP/2). */
  public static Optional<Outlet> of(HttpConnection connection, Consumer<End> onEnd) {
    if (!(connection instanceof ConnectionBase base)) {
      return Optional.empty();
    }
    Channel channel = base.channel();
    for (Map.Entry<String, io.netty.channel.ChannelHandler> handler : channel.pipeline()) {
      boolean encodes =
          handler.getValue() instanceof HttpResponseEncoder
              || handler.getValue() instanceof WebSocketFrameEncoder
              || handler.getValue() instanceof io.netty.handler.codec.http.HttpServerCodec;
      if (encodes) {
        return Optional.of(
            new ChannelOutlet(channel, channel.pipeline().context(handler.getKey()), onEnd));
      }
    }
    return Optional.empty();
  }

  /**
   * Closes a connection once what is in line has gone, and after some time in any case: a client
   * that takes nothing would keep it for ever. On the event loop.
   */
  public static void closeWithin(HttpConnection connection, long millis) {
    if (connection instanceof ConnectionBase base) {
      Channel channel = base.channel();
      if (millis > 0) {
        var _ = connection.close();
        var timer =
            channel.eventLoop().schedule(() -> closeNow(channel), millis, TimeUnit.MILLISECONDS);
        channel.closeFuture().addListener(_ -> timer.cancel(false));
      } else {
        closeNow(channel);
      }
    } else {
      var _ = connection.close();
    }
  }

  /** From the head of the pipeline: handlers before it would wait for what is in line. */
  private static void closeNow(Channel channel) {
    channel.unsafe().close(channel.voidPromise());
  }

  @Override
  public EventLoop eventLoop() {
    return channel.eventLoop();
  }

  @Override
  public void write(ByteBuf frames) {
    // A failed write closes the channel, and that is seen by whoever asks whether it is open.
    var _ = behindEncoder.write(frames, channel.voidPromise());
  }

  @Override
  public void flush() {
    behindEncoder.flush();
  }

  @Override
  public long pendingBytes() {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }

  @Override
  public boolean open() {
    return channel.isActive();
  }

  @Override
  public void end(End why) {
    onEnd.accept(why);
  }
}
