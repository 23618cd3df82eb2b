package dev.unisono.server.operation;

import dev.unisono.engine.EngineStatus;
import dev.unisono.engine.EngineStatus.State;
import dev.unisono.engine.constraint.ConstraintChecks;
import dev.unisono.engine.merge.MergeStatus.MemberStatus;
import dev.unisono.engine.merge.MergeStatus.OpenConflicts;
import dev.unisono.engine.merge.MergeStatus.OpenMatches;
import dev.unisono.engine.state.KeptLetter.Counts;
import dev.unisono.spi.Problem;
import dev.unisono.spi.SourceProgress;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the server can serve what it is to. Ready once every part has begun, no first snapshot is
 * missing, and all members of an entity that several write have been read. A system that is away
 * later does not make it unready: what is here is still served. That a target is away, has stopped,
 * or has refused rows is told as degraded, as are dead letters and conflicts that wait for a
 * person, and that references to an entity are not refused yet since not all of its records are
 * known. Immutable.
 *
 * @param missing what it is not ready for; none where it is
 * @param degraded what is not as it should be
 */
public record Readiness(List<String> missing, List<String> degraded) {
  public static Readiness of(EngineStatus status) {
    List<String> missing = new ArrayList<>();
    List<String> degraded = new ArrayList<>();
    if (status.problem() != null) {
      missing.add("state: " + status.problem().code());
    }
    Counts letters = status.deadLetters();
    if (letters.refused() > 0) {
      degraded.add("dead letters: " + letters.refused() + " refused");
    }
    if (letters.held() > 0) {
      degraded.add("dead letters: " + letters.held() + " held");
    }
    if (letters.full()) {
      degraded.add("dead letters: FULL");
    }
    for (EngineStatus.SourceStatus source : status.sources()) {
      if (source.state() == State.STARTING
          || source.progress().phase() == SourceProgress.Phase.SNAPSHOT) {
        missing.add(source.system() + ": " + source.progress().phase());
      }
    }
    for (EngineStatus.TargetStatus target : status.targets()) {
      if (target.state() == State.STARTING) {
        missing.add(target.system() + ": STARTING");
      } else if (target.state() != State.RUNNING) {
        degraded.add(target.system() + ": " + target.state());
      }
      if (target.parked() > 0) {
        degraded.add(target.system() + ": " + target.parked() + " parked");
      }
    }
    for (String entity : status.merges().collecting()) {
      missing.add(entity + ": COLLECTING");
    }
    for (String entity : status.merges().awaiting()) {
      missing.add(entity + ": AWAITING_LIVE");
    }
    for (ConstraintChecks.Known known : status.known()) {
      if (!known.whole()) {
        degraded.add(known.entity() + ": NOT_ALL_KNOWN");
      }
    }
    for (OpenConflicts open : status.merges().open()) {
      if (open.count() > 0) {
        degraded.add(open.sync() + ": " + open.count() + " to decide");
      }
    }
    for (OpenMatches open : status.merges().matches()) {
      if (open.count() > 0) {
        degraded.add(open.sync() + ": " + open.count() + " to match");
      }
    }
    for (MemberStatus member : status.merges().members()) {
      if (member.state() != State.RUNNING && member.state() != State.STARTING) {
        degraded.add(member.system() + ": " + member.state());
      }
    }
    Problem clocks = status.merges().clocksApart();
    if (clocks != null) {
      degraded.add(clocks.code());
    }
    return new Readiness(List.copyOf(missing), List.copyOf(degraded));
  }

  public boolean ready() {
    return missing.isEmpty();
  }
}
