package dev.unisono.server.http;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import com.github.luben.zstd.util.Native;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/**
 * How the body of an answer is made smaller, where its caller takes that. Done by the thread of the
 * request, never by an event loop. Safe for threads.
 */
public enum ContentCoding {
  IDENTITY,
  GZIP,
  ZSTD;

  /** A smaller body fits into a packet or two as it is. */
  private static final int LEAST_BYTES = 1_024;

  /** Whether zstd's library could be loaded: it is unpacked into the folder for such files. */
  private static final class ZstdLibrary {
    static final boolean LOADED = load();

    private static boolean load() {
      try {
        Native.load();
        return true;
      } catch (LinkageError notHere) {
        return false;
      }
    }
  }

  /**
   * The coding that a caller likes most; of those liked equally, the one that costs us less.
   *
   * @param items what Accept-Encoding says
   * @param bytes how long the body is
   */
  static ContentCoding of(List<HeaderList.Item> items, int bytes) {
    if (bytes < LEAST_BYTES || items.isEmpty()) {
      return IDENTITY;
    }
    double gzip = weight(items, "gzip");
    double zstd = weight(items, "zstd");
    if (zstd > 0 && zstd >= gzip && ZstdLibrary.LOADED) {
      return ZSTD;
    }
    return gzip > 0 ? GZIP : IDENTITY;
  }

  private static double weight(List<HeaderList.Item> items, String name) {
    for (String wanted : List.of(name, "*")) {
      for (HeaderList.Item item : items) {
        if (item.name().equals(wanted)) {
          return item.weight();
        }
      }
    }
    return 0;
  }

  public byte[] encode(byte[] body) {
    return switch (this) {
      case IDENTITY -> body;
      case GZIP -> gzip(body);
      case ZSTD -> Zstd.compress(body);
    };
  }

  /** The same of a body whose length is not known yet; what is flushed goes on its way. */
  public static OutputStream over(
      HttpServerRequest request, HttpServerResponse response, OutputStream out) throws IOException {
    ContentCoding coding = of(HeaderList.of(request, "Accept-Encoding"), Integer.MAX_VALUE);
    response.headers().add("Vary", "Accept-Encoding");
    if (coding != IDENTITY) {
      response.putHeader("Content-Encoding", coding.name().toLowerCase(Locale.ROOT));
    }
    return switch (coding) {
      case IDENTITY -> out;
      case GZIP -> new GZIPOutputStream(out, 32 << 10);
      case ZSTD -> new ZstdOutputStream(out);
    };
  }

  private static byte[] gzip(byte[] body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length / 4);
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(body);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }
}
