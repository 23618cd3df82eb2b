package dev.unisono.engine.config;

import dev.unisono.fuzz.Seeds;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;

/** A timetable has a next time, or none, or is refused. */
public final class FuzzTimes {
  private static final Instant AFTER = Instant.parse("2026-03-29T00:59:59Z");
  private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

  private FuzzTimes() {}

  public static List<byte[]> seeds() {
    return Seeds.of("15m", "0 3 * * *", "*/7 1-5,9 31 2 1", "0 0 29 2 *", "@daily", "1 2 L * 5#3");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    RefreshTimes times;
    try {
      times = RefreshTimes.parse(Seeds.text(input));
    } catch (IllegalArgumentException refused) {
      return;
    }
    Amounts.bytes(Seeds.text(input));
    times.next(AFTER, ZONE);
  }
}
