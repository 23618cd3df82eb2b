package dev.unisono.engine.access;

/**
 * Whether something is allowed, and by what that was decided. Immutable.
 *
 * @param reason a sentence for the caller and the audit; says nothing of other records
 */
public record Decision(boolean allowed, String reason) {
  static Decision allowed(String reason) {
    return new Decision(true, reason);
  }

  static Decision denied(String reason) {
    return new Decision(false, reason);
  }
}
