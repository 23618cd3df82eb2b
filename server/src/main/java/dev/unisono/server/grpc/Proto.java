package dev.unisono.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.unisono.server.operation.Refusal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages on the wire, by the numbers that {@code unisono.proto} gives their fields. Has no state.
 */
final class Proto {
  private Proto() {}

  /** Writes the fields of a message. */
  interface Content {
    void write(CodedOutputStream out) throws IOException;
  }

  static byte[] message(Content content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      content.write(out);
      out.flush();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  /** A text, which is left out where it is empty. */
  static void text(CodedOutputStream out, int field, @Nullable String text) throws IOException {
    if (text != null && !text.isEmpty()) {
      out.writeString(field, text);
    }
  }

  /** A google.protobuf.Timestamp. */
  static void time(CodedOutputStream out, int field, Instant time) throws IOException {
    byte[] message =
        message(inner -> {
          inner.writeInt64(1, time.getEpochSecond());
          inner.writeInt32(2, time.getNano());
        });
    out.writeByteArray(field, message);
  }

  /** A message that was read. Of a field that is there several times the last counts. */
  record Fields(UnknownFieldSet set) {
    static Fields of(ByteString bytes) {
      try {
        return new Fields(UnknownFieldSet.parseFrom(bytes));
      } catch (InvalidProtocolBufferException broken) {
        throw bad("The message is not one of unisono.proto.");
      }
    }

    boolean has(int field) {
      return set.hasField(field);
    }

    String text(int field) {
      List<ByteString> texts = set.getField(field).getLengthDelimitedList();
      if (texts.isEmpty()) {
        return "";
      }
      if (!texts.getLast().isValidUtf8()) {
        throw bad("A text of the message is not UTF-8.");
      }
      return texts.getLast().toStringUtf8();
    }

    ByteString bytes(int field) {
      List<ByteString> bytes = set.getField(field).getLengthDelimitedList();
      return bytes.isEmpty() ? ByteString.EMPTY : bytes.getLast();
    }

    List<ByteString> all(int field) {
      return set.getField(field).getLengthDelimitedList();
    }

    long number(int field) {
      List<Long> numbers = set.getField(field).getVarintList();
      return numbers.isEmpty() ? 0 : numbers.getLast();
    }

    double real(int field) {
      List<Long> numbers = set.getField(field).getFixed64List();
      return numbers.isEmpty() ? 0 : Double.longBitsToDouble(numbers.getLast());
    }

    boolean flag(int field) {
      return number(field) != 0;
    }
  }

  static Refusal bad(String detail) {
    return new Refusal(400, "bad-body", detail);
  }
}
