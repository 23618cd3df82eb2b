package dev.unisono.postgres;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.LearnedColumn;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.SourceRun;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A table that is read by one source after another, as the engine runs them: each from the state of
 * the one before, with what was learned. For one thread.
 */
final class FollowedTable implements AutoCloseable {
  private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

  private final TestDatabase database;
  private final Map<String, Object> settings;
  private final List<Change> before = new ArrayList<>();
  private Binding binding;
  private Map<String, String> state = Map.of();
  private @Nullable SourceRun run;
  private int starts;

  FollowedTable(TestDatabase database, Binding binding, SchemaChange policy) {
    this(database, binding, policy, Map.of());
  }

  /**
   * @param settings of the system, beside the usual ones
   */
  FollowedTable(
      TestDatabase database, Binding binding, SchemaChange policy, Map<String, Object> settings) {
    this.database = database;
    this.binding = with(binding, policy);
    this.settings = new HashMap<>(settings);
    this.settings.put("heartbeat", Duration.ofMillis(100));
  }

  private static Binding with(Binding binding, SchemaChange policy) {
    return binding.with(new TablePolicy(policy, false, false, null));
  }

  /** As if the config were edited; to be started after it. */
  void configure(Binding edited, SchemaChange policy) {
    binding = with(edited, policy);
  }

  Binding binding() {
    return binding;
  }

  int starts() {
    return starts;
  }

  /** What the sources that have ended left. */
  Map<String, String> state() {
    return state;
  }

  FollowedTable start() {
    run = SourceRun.start(source(), state);
    starts++;
    return this;
  }

  /** Starts one that is lost like in a crash after so many batches. */
  FollowedTable startUntilBatches(int batches) {
    run = SourceRun.untilBatches(source(), state, batches);
    starts++;
    return this;
  }

  private dev.unisono.spi.Source source() {
    return database.system(settings, List.of(binding), List.of()).source();
  }

  SourceRun run() {
    SourceRun running = run;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    return running;
  }

  /** Waits for the end of the snapshot, and that what is handed over says so. */
  FollowedTable awaitStreaming() throws InterruptedException {
    run().awaitStreaming();
    await(() -> "done".equals(run().state().get(SnapshotTable.SNAPSHOT + binding.sync())));
    return this;
  }

  /** Ends what runs, and takes over what it had handed over. */
  FollowedTable stop() {
    SourceRun ending = run();
    ending.close();
    takeOver(ending);
    return this;
  }

  private void takeOver(SourceRun ended) {
    before.addAll(ended.changes());
    state = ended.state();
    for (Batch batch : ended.batches()) {
      batch.learned().forEach(this::learn);
    }
    run = null;
  }

  private void learn(LearnedColumn column) {
    List<Field> fields = new ArrayList<>(binding.schema().fields());
    List<@Nullable String> columns = new ArrayList<>(binding.columns());
    Integer known = binding.schema().find(column.field());
    if (known != null) {
      columns.set(known, column.column());
    } else {
      fields.add(new Field(column.field(), type(String.valueOf(column.schema())), false));
      columns.add(column.column());
    }
    List<String> key = new ArrayList<>();
    for (int i = 0; i < binding.schema().keySize(); i++) {
      key.add(binding.schema().field(binding.schema().keyPosition(i)).name());
    }
    binding = binding.with(new Schema(binding.schema().name(), fields, key), columns);
  }

  private static ValueType type(String schema) {
    return switch (schema) {
      case "{ type: integer }" -> ValueType.LONG;
      case "{ type: number }" -> ValueType.DECIMAL;
      case "{ type: string }" -> ValueType.STRING;
      default -> throw new AssertionError("not expected: " + schema);
    };
  }

  /** Waits, starting anew what ended to be started anew, until the rows are those of the table. */
  void awaitRows(List<String> expected, String... fields) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!texts(fields).equals(expected)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("expected " + expected + ", not " + texts(fields), failure());
      }
      goOn();
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** Starts it anew where it has ended to be. */
  void goOn() throws InterruptedException {
    SourceRun running = run();
    if (!running.ended()) {
      return;
    }
    if (running.failure() instanceof UnisonoException failed
        && !failed.problem().type().retryable()) {
      throw new AssertionError("the source has stopped", failed);
    }
    running.awaitEnd();
    takeOver(running);
    start();
  }

  private @Nullable Throwable failure() {
    return run().failure();
  }

  /** Waits, starting anew what ended to be started anew, until a condition of the test's holds. */
  void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not become so; " + run().differences(), failure());
      }
      goOn();
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** Waits until it stops for good, and says why. */
  Problem awaitStop() throws InterruptedException {
    while (true) {
      UnisonoException failed = run().awaitFailure();
      takeOver(run());
      if (!failed.problem().type().retryable()) {
        return failed.problem();
      }
      start();
    }
  }

  List<Change> changes() {
    List<Change> all = new ArrayList<>(before);
    SourceRun running = run;
    if (running != null) {
      all.addAll(running.changes());
    }
    return all;
  }

  /** What the table holds if the changes shown are all that happened: each row as text, by key. */
  List<String> texts(String... fields) {
    Map<String, Map<String, @Nullable Object>> rows = new TreeMap<>();
    for (Change change : changes()) {
      apply(rows, change);
    }
    List<String> texts = new ArrayList<>();
    for (Map<String, @Nullable Object> row : rows.values()) {
      List<String> values = new ArrayList<>();
      for (String field : fields) {
        values.add(String.valueOf(row.getOrDefault(field, "~")));
      }
      texts.add(String.join("|", values).replace("null", "~"));
    }
    return texts;
  }

  private static void apply(Map<String, Map<String, @Nullable Object>> rows, Change change) {
    String key = text(change.key());
    Row after = change.after();
    switch (change.operation()) {
      case TRUNCATE -> rows.clear();
      case DELETE -> rows.remove(key);
      case CREATE, UPDATE, READ, REFRESH -> {
        Map<String, @Nullable Object> row =
            rows.getOrDefault(
                change.previousKey() == null ? key : text(change.previousKey()), new HashMap<>());
        for (int i = 0; after != null && i < after.schema().size(); i++) {
          if (after.value(i) != Unchanged.UNCHANGED) {
            row.put(after.schema().field(i).name(), after.value(i));
          }
        }
        if (change.previousKey() != null) {
          rows.remove(text(change.previousKey()));
        }
        rows.put(key, row);
      }
    }
  }

  private static String text(@Nullable Key key) {
    return key == null ? "" : "%12s".formatted(key.part(0));
  }

  @Override
  public void close() {
    if (run != null) {
      run.close();
    }
  }
}
