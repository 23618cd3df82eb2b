package dev.unisono.engine.assess;

import dev.unisono.fuzz.Seeds;
import java.util.List;

/** Texts of a sample, one a line, and what tables and columns are called: looked at. */
public final class FuzzSample {
  private FuzzSample() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "DE\n+49 30 123456\nada@example.com\n31.01.2026\n1.234,50\nhttps://example.com\n10115\nja\nn/a\nEUR",
        "public.\"Kunden Adressen\"\nhomeTel",
        "00000000-0000-0000-0000-000000000000\n{\"a\":1}\n13:45");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    TextProfile profile = new TextProfile();
    for (String line : Seeds.text(input).split("\n", 20)) {
      profile.add(line);
      EntityName.of(line);
      for (FieldName name : FieldName.values()) {
        name.in(line);
      }
    }
  }
}
