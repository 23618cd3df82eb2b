package dev.unisono.server.grpc;

import com.google.protobuf.ByteString;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * How the messages of a call are compressed, as its headers say: those of the caller by one coding,
 * ours by gzip where that is taken. Immutable; safe for threads.
 *
 * @param theirs the coding of what is compressed of the caller's messages; null for none
 * @param accepted whether the caller takes gzip
 */
record Compression(@Nullable String theirs, boolean accepted) {
  /** What we take, as the header tells it. */
  static final String ACCEPTED = "identity,gzip";

  static final String GZIP = "gzip";

  /** A smaller message fits into a packet as it is. */
  private static final int LEAST_BYTES = 1_024;

  /**
   * Of a request.
   *
   * @throws Refusal 501 unknown-encoding
   */
  static Compression of(HttpServerRequest request) {
    String coding = request.getHeader("grpc-encoding");
    if (coding != null && !coding.equals("identity") && !coding.equals(GZIP)) {
      throw new Refusal(
          501,
          "unknown-encoding",
          "Messages are taken as they are or compressed with gzip.",
          "grpc-encoding");
    }
    return new Compression(GZIP.equals(coding) ? coding : null, accepts(request));
  }

  static boolean accepts(HttpServerRequest request) {
    String accepted = request.getHeader("grpc-accept-encoding");
    if (accepted != null) {
      for (String each : accepted.split(",", -1)) {
        if (each.strip().toLowerCase(Locale.ROOT).equals(GZIP)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * A message as it was before it was compressed.
   *
   * @param mostBytes that it has then
   * @throws Refusal 400 unannounced-compression, bad-body; 413 body-too-large
   */
  ByteString plain(Frames.Frame frame, int mostBytes) {
    if (!frame.compressed()) {
      return frame.bytes();
    }
    if (theirs == null) {
      throw new Refusal(
          400,
          "unannounced-compression",
          "A message is flagged as compressed, and no grpc-encoding says how.",
          "grpc-encoding");
    }
    try (GZIPInputStream in = new GZIPInputStream(frame.bytes().newInput())) {
      // So that what inflates to more is found out by one byte, and not by all of it.
      byte[] plain = in.readNBytes(mostBytes + 1);
      if (plain.length > mostBytes) {
        throw Frames.tooLarge(mostBytes);
      }
      return ByteString.copyFrom(plain);
    } catch (IOException broken) {
      throw Proto.bad("A message is not what gzip makes.");
    }
  }

  /** Whether a message of ours goes out compressed. */
  boolean ours(byte[] message) {
    return accepted && message.length > LEAST_BYTES;
  }
}
