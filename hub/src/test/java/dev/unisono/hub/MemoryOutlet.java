package dev.unisono.hub;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection whose client reads at once, or not at all while it stalls. Safe for threads. */
final class MemoryOutlet implements Outlet {
  private final EventLoop loop;
  private final ArrayDeque<ByteBuf> inLine = new ArrayDeque<>();
  private final List<Long> received = new ArrayList<>();
  private final List<End> ends = new ArrayList<>();
  private boolean stalled;
  private boolean closed;
  private long pending;
  private long mostPending;
  private boolean strayThread;
  private int counted;
  private boolean heldBack;

  MemoryOutlet(EventLoop loop) {
    this.loop = loop;
  }

  @Override
  public EventLoop eventLoop() {
    return loop;
  }

  @Override
  public synchronized void write(ByteBuf frames) {
    strayThread |= !loop.inEventLoop();
    if (closed) {
      frames.release();
      return;
    }
    inLine.add(frames);
    pending += frames.readableBytes();
    mostPending = Math.max(mostPending, pending);
  }

  @Override
  public synchronized void flush() {
    strayThread |= !loop.inEventLoop();
    if (!stalled) {
      take();
    }
  }

  private void take() {
    for (ByteBuf frames = inLine.poll(); frames != null; frames = inLine.poll()) {
      pending -= frames.readableBytes();
      for (String line : frames.toString(StandardCharsets.UTF_8).split("\n", -1)) {
        if (line.startsWith("data: {\"n\":")) {
          received.add(Long.valueOf(line.substring(11, line.indexOf(','))));
        }
      }
      frames.release();
    }
  }

  @Override
  public synchronized long pendingBytes() {
    return pending;
  }

  @Override
  public boolean counts() {
    return true;
  }

  @Override
  public synchronized void sent(int events) {
    strayThread |= !loop.inEventLoop();
    counted += events;
  }

  @Override
  public synchronized boolean holdsBack() {
    return heldBack;
  }

  synchronized void holdBack(boolean now) {
    heldBack = now;
  }

  /** How many events it was told that it was given. */
  synchronized int counted() {
    return counted;
  }

  @Override
  public synchronized boolean open() {
    return !closed;
  }

  @Override
  public synchronized void end(End why) {
    strayThread |= !loop.inEventLoop();
    ends.add(why);
  }

  synchronized void stall(boolean now) {
    stalled = now;
    if (!now) {
      take();
    }
  }

  /** The client is gone. */
  synchronized void close() {
    closed = true;
    inLine.forEach(ByteBuf::release);
    inLine.clear();
    pending = 0;
  }

  /** The numbers of the events that came, in the order in which they came. */
  synchronized List<Long> received() {
    return List.copyOf(received);
  }

  synchronized long last() {
    return received.isEmpty() ? 0 : received.getLast();
  }

  synchronized List<End> ends() {
    return List.copyOf(ends);
  }

  synchronized @Nullable End ended() {
    return ends.isEmpty() ? null : ends.getFirst();
  }

  synchronized long mostPending() {
    return mostPending;
  }

  /** Whether anything was asked of it outside of its event loop. */
  synchronized boolean strayThread() {
    return strayThread;
  }
}
