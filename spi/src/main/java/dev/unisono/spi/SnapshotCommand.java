package dev.unisono.spi;

import org.jspecify.annotations.Nullable;

/**
 * What a source is told to do with its snapshots. Immutable.
 *
 * @param sync the sync whose table is meant; null for all that the source reads
 */
public record SnapshotCommand(Action action, @Nullable String sync) {
  /** What is to be done. */
  public enum Action {
    /** No more chunks are read until it is resumed; live changes go on. Survives restarts. */
    PAUSE,
    RESUME,
    /** The table is read once more beside live changes, then compared with who keeps its rows. */
    REPEAT,
    /**
     * The table is read once more, row by row as {@link Operation#REFRESH}, then compared as with
     * REPEAT: nothing is told again that is as it was told before. Nothing where a snapshot of it
     * is under way.
     */
    REFRESH
  }
}
