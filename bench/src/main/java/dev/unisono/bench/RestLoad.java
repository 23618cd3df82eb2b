package dev.unisono.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Asks over some connections, with one request at a time on each, and notes how long every answer
 * takes. Each must be 200 and have a length. For one thread.
 */
final class RestLoad {
  private static final int SEED = 7;
  private static final int MOST_ANSWER_BYTES = 1 << 20;
  private static final byte[] END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LENGTH = "\r\ncontent-length:".getBytes(StandardCharsets.US_ASCII);

  private final InetSocketAddress server;
  private final String path;
  private final String headers;
  private final int numbers;
  private final Duration time;
  private final SplittableRandom random = new SplittableRandom(SEED);

  /** How many requests there were. */
  private long asked;

  RestLoad(Parameters parameters) throws IOException {
    this.server =
        new InetSocketAddress(
            InetAddress.getLoopbackAddress(), Integer.parseInt(parameters.text("port")));
    this.path = parameters.text("path");
    this.numbers = Integer.parseInt(parameters.text("numbers"));
    this.time = Duration.ofSeconds(Integer.parseInt(parameters.text("seconds")));
    String token = parameters.text("token");
    this.headers =
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            + (token.equals("none")
                ? ""
                : "Authorization: Bearer " + Files.readString(Path.of(token)).strip() + "\r\n")
            + "\r\n";
  }

  /** One connection. */
  private final class Asking {
    final SocketChannel channel;
    final ByteBuffer answer = ByteBuffer.allocate(MOST_ANSWER_BYTES);
    long askedNanos;

    Asking(SocketChannel channel) {
      this.channel = channel;
    }

    void ask() throws IOException {
      // First each of them once, so that none is measured that was never asked for.
      long number = asked < numbers ? asked + 1 : 1 + random.nextInt(numbers);
      asked++;
      ByteBuffer request =
          ByteBuffer.wrap(
              ("GET " + path.formatted(number) + headers).getBytes(StandardCharsets.US_ASCII));
      answer.clear();
      askedNanos = System.nanoTime();
      while (request.hasRemaining()) {
        channel.write(request);
      }
    }

    /** Whether the answer is whole. */
    boolean read() throws IOException {
      if (channel.read(answer) < 0) {
        throw new EOFException("the server has closed a connection");
      }
      byte[] bytes = answer.array();
      int length = answer.position();
      int end = find(bytes, length, END, false);
      if (end < 0) {
        return false;
      }
      String first = new String(bytes, 0, Math.min(length, 12), StandardCharsets.US_ASCII);
      int head = find(bytes, end + 2, LENGTH, true);
      if (!first.equals("HTTP/1.1 200") || head < 0) {
        throw new BenchFailure(
            "this is no answer: " + new String(bytes, 0, length, StandardCharsets.UTF_8));
      }
      int body = 0;
      for (int i = head + LENGTH.length; bytes[i] != '\r'; i++) {
        body = bytes[i] == ' ' ? body : body * 10 + bytes[i] - '0';
      }
      return length >= end + END.length + body;
    }
  }

  /** Where some bytes begin; letters alike, large or small, where that is asked for. */
  private static int find(byte[] bytes, int length, byte[] wanted, boolean anyCase) {
    for (int at = 0; at + wanted.length <= length; at++) {
      int same = 0;
      while (same < wanted.length
          && (bytes[at + same] == wanted[same]
              || (anyCase && (bytes[at + same] | 0x20) == wanted[same]))) {
        same++;
      }
      if (same == wanted.length) {
        return at;
      }
    }
    return -1;
  }

  /** Requests a second, and how late their answers were in ms. */
  Map<String, Double> run() throws IOException {
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < RestScenario.CONNECTIONS; i++) {
        SocketChannel channel = SocketChannel.open(server);
        channel.setOption(java.net.StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        Asking asking = new Asking(channel);
        channel.register(selector, SelectionKey.OP_READ, asking);
        asking.ask();
      }
      measure(selector, new Latencies());
      Latencies latencies = new Latencies();
      double seconds = measure(selector, latencies);
      Samples samples = latencies.samples();
      Map<String, Double> result = new HashMap<>();
      result.put("", samples.size() / seconds);
      result.put("p50", samples.percentile(50));
      result.put("p99", samples.percentile(99));
      result.put("max", samples.max());
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      return result;
    }
  }

  /** In ms, as they come. */
  private static final class Latencies {
    private double[] values = new double[1 << 16];
    private int count;

    void add(long nanos) {
      if (count == values.length) {
        values = Arrays.copyOf(values, 2 * count);
      }
      values[count++] = nanos / 1e6;
    }

    Samples samples() {
      return Samples.of(Arrays.copyOf(values, count));
    }
  }

  /** Gives how many seconds it took. */
  private double measure(Selector selector, Latencies latencies) throws IOException {
    long startNanos = System.nanoTime();
    long nowNanos = startNanos;
    while (nowNanos - startNanos < time.toNanos() || asked < numbers) {
      selector.select();
      for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
        Asking asking = (Asking) keys.next().attachment();
        keys.remove();
        if (asking.read()) {
          nowNanos = System.nanoTime();
          latencies.add(nowNanos - asking.askedNanos);
          asking.ask();
        }
      }
    }
    return (nowNanos - startNanos) / 1e9;
  }
}
