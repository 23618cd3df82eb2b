package dev.unisono.spi;

/** Whose move a problem is; retrying follows it, never a message's text. */
public enum ProblemType {
  /** Something a person wrote (config, request, value) must be changed. Not retried. */
  USER,
  /** It may pass by itself within moments. Retried with growing pauses. */
  TRANSIENT,
  /** Another system is out of reach or refuses. Retried with growing pauses. */
  EXTERNAL,
  /** Something has run out: disk, memory, connections. Retried with growing pauses. */
  RESOURCES,
  /** A fault of Unisono's own. Not retried. */
  INTERNAL;

  public boolean retryable() {
    return switch (this) {
      case TRANSIENT, EXTERNAL, RESOURCES -> true;
      case USER, INTERNAL -> false;
    };
  }
}
