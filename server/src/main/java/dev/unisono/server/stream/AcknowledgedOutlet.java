package dev.unisono.server.stream;

import dev.unisono.hub.Outlet;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;

/**
 * The way out to a receiver that says how far it is done with what it got, and is to have no more
 * than some bytes before it. Written to, and told, by its event loop alone.
 */
final class AcknowledgedOutlet implements Outlet {
  /** What was sent up to a sequence, in all. */
  private record Sent(long through, long bytes) {}

  private final Outlet outlet;
  private final long window;
  private final ArrayDeque<Sent> sent = new ArrayDeque<>();

  /** Bytes in all, of what was sent and of what is done with. */
  private long written;

  private long done;
  private long acknowledged;

  /** Asked by other threads, too. */
  private volatile boolean full;

  /**
   * @param window so many bytes may be on their way
   * @param from what is sent up to here, such as a snapshot, is not waited for
   */
  AcknowledgedOutlet(Outlet outlet, long window, long from) {
    this.outlet = outlet;
    this.window = window;
    this.acknowledged = from;
  }

  /** The receiver is done with all up to a sequence. */
  void acknowledge(long sequence) {
    acknowledged = Math.max(acknowledged, sequence);
    while (!sent.isEmpty() && sent.getFirst().through() <= acknowledged) {
      done = sent.removeFirst().bytes();
    }
    full = written - done >= window;
  }

  @Override
  public void write(ByteBuf frames) {
    written += frames.readableBytes();
    outlet.write(frames);
  }

  @Override
  public void reached(long sequence) {
    Sent last = sent.peekLast();
    if (written > (last == null ? done : last.bytes())) {
      sent.addLast(new Sent(sequence, written));
      acknowledge(acknowledged);
    }
  }

  @Override
  public boolean holdsBack() {
    return full || outlet.holdsBack();
  }

  @Override
  public boolean counts() {
    return outlet.counts();
  }

  @Override
  public void sent(int events) {
    outlet.sent(events);
  }

  @Override
  public EventLoop eventLoop() {
    return outlet.eventLoop();
  }

  @Override
  public void flush() {
    outlet.flush();
  }

  @Override
  public long pendingBytes() {
    return outlet.pendingBytes();
  }

  @Override
  public boolean open() {
    return outlet.open();
  }

  @Override
  public void end(End why) {
    outlet.end(why);
  }
}
