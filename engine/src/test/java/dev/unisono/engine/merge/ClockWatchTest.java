package dev.unisono.engine.merge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.merge.MergeStatus.MemberClock;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Source;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Clocks of members that are apart. */
class ClockWatchTest {
  private Instant now = Instant.parse("2026-02-03T04:05:06Z");

  /** A system that is nothing but a clock. */
  private record ClockOnly(Supplier<Optional<Instant>> said) implements ConnectedSystem {
    @Override
    public Optional<Instant> clock() {
      return said.get();
    }

    @Override
    public List<Problem> check() {
      return List.of();
    }

    @Override
    public Source source() {
      throw new AssertionError("only asked for the time");
    }

    @Override
    public Target target() {
      throw new AssertionError("only asked for the time");
    }

    @Override
    public Owner owner() {
      throw new AssertionError("only asked for the time");
    }

    @Override
    public void close() {}
  }

  /** Its answer takes two seconds, and says what its clock said in the middle of that. */
  private ConnectedSystem ahead(Duration ahead) {
    return new ClockOnly(() -> {
      now = now.plusSeconds(1);
      Instant said = now.plus(ahead);
      now = now.plusSeconds(1);
      return Optional.of(said);
    });
  }

  private static ConnectedSystem away() {
    return new ClockOnly(() -> {
      throw new UnisonoException(
          new Problem("unreachable", ProblemType.TRANSIENT, "Away.", null, ""));
    });
  }

  private MergeStatus look(Map<String, ConnectedSystem> systems) {
    try (ClockWatch watch = new ClockWatch(systems, () -> now)) {
      watch.look();
      return new MergeStatus(
          List.of(), List.of(), 0, List.of(), List.of(), List.of(), watch.clocks());
    }
  }

  @Test
  void clocksThatAreMinutesApartAreToldOf() {
    MergeStatus status =
        look(
            Map.of(
                "billing",
                ahead(Duration.ofMinutes(3)),
                "crm",
                ahead(Duration.ofSeconds(-20)),
                "file",
                new ClockOnly(Optional::empty),
                "shop",
                away()));
    assertEquals(
        List.of(
            new MemberClock("billing", Duration.ofMinutes(3)),
            new MemberClock("crm", Duration.ofSeconds(-20))),
        status.clocks());
    Problem apart = Objects.requireNonNull(status.clocksApart());
    assertEquals("clocks-apart", apart.code());
    assertTrue(
        apart.message().startsWith("The clock of billing is 200 s ahead of that of crm"),
        apart.message());
    assertEquals("systems.billing", apart.configPath());
  }

  @Test
  void clocksThatAreSecondsApartAreNot() {
    MergeStatus status =
        look(
            Map.of(
                "billing", ahead(Duration.ofSeconds(30)), "crm", ahead(Duration.ofSeconds(-20))));
    assertEquals(Duration.ofSeconds(50), status.clocksApartBy());
    assertNull(status.clocksApart());
    assertNull(look(Map.of("shop", away())).clocksApart());
  }
}
