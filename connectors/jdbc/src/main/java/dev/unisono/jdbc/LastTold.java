package dev.unisono.jdbc;

import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Digests of the rows of one table that were handed over last in this run, so that those that polls
 * read again and again cost nobody anything. Bounded: what it has forgotten is handed over once
 * more. For one thread.
 */
final class LastTold {
  private static final int MOST = 10_000;

  private final MessageDigest digest;
  private final Map<Key, byte[]> told =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, byte[]> eldest) {
          return size() > MOST;
        }
      };

  LastTold() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }

  /** Notes that a row is handed over; false where it was as it is. */
  boolean tell(Key key, Row row) {
    byte[] now = digest(row);
    byte[] before = told.put(key, now);
    return before == null || !Arrays.equals(before, now);
  }

  /** It was handed over that the row is gone. */
  void gone(Key key) {
    told.remove(key);
  }

  private byte[] digest(Row row) {
    for (int i = 0; i < row.schema().size(); i++) {
      add(row.value(i));
    }
    return digest.digest();
  }

  /** With its kind and its length, so that no two rows are one sequence of bytes. */
  private void add(@Nullable Object value) {
    byte[] bytes =
        switch (value) {
          case null -> new byte[0];
          case byte[] own -> own;
          case Unchanged _ -> new byte[0];
          case Unfit unfit -> unfit.found().getBytes(StandardCharsets.UTF_8);
          default -> ValueText.write(value).getBytes(StandardCharsets.UTF_8);
        };
    int kind = value == null ? 0 : value instanceof Unchanged ? 1 : value instanceof Unfit ? 2 : 3;
    digest.update((byte) kind);
    for (int shift = 24; shift >= 0; shift -= 8) {
      digest.update((byte) (bytes.length >> shift));
    }
    digest.update(bytes);
  }
}
