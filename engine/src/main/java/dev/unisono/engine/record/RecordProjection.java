package dev.unisono.engine.record;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.state.Bytes;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes the records of the journal: reads it from where the records' own database stands and writes
 * batches there, each with the new position in the same transaction. Runs on a thread of its own;
 * its position can be asked and waited for from any.
 */
public final class RecordProjection implements AutoCloseable {
  private static final int BATCH_BYTES = 4 << 20;
  private static final Duration IDLE_WAIT = Duration.ofSeconds(5);
  private static final long RETRY_PAUSE_MILLIS = 1_000;

  private record Image(@Nullable Row row, long version, long changedMicros) {}

  private final Journal journal;
  private final Shapes shapes;
  private final List<Entity> entities;
  private final Connection connection;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private final Thread thread;
  private volatile long position;

  /** What the last commit that was begun has reached, or would have. */
  private volatile long committing;

  private volatile @Nullable Problem problem;

  /** What the batch at hand has made of each record; later images replace earlier ones. */
  private final Map<Entity, Map<Key, Image>> pending = new HashMap<>();

  private final RecentRecords recent = new RecentRecords();

  /** Up to where the last commit that was begun and changes any of an entity's records reaches. */
  private final Map<Entity, Long> lastChanges = new ConcurrentHashMap<>();

  /** What the transaction at hand changes, and whether it takes all records of an entity. */
  private final Map<Entity, List<Key>> changed = new HashMap<>();

  private boolean emptied;

  /**
   * @throws UnisonoException records-gap where the journal no longer holds what the records lack
   */
  public RecordProjection(StateFolder folder, Journal journal, Shapes shapes, List<Entity> entities)
      throws SQLException {
    this.journal = journal;
    this.shapes = shapes;
    this.entities = entities.stream().filter(Entity::served).toList();
    this.connection = folder.connectRecords();
    try {
      connection.setAutoCommit(false);
      this.position = prepare();
      this.committing = position;
    } catch (SQLException | UnisonoException failed) {
      // What was begun would keep the next one from writing.
      connection.close();
      throw failed;
    }
    this.thread = Thread.ofPlatform().name("records").daemon().unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  public Cursor position() {
    return new Cursor(journal.head().epoch(), position);
  }

  /** What is in memory of the records that this makes. */
  RecentRecords recent() {
    return recent;
  }

  /**
   * Whether this is the newest state that any reader sees, and memory has nothing older: no commit
   * was begun after the one that has reached it, and that one has had forgotten what it changed.
   */
  boolean settledAt(long sequence) {
    return position == sequence && committing == sequence;
  }

  /**
   * Whether memory has nothing that is older than what any reader has seen by now. It may have
   * while a commit is under way: who has just read what is new must not be shown the old again.
   */
  boolean settled() {
    return settledAt(committing);
  }

  /** Whether what was read of an entity at a position is still what there is of it. */
  boolean unchangedSince(Entity entity, long sequence) {
    return lastChanges.getOrDefault(entity, 0L) <= sequence;
  }

  /** Why the records do not follow the journal at the moment; null where they do. */
  public @Nullable Problem problem() {
    return problem;
  }

  public boolean awaitSequence(long sequence, Duration atMost) throws InterruptedException {
    long leftNanos = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (position < sequence) {
        if (leftNanos <= 0) {
          return false;
        }
        leftNanos = moved.awaitNanos(leftNanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private long prepare() throws SQLException {
    String form = RecordTables.form(entities);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
              + " WITHOUT ROWID");
      String had = fact(statement, "form");
      String epoch = Long.toString(journal.head().epoch());
      String hadEpoch = fact(statement, "epoch");
      long from = Long.parseLong(had == null ? "0" : fact(statement, "position", "0"));
      if (!form.equals(had) || !epoch.equals(hadEpoch) || from > journal.head().sequence()) {
        from = remake(statement, epoch.equals(hadEpoch) ? from : 0, form, epoch);
      }
      if (from < journal.oldest().sequence()) {
        throw new UnisonoException(
            new Problem(
                "records-gap",
                ProblemType.USER,
                "The records stand at " + from + ", but the journal begins after that.",
                "state.retention",
                "Give the server a fresh state folder, so that everything is read again."));
      }
      connection.commit();
      return from;
    }
  }

  /**
   * Another set of entities, fields or indexes than last time. Where the whole journal is there,
   * the records are made anew from it, which also fills entities that were not served before.
   */
  private long remake(Statement statement, long from, String form, String epoch)
      throws SQLException {
    long start = from;
    if (journal.oldest().sequence() == 0) {
      RecordTables.dropAll(connection);
      start = 0;
      for (Entity entity : entities) {
        RecordTables.create(connection, entity);
      }
    } else {
      for (Entity entity : entities) {
        copy(statement, entity);
      }
    }
    statement.execute("INSERT OR REPLACE INTO fact VALUES ('position', '" + start + "')");
    statement.execute("INSERT OR REPLACE INTO fact VALUES ('epoch', '" + epoch + "')");
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT OR REPLACE INTO fact VALUES ('form', ?)")) {
      insert.setString(1, form);
      insert.executeUpdate();
    }
    return start;
  }

  private void copy(Statement statement, Entity entity) throws SQLException {
    String table = RecordTables.table(entity);
    boolean exists;
    try (ResultSet row =
        statement.executeQuery("SELECT 1 FROM sqlite_master WHERE name = '" + table + "'")) {
      exists = row.next();
    }
    if (!exists) {
      RecordTables.create(connection, entity);
      return;
    }
    statement.execute("ALTER TABLE " + table + " RENAME TO copied");
    // Indexes keep their names through a renaming, and the new table's have the same.
    RecordTables.dropIndexes(connection, "copied");
    RecordTables.create(connection, entity);
    try (ResultSet row = statement.executeQuery("SELECT k, version, changed, body FROM copied");
        PreparedStatement insert = connection.prepareStatement(insertStatement(entity))) {
      while (row.next()) {
        byte[] body = row.getBytes(4);
        Row image = body == null ? null : read(body);
        byte[] key =
            image == null
                ? row.getBytes(1)
                : OrderedBytes.key(entity.schema(), entity.schema().key(image));
        insert(insert, entity, key, new Image(image, row.getLong(2), row.getLong(3)));
      }
    }
    statement.execute("DROP TABLE copied");
  }

  private static @Nullable String fact(Statement statement, String name) throws SQLException {
    try (ResultSet row =
        statement.executeQuery("SELECT value FROM fact WHERE name = '" + name + "'")) {
      return row.next() ? row.getString(1) : null;
    }
  }

  private static String fact(Statement statement, String name, String otherwise)
      throws SQLException {
    String value = fact(statement, name);
    return value == null ? otherwise : value;
  }

  private void run() {
    try {
      while (true) {
        try {
          if (journal.awaitBeyond(position, IDLE_WAIT)) {
            long head = journal.head().sequence();
            List<JournalEntry> entries = journal.read(position, BATCH_BYTES);
            // Where there are none, what there is belongs to entities that the config has no
            // longer.
            project(entries, entries.isEmpty() ? head : entries.getLast().sequence());
          }
          problem = null;
        } catch (SQLException failed) {
          recover(StateFolder.failure(failed));
        } catch (UnisonoException failed) {
          recover(failed);
        }
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (UnisonoException stopped) {
      problem = stopped.problem();
    } catch (RuntimeException unexpected) {
      System.getLogger(RecordProjection.class.getName())
          .log(System.Logger.Level.ERROR, "making records", unexpected);
      problem =
          new Problem(
              "records-fault",
              ProblemType.INTERNAL,
              "The records no longer follow the journal: " + unexpected + ".",
              null,
              "This is a fault of Unisono's own; please report it with the log.");
    }
  }

  /** Waits before the next attempt, where one may help; else throws what failed. */
  private void recover(UnisonoException failed) throws InterruptedException {
    pending.clear();
    changed.clear();
    emptied = false;
    rollback();
    if (!failed.problem().type().retryable()) {
      throw failed;
    }
    problem = failed.problem();
    TimeUnit.MILLISECONDS.sleep(RETRY_PAUSE_MILLIS);
  }

  private void rollback() {
    try {
      connection.rollback();
    } catch (SQLException ended) {
      beginAnew();
    }
  }

  /** SQLite ends a transaction by itself where the disk is full; the driver does not notice. */
  private void beginAnew() {
    try {
      connection.setAutoCommit(true);
    } catch (SQLException noTransaction) {
      // It is ended already.
    }
    try {
      connection.setAutoCommit(false);
    } catch (SQLException ignored) {
      // The next attempt says what is wrong.
    }
  }

  private void project(List<JournalEntry> entries, long reached) throws SQLException {
    for (JournalEntry entry : entries) {
      if (entry.entity().served()) {
        apply(entry);
      }
    }
    for (Entity entity : pending.keySet()) {
      flush(entity);
    }
    pending.clear();
    try (PreparedStatement update =
        connection.prepareStatement("UPDATE fact SET value = ? WHERE name = 'position'")) {
      update.setString(1, Long.toString(reached));
      update.executeUpdate();
    }
    for (Entity entity : changed.keySet()) {
      lastChanges.put(entity, reached);
    }
    committing = reached;
    connection.commit();
    if (emptied) {
      recent.forgetAll();
    }
    changed.forEach(recent::forget);
    emptied = false;
    changed.clear();
    moveTo(reached);
  }

  private void moveTo(long reached) {
    lock.lock();
    try {
      position = reached;
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void apply(JournalEntry entry) throws SQLException {
    Entity entity = entry.entity();
    long micros = RecordTables.micros(entry.sourceTime());
    if (entry.operation() == Operation.TRUNCATE) {
      flush(entity);
      changed.computeIfAbsent(entity, _ -> new ArrayList<>());
      emptied = true;
      truncate(entity, entry.sequence(), micros);
      return;
    }
    Map<Key, Image> images = pending.computeIfAbsent(entity, any -> new LinkedHashMap<>());
    Key key = entry.key();
    if (key == null) {
      throw new IllegalStateException("an entry without key: " + entry);
    }
    Row row = entry.row();
    Key previousKey = entry.previousKey();
    if (row != null && row.partial()) {
      Row earlier = current(entity, previousKey == null ? key : previousKey);
      row = earlier == null ? row : row.over(earlier);
    }
    if (previousKey != null) {
      images.put(previousKey, new Image(null, entry.sequence(), micros));
    }
    images.put(key, new Image(row, entry.sequence(), micros));
  }

  private @Nullable Row current(Entity entity, Key key) throws SQLException {
    Map<Key, Image> images = pending.get(entity);
    Image image = images == null ? null : images.get(key);
    if (image != null) {
      return image.row();
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT body FROM " + RecordTables.table(entity) + " WHERE k = ?")) {
      select.setBytes(1, OrderedBytes.key(entity.schema(), key));
      try (ResultSet row = select.executeQuery()) {
        byte[] body = row.next() ? row.getBytes(1) : null;
        return body == null ? null : read(body);
      }
    }
  }

  private @Nullable Row read(byte[] body) {
    Bytes in = new Bytes(body);
    return Shapes.readRow(in, shapes.shape((int) in.readUnsigned()));
  }

  private void truncate(Entity entity, long version, long micros) throws SQLException {
    StringBuilder columns = new StringBuilder();
    for (String field : RecordTables.columnFields(entity)) {
      columns.append(", ").append(RecordTables.column(entity.schema(), field)).append(" = NULL");
    }
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE "
                + RecordTables.table(entity)
                + " SET body = NULL, version = ?, changed = ?"
                + columns
                + " WHERE body IS NOT NULL")) {
      update.setLong(1, version);
      update.setLong(2, micros);
      update.executeUpdate();
    }
  }

  private void flush(Entity entity) throws SQLException {
    Map<Key, Image> images = pending.get(entity);
    if (images == null || images.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = connection.prepareStatement(insertStatement(entity))) {
      for (Map.Entry<Key, Image> image : images.entrySet()) {
        insert(insert, entity, OrderedBytes.key(entity.schema(), image.getKey()), image.getValue());
      }
    }
    changed.computeIfAbsent(entity, _ -> new ArrayList<>()).addAll(images.keySet());
    images.clear();
  }

  private static String insertStatement(Entity entity) {
    StringBuilder places = new StringBuilder("(?, ?, ?, ?");
    StringBuilder replaced =
        new StringBuilder("version = excluded.version, changed = excluded.changed")
            .append(", body = excluded.body");
    for (String field : RecordTables.columnFields(entity)) {
      String column = RecordTables.column(entity.schema(), field);
      places.append(", ?");
      replaced.append(", ").append(column).append(" = excluded.").append(column);
    }
    return "INSERT INTO "
        + RecordTables.table(entity)
        + " VALUES "
        + places
        + ") ON CONFLICT (k) DO UPDATE SET "
        + replaced;
  }

  private void insert(PreparedStatement insert, Entity entity, byte[] key, Image image)
      throws SQLException {
    Row row = image.row();
    insert.setBytes(1, key);
    insert.setLong(2, image.version());
    insert.setLong(3, image.changedMicros());
    insert.setBytes(4, row == null ? null : body(entity, row));
    int parameter = 5;
    for (String field : RecordTables.columnFields(entity)) {
      int at = entity.schema().position(field);
      insert.setBytes(
          parameter++,
          row == null
              ? null
              : RecordTables.ordered(entity.schema().field(at).type(), row.value(at)));
    }
    insert.executeUpdate();
  }

  private byte[] body(Entity entity, Row row) {
    Bytes body = new Bytes(256);
    body.writeUnsigned(shapes.current(entity));
    Shapes.writeRow(body, row);
    return body.toByteArray();
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
      connection.close();
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
