package dev.unisono.csv;

import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.ValueType;
import java.util.List;

/** What a source of CSV files has kept, and single values of such files. */
public final class FuzzStanding {
  private FuzzStanding() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        Standing.first(true, 7).text(),
        "1e999",
        "NaN",
        "2026-01-31T13:45:00Z",
        "AAEC",
        "13:45:00.5");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    Seeds.refused(() -> Standing.restore(Standing.restore(text).text()));
    for (ValueType type : ValueType.values()) {
      Seeds.refused(() -> CsvValue.write(CsvValue.read(type, text)));
    }
  }
}
