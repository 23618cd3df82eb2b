package dev.unisono.testkit.contract;

/** What a kind of system can do of that which not every kind can. */
public enum Ability {
  /** Its changes are read. */
  READ,
  /**
   * Its source shows each change, in order, as what it is: also one that was soon overtaken. Else
   * it shows what differs from one look to the next.
   */
  EACH_CHANGE,
  /** Its source shows that a table was emptied at once as just that. */
  TRUNCATE,
  /** It is written as a target. */
  WRITE,
  /** A target has as many lanes as its setting {@code lanes} says. */
  LANES,
  /** A table is read and written by one sync. */
  MEMBER,
  /** It is written through to, on behalf of callers. */
  OWNER,
  /** The rows of its tables are listed. */
  ROWS,
  /** Its tables are listed and described, and some rows of them are shown, before all else. */
  SURVEY,
  /** What makes it show its changes is taken back. */
  WITHDRAW
}
