package dev.unisono.engine.state;

import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Change;
import dev.unisono.spi.LearnedColumn;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one writer of the state: what all sources hand in becomes durable here, in groups. While one
 * commit runs, the next group gathers by itself; with a linger a group that is small waits for
 * more. Handing in is safe for threads.
 */
final class StateWriter implements AutoCloseable {
  private static final int GROUP_CHANGES = 10_000;
  private static final long RETRY_PAUSE_MILLIS = 1_000;
  private static final String INSERT_BLOCK =
      "INSERT INTO journal (last, first, committed, entries) VALUES (?, ?, ?, ?)";
  private static final String SET_STATE = "INSERT OR REPLACE INTO source_state VALUES (?, ?, ?)";

  private final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();
  private final StoredJournal journal;
  private final BlockCodec codec;
  private final long lingerNanos;
  private final RunningTime time;
  private final Merging merging;
  private final ToldRows told;
  private final Constraining constraining;
  private final Connection connection;

  /** Every commit has these; to prepare them anew each time takes longer than to run them. */
  private PreparedStatement insertBlock;

  private PreparedStatement setState;
  private final Thread thread;
  private long head;

  /** By source the transaction that it has handed in only a part of. */
  private Map<String, Long> unfinished;

  private volatile @Nullable Problem problem;
  private final LetterWriter letters;

  StateWriter(
      StateFolder folder,
      StoredJournal journal,
      Shapes shapes,
      Duration linger,
      RunningTime time,
      Merging merging,
      ToldRows told,
      Constraining constraining,
      LetterWriter letters)
      throws SQLException {
    this.constraining = constraining;
    this.merging = merging;
    this.told = told;
    this.letters = letters;
    this.lingerNanos = linger.toNanos();
    this.journal = journal;
    this.codec = new BlockCodec(shapes);
    this.time = time;
    this.connection = folder.connectState();
    this.head = journal.head().sequence();
    this.unfinished = journal.reached().unfinished();
    connection.setAutoCommit(false);
    this.insertBlock = connection.prepareStatement(INSERT_BLOCK);
    this.setState = connection.prepareStatement(SET_STATE);
    this.thread = Thread.ofPlatform().name("state-writer").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  void submit(Intake intake) {
    queue.add(intake);
  }

  /** Runs in a transaction of its own, between two groups. */
  void submit(Upkeep upkeep) {
    queue.add(upkeep);
  }

  void submit(Amendment amendment) {
    queue.add(amendment);
  }

  void submit(LetterTask task) {
    queue.add(task);
  }

  /** Why nothing is committed at the moment; null where all is well. */
  @Nullable Problem problem() {
    return problem;
  }

  private void run() {
    List<Object> gathered = new ArrayList<>();
    try {
      while (true) {
        gathered.add(queue.take());
        linger(gathered);
        queue.drainTo(gathered, 1_000);
        for (int from = 0; from < gathered.size(); ) {
          from = work(gathered, from);
        }
        gathered.clear();
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error unexpected) {
      System.getLogger(StateWriter.class.getName())
          .log(System.Logger.Level.ERROR, "writing the journal", unexpected);
      problem =
          new Problem(
              "state-fault",
              ProblemType.INTERNAL,
              "Nothing more is written to the journal: " + unexpected + ".",
              null,
              "This is a fault of Unisono's own; please report it with the log.");
    }
  }

  /** Waits for what may go with the first, unless it is enough, or somebody waits for an answer. */
  private void linger(List<Object> gathered) throws InterruptedException {
    if (lingerNanos == 0) {
      return;
    }
    long deadlineNanos = System.nanoTime() + lingerNanos;
    int changes = 0;
    Object last = gathered.getLast();
    while (last instanceof Intake intake) {
      changes += intake.changes().size();
      long leftNanos = deadlineNanos - System.nanoTime();
      last = changes < GROUP_CHANGES ? queue.poll(leftNanos, TimeUnit.NANOSECONDS) : null;
      if (last != null) {
        gathered.add(last);
      }
    }
  }

  /** Does the next group or upkeep; returns the index after it. */
  private int work(List<Object> gathered, int from) throws InterruptedException {
    if (gathered.get(from) instanceof Upkeep upkeep) {
      durably(() -> upkeep.run(connection));
      upkeep.durable();
      return from + 1;
    }
    if (gathered.get(from) instanceof Amendment amendment) {
      commit(amendment);
      return from + 1;
    }
    if (gathered.get(from) instanceof LetterTask task) {
      commit(task);
      return from + 1;
    }
    List<Intake> group = new ArrayList<>();
    int changes = 0;
    int index = from;
    while (index < gathered.size()
        && changes < GROUP_CHANGES
        && gathered.get(index) instanceof Intake intake) {
      group.add(intake);
      changes += intake.changes().size();
      index++;
    }
    commit(group);
    return index;
  }

  private void commit(List<Intake> group) throws InterruptedException {
    List<JournalEntry> entries = new ArrayList<>();
    long sizeBytes = 0;
    for (Intake intake : group) {
      sizeBytes += intake.sizeBytes();
    }
    Map<String, Long> nowUnfinished = unfinished(group);
    // Invariant 2: entries, dead letters, what was learned and the sources' state at once.
    durably(() -> {
      entries.clear();
      for (Intake intake : group) {
        addEntries(intake, entries);
      }
      if (!entries.isEmpty()) {
        insertBlock(entries, codec.encode(entries));
      }
      for (Intake intake : group) {
        writeState(intake.system(), intake.state());
        writeLearned(intake);
      }
      writeUnfinished(nowUnfinished);
    });
    if (!entries.isEmpty()) {
      head = entries.getLast().sequence();
    }
    unfinished = nowUnfinished;
    for (Intake intake : group) {
      intake.durable().run();
    }
    journal.committed(entries, sizeBytes, nowUnfinished);
  }

  private void commit(Amendment amendment) throws InterruptedException {
    commit(entries -> {
      List<CleanChange> amended = new ArrayList<>();
      amendment.run(connection, amended::add);
      enter(amended, entries, Amendment.SYSTEM);
    });
    amendment.durable();
  }

  private void commit(LetterTask task) throws InterruptedException {
    commit(entries ->
        task.run(
            connection,
            letters,
            (system, change, letThrough) -> {
              List<DeadLetter> refused = new ArrayList<>(0);
              take(system, change, letThrough, entries, refused);
              return refused.isEmpty() ? null : refused.getFirst();
            }));
    task.durable();
  }

  /** Adds entries to those of its transaction. */
  private interface Entering {
    void run(List<JournalEntry> entries) throws SQLException;
  }

  /** Makes a transaction of its own of what no source handed in. */
  private void commit(Entering entering) throws InterruptedException {
    List<JournalEntry> entries = new ArrayList<>();
    durably(() -> {
      entries.clear();
      entering.run(entries);
      if (!entries.isEmpty()) {
        insertBlock(entries, codec.encode(entries));
      }
    });
    if (!entries.isEmpty()) {
      head = entries.getLast().sequence();
    }
    journal.committed(entries, 0, unfinished);
  }

  private void addEntries(Intake intake, List<JournalEntry> entries) throws SQLException {
    // In the order of the log: of one record the newest counts, whether it passed or not.
    int next = 0;
    List<Intake.Refusal> refusals = intake.refusals();
    List<DeadLetter> refused = new ArrayList<>(0);
    List<CleanChange> changes = intake.changes();
    for (int i = 0; i < changes.size(); i++) {
      while (next < refusals.size() && refusals.get(next).before() <= i) {
        letters.write(connection, intake.system(), refusals.get(next++).letter());
      }
      CleanChange clean = changes.get(i);
      // A member's row is kept as it shows it, and what is clean of it is not known here.
      if (letters.none() || merging.merges(clean.entity())) {
        addEntries(intake.system(), clean, entries, refused);
      } else {
        for (CleanChange each : letters.carried(connection, intake.system(), clean)) {
          addEntries(intake.system(), each, entries, refused);
        }
      }
    }
    while (next < refusals.size()) {
      letters.write(connection, intake.system(), refusals.get(next++).letter());
    }
    if (intake.passed() > 0) {
      merging.passed(connection, intake.system(), intake.passed());
    }
  }

  /**
   * Adds what comes of one change.
   *
   * @param refused an empty list, which is one again afterwards
   */
  private void addEntries(
      String system, CleanChange clean, List<JournalEntry> entries, List<DeadLetter> refused)
      throws SQLException {
    take(system, clean, false, entries, refused);
    if (refused.isEmpty()) {
      letters.passed(connection, system, clean);
      return;
    }
    for (DeadLetter letter : refused) {
      letters.write(connection, system, letter);
    }
    refused.clear();
  }

  private void take(
      String system,
      CleanChange clean,
      boolean letThrough,
      List<JournalEntry> entries,
      List<DeadLetter> refused)
      throws SQLException {
    if (merging.merges(clean.entity())) {
      enter(merged(system, clean, letThrough, refused), entries, system);
      return;
    }
    DeadLetter letter =
        constraining.follows(clean.entity())
            ? constraining.judge(connection, system, clean, letThrough(system, clean, letThrough))
            : null;
    if (letter != null) {
      // The row as it is clean: what comes after may need values of it (LetterWriter.carried).
      refused.add(letter.with(Objects.requireNonNull(clean.row())));
      return;
    }
    CleanChange news = news(clean);
    if (news != null) {
      add(entries, news, system);
    }
    // Also where it is no news: it may be read again to be known here.
    if (constraining.follows(clean.entity())) {
      constraining.taken(connection, clean);
    }
  }

  private boolean letThrough(String system, CleanChange clean, boolean byPerson) {
    return byPerson || letters.isLetThrough(system, clean.entity(), clean.change().key());
  }

  /** What a member's change makes of merged records. */
  private List<CleanChange> merged(
      String system, CleanChange clean, boolean letThrough, List<DeadLetter> refused)
      throws SQLException {
    List<CleanChange> merged = new ArrayList<>(2);
    merging.merge(
        connection,
        system,
        clean,
        new Merging.Outcome() {
          @Override
          public @Nullable DeadLetter judge(Supplier<CleanChange> candidate) throws SQLException {
            return constraining.follows(clean.entity())
                ? constraining.judge(
                    connection, system, candidate.get(), letThrough(system, clean, letThrough))
                : null;
          }

          @Override
          public void journaled(CleanChange change) {
            merged.add(change);
          }

          @Override
          public void refused(DeadLetter letter) {
            refused.add(letter);
          }
        });
    return merged;
  }

  private void enter(List<CleanChange> changes, List<JournalEntry> entries, String system)
      throws SQLException {
    for (CleanChange change : changes) {
      add(entries, change, system);
      if (constraining.follows(change.entity())) {
        constraining.taken(connection, change);
      }
    }
  }

  private void add(List<JournalEntry> entries, CleanChange clean, String system) {
    entries.add(entry(head + entries.size() + 1, clean, system));
  }

  private @Nullable CleanChange news(CleanChange clean) throws SQLException {
    if (told.keeps(clean.entity())) {
      return told.take(connection, clean);
    }
    return clean.change().operation() == Operation.REFRESH
        ? ToldRows.as(clean, Operation.READ)
        : clean;
  }

  /** As it is after a group; most often just as before. */
  private Map<String, Long> unfinished(List<Intake> group) {
    Map<String, Long> after = null;
    for (Intake intake : group) {
      long before = (after == null ? unfinished : after).getOrDefault(intake.system(), 0L);
      if (before != intake.unfinished()) {
        after = after == null ? new HashMap<>(unfinished) : after;
        if (intake.unfinished() == 0) {
          after.remove(intake.system());
        } else {
          after.put(intake.system(), intake.unfinished());
        }
      }
    }
    return after == null ? unfinished : Map.copyOf(after);
  }

  private void writeUnfinished(Map<String, Long> now) throws SQLException {
    if (now.equals(unfinished)) {
      return;
    }
    try (Statement delete = connection.createStatement();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO unfinished VALUES (?, ?)")) {
      delete.execute("DELETE FROM unfinished");
      for (Map.Entry<String, Long> each : now.entrySet()) {
        insert.setString(1, each.getKey());
        insert.setLong(2, each.getValue());
        insert.executeUpdate();
      }
    }
  }

  private static JournalEntry entry(long sequence, CleanChange clean, String system) {
    Change change = clean.change();
    return new JournalEntry(
        sequence,
        clean.entity(),
        change.operation(),
        change.key(),
        change.previousKey(),
        clean.row(),
        clean.before(),
        change.sourceTime(),
        change.position(),
        system,
        change.transaction());
  }

  private interface Statements {
    void run() throws SQLException;
  }

  /** Commits, however often it takes: a full disk stops the commits, not the server. */
  private void durably(Statements statements) throws InterruptedException {
    while (true) {
      try {
        statements.run();
        merging.finish(connection);
        letters.finish(connection);
        connection.commit();
        problem = null;
        merging.committed();
        letters.committed();
        return;
      } catch (SQLException failed) {
        problem = StateFolder.failure(failed).problem();
        try {
          connection.rollback();
        } catch (SQLException ignored) {
          // The next attempt says what is wrong.
        }
        merging.rolledBack();
        told.rolledBack();
        constraining.rolledBack();
        letters.rolledBack();
        beginAnew();
        TimeUnit.MILLISECONDS.sleep(RETRY_PAUSE_MILLIS);
      }
    }
  }

  /**
   * SQLite ends a transaction by itself where the disk is full, and the driver does not notice:
   * what came next would be outside of any (invariant 2). Nor are its prepared statements of use
   * any more.
   */
  private void beginAnew() {
    try {
      insertBlock.close();
      setState.close();
      try {
        connection.setAutoCommit(true);
      } catch (SQLException noTransaction) {
        // It is ended already.
      }
      connection.setAutoCommit(false);
      insertBlock = connection.prepareStatement(INSERT_BLOCK);
      setState = connection.prepareStatement(SET_STATE);
    } catch (SQLException ignored) {
      // The next attempt says what is wrong.
    }
  }

  private void insertBlock(List<JournalEntry> entries, byte[] block) throws SQLException {
    insertBlock.setLong(1, entries.getLast().sequence());
    insertBlock.setLong(2, entries.getFirst().sequence());
    insertBlock.setLong(3, time.millis());
    insertBlock.setBytes(4, block);
    insertBlock.executeUpdate();
  }

  private void writeState(String system, Map<String, @Nullable String> state) throws SQLException {
    for (Map.Entry<String, @Nullable String> entry : state.entrySet()) {
      String value = entry.getValue();
      if (value == null) {
        removeState(system, entry.getKey());
      } else {
        setState.setString(1, system);
        setState.setString(2, entry.getKey());
        setState.setString(3, value);
        setState.executeUpdate();
      }
    }
  }

  private void removeState(String system, String name) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM source_state WHERE system = ? AND name = ?")) {
      delete.setString(1, system);
      delete.setString(2, name);
      delete.executeUpdate();
    }
  }

  /** A field keeps the column that the config names, however often what it follows is renamed. */
  private void writeLearned(Intake intake) throws SQLException {
    for (LearnedColumn column : intake.learned()) {
      try (PreparedStatement write =
          connection.prepareStatement(
              "INSERT INTO learned VALUES (?, ?, ?, ?, ?) ON CONFLICT (sync, field) DO UPDATE SET"
                  + " configured = CASE WHEN learned.followed = excluded.configured THEN"
                  + " learned.configured ELSE excluded.configured END, followed ="
                  + " excluded.followed, schema = coalesce(learned.schema, excluded.schema)")) {
        String previous = column.previous();
        write.setString(1, column.sync());
        write.setString(2, column.field());
        write.setString(3, previous == null ? column.column() : previous);
        write.setString(4, column.column());
        write.setString(5, column.schema());
        write.executeUpdate();
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
      codec.close();
      insertBlock.close();
      setState.close();
      connection.close();
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
