package dev.unisono.engine.state;

import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.LearnedColumn;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
  private final Shapes shapes;
  private final BlockCodec codec;
  private final long lingerNanos;
  private final RunningTime time;
  private final Merging merging;
  private final ToldRows told;
  private final Connection connection;

  /** Every commit has these; to prepare them anew each time takes longer than to run them. */
  private PreparedStatement insertBlock;

  private PreparedStatement setState;
  private final Thread thread;
  private long head;

  /** By source the transaction that it has handed in only a part of. */
  private Map<String, Long> unfinished;

  private volatile @Nullable Problem problem;
  private final AtomicLong deadLetters = new AtomicLong();

  StateWriter(
      StateFolder folder,
      StoredJournal journal,
      Shapes shapes,
      Duration linger,
      RunningTime time,
      Merging merging,
      ToldRows told)
      throws SQLException {
    this.merging = merging;
    this.told = told;
    this.lingerNanos = linger.toNanos();
    this.journal = journal;
    this.shapes = shapes;
    this.codec = new BlockCodec(shapes);
    this.time = time;
    this.connection = folder.connectState();
    this.head = journal.head().sequence();
    this.unfinished = journal.reached().unfinished();
    try (var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT count(*) FROM dead_letter")) {
      row.next();
      deadLetters.set(row.getLong(1));
    }
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

  /** Why nothing is committed at the moment; null where all is well. */
  @Nullable Problem problem() {
    return problem;
  }

  long deadLetters() {
    return deadLetters.get();
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
    IdentityHashMap<Intake, List<DeadLetter>> refused = new IdentityHashMap<>();
    // Invariant 2: entries, dead letters, what was learned and the sources' state at once.
    durably(() -> {
      entries.clear();
      for (Intake intake : group) {
        List<DeadLetter> letters = news(intake.system(), intake.deadLetters());
        refused.put(intake, letters);
        addEntries(intake, entries, letters);
      }
      if (!entries.isEmpty()) {
        insertBlock(entries, codec.encode(entries));
      }
      for (Intake intake : group) {
        writeState(intake.system(), intake.state());
        writeLearned(intake);
        writeDeadLetters(intake.system(), refused.getOrDefault(intake, List.of()));
      }
      writeUnfinished(nowUnfinished);
    });
    if (!entries.isEmpty()) {
      head = entries.getLast().sequence();
    }
    unfinished = nowUnfinished;
    for (Intake intake : group) {
      deadLetters.addAndGet(refused.getOrDefault(intake, List.of()).size());
      intake.durable().run();
    }
    journal.committed(entries, sizeBytes, nowUnfinished);
  }

  private void commit(Amendment amendment) throws InterruptedException {
    List<JournalEntry> entries = new ArrayList<>();
    durably(() -> {
      entries.clear();
      amendment.run(
          connection,
          amended -> entries.add(entry(head + entries.size() + 1, amended, Amendment.SYSTEM)));
      if (!entries.isEmpty()) {
        insertBlock(entries, codec.encode(entries));
      }
    });
    if (!entries.isEmpty()) {
      head = entries.getLast().sequence();
    }
    amendment.durable();
    journal.committed(entries, 0, unfinished);
  }

  private void addEntries(Intake intake, List<JournalEntry> entries, List<DeadLetter> refused)
      throws SQLException {
    for (CleanChange clean : intake.changes()) {
      if (merging.merges(clean.entity())) {
        merging.merge(
            connection,
            intake.system(),
            clean,
            new Merging.Outcome() {
              @Override
              public void journaled(CleanChange merged) {
                entries.add(entry(head + entries.size() + 1, merged, intake.system()));
              }

              @Override
              public void refused(DeadLetter letter) {
                refused.add(letter);
              }
            });
      } else {
        CleanChange news = news(clean);
        if (news != null) {
          entries.add(entry(head + entries.size() + 1, news, intake.system()));
        }
      }
    }
    if (intake.passed() > 0) {
      merging.passed(connection, intake.system(), intake.passed());
    }
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
        connection.commit();
        problem = null;
        merging.committed();
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

  /**
   * Without those of rows that were read again and are refused for what they were refused before.
   */
  private List<DeadLetter> news(String system, List<DeadLetter> letters) throws SQLException {
    List<DeadLetter> news = new ArrayList<>(letters.size());
    for (DeadLetter letter : letters) {
      if (letter.change().operation() != Operation.REFRESH || !known(system, letter)) {
        news.add(letter);
      }
    }
    return news;
  }

  private boolean known(String system, DeadLetter letter) throws SQLException {
    try (PreparedStatement newest =
        connection.prepareStatement(
            "SELECT code, message, image FROM dead_letter WHERE entity = ? AND record = ? AND"
                + " system = ? ORDER BY id DESC LIMIT 1")) {
      newest.setString(1, letter.entity().name());
      newest.setString(2, String.valueOf(letter.change().key()));
      newest.setString(3, system);
      try (ResultSet row = newest.executeQuery()) {
        return row.next()
            && letter.cause().code().equals(row.getString(1))
            && letter.cause().message().equals(row.getString(2))
            && Arrays.equals(image(letter), row.getBytes(3));
      }
    }
  }

  private void writeDeadLetters(String system, List<DeadLetter> letters) throws SQLException {
    for (DeadLetter letter : letters) {
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO dead_letter (time, system, entity, operation, record, code, message,"
                  + " image) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")) {
        Key key = letter.change().key();
        insert.setLong(1, letter.time().toEpochMilli());
        insert.setString(2, system);
        insert.setString(3, letter.entity().name());
        insert.setString(4, letter.change().operation().name());
        insert.setString(5, key == null ? null : key.toString());
        insert.setString(6, letter.cause().code());
        insert.setString(7, letter.cause().message());
        insert.setBytes(8, image(letter));
        insert.executeUpdate();
      }
    }
  }

  private byte @Nullable [] image(DeadLetter letter) {
    Row row = letter.change().after();
    if (row == null) {
      return null;
    }
    Bytes image = new Bytes(256);
    image.writeUnsigned(shapes.current(letter.entity()));
    Shapes.writeRow(image, withoutUnfit(row));
    return image.toByteArray();
  }

  /** What is none of a field's type has no form here; the cause says what it was. */
  private static Row withoutUnfit(Row row) {
    @Nullable Object[] values = row.copyValues();
    for (int i = 0; i < values.length; i++) {
      if (values[i] instanceof Unfit) {
        values[i] = Unchanged.UNCHANGED;
      }
    }
    return new Row(row.schema(), values);
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
