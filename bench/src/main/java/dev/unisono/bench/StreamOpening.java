package dev.unisono.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** How one subscriber's connection is opened, by SSE or WebSocket. Immutable; safe for threads. */
final class StreamOpening {
  /** Nobody waits longer for an answer to a handshake. */
  private static final int ANSWER_MILLIS = 30_000;

  /** Where in a path the number of a variant stands. */
  static final String VARIANT = "{n}";

  static final int VARIANTS = 10;

  private static final String UPGRADE =
      """
      Connection: Upgrade\r
      Upgrade: websocket\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      """;

  private final InetSocketAddress address;

  /** Null for TCP alone. */
  private final @Nullable SSLContext secure;

  private final byte[][] requests;
  private final byte[] frame;
  private final String greeting;

  private StreamOpening(
      InetSocketAddress address,
      @Nullable SSLContext secure,
      byte[][] requests,
      byte[] frame,
      String greeting) {
    this.address = address;
    this.secure = secure;
    this.requests = requests;
    this.frame = frame;
    this.greeting = greeting;
  }

  /**
   * By what the contender is told: {@code server-port}, {@code path}, {@code transport}, what tells
   * that a subscriber is served ({@code greeting}), and perhaps {@code token}, {@code subscribe}, a
   * frame to be sent, and {@code tls}, whatever it is, where the server speaks that. Where the path
   * says {@value #VARIANT}, subscribers in turn have a number there.
   */
  static StreamOpening of(Parameters parameters) throws IOException {
    boolean socket = parameters.text("transport").equals("ws");
    String authorization =
        parameters.optionalText("token").isPresent()
            ? "Authorization: Bearer "
                + Files.readString(Path.of(parameters.text("token"))).strip()
                + "\r\n"
            : "";
    byte[][] requests = new byte[VARIANTS][];
    for (int variant = 0; variant < VARIANTS; variant++) {
      String request =
          "GET "
              + parameters.text("path").replace(VARIANT, Integer.toString(variant))
              + " HTTP/1.1\r\nHost: localhost\r\n"
              + authorization
              + (socket ? UPGRADE : "Accept: text/event-stream\r\n")
              + "\r\n";
      requests[variant] = request.getBytes(StandardCharsets.US_ASCII);
    }
    return new StreamOpening(
        new InetSocketAddress(
            InetAddress.getLoopbackAddress(), Math.toIntExact(parameters.number("server-port"))),
        parameters.optionalText("tls").isPresent() ? TlsWire.anyServer() : null,
        requests,
        parameters.optionalText("subscribe").map(StreamOpening::textFrame).orElse(new byte[0]),
        parameters.text("greeting"));
  }

  /** A text frame of a client (RFC 6455, 5.2), masked by zeros. */
  private static byte[] textFrame(String text) {
    byte[] payload = text.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer frame = ByteBuffer.allocate(8 + payload.length);
    frame.put((byte) 0x81);
    if (payload.length < 126) {
      frame.put((byte) (0x80 | payload.length));
    } else {
      frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
    }
    frame.putInt(0).put(payload);
    byte[] bytes = new byte[frame.position()];
    frame.flip().get(bytes);
    return bytes;
  }

  /**
   * Connects; returns once this subscriber is served.
   *
   * @param number of the subscriber
   * @param receiveBytes the socket's buffer; 0 for what the system gives
   */
  Wire open(int number, int receiveBytes) throws IOException {
    SocketChannel channel = SocketChannel.open();
    if (receiveBytes > 0) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBytes);
    }
    channel.connect(address);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.socket().setSoTimeout(ANSWER_MILLIS);
    Wire wire = secure == null ? new Wire.Plain(channel) : new TlsWire(channel, secure);
    wire.write(requests[number % VARIANTS]);
    if (frame.length > 0) {
      await(wire, "\r\n\r\n");
      wire.write(frame);
    }
    await(wire, greeting);
    return wire;
  }

  /** Reads up to a text and no further: the events are behind it. */
  private static void await(Wire wire, String text) throws IOException {
    StringBuilder seen = new StringBuilder();
    while (seen.length() < text.length() || seen.indexOf(text, seen.length() - text.length()) < 0) {
      int next = wire.read();
      if (next < 0 || seen.length() > 4_096) {
        throw new BenchFailure("no subscription, but: " + seen);
      }
      seen.append((char) next);
    }
  }
}
