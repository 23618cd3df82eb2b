package dev.unisono.server.operation;

import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.RecordQuery.Place;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in a list as callers get it and send it back: opaque text. It holds the order of the list
 * and the ordered bytes of the place, which are compared and never made values again: so whatever
 * is sent is a place, or is refused. Has no state.
 */
public final class PageToken {
  private static final int FORM = 1;
  private static final int BEYOND_ALL = 0;

  private PageToken() {}

  static String encode(String sortText, Edge edge) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORM);
      out.writeUTF(sortText);
      Place place = edge.place();
      if (place == null) {
        out.writeByte(BEYOND_ALL);
      } else {
        out.writeByte(place.parts().size());
        for (byte[] part : place.parts()) {
          out.writeInt(part.length);
          out.write(part);
        }
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
  }

  /**
   * Reads a place.
   *
   * @param parameter the one that has it: {@code after}, or {@code before}
   * @param sortCount how many fields the list is sorted by
   */
  static Edge decode(String parameter, String text, String sortText, int sortCount) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
        if (in.readUnsignedByte() == FORM && in.readUTF().equals(sortText)) {
          Place place = place(in, sortCount);
          if (in.available() == 0) {
            return new Edge(place, parameter.equals("before"));
          }
        }
      }
    } catch (IOException | IllegalArgumentException unreadable) {
      // Said below, like what belongs to another list.
    }
    throw new Refusal(
        400,
        "bad-page",
        "This '" + parameter + "' does not belong to a page of this list.",
        parameter);
  }

  private static @Nullable Place place(DataInputStream in, int sortCount) throws IOException {
    int parts = in.readUnsignedByte();
    if (parts == BEYOND_ALL) {
      return null;
    }
    if (parts != 1 + sortCount) {
      throw new IOException("a place in another order");
    }
    List<byte[]> read = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      read.add(read(in));
    }
    return new Place(read);
  }

  private static byte[] read(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > in.available()) {
      throw new IOException("cut off");
    }
    return in.readNBytes(length);
  }
}
