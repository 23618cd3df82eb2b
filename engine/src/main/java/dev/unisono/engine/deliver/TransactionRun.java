package dev.unisono.engine.deliver;

import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.Journal.Reached;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Target;
import dev.unisono.spi.TransactionLane;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Delivery in the journal's order by one connection, so that a transaction of the source becomes
 * visible in the target whole. Several that are there are committed as one; one that is larger than
 * what is held in memory (invariant 7) is written in parts into one transaction of the target. What
 * the target refuses is set aside as anywhere, and the rest of its transaction is delivered.
 */
final class TransactionRun implements Delivering {
  private static final int READ_BYTES = 1 << 20;

  /** How long a transaction of the target is kept open for the rest of the source's. */
  private static final long REST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long ADVANCE_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String system;
  private final Target target;
  private final Map<Entity, Binding> bindings;
  private final Journal journal;
  private final ParkedRows parked;
  private final SettingAside aside;

  /** What takes more is written before its transaction is whole (invariant 7). */
  private final long partBytes;

  private final long epoch;
  private final TransactionCut cut = new TransactionCut();

  private StartingPoint start = StartingPoint.none();
  private @Nullable TransactionLane lane;

  /** Read and not yet written, in the journal's order. */
  private List<JournalEntry> line = new ArrayList<>();

  /** About what it takes in memory. */
  private long lineBytes;

  /** Everything up to here was read. */
  private long position;

  /** How many are written in the target's open transaction; -1 where none is open. */
  private int written = -1;

  /** When the last part came of what is not whole. */
  private long partNanos;

  /** Of those, what was parked before. */
  private final List<Delivery> unparked = new ArrayList<>();

  /** The last attempt was refused at its commit: this one finds out for which row. */
  private boolean strict;

  private long advanced;
  private long advancedNanos = System.nanoTime();
  private Journal.@Nullable Registration news;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long signals;
  private long through;
  private long delivered;
  private boolean closed;
  private volatile @Nullable Instant oldest;

  TransactionRun(
      String system,
      Target target,
      Map<Entity, Binding> bindings,
      Journal journal,
      ParkedRows parked,
      SystemLimits limits) {
    this.system = system;
    this.target = target;
    this.bindings = bindings;
    this.journal = journal;
    this.parked = parked;
    this.partBytes = limits.writeBufferBytes();
    this.aside = new SettingAside(system, parked, (_, delivery) -> lane().write(List.of(delivery)));
    this.epoch = journal.head().epoch();
  }

  private TransactionLane lane() {
    TransactionLane open = lane;
    if (open == null) {
      throw new IllegalStateException("not open");
    }
    return open;
  }

  @Override
  public void open() throws InterruptedException {
    target.lanes(); // Whoever asks first has the tables prepared.
    lane = target.openTransactions();
    start = StartingPoint.find(system, target, lane().cursors(), journal);
    position = start.position();
    through = position;
    advanced = position;
    parked.undo(position);
    parked.wakeBy(this::signal);
    news = journal.onCommit(_ -> signal());
  }

  @Override
  public @Nullable LaneCursor repairing() {
    return start.repairing();
  }

  @Override
  public @Nullable Problem repairCause() {
    return start.repairCause();
  }

  private void signal() {
    lock.lock();
    try {
      signals++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private long signals() {
    lock.lock();
    try {
      return signals;
    } finally {
      lock.unlock();
    }
  }

  /** False where the time is over. */
  private boolean awaitSignal(long seen, long atMostNanos) throws InterruptedException {
    long leftNanos = atMostNanos;
    lock.lockInterruptibly();
    try {
      while (signals == seen && !closed) {
        if (leftNanos <= 0) {
          return false;
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() throws InterruptedException {
    while (!Thread.interrupted()) {
      long seen = signals();
      Reached reached = journal.reached();
      read(reached);
      // What was read beyond may go on with a transaction that was whole at that place.
      boolean all = position == reached.sequence();
      int whole = cut.find(line, all ? reached : null);
      if (whole > 0 || (whole == 0 && written >= 0)) {
        deliver(whole);
      } else if (written >= 0 && all && restNanosLeft() <= 0) {
        undo();
        awaitRest();
      } else if (lineBytes > partBytes || (written >= 0 && !line.isEmpty())) {
        writePart(all ? reached : null);
      } else if (written >= 0 && all) {
        awaitSignal(seen, restNanosLeft());
      } else if (all && !retryParked()) {
        advance();
        awaitSignal(seen, Math.min(ADVANCE_PAUSE_NANOS, parked.nanosUntilDue(0, 1, through)));
      }
    }
    throw new InterruptedException();
  }

  private void read(Reached reached) {
    List<JournalEntry> more = journal.read(position, READ_BYTES);
    line.addAll(more);
    more.forEach(entry -> lineBytes += DeliveryRun.sizeBytes(entry.row()));
    if (!more.isEmpty()) {
      position = more.getLast().sequence();
    } else if (position < reached.sequence()) {
      // Whatever there is belongs to entities that the config has no longer.
      position = reached.sequence();
    }
    if (written < 0) {
      oldest = line.isEmpty() ? null : line.getFirst().sourceTime();
    }
  }

  /** What follows is whole behind this many entries. */
  private void deliver(int entries) throws InterruptedException {
    List<JournalEntry> whole = line.subList(0, entries);
    write(whole);
    long sequence = entries == line.size() ? position : whole.getLast().sequence();
    if (entries == 0) {
      sequence = line.isEmpty() ? position : line.getFirst().sequence() - 1;
    }
    if (written >= 0 && !commit(sequence)) {
      return;
    }
    leaveInLine(line.subList(entries, line.size()));
    cut.settled();
    reach(sequence);
  }

  /** True where everything up to here is committed; else it is undone, to be written again. */
  private boolean commit(long sequence) throws InterruptedException {
    if (!lane().commit(cursor(sequence))) {
      undo();
      cut.settled();
      strict = true;
      return false;
    }
    parked.settle();
    advanced = sequence;
    strict = false;
    parked.delivered(written);
    for (Delivery each : unparked) {
      parked.confirm(each);
    }
    lock.lock();
    try {
      delivered += written;
    } finally {
      lock.unlock();
    }
    written = -1;
    unparked.clear();
    return true;
  }

  private LaneCursor cursor(long sequence) {
    return new LaneCursor(epoch, sequence);
  }

  private void reach(long sequence) {
    lock.lock();
    try {
      through = sequence;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A part of something large; the rest is behind it. */
  private void writePart(@Nullable Reached reached) throws InterruptedException {
    write(line);
    if (cut.took(line, reached)) {
      partNanos = System.nanoTime();
    }
    leaveInLine(List.of());
  }

  private void leaveInLine(List<JournalEntry> rest) {
    line = new ArrayList<>(rest);
    lineBytes = 0;
    rest.forEach(entry -> lineBytes += DeliveryRun.sizeBytes(entry.row()));
  }

  private long restNanosLeft() {
    return partNanos + REST_WAIT_NANOS - System.nanoTime();
  }

  /** Nothing since the last commit was written. */
  private void undo() throws InterruptedException {
    lane().rollback();
    parked.undo(through);
    written = -1;
    unparked.clear();
    leaveInLine(List.of());
    position = through;
  }

  /**
   * The source is amid handing over a large transaction, and has stopped: nothing is kept open in
   * the target for that, and it is begun anew when all of it is there.
   */
  private void awaitRest() throws InterruptedException {
    while (true) {
      long seen = signals();
      if (cut.whole(journal.reached())) {
        cut.settled();
        return;
      }
      awaitSignal(seen, ADVANCE_PAUSE_NANOS);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  private void write(List<JournalEntry> entries) throws InterruptedException {
    List<Delivery> deliveries = new ArrayList<>(entries.size());
    for (JournalEntry entry : entries) {
      Binding binding = bindings.get(entry.entity());
      if (binding != null && entry.sequence() > start.cursors()[lane(entry.key())]) {
        deliveries.add(DrainedDelivery.delivery(entry, binding));
      }
    }
    if (deliveries.isEmpty()) {
      return;
    }
    if (written < 0) {
      lane().begin(strict);
      parked.begin();
      written = 0;
    }
    for (int from = 0; from < deliveries.size(); ) {
      int plain = from;
      while (plain < deliveries.size() && !parked.touches(deliveries.get(plain))) {
        plain++;
      }
      if (plain == from) {
        writeParked(deliveries.get(from));
        from++;
      } else {
        from += writePlain(deliveries.subList(from, plain));
      }
    }
  }

  /** Where lanes have delivered before, each stands at a place of its own. */
  private int lane(@Nullable Key key) {
    return key == null ? 0 : ParkedRows.lane(key, start.cursors().length);
  }

  /** Returns how many, from the first, are written or set aside. */
  private int writePlain(List<Delivery> deliveries) throws InterruptedException {
    DeliveryOutcome outcome = lane().write(deliveries);
    written += outcome.applied();
    return switch (outcome) {
      case DeliveryOutcome.Applied applied -> applied.applied();
      case DeliveryOutcome.Waiting waiting -> {
        List<Delivery> rest = deliveries.subList(waiting.applied(), deliveries.size());
        int together = writeTogether(rest);
        if (together == 0) {
          aside.set(0, rest.getFirst(), Obstacle.of(waiting));
          together = 1;
        }
        yield waiting.applied() + together;
      }
      case DeliveryOutcome.Refused refused -> {
        aside.set(0, deliveries.get(refused.applied()), Obstacle.of(refused));
        yield refused.applied() + 1;
      }
    };
  }

  /**
   * In another order it may be possible, as it was in the source: with the rest of its transaction,
   * else with all that follows. Returns how many that were.
   */
  private int writeTogether(List<Delivery> rest) {
    int transaction = 1;
    while (transaction < rest.size()
        && rest.get(transaction).transaction() == rest.getFirst().transaction()) {
      transaction++;
    }
    for (int unit : new int[] {transaction, rest.size()}) {
      if (unit > 1
          && lane().writeAsUnit(rest.subList(0, unit)) instanceof DeliveryOutcome.Applied) {
        written += unit;
        return unit;
      }
    }
    return 0;
  }

  private void writeParked(Delivery delivery) throws InterruptedException {
    Delivery newest = parked.prepare(delivery);
    if (newest == null) {
      return;
    }
    switch (lane().write(List.of(newest))) {
      case DeliveryOutcome.Applied _ -> {
        written++;
        unparked.add(newest);
      }
      case DeliveryOutcome.Waiting waiting -> aside.set(0, newest, Obstacle.of(waiting));
      case DeliveryOutcome.Refused refused -> aside.set(0, newest, Obstacle.of(refused));
    }
  }

  /** Tries again what is due; false where nothing was. */
  private boolean retryParked() throws InterruptedException {
    List<Delivery> due = parked.due(0, 1, through);
    for (Delivery delivery : due) {
      lane().begin(true);
      switch (lane().write(List.of(delivery))) {
        case DeliveryOutcome.Applied _ -> commitRetried(List.of(delivery));
        case DeliveryOutcome.Waiting waiting -> {
          lane().rollback();
          parked.triedInVain(delivery, Obstacle.of(waiting));
          retryTogether(delivery);
        }
        case DeliveryOutcome.Refused refused -> {
          lane().rollback();
          parked.triedInVain(delivery, Obstacle.of(refused));
        }
      }
    }
    return !due.isEmpty();
  }

  private void commitRetried(List<Delivery> applied) throws InterruptedException {
    written = applied.size();
    unparked.addAll(applied);
    commit(through);
  }

  /** Rows that must give up values to each other can never be written one by one. */
  private void retryTogether(Delivery inVain) throws InterruptedException {
    List<Delivery> alike = parked.alike(inVain, new long[] {through});
    if (alike.size() < 2) {
      return;
    }
    lane().begin(true);
    if (lane().writeAsUnit(alike) instanceof DeliveryOutcome.Applied) {
      commitRetried(alike);
    } else {
      lane().rollback();
    }
  }

  /**
   * While nothing is to be delivered, the target's cursors follow, so that a restart reads less.
   */
  private void advance() throws InterruptedException {
    if (advanced < through && System.nanoTime() - advancedNanos > ADVANCE_PAUSE_NANOS) {
      advancedNanos = System.nanoTime();
      lane().begin(false);
      written = 0;
      commit(through);
    }
  }

  @Override
  public long through() {
    lock.lock();
    try {
      return through;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long delivered() {
    lock.lock();
    try {
      return delivered;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int waiting() {
    return 0;
  }

  @Override
  public @Nullable Instant oldest() {
    return oldest;
  }

  @Override
  public boolean awaitThrough(long sequence, Duration atMost) throws InterruptedException {
    long leftNanos = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (through < sequence) {
        if (closed || leftNanos <= 0) {
          return false;
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    if (news != null) {
      news.close();
    }
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    TransactionLane open = lane;
    if (open != null) {
      open.close();
    }
  }
}
