package dev.unisono.engine.merge;

import dev.unisono.engine.merge.MergeStatus.MemberClock;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asks members, each minute, what their clocks say: where the newest edit wins, and a clock is
 * ahead, the edits of its system win. One thread of its own.
 */
final class ClockWatch implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMinutes(1);

  private final Map<String, ConnectedSystem> systems;
  private final InstantSource clock;
  private volatile List<MemberClock> clocks = List.of();
  private @Nullable Thread thread;

  /**
   * @param systems the members, by their names
   * @param clock our own
   */
  ClockWatch(Map<String, ConnectedSystem> systems, InstantSource clock) {
    this.systems = Map.copyOf(systems);
    this.clock = clock;
  }

  void start() {
    thread =
        Thread.ofVirtual()
            .name("clocks")
            .start(() -> {
              try {
                while (true) {
                  look();
                  Thread.sleep(PAUSE);
                }
              } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Asks all of them, one after the other. */
  void look() {
    List<MemberClock> seen = new ArrayList<>();
    systems.keySet().stream().sorted().forEach(system -> ahead(system).ifPresent(seen::add));
    clocks = List.copyOf(seen);
  }

  /** Empty where it has no clock of its own, or cannot be asked: its source says why. */
  private Optional<MemberClock> ahead(String system) {
    ConnectedSystem connected = systems.get(system);
    try {
      Instant before = clock.instant();
      Optional<Instant> there = connected == null ? Optional.empty() : connected.clock();
      // What it said was so between the question and its answer.
      Duration asked = Duration.between(before, clock.instant());
      return there.map(
          now -> new MemberClock(system, Duration.between(before.plus(asked.dividedBy(2)), now)));
    } catch (UnisonoException away) {
      return Optional.empty();
    }
  }

  /** How far each is ahead of ours, as of the last time they were asked. */
  List<MemberClock> clocks() {
    return clocks;
  }

  @Override
  public void close() {
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
  }
}
