package dev.unisono.systemtests;

import dev.unisono.testkit.FaultPoint;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What can happen in a round of a crash run. Immutable; safe for threads. */
enum Fault {
  SERVER_KILLED(null, 0),
  SERVER_STOPPED(null, 0),
  SOURCE_KILLED(null, 0),
  TARGET_KILLED(null, 0),
  SERVER_AND_SOURCE_KILLED(null, 0),
  SERVER_AND_TARGET_KILLED(null, 0),
  ALL_KILLED(null, 0),
  CONNECTIONS_CUT(null, 0),
  TARGET_FROZEN(null, 0),
  SOURCE_SLOW(null, 0),
  BEFORE_TARGET_COMMIT(FaultPoint.BEFORE_TARGET_COMMIT, 20),
  AFTER_TARGET_COMMIT(FaultPoint.AFTER_TARGET_COMMIT, 20),
  AMID_TARGET_TRANSACTION(FaultPoint.AMID_TARGET_TRANSACTION, 40),
  BEFORE_TARGET_CURSOR(FaultPoint.BEFORE_TARGET_CURSOR, 4),
  BEFORE_ACKNOWLEDGEMENT(FaultPoint.BEFORE_ACKNOWLEDGEMENT, 2),
  AFTER_ACKNOWLEDGEMENT(FaultPoint.AFTER_ACKNOWLEDGEMENT, 2),
  AMID_TRANSACTION(FaultPoint.AMID_TRANSACTION, 600),
  AMID_SNAPSHOT_CHUNK(FaultPoint.AMID_SNAPSHOT_CHUNK, 600),
  CHUNK_MESSAGE(FaultPoint.CHUNK_MESSAGE, 6);

  /** Where the server is to stand still; null for what happens at a random moment. */
  private final @Nullable FaultPoint point;

  private final int mostPassed;

  Fault(@Nullable FaultPoint point, int mostPassed) {
    this.point = point;
    this.mostPassed = mostPassed;
  }

  @Nullable FaultPoint point() {
    return point;
  }

  /** How often its point may be passed before, at most. */
  int mostPassed() {
    return mostPassed;
  }

  boolean atTarget() {
    return name().contains("TARGET");
  }

  /** Those that can come while the first snapshot is taken. */
  static List<Fault> amidSnapshot() {
    return List.of(
        AMID_SNAPSHOT_CHUNK,
        CHUNK_MESSAGE,
        SERVER_KILLED,
        AMID_SNAPSHOT_CHUNK,
        CHUNK_MESSAGE,
        SOURCE_KILLED);
  }

  /** Those that can come afterwards. */
  static List<Fault> whileStreaming() {
    return Stream.of(values())
        .filter(fault -> fault != AMID_SNAPSHOT_CHUNK && fault != CHUNK_MESSAGE)
        .toList();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
