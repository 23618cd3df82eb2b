package dev.unisono.hub;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** How events are written on a connection. Equal formats share what is encoded. Immutable. */
public sealed interface Format {
  /** Appends one event. */
  void append(ByteBuf out, Event event);

  /** Makes of several appended events what goes out at once. */
  ByteBuf finish(ByteBuf events);

  /**
   * Server-sent events (WHATWG HTML, 9.2).
   *
   * @param chunked whether the body's chunked transfer coding (RFC 9112, 7.1) is written, too
   */
  record Sse(boolean chunked) implements Format {
    private static final byte[] ID = "id: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EVENT = "event: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA = "\ndata: ".getBytes(StandardCharsets.US_ASCII);

    @Override
    public void append(ByteBuf out, Event event) {
      String cursor = event.cursor();
      if (cursor != null) {
        out.writeBytes(ID);
        out.writeCharSequence(cursor, StandardCharsets.US_ASCII);
        out.writeByte('\n');
      }
      out.writeBytes(EVENT);
      out.writeCharSequence(event.name(), StandardCharsets.US_ASCII);
      // A document inside a record may have line ends between its tokens: JSON minds neither them
      // nor what a client makes of them.
      byte[] data = event.data();
      int start = 0;
      for (int i = 0; i <= data.length; i++) {
        if (i == data.length || data[i] == '\n' || data[i] == '\r') {
          out.writeBytes(DATA).writeBytes(data, start, i - start);
          start = i + 1;
        }
      }
      out.writeByte('\n').writeByte('\n');
    }

    @Override
    public ByteBuf finish(ByteBuf events) {
      if (!chunked) {
        return events;
      }
      int length = events.readableBytes();
      ByteBuf chunk = events.alloc().directBuffer(length + 12);
      chunk.writeCharSequence(Integer.toHexString(length), StandardCharsets.US_ASCII);
      chunk.writeByte('\r').writeByte('\n');
      chunk.writeBytes(events);
      chunk.writeByte('\r').writeByte('\n');
      events.release();
      return chunk;
    }
  }

  /**
   * Text frames of a WebSocket (RFC 6455, 5.2), unmasked and unfragmented.
   *
   * @param subscription the name the client gave its subscription
   */
  record Socket(String subscription) implements Format {
    private static final int TEXT_AND_FINAL = 0x81;

    @Override
    public void append(ByteBuf out, Event event) {
      String cursor = event.cursor();
      byte[] head =
          ("{\"sub\":"
                  + quoted(subscription)
                  + (cursor == null ? "" : ",\"cursor\":\"" + cursor + "\"")
                  + ",\"event\":\""
                  + event.name()
                  + "\",")
              .getBytes(StandardCharsets.UTF_8);
      // The data is an object: what is ours goes in before its first member.
      writeHead(out, head.length + event.data().length - 1);
      out.writeBytes(head);
      out.writeBytes(event.data(), 1, event.data().length - 1);
    }

    @Override
    public ByteBuf finish(ByteBuf events) {
      return events;
    }

    /** What a text frame of so many bytes begins with. */
    static void writeHead(ByteBuf out, int length) {
      out.writeByte(TEXT_AND_FINAL);
      if (length < 126) {
        out.writeByte(length);
      } else if (length < 65_536) {
        out.writeByte(126).writeShort(length);
      } else {
        out.writeByte(127).writeLong(length);
      }
    }

    private static String quoted(String text) {
      StringBuilder out = new StringBuilder("\"");
      for (int i = 0; i < text.length(); i++) {
        char letter = text.charAt(i);
        if (letter == '"' || letter == '\\') {
          out.append('\\').append(letter);
        } else if (letter < ' ') {
          out.append(String.format("\\u%04x", (int) letter));
        } else {
          out.append(letter);
        }
      }
      return out.append('"').toString();
    }
  }

  /**
   * Text frames of a WebSocket in which an event stands between two texts, such as the beginning
   * and the end of another protocol's message.
   */
  record Message(String before, String after) implements Format {
    @Override
    public void append(ByteBuf out, Event event) {
      byte[] head = before.getBytes(StandardCharsets.UTF_8);
      byte[] tail = after.getBytes(StandardCharsets.UTF_8);
      Socket.writeHead(out, head.length + event.data().length + tail.length);
      out.writeBytes(head).writeBytes(event.data()).writeBytes(tail);
    }

    @Override
    public ByteBuf finish(ByteBuf events) {
      return events;
    }
  }

  /** Messages of gRPC over HTTP/2, uncompressed: each with its length in front. */
  record Grpc() implements Format {
    @Override
    public void append(ByteBuf out, Event event) {
      out.writeByte(0).writeInt(event.data().length).writeBytes(event.data());
    }

    @Override
    public ByteBuf finish(ByteBuf events) {
      return events;
    }
  }
}
