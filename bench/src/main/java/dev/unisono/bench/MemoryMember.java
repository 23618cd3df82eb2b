package dev.unisono.bench;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.SourceProgress.Phase;
import dev.unisono.spi.SourceProgress.Retained;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.SourceProgress.TableProgress;
import dev.unisono.spi.Target;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A member in memory, with nothing of a database's cost: somebody edits its own records as fast as
 * they are taken, and what is written to it comes back by its log. Safe for threads.
 */
final class MemoryMember implements ConnectedSystem {
  private static final int BATCH = 100;
  private static final int CHANGE_BYTES = 400;

  private final InstantSource clock;
  private final SystemContext context;
  private final int first;
  private final int step;
  private final int records;

  /** How many edits it has still to make. */
  private int edits;

  private final Map<Key, Row> rows = new HashMap<>();
  private final ArrayDeque<Change> log = new ArrayDeque<>();
  private long passed;
  private long position;
  private long next;
  private long written;

  /**
   * @param first the first of its own records
   * @param step from each of them to the next
   * @param records how many there are in all members
   */
  MemoryMember(SystemContext context, int first, int step, int records, InstantSource clock) {
    this.context = context;
    this.first = first;
    this.step = step;
    this.records = records;
    this.clock = clock;
  }

  private Binding binding() {
    return context.reads().getFirst();
  }

  /** Has it make so many edits more, one record of its own after the other. */
  synchronized void edit(int count) {
    edits += count;
    notifyAll();
  }

  synchronized int size() {
    return rows.size();
  }

  /** How many writes of ours it has taken. */
  synchronized long written() {
    return written;
  }

  /** What is in the log, and then what somebody edits. */
  private synchronized Batch take(long mark) throws InterruptedException {
    while (log.isEmpty() && edits == 0 && passed == 0) {
      wait();
    }
    List<Change> changes = new ArrayList<>();
    while (changes.size() < 10 * BATCH && !log.isEmpty()) {
      changes.add(log.poll());
    }
    long ended = log.isEmpty() ? passed : 0;
    passed = log.isEmpty() ? 0 : passed;
    int count = Math.min(BATCH, edits);
    edits -= count;
    for (int i = 0; i < count; i++) {
      changes.add(edited());
    }
    return new Batch(
        changes, Map.of(), mark, (long) CHANGE_BYTES * changes.size(), List.of(), 0, ended);
  }

  private Change edited() {
    long id = first + (next++ * step) % records;
    Key key = new Key(id);
    Row row =
        new Row(
            binding().schema(), new @Nullable Object[] {id, "name " + next, "city", next, "note"});
    Operation operation = rows.put(key, row) == null ? Operation.CREATE : Operation.UPDATE;
    return change(operation, key, row, 0);
  }

  private Change change(Operation operation, Key key, @Nullable Row row, long marker) {
    Instant now = clock.instant();
    return new Change(
        binding(), operation, key, null, row, null, new Position(++position, 0), now, 0, marker);
  }

  /** What a database does with a write whose condition holds. */
  private synchronized void write(List<MemberWrite> writes) {
    long marker = writes.getLast().id();
    for (MemberWrite write : writes) {
      Row values = write.values();
      Row present = rows.get(write.knownKey());
      if (values == null || (present == null) != write.insert()) {
        continue;
      }
      Row row = present == null ? values : values.over(present);
      rows.put(write.knownKey(), row);
      Operation operation = write.insert() ? Operation.CREATE : Operation.UPDATE;
      log.add(change(operation, write.knownKey(), row, marker));
      written++;
    }
    passed = marker;
    notifyAll();
  }

  private synchronized void mark(long marker) {
    passed = marker;
    notifyAll();
  }

  private SourceProgress read() {
    return new SourceProgress(
        Phase.STREAMING,
        0,
        Retained.UNKNOWN,
        null,
        null,
        null,
        List.of(
            new TableProgress(
                binding().sync(),
                binding().table(),
                TablePhase.DONE,
                "first-load",
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                null,
                true)));
  }

  @Override
  public Source source() {
    return new Source() {
      @Override
      public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
        sink.progress(read());
        for (long mark = 1; ; mark++) {
          sink.accept(take(mark));
        }
      }

      @Override
      public void durable(long mark) {
        // Nothing is kept for us.
      }

      @Override
      public void close() {
        // Holds nothing.
      }
    };
  }

  @Override
  public MemberWriter memberWriter() {
    return new MemberWriter() {
      @Override
      public List<Refusal> write(List<MemberWrite> writes) {
        MemoryMember.this.write(writes);
        return List.of();
      }

      @Override
      public void mark(long marker) {
        MemoryMember.this.mark(marker);
      }

      @Override
      public void close() {
        // Holds nothing.
      }
    };
  }

  @Override
  public List<Problem> check() {
    return List.of();
  }

  @Override
  public Target target() {
    throw new UnsupportedOperationException("it is read, too");
  }

  @Override
  public Owner owner() {
    throw new UnsupportedOperationException("nobody asks");
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
