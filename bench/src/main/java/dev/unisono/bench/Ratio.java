package dev.unisono.bench;

/**
 * A ratio to be told: one figure's median by another's, or by a number that is the goal. Immutable.
 *
 * @param loss true where what is told is how much less the figure is than the other, in per cent
 */
record Ratio(String figure, String against, boolean loss) {
  Ratio(String figure, String against) {
    this(figure, against, false);
  }

  String name() {
    return (loss ? "per cent lost: " : "") + figure + "/" + against;
  }

  double of(double above, double below) {
    return loss ? 100 * (1 - above / below) : above / below;
  }

  /** The number that it is measured by; 0 where that is another figure. */
  double goal() {
    return against.chars().allMatch(Character::isDigit) ? Double.parseDouble(against) : 0;
  }
}
