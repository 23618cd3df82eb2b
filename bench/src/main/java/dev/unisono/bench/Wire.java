package dev.unisono.bench;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * One connection of a client. While it is opened it blocks; afterwards whoever reads it may set its
 * channel not to. For one thread.
 */
interface Wire {
  /** Whose readiness tells that something may have come. */
  SocketChannel channel();

  /** Writes all of it; blocks. */
  void write(byte[] bytes) throws IOException;

  /** The next byte, and none further; blocks. Less than 0 at the end. */
  int read() throws IOException;

  /** Reads some bytes as {@link SocketChannel#read(ByteBuffer)} does. */
  int read(ByteBuffer into) throws IOException;

  /** Whether bytes have come that no readiness will tell of. */
  boolean more();

  /** TCP alone. */
  record Plain(SocketChannel channel) implements Wire {
    @Override
    public void write(byte[] bytes) throws IOException {
      socket().getOutputStream().write(bytes);
    }

    @Override
    public int read() throws IOException {
      return socket().getInputStream().read();
    }

    private Socket socket() {
      return channel.socket();
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      return channel.read(into);
    }

    @Override
    public boolean more() {
      return false;
    }
  }
}
