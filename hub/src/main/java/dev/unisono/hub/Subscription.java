package dev.unisono.hub;

import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber: what it wants, how, and how far it is. Its position is moved either by its event
 * loop (live) or by its own thread (catching up), never by both.
 */
public final class Subscription {
  final Outlet outlet;
  final Interest interest;
  final Format format;

  /**
   * Events to send before the feed's, such as every record there is; they carry no cursor. Null
   * when they are through: they may hold much.
   */
  volatile @Nullable Iterator<Event> prelude;

  volatile long position;
  private final AtomicBoolean ended = new AtomicBoolean();

  public Subscription(
      Outlet outlet,
      Interest interest,
      Format format,
      long position,
      @Nullable Iterator<Event> prelude) {
    this.outlet = outlet;
    this.interest = interest;
    this.format = format;
    this.position = position;
    this.prelude = prelude;
  }

  /** Ends it; true for the one who did. */
  boolean end() {
    return ended.compareAndSet(false, true);
  }

  boolean ended() {
    return ended.get();
  }

  boolean live() {
    return !ended.get() && outlet.open();
  }

  /**
   * How far its connection has been given all that it wants, except for events that come before the
   * feed's. Of its event loop.
   */
  public long position() {
    return prelude == null ? position : -1;
  }
}
