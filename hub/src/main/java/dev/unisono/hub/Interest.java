package dev.unisono.hub;

/**
 * Which events a subscriber gets. Equal interests share what is encoded. Immutable.
 *
 * @param topic the topic; negative for all
 */
public record Interest(int topic) {
  /** Every topic. */
  public static final Interest ALL = new Interest(-1);

  boolean wants(int other) {
    return topic < 0 || topic == other;
  }
}
