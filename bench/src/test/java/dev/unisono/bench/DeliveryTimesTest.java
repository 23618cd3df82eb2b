package dev.unisono.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class DeliveryTimesTest {
  @Test
  void givesTheTimeThatAShareDoesNotExceed() {
    DeliveryTimes times = new DeliveryTimes();
    assertEquals(0, times.percentile(99));
    for (int millis = 1; millis <= 100; millis++) {
      times.add(millis * 1_000_000L - 1);
    }
    assertEquals(100, times.total());
    assertEquals(50, times.percentile(50));
    assertEquals(99, times.percentile(99));
    assertEquals(100, times.percentile(100));
  }

  @Test
  void countsWhatIsVeryLateAsLate() {
    DeliveryTimes times = new DeliveryTimes();
    times.add(Long.MAX_VALUE);
    times.add(-1);
    assertEquals(0.05, times.percentile(50));
    assertEquals(20_000, times.percentile(100));
  }
}
