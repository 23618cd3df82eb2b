package dev.unisono.testkit;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection through a {@link FaultProxy}: message by message in both ways (PostgreSQL's
 * documentation, "Message Formats"), a thread for each. Closing it is safe for threads.
 */
final class ProxiedConnection {
  /** A longer message is passed on in pieces, and known by its first one. */
  private static final int PIECE_BYTES = 64 << 10;

  private static final int SSL_REQUEST = 80877103;
  private static final int GSS_REQUEST = 80877104;
  private static final long SLICES_PER_SECOND = 20;

  private final FaultProxy proxy;
  private final Socket client;
  private final Socket server;
  private final WireConversation conversation = new WireConversation();

  ProxiedConnection(FaultProxy proxy, Socket client, Socket server) {
    this.proxy = proxy;
    this.client = client;
    this.server = server;
  }

  private interface Watch {
    WireConversation.Crossing see(int type, ByteBuffer beginning);
  }

  /** Passes on what comes, until either side ends or the connection is cut. */
  void run() throws IOException, InterruptedException {
    client.setTcpNoDelay(true);
    server.setTcpNoDelay(true);
    DataInputStream requests = in(client);
    DataOutputStream toServer = out(server);
    start(requests, toServer);
    Thread answers =
        Thread.ofVirtual()
            .name("fault-proxy-answers")
            .start(() -> passOn(server, client, conversation::answer));
    try {
      passOn(requests, toServer, conversation::request);
    } finally {
      close();
      answers.join();
    }
  }

  private DataInputStream in(Socket socket) throws IOException {
    return new DataInputStream(new BufferedInputStream(socket.getInputStream(), PIECE_BYTES));
  }

  private DataOutputStream out(Socket socket) throws IOException {
    return new DataOutputStream(
        new BufferedOutputStream(new Shaped(socket.getOutputStream()), PIECE_BYTES));
  }

  /** Only the first message has no type; encryption, which may be asked for before, is declined. */
  private void start(DataInputStream requests, DataOutputStream toServer) throws IOException {
    while (true) {
      int length = requests.readInt();
      int code = requests.readInt();
      if (code == SSL_REQUEST || code == GSS_REQUEST) {
        client.getOutputStream().write('N');
        continue;
      }
      toServer.writeInt(length);
      toServer.writeInt(code);
      copy(requests, toServer, length - 8, new byte[PIECE_BYTES]);
      toServer.flush();
      return;
    }
  }

  private void passOn(Socket from, Socket to, Watch watch) {
    try {
      passOn(in(from), out(to), watch);
    } catch (IOException ended) {
      // Closed below, on both sides.
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  private void passOn(DataInputStream in, DataOutputStream out, Watch watch)
      throws IOException, InterruptedException {
    byte[] piece = new byte[PIECE_BYTES];
    while (true) {
      int type = in.read();
      if (type < 0) {
        return;
      }
      int length = in.readInt();
      int known = Math.min(length - 4, piece.length);
      in.readFully(piece, 0, known);
      WireConversation.Crossing crossing = watch.see(type, ByteBuffer.wrap(piece, 0, known));
      if (cutAt(crossing.before(), out)) {
        return;
      }
      out.writeByte(type);
      out.writeInt(length);
      out.write(piece, 0, known);
      copy(in, out, length - 4 - known, piece);
      if (cutAt(crossing.after(), out)) {
        return;
      }
      if (in.available() == 0) {
        out.flush();
      }
    }
  }

  /** Where it is made to stand still, what came before has arrived. */
  private boolean cutAt(@Nullable FaultPoint point, DataOutputStream out)
      throws IOException, InterruptedException {
    if (point == null) {
      return false;
    }
    out.flush();
    return !proxy.pass(point);
  }

  private static void copy(DataInputStream in, DataOutputStream out, int length, byte[] piece)
      throws IOException {
    for (int left = length; left > 0; ) {
      int some = Math.min(left, piece.length);
      in.readFully(piece, 0, some);
      out.write(piece, 0, some);
      left -= some;
    }
  }

  void close() {
    for (Socket socket : new Socket[] {client, server}) {
      try {
        socket.close();
      } catch (IOException harmless) {
        // Closed is closed.
      }
    }
  }

  /** What goes out, as fast as the proxy lets it. */
  private final class Shaped extends FilterOutputStream {
    Shaped(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      try {
        proxy.awaitThaw();
        TimeUnit.NANOSECONDS.sleep(proxy.delay().toNanos());
        for (int done = 0; done < length; ) {
          int rate = proxy.bytesPerSecond();
          int some = rate == 0 ? length - done : slice(rate, length - done);
          out.write(bytes, from + done, some);
          done += some;
          if (rate != 0) {
            TimeUnit.NANOSECONDS.sleep(TimeUnit.SECONDS.toNanos(some) / rate);
          }
        }
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException();
      }
    }

    private static int slice(int rate, int left) {
      return Math.clamp(rate / SLICES_PER_SECOND, 1, left);
    }
  }
}
