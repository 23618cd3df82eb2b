package dev.unisono.mariadb;

import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the binlog and queries of MariaDB give for a value: read and written, or refused. */
public final class FuzzMariaDbValue {
  private FuzzMariaDbValue() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "17",
        "-1.50",
        "2026-01-31",
        "0000-00-00 00:00:00",
        "13:45:00.500000",
        "2026-01-31 13:45:00.000001",
        "00000000-0000-0000-0000-000000000000",
        "0123456789abcdef",
        "{\"a\":[1]}",
        "00ff");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    List<Object> given = new ArrayList<>(List.of(text, input, ByteBuffer.wrap(input)));
    if (input.length >= 8) {
      long number = ByteBuffer.wrap(input).getLong();
      given.addAll(
          List.of(
              number,
              (int) number,
              (number & 1) == 0,
              Double.longBitsToDouble(number),
              Float.intBitsToFloat((int) number),
              BigDecimal.valueOf(number, input[0])));
    }
    for (ValueType type : ValueType.values()) {
      if (type == ValueType.ARRAY) {
        continue; // No column has one.
      }
      Field field = new Field("f", type, false);
      for (Object each : given) {
        Seeds.refused(() -> read(field, each));
      }
      Seeds.refused(() -> TableValues.text(TableValues.parse(type, text)));
    }
    if (input.length == 4 || input.length == 16) {
      Exact.inet(Arrays.copyOf(input, input.length));
    }
  }

  /** What is of another class than its column's is refused, too. */
  private static void read(Field field, Object given) {
    try {
      TableValues.text(LogValues.read(field, given));
    } catch (ClassCastException unfit) {
      throw new IllegalArgumentException(unfit);
    }
  }
}
