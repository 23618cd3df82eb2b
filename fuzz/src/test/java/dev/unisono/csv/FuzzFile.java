package dev.unisono.csv;

import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.util.List;

/** A CSV file is read whole, or the line is told that is wrong. */
public final class FuzzFile {
  private static final Binding BINDING =
      new Binding(
          "s",
          new Schema(
              "e",
              List.of(
                  new Field("id", ValueType.LONG, true),
                  new Field("name", ValueType.STRING, false),
                  new Field("born", ValueType.DATE, false)),
              List.of("id")),
          "e.csv",
          List.of("id", "name", "born"),
          "");

  private FuzzFile() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "id,name,born\r\n1,\"a \"\"b\"\"\nc\",2026-01-31\r\n2,,\r\n",
        "\ufeffname,id,born\n,7,\"\"\n",
        "id,name,born\n1,\"x");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    try {
      CsvContent.parse(BINDING, input).rows();
    } catch (UnisonoException refused) {
      // As it should be.
    }
  }
}
