package dev.unisono.spi;

/** What a delete in the source does to the row of a member that is written. */
public enum Deletes {
  /** The row is deleted. */
  HARD,
  /** The row stays, and a column of it says that it is deleted. */
  SOFT,
  /** The row stays as it is. */
  IGNORE
}
