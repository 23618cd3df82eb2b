package dev.unisono.engine.validate;

/** What becomes of a row for which a check does not hold. */
public enum Severity {
  /** It does not pass: the caller is told, a source's change becomes a dead letter. */
  REJECT,
  /** It is held until a person lets it through or gives it up. */
  QUARANTINE,
  /** It passes, and is counted. */
  WARN
}
