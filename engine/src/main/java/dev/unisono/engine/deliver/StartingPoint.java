package dev.unisono.engine.deliver;

import dev.unisono.engine.journal.Journal;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Target;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a run of delivery goes on, from the target's own cursors; where the journal cannot serve
 * those, what is passed over has been noted in the target for a repair. For one thread.
 */
final class StartingPoint {
  private static final System.Logger LOG = System.getLogger(StartingPoint.class.getName());

  /** What each lane has delivered at least; whoever delivers moves them up. */
  private final long[] cursors;

  private final long position;
  private final @Nullable LaneCursor repairing;
  private final @Nullable Problem repairCause;

  private StartingPoint(
      long[] cursors,
      long position,
      @Nullable LaneCursor repairing,
      @Nullable Problem repairCause) {
    this.cursors = cursors;
    this.position = position;
    this.repairing = repairing;
    this.repairCause = repairCause;
  }

  /** Before anything was asked. */
  static StartingPoint none() {
    return new StartingPoint(new long[0], 0, null, null);
  }

  long[] cursors() {
    return cursors;
  }

  /** The least of the cursors: what follows in the journal is to be looked at. */
  long position() {
    return position;
  }

  /** The note that a part of the journal was passed over; null where none was. */
  @Nullable LaneCursor repairing() {
    return repairing;
  }

  /** Why that was so just now; null where it was not. */
  @Nullable Problem repairCause() {
    return repairCause;
  }

  static StartingPoint find(
      String system, Target target, List<Optional<LaneCursor>> held, Journal journal) {
    long epoch = journal.head().epoch();
    long[] cursors = new long[held.size()];
    long least = Long.MAX_VALUE;
    boolean foreign = false;
    for (int i = 0; i < cursors.length; i++) {
      Optional<LaneCursor> cursor = held.get(i);
      foreign |= cursor.isPresent() && !ours(cursor.get(), journal);
      cursors[i] = cursor.map(LaneCursor::sequence).orElse(0L);
      least = Math.min(least, cursors[i]);
    }
    Problem passedOver = null;
    if (foreign && journal.oldest().sequence() == 0) {
      least = fromTheStart(system, cursors);
    } else if (foreign) {
      passedOver = ofAnotherEpoch(system);
    } else if (least < journal.oldest().sequence()) {
      passedOver = gap(system, least, journal);
    }
    Optional<LaneCursor> note = target.repairing();
    if (passedOver != null || (note.isPresent() && !ours(note.get(), journal))) {
      least = beginRepair(target, cursors, passedOver, journal);
      note = Optional.of(new LaneCursor(epoch, least));
    }
    return new StartingPoint(cursors, least, note.orElse(null), passedOver);
  }

  private static boolean ours(LaneCursor cursor, Journal journal) {
    return cursor.epoch() == journal.head().epoch()
        && cursor.sequence() <= journal.head().sequence();
  }

  /** What the journal no longer holds is passed over; the note has it made good by comparison. */
  private static long beginRepair(
      Target target, long[] cursors, @Nullable Problem cause, Journal journal) {
    long head = journal.head().sequence();
    target.beginRepair(new LaneCursor(journal.head().epoch(), head));
    Arrays.fill(cursors, head);
    if (cause != null) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} It is compared with its sources, and repaired.",
          cause.message());
    }
    return head;
  }

  private static Problem gap(String system, long least, Journal journal) {
    return new Problem(
        "gap",
        ProblemType.TRANSIENT,
        system
            + " stands at "
            + least
            + ", but the journal begins after "
            + journal.oldest().sequence()
            + ".",
        "systems." + system,
        "It is compared with its sources and repaired by itself; see state.retention.");
  }

  private static Problem ofAnotherEpoch(String system) {
    return new Problem(
        "target-of-another-epoch",
        ProblemType.TRANSIENT,
        system + " holds the cursors of another journal than this one.",
        "systems." + system,
        "Was the state folder or the target restored? It is compared with its sources and repaired"
            + " by itself.");
  }

  /** Only a whole journal can be delivered over the cursors of another one. */
  private static long fromTheStart(String system, long[] cursors) {
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} holds cursors of another journal; everything is delivered to it anew",
        system);
    Arrays.fill(cursors, 0);
    return 0;
  }
}
