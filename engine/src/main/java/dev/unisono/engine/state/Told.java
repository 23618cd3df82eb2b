package dev.unisono.engine.state;

/** Of how many of an entity's records it is known what their source told of them last. */
public enum Told {
  /** Of all that there are: one that is not known is new. */
  ALL,
  /** Of those that were told of since that is noted. */
  SOME
}
