package dev.unisono.engine.repair;

import dev.unisono.engine.deliver.TargetRunner;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.source.SourceRunner;
import dev.unisono.spi.Binding;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.SourceProgress.TableProgress;
import dev.unisono.spi.UnisonoException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Sees targets through that passed over a part of the journal: has the sources read and compare
 * again what such a target keeps, and takes the note away when all of that is delivered. The note
 * is in the target itself, so a restart takes it up again. Runs on a thread of its own.
 */
public final class TargetRepairs implements AutoCloseable {
  private static final long PAUSE_MILLIS = 200;
  private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final List<TargetRunner> targets;
  private final Map<Entity, Reader> readers;
  private final Journal journal;
  private final Thread thread;

  /**
   * That a repeat was asked for.
   *
   * @param number of the table's snapshot that was there then
   */
  private record Asked(long nanos, long number) {}

  /** What was asked for, by target, note and sync. */
  private final Map<String, Asked> asked = new HashMap<>();

  /** The sequence up to which a target must deliver, once all it keeps was compared. */
  private final Map<String, Long> lastSequence = new HashMap<>();

  /** Who reads an entity, and for which sync. */
  public record Reader(SourceRunner source, Binding binding) {}

  public TargetRepairs(List<TargetRunner> targets, Map<Entity, Reader> readers, Journal journal) {
    this.targets = targets;
    this.readers = readers;
    this.journal = journal;
    this.thread = Thread.ofVirtual().name("target-repairs").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        for (TargetRunner target : targets) {
          Optional<LaneCursor> note = target.repairing();
          if (note.isPresent()) {
            see(target, note.get());
          }
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void see(TargetRunner target, LaneCursor note) {
    String name = target.system() + " " + note.sequence();
    boolean compared = true;
    for (Map.Entry<Entity, Reader> reader : readers.entrySet()) {
      if (target.keeps(reader.getKey())) {
        compared &= compared(name, reader.getValue(), note);
      }
    }
    if (!compared) {
      return;
    }
    long last = lastSequence.computeIfAbsent(name, any -> journal.head().sequence());
    if (target.through() >= last && target.endRepair()) {
      lastSequence.remove(name);
      asked.keySet().removeIf(ask -> ask.startsWith(name + " "));
    }
  }

  /** Whether a repeat that began after the note is done; asks for one where there is none. */
  private boolean compared(String name, Reader reader, LaneCursor note) {
    String sync = reader.binding().sync();
    for (TableProgress table : reader.source().status().progress().tables()) {
      if (!table.sync().equals(sync)) {
        continue;
      }
      String ask = name + " " + sync;
      Asked before = asked.get(ask);
      // One that began at the note's own sequence may have begun before it, but not once we asked.
      boolean later =
          table.began() > note.sequence() || (before != null && table.number() > before.number());
      if (later && !table.refreshes()) {
        return table.phase() == TablePhase.DONE;
      }
      if (before == null || System.nanoTime() - before.nanos() > ASK_AGAIN_NANOS) {
        try {
          reader.source().command(new SnapshotCommand(SnapshotCommand.Action.REPEAT, sync));
          asked.put(ask, new Asked(System.nanoTime(), table.number()));
        } catch (UnisonoException notRunning) {
          // It is asked again when it runs; its own status says why it does not.
        }
      }
    }
    return false;
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
