package dev.unisono.engine.source;

import static dev.unisono.engine.fixture.Entities.entity;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.RefreshTimes;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When sources are told to read again. */
class RefreshScheduleTest {
  private static final Entity PERSON = entity(1, "person", List.of("id LONG"), List.of("id"));
  private static final ZoneId ROME = ZoneId.of("Europe/Rome");

  @TempDir private Path temporary;
  private Instant now = Instant.parse("2026-03-28T12:00:00Z");
  private final List<Instant> commanded = new ArrayList<>();
  private boolean away;
  private StateFolder folder;
  private EngineState state;

  @BeforeEach
  void open() {
    folder = StateFolder.open(temporary, () -> now);
    state =
        new EngineState(
            folder,
            List.of(PERSON),
            Duration.ofDays(7),
            Long.MAX_VALUE,
            Duration.ZERO,
            System::nanoTime,
            () -> Long.MAX_VALUE);
    state.start();
  }

  @AfterEach
  void close() {
    state.close();
    folder.close();
  }

  private RefreshSchedule schedule(String times) {
    return new RefreshSchedule(
        List.of(
            new RefreshSchedule.Refreshed(
                "people", RefreshTimes.parse(times), List.of(this::command))),
        state,
        () -> now,
        ROME);
  }

  private void command(SnapshotCommand command) {
    if (away) {
      throw new UnisonoException(
          new Problem("source-not-running", ProblemType.TRANSIENT, "Away.", null, ""));
    }
    assertEquals(new SnapshotCommand(SnapshotCommand.Action.REFRESH, "people"), command);
    commanded.add(now);
  }

  private void lookAt(RefreshSchedule schedule, String... times) throws InterruptedException {
    for (String time : times) {
      now = Instant.parse(time);
      schedule.look();
    }
    assertTrue(state.awaitWritten(Duration.ofSeconds(20)));
  }

  private static List<Instant> instants(String... times) {
    return List.of(times).stream().map(Instant::parse).toList();
  }

  @Test
  void isDueSoLongAfterEachOther() throws Exception {
    RefreshSchedule schedule = schedule("15m");
    lookAt(
        schedule,
        "2026-03-28T12:00:00Z",
        "2026-03-28T12:14:59Z",
        "2026-03-28T12:15:00Z",
        "2026-03-28T12:15:01Z",
        "2026-03-28T12:30:00Z");
    assertEquals(instants("2026-03-28T12:15:00Z", "2026-03-28T12:30:00Z"), commanded);
  }

  /** Three in the night is an hour earlier in UTC once the clocks went forward. */
  @Test
  void isDueByTheClockOfTheZone() throws Exception {
    RefreshSchedule schedule = schedule("0 3 * * *");
    lookAt(
        schedule,
        "2026-03-28T00:30:00Z",
        "2026-03-28T01:59:00Z",
        "2026-03-28T02:00:00Z",
        "2026-03-29T00:59:00Z",
        "2026-03-29T01:00:00Z");
    assertEquals(instants("2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z"), commanded);
  }

  @Test
  void whatFellDueWhileTheServerWasDownIsMadeUpForOnce() throws Exception {
    lookAt(schedule("0 3 * * *"), "2026-03-25T12:00:00Z");
    close();
    open();
    RefreshSchedule again = schedule("0 3 * * *");
    lookAt(again, "2026-03-28T12:00:00Z", "2026-03-28T12:00:01Z");
    assertEquals(instants("2026-03-28T12:00:00Z"), commanded);
  }

  @Test
  void aSourceThatIsAwayIsToldOnceItIsBack() throws Exception {
    RefreshSchedule schedule = schedule("1h");
    away = true;
    lookAt(schedule, "2026-03-28T12:00:00Z", "2026-03-28T13:00:00Z", "2026-03-28T13:00:01Z");
    assertEquals(List.of(), commanded);
    away = false;
    lookAt(schedule, "2026-03-28T13:20:00Z", "2026-03-28T14:19:59Z", "2026-03-28T14:20:00Z");
    assertEquals(instants("2026-03-28T13:20:00Z", "2026-03-28T14:20:00Z"), commanded);
  }

  @Test
  void aClockThatWasAheadKeepsNobodyWaiting() throws Exception {
    RefreshSchedule schedule = schedule("1h");
    lookAt(schedule, "2030-01-01T00:00:00Z", "2026-03-28T12:00:00Z", "2026-03-28T12:59:59Z");
    assertEquals(List.of(), commanded);
    lookAt(schedule, "2026-03-28T13:00:00Z");
    assertEquals(instants("2026-03-28T13:00:00Z"), commanded);
  }
}
