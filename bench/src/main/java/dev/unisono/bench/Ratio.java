package dev.unisono.bench;

/** A ratio to be told: one figure's median by another's. Immutable. */
record Ratio(String figure, String against) {
  String name() {
    return figure + "/" + against;
  }
}
