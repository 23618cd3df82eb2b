package dev.unisono.server.limit;

import dev.unisono.hub.Outlet;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.function.LongSupplier;

/**
 * The way out to a subscriber whose events are counted: who was sent more than the limits let is
 * given nothing for a while, and then catches up. Written to by its event loop alone.
 */
final class PacedOutlet implements Outlet {
  private final Outlet outlet;
  private final Limits limits;
  private final Asked subscriber;
  private final LongSupplier nanos;

  /** Asked by other threads, too. */
  private volatile long pausedUntilNanos;

  PacedOutlet(Outlet outlet, Limits limits, Asked subscriber, LongSupplier nanos) {
    this.outlet = outlet;
    this.limits = limits;
    this.subscriber = subscriber;
    this.nanos = nanos;
    this.pausedUntilNanos = nanos.getAsLong();
  }

  @Override
  public boolean counts() {
    return limits.counts(subscriber);
  }

  @Override
  public void sent(int events) {
    limits.sent(
        subscriber,
        events,
        micros -> {
          if (micros > 0) {
            pausedUntilNanos = nanos.getAsLong() + micros * 1_000;
          }
        });
  }

  @Override
  public boolean holdsBack() {
    return nanos.getAsLong() - pausedUntilNanos < 0 || outlet.holdsBack();
  }

  @Override
  public void write(ByteBuf frames) {
    outlet.write(frames);
  }

  @Override
  public void reached(long sequence) {
    outlet.reached(sequence);
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
