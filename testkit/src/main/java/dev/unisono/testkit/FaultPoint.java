package dev.unisono.testkit;

/**
 * A place in the conversation between Unisono and a PostgreSQL server at which a {@link FaultProxy}
 * can make it stand still. Told by the messages on the wire alone: nothing in the product knows of
 * it. The first four are of interest before a target, the others before a source.
 */
public enum FaultPoint {
  /**
   * A transaction that wrote rows is to be committed: the {@code COMMIT} is withheld from the
   * target. Cut here, the target has none of it.
   */
  BEFORE_TARGET_COMMIT,

  /**
   * The target has committed a transaction that wrote rows: its answer is withheld. Killed here,
   * Unisono does not know that the target has it.
   */
  AFTER_TARGET_COMMIT,

  /** Rows of a transaction are to be written: the statement is withheld from the target. */
  AMID_TARGET_TRANSACTION,

  /** A lane is about to ask for the cursor it left in the target. */
  BEFORE_TARGET_CURSOR,

  /**
   * Unisono is to tell the source a position from which the log is no longer needed, further than
   * the one before: that is withheld. Killed here, Unisono's state is durable and the source does
   * not know.
   */
  BEFORE_ACKNOWLEDGEMENT,

  /** The source was told such a position, and hears nothing further. */
  AFTER_ACKNOWLEDGEMENT,

  /** A part of a transaction has been passed on: its next change is withheld from Unisono. */
  AMID_TRANSACTION,

  /** A part of a snapshot's chunk has been passed on: its next row is withheld from Unisono. */
  AMID_SNAPSHOT_CHUNK,

  /**
   * The message that gives a snapshot's chunk its place is committed in the source's log: the
   * answer to the statement that wrote it is withheld.
   */
  CHUNK_MESSAGE
}
