package dev.unisono.bench;

/**
 * A ratio to be told: one figure's median by another's, or by a number that is the goal. Immutable.
 */
record Ratio(String figure, String against) {
  String name() {
    return figure + "/" + against;
  }

  /** The number that it is measured by; 0 where that is another figure. */
  double goal() {
    return against.chars().allMatch(Character::isDigit) ? Double.parseDouble(against) : 0;
  }
}
