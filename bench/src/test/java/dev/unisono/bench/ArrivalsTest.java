package dev.unisono.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ArrivalsTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000006Z");

  @Test
  void countsFromTheDueMomentAndLeavesTheWarmUpOut() throws InterruptedException {
    Arrivals arrivals = new Arrivals(InstantSource.fixed(NOW), 3, 4);
    long now = Arrivals.micros(NOW);
    arrivals.arrived(1, now - 900_000);
    arrivals.arrived(2, now - 900_000);
    arrivals.arrived(3, now - 1_000);
    arrivals.arrived(5, now - 40_500);
    arrivals.arrived(4, now - 2_000);
    arrivals.arrived(6, now - 3_000);
    assertEquals(Map.of("p50", 2.0, "p99", 40.5, "max", 40.5), arrivals.await());
  }

  @Test
  void momentsAreWholeMicroseconds() {
    assertEquals(1_767_323_045_000_006L, Arrivals.micros(NOW));
  }
}
