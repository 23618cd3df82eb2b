package dev.unisono.engine.source;

import dev.unisono.engine.config.RefreshTimes;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.Upkeep;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.UnisonoException;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Has sources read again, at their times, what the config wants read again. When that was last done
 * is kept with the state: a time at which the server was down, or a source could not be reached, is
 * made up for as soon as it can be, once. One thread of its own.
 */
public final class RefreshSchedule implements AutoCloseable {
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final String FACT = "refresh/";

  /**
   * A sync to be read again.
   *
   * @param commands takes the command for one source that reads it, each; throws where that cannot
   *     take it
   */
  public record Refreshed(String sync, RefreshTimes times, List<Commanded> commands) {}

  /** A source that reads a sync. */
  @FunctionalInterface
  public interface Commanded {
    /** As {@link SourceRunner#command}. */
    void command(SnapshotCommand command);
  }

  private final List<Refreshed> syncs;
  private final EngineState state;
  private final InstantSource clock;
  private final ZoneId zone;

  /** By sync. */
  private final Map<String, Instant> last = new HashMap<>();

  private @Nullable Thread thread;

  /**
   * @param zone where the clock is by which times of the day are meant
   */
  public RefreshSchedule(
      List<Refreshed> syncs, EngineState state, InstantSource clock, ZoneId zone) {
    this.syncs = List.copyOf(syncs);
    this.state = state;
    this.clock = clock;
    this.zone = zone;
  }

  /** Begins to look, each second. */
  public void start() {
    if (syncs.isEmpty()) {
      return;
    }
    thread =
        Thread.ofVirtual()
            .name("refresh")
            .start(() -> {
              try {
                while (true) {
                  look();
                  Thread.sleep(LOOK);
                }
              } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Commands what is due. */
  void look() {
    Instant now = clock.instant();
    for (Refreshed refreshed : syncs) {
      Instant before = last(refreshed.sync(), now);
      Instant next = refreshed.times().next(before, zone);
      if (next != null && !now.isBefore(next) && commanded(refreshed)) {
        note(refreshed.sync(), now);
      }
    }
  }

  /** At the first sight of a sync all of it is about to be read anyhow. */
  private Instant last(String sync, Instant now) {
    Instant known = last.get(sync);
    if (known == null) {
      known = state.folder().fact(FACT + sync).map(Instant::parse).orElse(Instant.MAX);
      last.put(sync, known);
    }
    // Nor must a clock that was ahead keep it waiting.
    if (known.isAfter(now)) {
      note(sync, now);
      return now;
    }
    return known;
  }

  /** False where a source cannot be told now: then all are told again. */
  private static boolean commanded(Refreshed refreshed) {
    SnapshotCommand command = new SnapshotCommand(SnapshotCommand.Action.REFRESH, refreshed.sync());
    try {
      refreshed.commands().forEach(each -> each.command(command));
      return true;
    } catch (UnisonoException later) {
      return false;
    }
  }

  private void note(String sync, Instant now) {
    last.put(sync, now);
    state.submit(
        (Upkeep)
            connection -> {
              try (PreparedStatement write =
                  connection.prepareStatement("INSERT OR REPLACE INTO fact VALUES (?, ?)")) {
                write.setString(1, FACT + sync);
                write.setString(2, now.toString());
                write.executeUpdate();
              }
            });
  }

  @Override
  public void close() {
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
  }
}
