package dev.unisono.csv;

import dev.unisono.spi.Operation;
import org.jspecify.annotations.Nullable;

/**
 * How far a source is with one file, as it is kept in the source's state. Immutable.
 *
 * @param content tells contents of the file apart; empty where none was ever begun
 * @param handed how many of its rows were handed over
 * @param whole true where all were
 * @param sweeping true where keys of which something was told are still to be looked for in it
 * @param comparing true where the keys that anybody holds are, as after a first load
 * @param paused true where nothing is to be done
 * @param operation what rows are handed over as, until all are
 * @param snapshot the snapshot that was last asked for, by the first load or by a command
 */
record Standing(
    String content,
    int handed,
    boolean whole,
    boolean sweeping,
    boolean comparing,
    boolean paused,
    Operation operation,
    Snapshot snapshot) {
  static final String FIRST_LOAD = "first-load";
  static final String COMMAND = "command";

  /**
   * A snapshot, for people and for whoever asked for it.
   *
   * @param deleting false where keys that only others hold are counted, and no more
   * @param began the journal's sequence then
   * @param missing how many of the keys that were compared are not in the file
   */
  record Snapshot(
      String cause, boolean deleting, long began, long number, long checked, long missing) {
    Snapshot compared(int keys, int gone) {
      return new Snapshot(cause, deleting, began, number, checked + keys, missing + gone);
    }
  }

  /** Before anything was read. */
  static Standing first(boolean deleting, long sequence) {
    return new Standing(
        "",
        0,
        false,
        false,
        true,
        false,
        Operation.READ,
        new Snapshot(FIRST_LOAD, deleting, sequence, 1, 0, 0));
  }

  /** As it was kept. */
  static Standing restore(String text) {
    String[] words = text.split(" ", -1);
    return new Standing(
        words[0],
        Integer.parseInt(words[1]),
        Boolean.parseBoolean(words[2]),
        Boolean.parseBoolean(words[3]),
        Boolean.parseBoolean(words[4]),
        Boolean.parseBoolean(words[5]),
        Operation.valueOf(words[6]),
        new Snapshot(
            words[7],
            Boolean.parseBoolean(words[8]),
            Long.parseLong(words[9]),
            Long.parseLong(words[10]),
            Long.parseLong(words[11]),
            Long.parseLong(words[12])));
  }

  String text() {
    return String.join(
        " ",
        content,
        Integer.toString(handed),
        Boolean.toString(whole),
        Boolean.toString(sweeping),
        Boolean.toString(comparing),
        Boolean.toString(paused),
        operation.name(),
        snapshot.cause(),
        Boolean.toString(snapshot.deleting()),
        Long.toString(snapshot.began()),
        Long.toString(snapshot.number()),
        Long.toString(snapshot.checked()),
        Long.toString(snapshot.missing()));
  }

  boolean untouched() {
    return content.isEmpty();
  }

  boolean finished() {
    return whole && !sweeping && !comparing;
  }

  /** The file holds something else: all of it is told again, and what is gone looked for. */
  Standing changed(String other) {
    // What was never told whole is told as it was to be: a first load stays one.
    Operation next = whole ? Operation.REFRESH : operation;
    return new Standing(other, 0, false, !untouched(), comparing, paused, next, snapshot);
  }

  /** All of it is told again as a snapshot. */
  Standing repeated(long sequence) {
    return new Standing(
        content,
        0,
        false,
        false,
        true,
        paused,
        Operation.READ,
        new Snapshot(COMMAND, true, sequence, snapshot.number() + 1, 0, 0));
  }

  /** All of it is told again, for what differs to be taken; no snapshot. */
  Standing refreshed() {
    return new Standing(content, 0, false, true, comparing, paused, Operation.REFRESH, snapshot);
  }

  Standing paused(boolean now) {
    return new Standing(content, handed, whole, sweeping, comparing, now, operation, snapshot);
  }

  Standing handed(int rows, boolean all) {
    return new Standing(
        content, handed + rows, all, sweeping, comparing, paused, operation, snapshot);
  }

  Standing compared(int keys, int gone) {
    return new Standing(
        content,
        handed,
        whole,
        sweeping,
        comparing,
        paused,
        operation,
        snapshot.compared(keys, gone));
  }

  Standing swept() {
    return new Standing(content, handed, whole, false, false, paused, operation, snapshot);
  }

  /** Of what was kept, or where nothing is. */
  static Standing of(@Nullable String kept, boolean deleting, long sequence) {
    return kept == null ? first(deleting, sequence) : restore(kept);
  }
}
