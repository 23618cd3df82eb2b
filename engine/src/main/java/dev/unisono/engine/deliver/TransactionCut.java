package dev.unisono.engine.deliver;

import dev.unisono.engine.journal.Journal.Reached;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a run of journal entries can be cut so that no transaction of a source lies on both
 * sides. Entries of one source's transaction stand side by side among those of that source, but
 * those of another source may stand between them. Rows of a snapshot belong to no transaction. For
 * one thread.
 */
final class TransactionCut {
  private static final int BEFORE = -1;
  private static final int OPEN = Integer.MAX_VALUE;

  /** Indexes of the first and the last entry of one transaction. */
  private static final class Span {
    final String origin;
    final long transaction;
    final int first;
    int last;

    Span(String origin, long transaction, int first) {
      this.origin = origin;
      this.transaction = transaction;
      this.first = first;
      this.last = first;
    }
  }

  /** By source the transaction of which a part was taken without a cut behind it. */
  private Map<String, Long> begun = new HashMap<>();

  /**
   * The greatest number of entries, from the first, after which everything is whole, what was taken
   * before included; -1 where there is none.
   *
   * @param reached where the journal ends, if the entries are all there is up to there; null where
   *     more is to be read
   */
  int find(List<JournalEntry> entries, @Nullable Reached reached) {
    List<Span> spans = spans(entries, reached);
    int cut = entries.size();
    boolean moved = true;
    while (moved) {
      moved = false;
      for (Span span : spans) {
        if (span.first < cut && span.last >= cut) {
          cut = span.first;
          moved = true;
        }
      }
    }
    return cut;
  }

  private List<Span> spans(List<JournalEntry> entries, @Nullable Reached reached) {
    List<Span> spans = new ArrayList<>();
    Map<String, Span> latest = new HashMap<>();
    begun.forEach(
        (origin, transaction) -> latest.put(origin, new Span(origin, transaction, BEFORE)));
    spans.addAll(latest.values());
    for (int i = 0; i < entries.size(); i++) {
      JournalEntry entry = entries.get(i);
      if (!belongs(entry)) {
        continue;
      }
      Span span = latest.get(entry.origin());
      if (span == null || span.transaction != entry.transaction()) {
        span = new Span(entry.origin(), entry.transaction(), i);
        latest.put(entry.origin(), span);
        spans.add(span);
      }
      span.last = i;
    }
    for (Span span : latest.values()) {
      if (reached == null || !reached.whole(span.origin, span.transaction)) {
        span.last = OPEN;
      }
    }
    return spans;
  }

  private static boolean belongs(JournalEntry entry) {
    return entry.transaction() != 0 && entry.operation() != Operation.READ;
  }

  /**
   * All of these are taken, and no cut is behind them.
   *
   * @return true where some of them belong to a transaction that goes on
   */
  boolean took(List<JournalEntry> entries, @Nullable Reached reached) {
    boolean goesOn = false;
    for (JournalEntry entry : entries) {
      if (belongs(entry)) {
        begun.put(entry.origin(), entry.transaction());
        goesOn |= reached == null || !reached.whole(entry.origin(), entry.transaction());
      }
    }
    return goesOn;
  }

  /** Everything that was taken is whole, or was undone. */
  void settled() {
    begun = new HashMap<>();
  }

  /** True where none of what was taken goes on after this. */
  boolean whole(Reached reached) {
    return begun.entrySet().stream()
        .allMatch(each -> reached.whole(each.getKey(), each.getValue()));
  }
}
