package dev.unisono.hub;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/**
 * The way out to one connection: all the hub knows of channels. Written to from its event loop
 * alone.
 */
public interface Outlet {
  EventLoop eventLoop();

  /** Takes the buffer over and puts it in line; nothing is sent before {@link #flush}. */
  void write(ByteBuf frames);

  void flush();

  /** Bytes in line that the connection has not taken yet. */
  long pendingBytes();

  boolean open();

  /**
   * Told after what was written: every event up to here is in line, or was none for it. On the
   * event loop.
   */
  default void reached(long sequence) {}

  /**
   * True while the receiver is to be given nothing more though its connection would take it: it has
   * asked to be waited for.
   */
  default boolean holdsBack() {
    return false;
  }

  /** Whether it wants to know how many events were written. */
  default boolean counts() {
    return false;
  }

  /** Told after what was written, where it counts: so many events were in it. */
  default void sent(int events) {}

  /** Ends the connection, or the part of it that this is, saying why. */
  void end(End why);

  /** Why a subscription ends. */
  enum End {
    /** Too slow: the client resumes from its last cursor. */
    TOO_SLOW,
    /** What the client still needs is no longer held. */
    GAP,
    /** Who asked may not follow any more, or not in this way: the client asks anew. */
    REVOKED,
    /** The server stops. */
    STOPPING,
    /** A fault of the server's own: the client resumes from its last cursor. */
    FAILED
  }
}
