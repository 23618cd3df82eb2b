package dev.unisono.engine.assess;

import java.util.Collection;

/**
 * A mark from A to F: F where something blocks, else by points of a hundred, of which each warning
 * and each note takes some away. The rules stand in the guide.
 */
public enum Grade {
  A(90),
  B(75),
  C(60),
  D(40),
  E(0),
  F(0);

  private static final double FULL = 100;
  private static final double WARNING = 12;
  private static final double NOTE = 3;

  private final double least;

  Grade(double least) {
    this.least = least;
  }

  /** What findings leave of a hundred points; none where one of them blocks. */
  static double points(Collection<Finding> findings) {
    double points = FULL;
    for (Finding finding : findings) {
      switch (finding.severity()) {
        case BLOCKER -> {
          return 0;
        }
        case WARNING -> points -= WARNING;
        case NOTE -> points -= NOTE;
      }
    }
    return Math.max(0, points);
  }

  /**
   * The grade of a whole.
   *
   * @param blocked whether something blocks all of it
   */
  static Grade of(double points, boolean blocked) {
    if (blocked) {
      return F;
    }
    for (Grade grade : values()) {
      if (points >= grade.least) {
        return grade;
      }
    }
    return E;
  }
}
