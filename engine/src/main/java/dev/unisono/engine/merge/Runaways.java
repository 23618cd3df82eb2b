package dev.unisono.engine.merge;

import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Notices members that answer each write of ours to a record with an edit, as triggers do that undo
 * each other in two of them: without end, where nobody breaks it. For the writer's thread.
 */
final class Runaways {
  /** So many answers in a row are a trigger's business. */
  static final int MOST_ANSWERS = 16;

  private static final long WINDOW_MICROS = TimeUnit.MINUTES.toMicros(1);

  /** So many records are watched at once; who answers without end is among the latest. */
  private static final int WATCHED = 10_000;

  /** Which record in which member. Immutable. */
  private record Place(int entity, Key key, int member) {}

  private static final class Answers {
    long since;
    int count;
  }

  private final Map<Place, Answers> answers =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, Answers> eldest) {
          return size() > WATCHED;
        }
      };

  /** A member has answered a write of ours with an edit. */
  void answered(int entity, Key key, MergeMember member, long micros) {
    Answers of =
        answers.computeIfAbsent(new Place(entity, key, member.number()), any -> new Answers());
    if (of.count == 0 || Math.abs(micros - of.since) > WINDOW_MICROS) {
      of.since = micros;
      of.count = 0;
    }
    of.count++;
  }

  /**
   * Whether a member is to be told nothing of a record for now; asked once for each time, since
   * what is tried again later is counted anew.
   */
  boolean runsAway(int entity, Key key, MergeMember member) {
    Place place = new Place(entity, key, member.number());
    Answers of = answers.get(place);
    if (of == null || of.count < MOST_ANSWERS) {
      return false;
    }
    answers.remove(place);
    return true;
  }

  static Problem problem(MergeMember member, MergedRecord record) {
    return new Problem(
        "runaway-echo",
        ProblemType.USER,
        member.system()
            + " answers each write to "
            + member.binding().schema().name()
            + " "
            + record.keyIn(member)
            + " with an edit of its own, and another member does the same: "
            + MOST_ANSWERS
            + " times within a minute.",
        member.binding().configPath(),
        "Look at the triggers of its table; it is told again when the row changes, and from time to"
            + " time.");
  }
}
