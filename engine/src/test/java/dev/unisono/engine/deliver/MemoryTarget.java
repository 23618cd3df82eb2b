package dev.unisono.engine.deliver;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Target;
import dev.unisono.spi.TransactionLane;
import dev.unisono.spi.UnisonoException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A target in memory that outlives its lanes, as a database outlives its connections: rows by
 * table, a cursor for each lane, references between tables that are checked at once or, for a unit,
 * at its end. It notes whatever a target must never see. Safe for threads.
 */
final class MemoryTarget implements Target {
  /** What fails, told by tests; asked before and after each write. */
  interface Faults {
    /** Throws where the connection is to break before anything is written. */
    default void before(int lane, List<Delivery> deliveries) {}

    /** Throws where the write is to be kept and only its answer to be lost. */
    default void after(int lane, List<Delivery> deliveries) {}
  }

  private record Reference(String child, int position, String parent) {}

  private record Unique(String table, int position) {}

  private int laneCount;
  private int wantedLanes;
  private final List<Reference> references = new ArrayList<>();
  private final List<Unique> uniques = new ArrayList<>();
  private final Set<Key> refused = new HashSet<>();
  private Predicate<Row> refusedRows = _ -> false;
  private final Map<String, Map<Key, Row>> tables = new HashMap<>();
  private final Map<Integer, LaneCursor> cursors = new HashMap<>();
  private final Map<String, Map<Key, Long>> lastSequences = new HashMap<>();
  private final Map<String, Long> lastTruncates = new HashMap<>();
  private final Map<Long, Integer> timesApplied = new TreeMap<>();
  private final Set<Long> appliedInUnits = new HashSet<>();
  private final List<String> violations = new ArrayList<>();
  private final List<Long> order = new ArrayList<>();
  private @Nullable LaneCursor note;
  private int units;
  private volatile Faults faults = new Faults() {};
  private boolean keeps;
  private LongConsumer onCommit = _ -> {};

  MemoryTarget(int laneCount) {
    this.laneCount = laneCount;
    this.wantedLanes = laneCount;
  }

  /**
   * Keeps transactions from now on.
   *
   * @param committed told the cursor's sequence after each commit, while nothing moves
   */
  synchronized MemoryTarget keep(LongConsumer committed) {
    keeps = true;
    onCommit = committed;
    return this;
  }

  @Override
  public synchronized boolean keepsTransactions() {
    return keeps;
  }

  @Override
  public TransactionLane openTransactions() {
    return new MemoryTransactionLane();
  }

  /** A field that holds the one-part key of a parent, or null. */
  MemoryTarget refer(Schema child, String field, Schema parent) {
    references.add(new Reference(child.name(), child.position(field), parent.name()));
    return this;
  }

  /** A field whose values, beside null, are each in one row only. */
  MemoryTarget unique(Schema table, String field) {
    uniques.add(new Unique(table.name(), table.position(field)));
    return this;
  }

  /** Rows that would be so are refused, whatever their key. */
  synchronized void refuseRows(Predicate<Row> rows) {
    refusedRows = rows;
  }

  synchronized void refuse(Key key) {
    refused.add(key);
  }

  synchronized void accept(Key key) {
    refused.remove(key);
  }

  void faults(Faults now) {
    faults = now;
  }

  /** Connections that break before or after some of the writes; each sequence of them is fixed. */
  static Faults breakingSometimes(long seed, int oneIn, int most) {
    return new Faults() {
      private final Random random = new Random(seed);
      private int left = most;

      private synchronized void perhaps() {
        if (left > 0 && random.nextInt(oneIn) == 0) {
          left--;
          throw lost();
        }
      }

      @Override
      public void before(int lane, List<Delivery> deliveries) {
        perhaps();
      }

      @Override
      public void after(int lane, List<Delivery> deliveries) {
        perhaps();
      }
    };
  }

  static UnisonoException lost() {
    return new UnisonoException(
        new Problem("unreachable", ProblemType.TRANSIENT, "The connection is lost.", null, ""));
  }

  @Override
  public synchronized int lanes() {
    return laneCount;
  }

  synchronized void want(int lanes) {
    wantedLanes = lanes;
  }

  @Override
  public synchronized int wantedLanes() {
    return wantedLanes;
  }

  @Override
  public synchronized void changeLanes(LaneCursor cursor) {
    for (int lane = 0; lane < laneCount; lane++) {
      if (!cursor.equals(cursors.get(lane))) {
        violations.add("lane " + lane + " stands at " + cursors.get(lane) + ", not " + cursor);
      }
    }
    laneCount = wantedLanes;
    for (int lane = 0; lane < laneCount; lane++) {
      cursors.put(lane, cursor);
    }
  }

  @Override
  public Lane open(int lane) {
    return new MemoryLane(lane);
  }

  @Override
  public synchronized void beginRepair(LaneCursor cursor) {
    for (int lane = 0; lane < laneCount; lane++) {
      cursors.put(lane, cursor);
    }
    note = cursor;
  }

  @Override
  public synchronized Optional<LaneCursor> repairing() {
    return Optional.ofNullable(note);
  }

  @Override
  public synchronized void endRepair() {
    note = null;
  }

  @Override
  public synchronized KeyPage keys(Binding binding, @Nullable String after, int limit) {
    List<Key> keys =
        tables.getOrDefault(binding.schema().name(), Map.of()).keySet().stream()
            .sorted(Comparator.comparing(Key::toString))
            .filter(key -> after == null || key.toString().compareTo(after) > 0)
            .limit(limit)
            .toList();
    return new KeyPage(keys, keys.size() < limit ? null : keys.getLast().toString());
  }

  /** A row that nobody delivered. */
  synchronized void hold(Schema schema, Key key, Row row) {
    tables.computeIfAbsent(schema.name(), any -> new HashMap<>()).put(key, row);
  }

  @Override
  public void close() {}

  synchronized void place(int lane, LaneCursor cursor) {
    cursors.put(lane, cursor);
  }

  synchronized @Nullable LaneCursor cursor(int lane) {
    return cursors.get(lane);
  }

  /** Every row of a table by its key's text, as text. */
  synchronized Map<String, String> rows(Schema schema) {
    return texts(tables.getOrDefault(schema.name(), Map.of()));
  }

  synchronized @Nullable Row row(Schema schema, Key key) {
    return tables.getOrDefault(schema.name(), Map.of()).get(key);
  }

  static Map<String, String> texts(Map<Key, Row> rows) {
    Map<String, String> texts = new TreeMap<>();
    rows.forEach((key, row) -> texts.put(key.toString(), text(row)));
    return texts;
  }

  static String text(Row row) {
    return java.util.Arrays.deepToString(row.copyValues());
  }

  /** Sequences in the order they took effect. */
  synchronized List<Long> order() {
    return List.copyOf(order);
  }

  /** Sequences that took effect more than once, beyond those of units, which may. */
  synchronized List<Long> repeated() {
    return timesApplied.entrySet().stream()
        .filter(times -> times.getValue() > 1 && !appliedInUnits.contains(times.getKey()))
        .map(Map.Entry::getKey)
        .toList();
  }

  synchronized int units() {
    return units;
  }

  /** What a target must never see: a key or a cursor going back, two threads in one lane. */
  synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  private DeliveryOutcome write(List<Delivery> deliveries, int lane, LaneCursor cursor) {
    for (int i = 0; i < deliveries.size(); i++) {
      Problem problem = refusal(deliveries.get(i));
      Map<String, Map<Key, Row>> before = copy();
      if (problem == null) {
        effect(deliveries.get(i));
        problem = broken(deliveries.get(i));
      }
      if (problem != null) {
        restore(before);
        if (i > 0) {
          move(lane, new LaneCursor(cursor.epoch(), deliveries.get(i - 1).sequence()));
        }
        return outcome(i, problem);
      }
      note(deliveries.get(i));
    }
    move(lane, cursor);
    return new DeliveryOutcome.Applied(deliveries.size());
  }

  private DeliveryOutcome writeUnit(List<Delivery> deliveries, int lane, LaneCursor cursor) {
    Problem problem = effects(deliveries);
    if (problem != null) {
      return outcome(0, problem);
    }
    deliveries.forEach(this::note);
    deliveries.forEach(delivery -> appliedInUnits.add(delivery.sequence()));
    units++;
    move(lane, cursor);
    return new DeliveryOutcome.Applied(deliveries.size());
  }

  private static DeliveryOutcome outcome(int applied, Problem problem) {
    return problem.code().equals("refused-by-target")
        ? new DeliveryOutcome.Refused(applied, problem, "check")
        : new DeliveryOutcome.Waiting(applied, problem, problem.code());
  }

  /** All of them or none, with constraints asked at the end; null where all is well. */
  private @Nullable Problem effects(List<Delivery> deliveries) {
    Map<String, Map<Key, Row>> before = copy();
    Problem problem = null;
    for (Delivery delivery : deliveries) {
      problem = problem == null ? refusal(delivery) : problem;
      effect(delivery);
    }
    problem = problem == null ? broken(deliveries.getFirst()) : problem;
    if (problem != null) {
      restore(before);
    }
    return problem;
  }

  private Map<String, Map<Key, Row>> copy() {
    Map<String, Map<Key, Row>> copy = new HashMap<>();
    tables.forEach((name, rows) -> copy.put(name, new HashMap<>(rows)));
    return copy;
  }

  private void restore(Map<String, Map<Key, Row>> before) {
    tables.clear();
    tables.putAll(before);
  }

  private @Nullable Problem refusal(Delivery delivery) {
    return refused.contains(delivery.key())
        ? new Problem(
            "refused-by-target", ProblemType.EXTERNAL, "No " + delivery.key(), null, "Fix it.")
        : null;
  }

  /** What the tables must not be after a delivery; null where all is well. */
  private @Nullable Problem broken(Delivery delivery) {
    for (Map<Key, Row> rows : tables.values()) {
      if (rows.values().stream().anyMatch(refusedRows)) {
        return problem("refused-by-target", "No such row: " + delivery.key());
      }
    }
    if (dangling()) {
      return problem("foreign-key", "No parent for " + delivery.key());
    }
    return taken() ? problem("value-taken", "Another has what " + delivery.key() + " has") : null;
  }

  private static Problem problem(String code, String message) {
    return new Problem(code, ProblemType.TRANSIENT, message, null, "Fix it.");
  }

  /**
   * True where a row could be written as it is; nothing is changed.
   *
   * @param row null for a delete
   */
  synchronized boolean takes(Schema schema, Key key, @Nullable Row row) {
    Map<String, Map<Key, Row>> before = copy();
    Map<Key, Row> rows = tables.computeIfAbsent(schema.name(), any -> new HashMap<>());
    if (row == null) {
      rows.remove(key);
    } else {
      Row earlier = rows.get(key);
      rows.put(key, earlier == null ? row : row.over(earlier));
    }
    boolean well = true;
    for (Map<Key, Row> each : tables.values()) {
      well &= each.values().stream().noneMatch(refusedRows);
    }
    well &= !refused.contains(key) && !dangling() && !taken();
    restore(before);
    return well;
  }

  private boolean taken() {
    for (Unique unique : uniques) {
      Set<Object> values = new HashSet<>();
      for (Row row : tables.getOrDefault(unique.table(), Map.of()).values()) {
        Object value = row.value(unique.position());
        if (value != null && !values.add(value)) {
          return true;
        }
      }
    }
    return false;
  }

  private void effect(Delivery delivery) {
    Map<Key, Row> rows =
        tables.computeIfAbsent(delivery.binding().schema().name(), any -> new HashMap<>());
    Key key = delivery.key();
    Key previousKey = delivery.previousKey();
    if (delivery.operation() == Operation.TRUNCATE) {
      rows.clear();
      return;
    }
    Row row = delivery.row();
    if (row == null) {
      rows.remove(key);
      return;
    }
    boolean beside = delivery.operation() == Operation.CREATE;
    Row earlier =
        previousKey == null
            ? rows.get(key)
            : beside ? rows.get(previousKey) : rows.remove(previousKey);
    earlier = earlier == null ? rows.get(key) : earlier;
    rows.put(Objects.requireNonNull(key), earlier == null ? row : row.over(earlier));
  }

  private boolean dangling() {
    for (Reference reference : references) {
      Map<Key, Row> parents = tables.getOrDefault(reference.parent(), Map.of());
      for (Row child : tables.getOrDefault(reference.child(), Map.of()).values()) {
        Object value = child.value(reference.position());
        if (value != null && !parents.containsKey(new Key(value))) {
          return true;
        }
      }
    }
    return false;
  }

  private void note(Delivery delivery) {
    long sequence = delivery.sequence();
    String table = delivery.binding().schema().name();
    order.add(sequence);
    timesApplied.merge(sequence, 1, Integer::sum);
    Map<Key, Long> last = lastSequences.computeIfAbsent(table, any -> new HashMap<>());
    if (delivery.operation() == Operation.TRUNCATE) {
      lastTruncates.put(table, sequence);
      last.values().stream()
          .filter(other -> other > sequence)
          .forEach(other -> violations.add("truncate " + sequence + " after " + other));
    }
    noteKey(last, table, delivery.key(), sequence);
    noteKey(last, table, delivery.previousKey(), sequence);
  }

  private void noteKey(Map<Key, Long> last, String table, @Nullable Key key, long sequence) {
    if (key == null) {
      return;
    }
    long before = Math.max(last.getOrDefault(key, 0L), lastTruncates.getOrDefault(table, 0L));
    // What a unit of all that was in line has done may be repeated by its lanes after a crash.
    if (sequence < before && !appliedInUnits.contains(sequence)) {
      violations.add(table + " " + key + " went back from " + before + " to " + sequence);
    }
    last.put(key, sequence);
  }

  private void move(int lane, LaneCursor cursor) {
    LaneCursor before = cursors.put(lane, cursor);
    if (before != null
        && before.epoch() == cursor.epoch()
        && before.sequence() > cursor.sequence()) {
      violations.add("the cursor of lane " + lane + " went back from " + before + " to " + cursor);
    }
  }

  /** Works on a copy of the tables that takes their place at the commit. */
  private final class MemoryTransactionLane implements TransactionLane {
    private Map<String, Map<Key, Row>> open = new HashMap<>();
    private List<Delivery> noted = new ArrayList<>();
    private boolean begun;
    private boolean asUnit;

    @Override
    public List<Optional<LaneCursor>> cursors() {
      List<Optional<LaneCursor>> held = new ArrayList<>();
      for (int lane = 0; lane < laneCount; lane++) {
        held.add(Optional.ofNullable(cursor(lane)));
      }
      return held;
    }

    @Override
    public void begin(boolean strict) {
      synchronized (MemoryTarget.this) {
        if (begun) {
          violations.add("begun twice");
        }
        begun = true;
        asUnit = false;
        open = copy();
        noted = new ArrayList<>();
      }
    }

    private DeliveryOutcome inOpen(Supplier<DeliveryOutcome> write) {
      synchronized (MemoryTarget.this) {
        if (!begun) {
          violations.add("written outside of a transaction");
        }
        Map<String, Map<Key, Row>> seen = copy();
        restore(open);
        DeliveryOutcome outcome = write.get();
        open = copy();
        restore(seen);
        return outcome;
      }
    }

    @Override
    public DeliveryOutcome write(List<Delivery> deliveries) {
      faults.before(0, deliveries);
      return inOpen(() -> {
        for (int i = 0; i < deliveries.size(); i++) {
          Map<String, Map<Key, Row>> before = copy();
          Problem problem = refusal(deliveries.get(i));
          if (problem == null) {
            effect(deliveries.get(i));
            problem = broken(deliveries.get(i));
          }
          if (problem != null) {
            restore(before);
            return outcome(i, problem);
          }
          noted.add(deliveries.get(i));
        }
        return new DeliveryOutcome.Applied(deliveries.size());
      });
    }

    @Override
    public DeliveryOutcome writeAsUnit(List<Delivery> deliveries) {
      faults.before(0, deliveries);
      return inOpen(() -> {
        Problem problem = effects(deliveries);
        if (problem != null) {
          return outcome(0, problem);
        }
        noted.addAll(deliveries);
        asUnit = true;
        return new DeliveryOutcome.Applied(deliveries.size());
      });
    }

    @Override
    public boolean commit(LaneCursor cursor) {
      faults.before(0, noted);
      synchronized (MemoryTarget.this) {
        if (!begun) {
          violations.add("committed without a transaction");
        }
        begun = false;
        restore(open);
        noted.forEach(MemoryTarget.this::note);
        units += asUnit ? 1 : 0;
        for (int lane = 0; lane < laneCount; lane++) {
          LaneCursor before = cursor(lane);
          boolean behind =
              before == null
                  || before.epoch() != cursor.epoch()
                  || before.sequence() < cursor.sequence();
          if (behind) {
            move(lane, cursor);
          }
        }
        onCommit.accept(cursor.sequence());
      }
      faults.after(0, noted);
      return true;
    }

    @Override
    public void rollback() {
      begun = false;
    }

    @Override
    public void close() {}
  }

  private final class MemoryLane implements Lane {
    private final int lane;
    private boolean closed;
    private @Nullable Thread inside;

    MemoryLane(int lane) {
      this.lane = lane;
    }

    @Override
    public Optional<LaneCursor> cursor() {
      return Optional.ofNullable(MemoryTarget.this.cursor(lane));
    }

    private void enter(LaneCursor cursor, List<Delivery> deliveries) {
      synchronized (MemoryTarget.this) {
        if (closed || inside != null) {
          violations.add("lane " + lane + (closed ? " is used when closed" : " is used twice"));
        }
        inside = Thread.currentThread();
        for (int i = 1; i < deliveries.size(); i++) {
          if (deliveries.get(i - 1).sequence() >= deliveries.get(i).sequence()) {
            violations.add("not ascending: " + deliveries);
          }
        }
        if (deliveries.isEmpty() || cursor.sequence() < deliveries.getFirst().sequence()) {
          violations.add("cursor " + cursor + " for " + deliveries);
        }
      }
    }

    private void leave() {
      synchronized (MemoryTarget.this) {
        inside = null;
      }
    }

    @Override
    public DeliveryOutcome apply(List<Delivery> deliveries, LaneCursor cursor) {
      enter(cursor, deliveries);
      try {
        faults.before(lane, deliveries);
        DeliveryOutcome outcome;
        synchronized (MemoryTarget.this) {
          outcome = write(deliveries, lane, cursor);
        }
        faults.after(lane, deliveries);
        return outcome;
      } finally {
        leave();
      }
    }

    @Override
    public DeliveryOutcome applyAsUnit(List<Delivery> deliveries, LaneCursor cursor) {
      enter(cursor, deliveries);
      try {
        faults.before(lane, deliveries);
        DeliveryOutcome outcome;
        synchronized (MemoryTarget.this) {
          outcome = writeUnit(deliveries, lane, cursor);
        }
        faults.after(lane, deliveries);
        return outcome;
      } finally {
        leave();
      }
    }

    @Override
    public void advance(LaneCursor cursor) {
      synchronized (MemoryTarget.this) {
        if (closed) {
          violations.add("lane " + lane + " is used when closed");
        }
        move(lane, cursor);
      }
    }

    @Override
    public void close() {
      synchronized (MemoryTarget.this) {
        closed = true;
      }
    }
  }
}
