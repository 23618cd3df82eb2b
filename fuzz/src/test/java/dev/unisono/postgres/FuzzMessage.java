package dev.unisono.postgres;

import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tuple of the log: read, or refused for what it is. */
public final class FuzzMessage {
  private static final Schema SCHEMA =
      new Schema(
          "e",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("name", ValueType.STRING, false),
              new Field("at", ValueType.TIMESTAMP, false)),
          List.of("id"));
  private static final RelationDecoder DECODER =
      new RelationDecoder(
          new Binding("s", SCHEMA, "t", List.of("id", "name", "at"), ""),
          new int[] {0, 1, 2},
          new @Nullable ColumnType[3]);

  private FuzzMessage() {}

  public static List<byte[]> seeds() {
    ByteBuffer tuple = ByteBuffer.allocate(200);
    tuple.putShort((short) 3);
    put(tuple, "17");
    tuple.put((byte) 'u');
    put(tuple, "2026-01-31 13:45:00.000001+01");
    return List.of(java.util.Arrays.copyOf(tuple.array(), tuple.position()));
  }

  private static void put(ByteBuffer tuple, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    tuple.put((byte) 't').putInt(bytes.length).put(bytes);
  }

  public static void fuzzerTestOneInput(byte[] input) {
    Seeds.refused(() -> DECODER.key(DECODER.read(ByteBuffer.wrap(input), false)));
    Seeds.refused(() -> RelationDecoder.skip(ByteBuffer.wrap(input)));
  }
}
