package dev.unisono.engine;

/** What has to hold of a record for a caller's write to be made. Immutable. */
public sealed interface Precondition {
  /** Whatever the record is, and whether there is one or not. */
  Precondition NONE = new None();

  record None() implements Precondition {}

  /** It is there, and has this version. */
  record Version(long version) implements Precondition {}

  /** It is there. */
  record Present() implements Precondition {}

  /** It is not there. */
  record Absent() implements Precondition {}
}
