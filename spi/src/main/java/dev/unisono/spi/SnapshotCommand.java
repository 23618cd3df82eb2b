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
    REPEAT
  }
}
