package dev.unisono.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MeterTest {
  @Test
  void endsWithTheLastChangeAndTellsWhatItCost() throws InterruptedException {
    Meter meter = new Meter(10);
    meter.count(4);
    meter.count(0);
    meter.count(5);
    meter.count(1);
    Map<String, Number> measured = meter.await();
    assertEquals(Set.of("rate", "cpuSeconds", "peakMemoryBytes"), measured.keySet());
    assertTrue(Objects.requireNonNull(measured.get("rate")).doubleValue() > 0);
  }

  @Test
  void refusesMoreChangesThanThereAre() {
    Meter meter = new Meter(10);
    meter.count(4);
    meter.count(7);
    assertThrows(BenchFailure.class, meter::await);
  }
}
