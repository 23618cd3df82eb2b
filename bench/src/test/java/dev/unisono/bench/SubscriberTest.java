package dev.unisono.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class SubscriberTest {
  private final ByteBuffer buffer = ByteBuffer.allocate(4_096);
  private final byte[] bytes = new byte[4_096 + EventScan.OVERLAP];

  private static String event(int number) {
    return "data: {\"record\":{\"id\":" + (EventScan.BASE + number) + ",\"name\":\"x\"}}\n\n";
  }

  private void receive(Subscriber subscriber, SocketChannel from, String text) throws IOException {
    ByteBuffer sent = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    int length = sent.remaining();
    while (sent.hasRemaining()) {
      from.write(sent);
    }
    for (int read = 0; read < length; ) {
      read += subscriber.read(buffer, bytes);
    }
  }

  @Test
  void takesNumbersThatLieAcrossPortions() throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      for (boolean witness : new boolean[] {false, true}) {
        try (SocketChannel out = SocketChannel.open(server.getLocalAddress());
            SocketChannel in = server.accept()) {
          Subscriber subscriber = new Subscriber(new Wire.Plain(in), false, witness);
          String events = event(1) + event(2);
          int cut = events.length() - 20;
          receive(subscriber, out, events.substring(0, cut));
          assertEquals(1, subscriber.last());
          receive(subscriber, out, events.substring(cut));
          assertEquals(2, subscriber.last());
          assertEquals(0, subscriber.missing());
          receive(subscriber, out, event(4));
          assertEquals(4, subscriber.last());
          assertEquals(witness ? 1 : 0, subscriber.missing());
          out.shutdownOutput();
          assertEquals(Subscriber.ENDED, subscriber.read(buffer, bytes));
        }
      }
    }
  }
}
