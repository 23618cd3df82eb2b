package dev.unisono.engine.record;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.RecordQuery.Place;
import dev.unisono.engine.repair.KeyHolder;
import dev.unisono.engine.state.Bytes;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The records in their own database, as readers see them: a table for each served entity, with the
 * row as one blob and an ordered column for each indexed field. Safe for threads.
 */
public final class StoredRecords implements Records, KeyHolder, AutoCloseable {
  private static final int CONNECTIONS = 4;

  private final Shapes shapes;
  private final RecordProjection projection;
  private final BlockingQueue<RecordReader> readers = new ArrayBlockingQueue<>(CONNECTIONS);
  private final RecentPages pages = new RecentPages();

  public StoredRecords(StateFolder folder, Shapes shapes, RecordProjection projection)
      throws SQLException {
    this.shapes = shapes;
    this.projection = projection;
    for (int i = 0; i < CONNECTIONS; i++) {
      readers.add(new RecordReader(folder.connectRecords()));
    }
  }

  @Override
  public Cursor position() {
    return projection.position();
  }

  @Override
  public boolean awaitSequence(long sequence, Duration atMost) throws InterruptedException {
    return projection.awaitSequence(sequence, atMost);
  }

  private interface Query<T extends @Nullable Object> {
    T run(RecordReader reader) throws SQLException;
  }

  private <T extends @Nullable Object> T read(Query<T> query) {
    RecordReader reader;
    try {
      reader = readers.take();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new UnisonoException(
          new Problem("interrupted", ProblemType.TRANSIENT, "The server is stopping.", null, ""),
          interrupted);
    }
    try {
      return query.run(reader);
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    } finally {
      readers.add(reader);
    }
  }

  @Override
  public Optional<EntityRecord> find(Entity entity, Key key) {
    byte[] ordered = OrderedBytes.key(entity.schema(), key);
    Supplier<RecentRecords.@Nullable Read> reading =
        () ->
            read(reader ->
                reader.query(
                    "SELECT version, changed, body FROM "
                        + RecordTables.table(entity)
                        + " WHERE k = ?",
                    List.of(ordered),
                    row -> row.next() ? record(entity, row, key) : null));
    RecentRecords.Read found =
        projection.settled() ? projection.recent().get(entity, ordered, reading) : reading.get();
    return Optional.ofNullable(found).map(RecentRecords.Read::record);
  }

  @Override
  public @Nullable EntityRecord held(Entity entity, Key key) {
    if (!projection.settled()) {
      return null;
    }
    RecentRecords.Read read =
        projection.recent().held(entity, OrderedBytes.key(entity.schema(), key));
    return read == null ? null : read.record();
  }

  /**
   * A record from a row of (version, changed, body); its key comes from the body where it has one.
   */
  private RecentRecords.Read record(Entity entity, ResultSet row, @Nullable Key known)
      throws SQLException {
    byte[] body = row.getBytes(3);
    Row image = null;
    boolean ofToday = false;
    if (body != null) {
      Bytes in = new Bytes(body);
      int shape = (int) in.readUnsigned();
      image = Shapes.readRow(in, shapes.shape(shape));
      ofToday = shape == shapes.current(entity);
    }
    Key key = known;
    if (key == null) {
      if (image == null) {
        throw new IllegalStateException("a record without key and body");
      }
      key = image.schema().key(image);
    }
    return new RecentRecords.Read(
        new EntityRecord(key, row.getLong(1), image, RecordTables.instant(row.getLong(2)), ofToday),
        body == null ? 0 : body.length);
  }

  @Override
  public Page list(Entity entity, RecordQuery query) {
    List<Fresh> fresh = new ArrayList<>();
    Page page = list(entity, query, fresh);
    long sequence = page.position().sequence();
    // Not before the reader is given back: a place in memory may be held by who waits for one.
    for (Fresh each : fresh) {
      projection
          .recent()
          .keep(entity, each.key(), each.read(), () -> projection.settledAt(sequence));
    }
    return page;
  }

  /** A record that memory did not have, and its key's ordered bytes, which nobody changes. */
  @SuppressWarnings("ArrayRecordComponent") // they are never compared
  private record Fresh(byte[] key, RecentRecords.Read read) {}

  private Page list(Entity entity, RecordQuery query, List<Fresh> fresh) {
    return read(reader ->
        reader.atOnce(() -> {
          Cursor position = new Cursor(position().epoch(), sequence(reader));
          List<RecentRecords.Read> found =
              within(
                  reader,
                  query.atMost(),
                  () -> found(reader, entity, query, position.sequence(), fresh));
          List<EntityRecord> records = new ArrayList<>(found.size());
          found.forEach(each -> records.add(each.record()));
          Page page = page(entity, query, records, count(reader, entity, query), position);
          if (RecentPages.keeps(query)) {
            int recordBytes = found.stream().mapToInt(RecentRecords.Read::heldBytes).sum();
            pages.keep(entity, query, page, recordBytes);
          }
          return page;
        }));
  }

  @Override
  public @Nullable Page held(Entity entity, RecordQuery query) {
    Page page = pages.held(entity, query);
    // Asked before what has changed: whatever moves it further has said so by then.
    Cursor now = position();
    if (page == null
        || page.position().epoch() != now.epoch()
        || !projection.unchangedSince(entity, page.position().sequence())) {
      return null;
    }
    // It may have been read between a commit and the moment from which its position is told.
    return page.position().sequence() < now.sequence() ? page.at(now) : page;
  }

  /** The position that this transaction reads. */
  private static long sequence(RecordReader reader) throws SQLException {
    return reader.query(
        "SELECT value FROM fact WHERE name = 'position'",
        List.of(),
        rows -> rows.next() ? rows.getLong(1) : 0);
  }

  /**
   * Of an index alone where that has all that is needed, with the records from memory.
   *
   * @param sequence the position that is read
   * @param fresh takes what memory is to keep
   */
  private List<RecentRecords.Read> found(
      RecordReader reader, Entity entity, RecordQuery query, long sequence, List<Fresh> fresh)
      throws SQLException {
    boolean keep = query.limit() <= RecentPages.MOST_RECORDS;
    ListStatement keys = keep ? ListStatement.keys(entity, query) : null;
    // Asked before and after: what memory has must not be older than what is read, nor newer.
    if (keys != null && projection.settledAt(sequence)) {
      List<byte[]> found = reader.query(keys.sql(), keys.parameters(), StoredRecords::keys);
      List<RecentRecords.Read> held = projection.recent().allHeld(entity, found);
      if (held != null && projection.settledAt(sequence)) {
        return held;
      }
    }
    ListStatement statement = ListStatement.page(entity, query);
    return reader.query(
        statement.sql(),
        statement.parameters(),
        rows -> {
          List<RecentRecords.Read> records = new ArrayList<>();
          while (rows.next()) {
            RecentRecords.Read read = record(entity, rows, null);
            records.add(read);
            if (keep) {
              fresh.add(new Fresh(rows.getBytes(4), read));
            }
          }
          return records;
        });
  }

  private static List<byte[]> keys(ResultSet rows) throws SQLException {
    List<byte[]> keys = new ArrayList<>();
    while (rows.next()) {
      keys.add(rows.getBytes(1));
    }
    return keys;
  }

  private static <T> T within(RecordReader reader, Duration atMost, RecordReader.Reading<T> reading)
      throws SQLException {
    try {
      return reader.within(atMost, reading);
    } catch (RecordReader.TakesTooLong stopped) {
      throw new UnisonoException(
          new Problem(
              "list-too-slow",
              ProblemType.RESOURCES,
              "Finding these records takes longer than " + atMost.toSeconds() + " seconds.",
              null,
              "Ask for less: a condition that few records fulfil, or the order of a field that is"
                  + " compared."),
          stopped);
    }
  }

  /** Null where nobody asked, or it takes too long. */
  private static @Nullable Long count(RecordReader reader, Entity entity, RecordQuery query)
      throws SQLException {
    Duration atMost = query.countAtMost();
    if (atMost == null) {
      return null;
    }
    ListStatement statement = ListStatement.count(entity, query.condition());
    try {
      return reader.within(
          atMost,
          () ->
              reader.query(
                  statement.sql(),
                  statement.parameters(),
                  rows -> rows.next() ? rows.getLong(1) : 0L));
    } catch (RecordReader.TakesTooLong stopped) {
      return null;
    }
  }

  /**
   * A page of what was found. There is a page before it wherever it does not lie behind the
   * beginning: the one that the caller came from; and the same for its end.
   */
  private static Page page(
      Entity entity,
      RecordQuery query,
      List<EntityRecord> found,
      @Nullable Long total,
      Cursor position) {
    boolean before = query.edge().before();
    boolean more = found.size() > query.limit();
    List<EntityRecord> records = more ? found.subList(0, query.limit()) : found;
    if (before) {
      records = records.reversed();
    }
    boolean from = query.edge().place() != null;
    Edge previous = null;
    if (before ? more : from) {
      previous =
          records.isEmpty() ? Edge.END : new Edge(place(entity, query, records.getFirst()), true);
    }
    Edge next = null;
    if (before ? from : more) {
      next =
          records.isEmpty()
              ? Edge.BEGINNING
              : new Edge(place(entity, query, records.getLast()), false);
    }
    return new Page(List.copyOf(records), previous, next, total, position);
  }

  private static Place place(Entity entity, RecordQuery query, EntityRecord record) {
    Row row = record.row();
    if (row == null) {
      throw new IllegalStateException("a list shows no deleted record");
    }
    return ListStatement.place(entity, query.sort(), row);
  }

  @Override
  public String holderName() {
    return "records";
  }

  @Override
  public boolean keeps(Entity entity) {
    return entity.served();
  }

  @Override
  public long through() {
    return position().sequence();
  }

  /** A page ends with its last key's ordered bytes, in hexadecimal. */
  @Override
  public KeyPage keys(Entity entity, @Nullable String after, int limit) {
    return read(reader ->
        reader.query(
            "SELECT version, changed, body, k FROM "
                + RecordTables.table(entity)
                + " WHERE body IS NOT NULL AND k > ? ORDER BY k LIMIT "
                + limit,
            List.of(after == null ? new byte[0] : HexFormat.of().parseHex(after)),
            rows -> {
              List<Key> keys = new ArrayList<>();
              byte[] last = new byte[0];
              while (rows.next()) {
                keys.add(record(entity, rows, null).record().key());
                last = rows.getBytes(4);
              }
              return new KeyPage(
                  List.copyOf(keys), keys.size() < limit ? null : HexFormat.of().formatHex(last));
            }));
  }

  @Override
  public long count(Entity entity) {
    ListStatement statement = ListStatement.count(entity, Condition.ANY_RECORD);
    return read(reader ->
        reader.query(
            statement.sql(), statement.parameters(), rows -> rows.next() ? rows.getLong(1) : 0L));
  }

  @Override
  public void close() {
    try {
      for (RecordReader reader : readers) {
        reader.close();
      }
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }
}
