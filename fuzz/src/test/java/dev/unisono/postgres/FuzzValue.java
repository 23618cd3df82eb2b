package dev.unisono.postgres;

import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.ValueType;
import java.util.List;

/** A value in PostgreSQL's text form: read and written again, or refused for what it is. */
public final class FuzzValue {
  private FuzzValue() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "17",
        "-1.5e10",
        "NaN",
        "t",
        "\\x00ff",
        "2026-01-31",
        "0044-03-15 BC",
        "13:45:00.5",
        "24:00:00",
        "2026-01-31 13:45:00.000001+05:30",
        "infinity",
        "00000000-0000-0000-0000-000000000000",
        "{1,NULL,{\"a\\\"b\"}}",
        "[0:1]={a,b}");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    for (ValueType type : ValueType.values()) {
      if (type != ValueType.ARRAY) {
        Seeds.refused(() -> TextValue.write(TextValue.read(type, input, 0, input.length)));
        Seeds.refused(
            () -> ArrayText.write(new ArrayText(type, ',').read(input, 0, input.length), ','));
      }
    }
  }
}
