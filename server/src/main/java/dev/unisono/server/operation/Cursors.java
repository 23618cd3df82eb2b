package dev.unisono.server.operation;

import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import org.jspecify.annotations.Nullable;

/** Reads the cursors that callers send. Has no state. */
public final class Cursors {
  private Cursors() {}

  /**
   * The sequence to go on after.
   *
   * @throws Refusal 400 bad-cursor; 410 gap where it is not, or no longer, of this journal
   */
  public static long sequence(Journal journal, @Nullable String text) {
    if (text == null || text.isEmpty()) {
      return journal.head().sequence();
    }
    Cursor cursor =
        Cursor.parse(text)
            .orElseThrow(
                () -> new Refusal(400, "bad-cursor", "This is no cursor of ours.", "after"));
    Cursor oldest = journal.oldest();
    boolean ours =
        cursor.epoch() == oldest.epoch() && cursor.sequence() <= journal.head().sequence();
    if (!ours || cursor.sequence() < oldest.sequence()) {
      throw new Refusal(
          410,
          "gap",
          (ours
                  ? "What follows this cursor is no longer held. The oldest cursor held is "
                  : "This cursor is of another journal. The oldest cursor of this one is ")
              + oldest.text()
              + "; start again from a snapshot, or from there.",
          "after");
    }
    return cursor.sequence();
  }
}
