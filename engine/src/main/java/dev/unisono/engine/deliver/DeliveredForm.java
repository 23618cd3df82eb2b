package dev.unisono.engine.deliver;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.standardize.Standardizer;
import dev.unisono.spi.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * The journal as one target is to have it: rows in the form of the steps for what is written there.
 * Safe for threads.
 */
public final class DeliveredForm implements Journal {
  private final Journal journal;
  private final Map<Entity, Standardizer> steps;

  private DeliveredForm(Journal journal, Map<Entity, Standardizer> steps) {
    this.journal = journal;
    this.steps = Map.copyOf(steps);
  }

  /** The journal itself where a target has no steps. */
  public static Journal of(Journal journal, Map<Entity, Standardizer> steps) {
    return steps.isEmpty() ? journal : new DeliveredForm(journal, steps);
  }

  @Override
  public List<JournalEntry> read(long afterSequence, int maximumBytes) {
    List<JournalEntry> entries = journal.read(afterSequence, maximumBytes);
    List<JournalEntry> delivered = new ArrayList<>(entries.size());
    for (JournalEntry entry : entries) {
      Standardizer form = steps.get(entry.entity());
      Row row = entry.row();
      Row written = form == null || row == null ? row : form.standardize(row);
      delivered.add(written == row ? entry : entry.with(written));
    }
    return delivered;
  }

  @Override
  public Cursor head() {
    return journal.head();
  }

  @Override
  public Reached reached() {
    return journal.reached();
  }

  @Override
  public Cursor oldest() {
    return journal.oldest();
  }

  @Override
  public boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException {
    return journal.awaitBeyond(sequence, atMost);
  }

  @Override
  public Registration onCommit(LongConsumer listener) {
    return journal.onCommit(listener);
  }
}
