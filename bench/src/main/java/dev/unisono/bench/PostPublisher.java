package dev.unisono.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Events as bodies that are posted over one HTTP connection that is kept: what belongs together is
 * sent before the first answer is read.
 */
final class PostPublisher implements EventPublisher {
  private final Socket socket;
  private final OutputStream out;
  private final InputStream in;
  private final String head;
  private final String name = "x".repeat(FanoutScenario.NAME_LENGTH);

  PostPublisher(Parameters parameters) throws IOException {
    socket =
        new Socket(
            InetAddress.getLoopbackAddress(), Math.toIntExact(parameters.number("server-port")));
    socket.setTcpNoDelay(true);
    out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
    in = new BufferedInputStream(socket.getInputStream());
    head =
        "POST "
            + parameters.text("publish")
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: ";
  }

  @Override
  public void publish(int first, int last) throws IOException {
    for (int number = first; number <= last; number++) {
      long id = EventScan.BASE + number;
      String body = body(id, number);
      out.write((head + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
    }
    out.flush();
    for (int number = first; number <= last; number++) {
      readAnswer();
    }
  }

  /** As long as an event of ours, and with the same in it. */
  private String body(long id, int number) {
    return "{\"entity\":\"item\",\"key\":{\"id\":"
        + id
        + "},\"version\":"
        + number
        + ",\"time\":\"2026-01-01T00:00:00.000000Z\",\"origin\":\"source\",\"record\":{\"id\":"
        + id
        + ",\"name\":\""
        + name
        + "\"}}";
  }

  private void readAnswer() throws IOException {
    String status = line();
    if (!status.startsWith("HTTP/1.1 20")) {
      throw new BenchFailure("an event is refused: " + status);
    }
    long length = 0;
    for (String line = line(); !line.isEmpty(); line = line()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
      }
    }
    in.skipNBytes(length);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new BenchFailure("the connection that events are posted by has ended");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
