package dev.unisono.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A connection by TLS. For one thread. */
final class TlsWire implements Wire {
  private final SocketChannel channel;
  private final SSLEngine engine;

  /** What has come and is not decrypted yet; ready to be written to. */
  private final ByteBuffer sealed;

  /** What is decrypted and was not taken yet; ready to be read from. */
  private final ByteBuffer opened;

  /** Whether the last one to read had no room for more. */
  private boolean full;

  /**
   * Speaks TLS over a connection that blocks.
   *
   * @param context of one server, so that its sessions are found again
   */
  TlsWire(SocketChannel channel, SSLContext context) throws IOException {
    this.channel = channel;
    this.engine = context.createSSLEngine("localhost", 0);
    engine.setUseClientMode(true);
    this.sealed = ByteBuffer.allocate(2 * engine.getSession().getPacketBufferSize());
    this.opened = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    opened.flip();
    engine.beginHandshake();
    proceed();
  }

  /** A context that takes any server: both ends are ours, on this machine. */
  static SSLContext anyServer() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new AnyServer()}, null);
      return context;
    } catch (GeneralSecurityException missing) {
      throw new IllegalStateException("every Java has TLS", missing);
    }
  }

  private static final class AnyServer extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  /** Does what the handshake needs next, as long as it needs something; blocks. */
  private void proceed() throws IOException {
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> {
          for (Runnable task = engine.getDelegatedTask();
              task != null;
              task = engine.getDelegatedTask()) {
            task.run();
          }
        }
        case NEED_WRAP -> seal(ByteBuffer.allocate(0));
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (open().getStatus() == Status.BUFFER_UNDERFLOW && channel.read(sealed) < 0) {
            throw new EOFException("the server has ended the handshake");
          }
        }
        case FINISHED, NOT_HANDSHAKING -> {
          return;
        }
      }
    }
  }

  private void seal(ByteBuffer bytes) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    do {
      var _ = engine.wrap(bytes, out.clear());
      out.flip();
      while (out.hasRemaining()) {
        channel.write(out);
      }
    } while (bytes.hasRemaining());
  }

  /** Decrypts one record, where nothing that is decrypted is left. */
  private SSLEngineResult open() throws IOException {
    opened.clear();
    sealed.flip();
    try {
      return engine.unwrap(sealed, opened);
    } finally {
      sealed.compact();
      opened.flip();
    }
  }

  @Override
  public SocketChannel channel() {
    return channel;
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    seal(ByteBuffer.wrap(bytes));
  }

  @Override
  public int read() throws IOException {
    while (!opened.hasRemaining()) {
      if (fill() < 0) {
        return -1;
      }
    }
    return opened.get() & 0xFF;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    int before = into.position();
    full = false;
    while (into.hasRemaining()) {
      if (!opened.hasRemaining()) {
        int filled = fill();
        if (filled <= 0) {
          return into.position() > before ? into.position() - before : filled;
        }
      }
      int part = Math.min(into.remaining(), opened.remaining());
      into.put(into.position(), opened, opened.position(), part);
      into.position(into.position() + part);
      opened.position(opened.position() + part);
    }
    full = true;
    return into.position() - before;
  }

  /** Has something decrypted; 0 where not enough has come, less at the end. */
  private int fill() throws IOException {
    while (true) {
      SSLEngineResult result = open();
      if (opened.hasRemaining()) {
        return opened.remaining();
      }
      if (result.getStatus() == Status.CLOSED) {
        return -1;
      }
      if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
        int read = channel.read(sealed);
        if (read <= 0) {
          return read;
        }
      } else {
        proceed();
      }
    }
  }

  @Override
  public boolean more() {
    return full;
  }
}
