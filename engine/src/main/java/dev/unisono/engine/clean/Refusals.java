package dev.unisono.engine.clean;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.DeadLetter;
import dev.unisono.engine.state.DeadLetter.Stage;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/** Makes the dead letters of rows that do not pass. Has no state. */
public final class Refusals {
  private Refusals() {}

  /** Of a row in which something is wrong. */
  public static DeadLetter refused(
      Entity entity, Change change, String system, List<Finding> findings, Instant now) {
    return new DeadLetter(
        now, entity, change, Stage.VALIDATE, false, invalid(change, system, findings), findings);
  }

  /** Of a row that is held until a person lets it through. */
  public static DeadLetter held(Entity entity, Change change, List<Finding> doubts, Instant now) {
    return new DeadLetter(
        now, entity, change, Stage.VALIDATE, true, doubtful(change, doubts), doubts);
  }

  /** Of what a caller wrote, which is held before the owner has it. */
  public static DeadLetter heldWrite(
      Entity entity, Change change, List<Finding> doubts, Instant now) {
    return new DeadLetter(now, entity, change, Stage.WRITE, true, doubtful(change, doubts), doubts);
  }

  /**
   * Of a row that does not fit to other records as they are now.
   *
   * @param remedy for the people who decide
   * @param awaits the name of what it waits for
   */
  public static DeadLetter unfit(
      Entity entity,
      Change change,
      List<Finding> findings,
      String remedy,
      String awaits,
      Instant now) {
    Problem cause =
        new Problem(
            findings.getFirst().code(),
            ProblemType.USER,
            said(findings),
            change.binding().configPath(),
            remedy);
    return new DeadLetter(now, entity, change, Stage.CONSTRAIN, false, cause, findings, awaits);
  }

  /** Of a row that is held for how it stands beside others. */
  public static DeadLetter heldBesideOthers(
      Entity entity, Change change, List<Finding> doubts, Instant now) {
    return new DeadLetter(
        now, entity, change, Stage.CONSTRAIN, true, doubtful(change, doubts), doubts);
  }

  private static Problem invalid(Change change, String system, List<Finding> findings) {
    return new Problem(
        "invalid-value",
        ProblemType.USER,
        said(findings),
        change.binding().configPath(),
        "Correct the value in "
            + system
            + ", and its next change is taken as usual; or correct it here and replay it.");
  }

  private static Problem doubtful(Change change, List<Finding> doubts) {
    return new Problem(
        "held",
        ProblemType.USER,
        said(doubts),
        change.binding().configPath(),
        "Look at it, and replay it to let it through, or discard it.");
  }

  private static String said(List<Finding> findings) {
    return findings.stream().map(Finding::line).collect(Collectors.joining(" "));
  }
}
