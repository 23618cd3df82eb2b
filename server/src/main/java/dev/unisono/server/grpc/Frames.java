package dev.unisono.server.grpc;

import com.google.protobuf.ByteString;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * The messages in the body of a call, out of the parts in which it comes (gRPC over HTTP/2,
 * Length-Prefixed-Message): a flag, four bytes of length, and so many bytes. For one event loop.
 */
final class Frames {
  static final int HEAD = 5;

  /** Before what has been taken is let go of. */
  private static final int MOST_TAKEN = 64 << 10;

  private final int mostBytes;
  private Buffer held = Buffer.buffer();
  private int taken;

  /** A message as it came. */
  record Frame(boolean compressed, ByteString bytes) {}

  /**
   * @param mostBytes that a message has
   */
  Frames(int mostBytes) {
    this.mostBytes = mostBytes;
  }

  void add(Buffer part) {
    if (taken == held.length() || taken > MOST_TAKEN) {
      held = held.getBuffer(taken, held.length());
      taken = 0;
    }
    held.appendBuffer(part);
  }

  /**
   * The next message; null where the rest of it has not come.
   *
   * @throws Refusal 400 bad-body, 413 body-too-large
   */
  @Nullable Frame next() {
    if (held.length() - taken < HEAD) {
      return null;
    }
    int flag = held.getByte(taken);
    if (flag != 0 && flag != 1) {
      throw Proto.bad("A message begins with 0, or with 1 where it is compressed.");
    }
    long length = held.getUnsignedInt(taken + 1);
    if (length > mostBytes) {
      throw tooLarge(mostBytes);
    }
    int end = taken + HEAD + (int) length;
    if (held.length() < end) {
      return null;
    }
    Frame frame = new Frame(flag == 1, ByteString.copyFrom(held.getBytes(taken + HEAD, end)));
    taken = end;
    return frame;
  }

  /** Whether nothing is there but what was taken. */
  boolean taken() {
    return taken == held.length();
  }

  static Refusal tooLarge(int mostBytes) {
    return new Refusal(
        413, "body-too-large", "A message of this call has at most " + mostBytes + " bytes.");
  }
}
