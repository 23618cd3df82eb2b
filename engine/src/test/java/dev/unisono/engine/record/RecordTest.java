package dev.unisono.engine.record;

import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.entry;
import static dev.unisono.engine.fixture.Entities.row;
import static dev.unisono.engine.fixture.Entities.text;
import static dev.unisono.engine.fixture.Entities.unserved;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Await;
import dev.unisono.engine.fixture.MemoryJournal;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.RecordQuery.Sort;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The projection and what is read of it. For one thread. */
final class RecordTest {
  private static final Object SAME = Unchanged.UNCHANGED;
  private static final List<String> FIELDS =
      List.of("id LONG", "name STRING", "city STRING", "balance DECIMAL");
  private static final Entity PERSON =
      entity(1, "person", FIELDS, List.of("id"), "id", "name", "city", "balance");
  private static final Entity SEAT =
      entity(
          2,
          "seat",
          List.of("hall STRING", "number LONG", "note STRING"),
          List.of("hall", "number"),
          "hall",
          "number",
          "note");
  private static final Entity HIDDEN = unserved(3, "hidden", List.of("id LONG"), List.of("id"));

  @TempDir Path temporary;
  private MemoryJournal journal = new MemoryJournal(5, 13);
  private StateFolder folder;
  private RecordProjection projection;
  private StoredRecords records;

  @BeforeEach
  void start() throws SQLException {
    folder = StateFolder.open(temporary, new MovableClock());
    open(PERSON, SEAT, HIDDEN);
  }

  private void open(Entity... entities) throws SQLException {
    try (Connection connection = folder.connectState()) {
      Shapes shapes = Shapes.open(connection, List.of(entities));
      projection = new RecordProjection(folder, journal, shapes, List.of(entities));
      records = new StoredRecords(folder, shapes, projection);
      projection.start();
    }
  }

  private void reopen(Entity... entities) throws SQLException {
    shut();
    open(entities);
  }

  private void shut() {
    projection.close();
    records.close();
  }

  @AfterEach
  void close() {
    shut();
    folder.close();
  }

  private void append(
      Entity entity,
      Operation operation,
      @Nullable Key key,
      @Nullable Key previous,
      @Nullable Row row) {
    journal.append(List.of(entry(journal.next(), entity, operation, key, previous, row, 1)));
  }

  private void create(long id, @Nullable Object... rest) {
    append(PERSON, Operation.CREATE, new Key(id), null, person(id, rest));
  }

  private void update(long id, @Nullable Object... rest) {
    append(PERSON, Operation.UPDATE, new Key(id), null, person(id, rest));
  }

  private static Row person(long id, @Nullable Object... rest) {
    @Nullable Object[] values = new @Nullable Object[rest.length + 1];
    values[0] = id;
    System.arraycopy(rest, 0, values, 1, rest.length);
    return row(PERSON, values);
  }

  private void project() throws InterruptedException {
    assertTrue(
        records.awaitSequence(journal.head().sequence(), Duration.ofSeconds(20)),
        () -> "the records stand at " + records.position() + ", " + projection.problem());
  }

  private String found(Entity entity, Object... key) {
    return records
        .find(entity, new Key(key))
        .map(record -> record.version() + " " + text(record.row()))
        .orElse("nothing");
  }

  /** A field has a value, or none. */
  private record Filter(String field, @Nullable Object value) {
    Condition condition() {
      return value == null
          ? new Condition.Absent(field, true)
          : new Condition.Compared(field, Condition.Comparison.EQUAL, value);
    }
  }

  private static RecordQuery query(List<Filter> filters, List<Sort> sort) {
    return page(filters, sort, Edge.BEGINNING, 1_000);
  }

  private static RecordQuery page(
      List<Filter> filters, List<Sort> sort, @Nullable Edge edge, int limit) {
    return new RecordQuery(
        new Condition.All(filters.stream().map(Filter::condition).toList()),
        sort,
        Objects.requireNonNull(edge),
        limit,
        Duration.ofMinutes(1),
        null);
  }

  private List<String> listed(Entity entity, RecordQuery query) {
    return records.list(entity, query).records().stream()
        .map(record -> text(record.row()))
        .toList();
  }

  @Test
  void aCreatedRecordIsFoundWithItsVersionAndTime() throws Exception {
    create(1, "Ada", "London", new BigDecimal("1.50"));
    project();
    EntityRecord record = records.find(PERSON, new Key(1L)).orElseThrow();
    assertEquals(new Key(1L), record.key());
    assertEquals(1, record.version());
    assertEquals("[1, Ada, London, 1.50]", text(record.row()));
    assertEquals(journal.all().getFirst().sourceTime(), record.changed());
    assertEquals("nothing", found(PERSON, 2L));
    assertEquals(1, records.count(PERSON));
    assertEquals(journal.head(), records.position());
  }

  @Test
  void whatMemoryHoldsIsForgottenWithEveryChangeOfIt() throws Exception {
    create(1, "Ada", "London", BigDecimal.ONE);
    create(2, "Bob", "London", BigDecimal.ONE);
    project();
    assertNull(records.held(PERSON, new Key(1L)), "nobody has asked for it");
    assertEquals("1 [1, Ada, London, 1]", found(PERSON, 1L));
    EntityRecord held = Objects.requireNonNull(records.held(PERSON, new Key(1L)));
    assertEquals("[1, Ada, London, 1]", text(held.row()));
    update(1, "Eve", "Paris", BigDecimal.TEN);
    project();
    assertNull(records.held(PERSON, new Key(1L)));
    assertEquals("3 [1, Eve, Paris, 10]", found(PERSON, 1L));
    append(PERSON, Operation.UPDATE, new Key(3L), new Key(1L), person(3, "Eve", "Oslo", null));
    project();
    assertEquals("4 none", found(PERSON, 1L));
    assertEquals("4 [3, Eve, Oslo, null]", found(PERSON, 3L));
    found(PERSON, 2L);
    append(PERSON, Operation.TRUNCATE, null, null, null);
    project();
    assertEquals("5 none", found(PERSON, 2L));
    assertEquals("5 none", found(PERSON, 3L));
    assertEquals("nothing", found(PERSON, 9L));
    create(9, "Zoe", "Rome", null);
    project();
    assertEquals("6 [9, Zoe, Rome, null]", found(PERSON, 9L));
  }

  @Test
  void nobodyIsShownLessThanThePositionThatWasToldBefore() throws Exception {
    create(1, "0", "London", BigDecimal.ZERO);
    project();
    int last = 2_000;
    AtomicReference<@Nullable String> wrong = new AtomicReference<>();
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      readers.add(
          Thread.ofPlatform()
              .start(() -> {
                long position = 0;
                while (position < last && wrong.get() == null) {
                  position = records.position().sequence();
                  EntityRecord held = records.held(PERSON, new Key(1L));
                  long version =
                      held != null
                          ? held.version()
                          : records.find(PERSON, new Key(1L)).orElseThrow().version();
                  if (version < position) {
                    wrong.set("version " + version + " at position " + position);
                  }
                }
              }));
    }
    for (int i = 1; i < last; i++) {
      update(1, "" + i, "London", BigDecimal.ZERO);
      if (i % 3 == 0) {
        project();
      }
    }
    for (Thread reader : readers) {
      reader.join();
    }
    assertNull(wrong.get());
    assertEquals(last + " [1, " + (last - 1) + ", London, 0]", found(PERSON, 1L));
  }

  @Test
  void aPartialUpdateKeepsWhatItDoesNotSay() throws Exception {
    create(1, "Ada", "London", BigDecimal.ONE);
    update(1, SAME, "Paris", SAME);
    update(1, SAME, SAME, null);
    project();
    assertEquals("3 [1, Ada, Paris, null]", found(PERSON, 1L));
    update(1, "Eve", SAME, SAME);
    project();
    assertEquals("4 [1, Eve, Paris, null]", found(PERSON, 1L));
    assertEquals(
        List.of("[1, Eve, Paris, null]"),
        listed(PERSON, query(List.of(new Filter("city", "Paris")), List.of())));
  }

  @Test
  void aPartialUpdateOfAnUnknownRecordStaysPartial() throws Exception {
    update(1, SAME, "Paris", SAME);
    project();
    assertEquals("1 [1, UNCHANGED, Paris, UNCHANGED]", found(PERSON, 1L));
    assertEquals(
        List.of("[1, UNCHANGED, Paris, UNCHANGED]"),
        listed(PERSON, query(List.of(new Filter("name", null)), List.of())));
  }

  @Test
  void aMovedKeyTakesItsFieldsAlongAndLeavesADeletedOne() throws Exception {
    create(1, "Ada", "London", BigDecimal.ONE);
    append(PERSON, Operation.UPDATE, new Key(2L), new Key(1L), person(2, SAME, "Paris", SAME));
    project();
    assertEquals("2 none", found(PERSON, 1L));
    assertEquals("2 [2, Ada, Paris, 1]", found(PERSON, 2L));
    append(PERSON, Operation.UPDATE, new Key(3L), new Key(2L), person(3, SAME, SAME, SAME));
    create(1, "Another", null, null);
    project();
    assertEquals("3 none", found(PERSON, 2L));
    assertEquals("3 [3, Ada, Paris, 1]", found(PERSON, 3L));
    assertEquals("4 [1, Another, null, null]", found(PERSON, 1L));
    assertEquals(2, records.count(PERSON));
  }

  @Test
  void aDeletedRecordIsKnownAsDeletedAndListedNoMore() throws Exception {
    create(1, "Ada", "London", null);
    create(2, "Bob", "London", null);
    append(PERSON, Operation.DELETE, new Key(1L), null, null);
    project();
    assertEquals("3 none", found(PERSON, 1L));
    assertEquals(
        List.of("[2, Bob, London, null]"),
        listed(PERSON, query(List.of(new Filter("city", "London")), List.of())));
    assertEquals(1, records.count(PERSON));
    create(1, "Ada again", null, null);
    project();
    assertEquals("4 [1, Ada again, null, null]", found(PERSON, 1L));
  }

  @Test
  void aTruncateDeletesEveryRecordOfItsEntityAlone() throws Exception {
    create(1, "Ada", null, null);
    append(SEAT, Operation.CREATE, new Key("A", 1L), null, row(SEAT, "A", 1L, null));
    project();
    create(2, "Bob", null, null);
    append(PERSON, Operation.TRUNCATE, null, null, null);
    create(3, "Eve", null, null);
    project();
    assertEquals("4 none", found(PERSON, 1L));
    assertEquals("4 none", found(PERSON, 2L));
    assertEquals("5 [3, Eve, null, null]", found(PERSON, 3L));
    assertEquals(1, records.count(PERSON));
    assertEquals(1, records.count(SEAT));
  }

  @Test
  void entitiesThatAreNotServedMoveThePositionOnly() throws Exception {
    append(HIDDEN, Operation.CREATE, new Key(1L), null, row(HIDDEN, 1L));
    project();
    assertEquals(1, records.position().sequence());
  }

  @Test
  void anyRunOfChangesEndsAsTheJournalSays() throws Exception {
    Random random = new Random(11);
    Map<Key, Row> model = new HashMap<>();
    Map<Key, Long> versions = new HashMap<>();
    for (int i = 0; i < 3_000; i++) {
      randomChange(random, model, versions);
    }
    project();
    assertEquals(model.size(), records.count(PERSON));
    for (Map.Entry<Key, Long> version : versions.entrySet()) {
      assertEquals(
          version.getValue() + " " + text(model.get(version.getKey())),
          found(PERSON, version.getKey().part(0)));
    }
    for (String city : new @Nullable String[] {"Paris", "Rome", null}) {
      assertEquals(
          model.values().stream()
              .filter(row -> Objects.equals(row.value("city"), city))
              .sorted(Comparator.comparing(row -> (Long) row.value(0)))
              .map(row -> text(row))
              .toList(),
          listed(PERSON, query(List.of(new Filter("city", city)), List.of())));
    }
  }

  private void randomChange(Random random, Map<Key, Row> model, Map<Key, Long> versions) {
    long id = random.nextInt(60);
    Key key = new Key(id);
    long version = journal.next();
    Row there = model.get(key);
    int choice = random.nextInt(400);
    if (choice == 0) {
      append(PERSON, Operation.TRUNCATE, null, null, null);
      model.keySet().forEach(gone -> versions.put(gone, version));
      model.clear();
    } else if (there == null) {
      Row row = person(id, "n" + version, city(random), BigDecimal.valueOf(version, 2));
      append(PERSON, choice < 200 ? Operation.CREATE : Operation.READ, key, null, row);
      model.put(key, row);
      versions.put(key, version);
    } else if (choice < 100) {
      append(PERSON, Operation.DELETE, key, null, null);
      model.remove(key);
      versions.put(key, version);
    } else {
      Key moved = new Key((long) random.nextInt(60));
      Key now = choice < 200 && !model.containsKey(moved) ? moved : key;
      Row row =
          person(
              (Long) now.part(0),
              random.nextBoolean() ? SAME : "n" + version,
              random.nextBoolean() ? SAME : city(random),
              SAME);
      append(PERSON, Operation.UPDATE, now, now.equals(key) ? null : key, row);
      model.remove(key);
      versions.put(key, version);
      model.put(now, row.over(there));
      versions.put(now, version);
    }
  }

  private static @Nullable String city(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> "Paris";
      case 1 -> "Rome";
      default -> null;
    };
  }

  @Test
  void pagingGoesThroughEverythingExactlyOnceInTheOrderAskedFor() throws Exception {
    Random random = new Random(3);
    List<Row> all = new ArrayList<>();
    for (long id = 0; id < 200; id++) {
      Row row =
          person(
              id,
              random.nextInt(4) == 0 ? null : "n" + random.nextInt(5),
              city(random),
              random.nextInt(3) == 0
                  ? null
                  : new BigDecimal(random.nextInt(9) - 4).setScale(random.nextInt(3)));
      all.add(row);
      append(PERSON, Operation.CREATE, new Key(id), null, row);
    }
    project();
    List<List<Sort>> orders =
        List.of(
            List.of(),
            List.of(new Sort("name", false)),
            List.of(new Sort("name", true)),
            List.of(new Sort("balance", true), new Sort("name", false)),
            List.of(new Sort("city", false), new Sort("balance", true), new Sort("name", true)),
            List.of(new Sort("id", true)),
            List.of(new Sort("city", true), new Sort("id", true)));
    for (List<Sort> order : orders) {
      for (int limit : new int[] {1, 7, 50, 1_000}) {
        walk(all, List.of(), order, limit);
        walk(all, List.of(new Filter("city", "Rome")), order, limit);
        walk(all, List.of(new Filter("city", null), new Filter("name", "n1")), order, limit);
        walk(all, List.of(new Filter("balance", new BigDecimal("2.000"))), order, limit);
      }
    }
    walk(all, List.of(new Filter("id", 17L)), List.of(), 5);
    walk(all, List.of(new Filter("city", "Nowhere")), List.of(new Sort("name", true)), 5);
  }

  private void walk(List<Row> all, List<Filter> filters, List<Sort> order, int limit) {
    List<String> walked = new ArrayList<>();
    Edge edge = Edge.BEGINNING;
    while (edge != null) {
      Records.Page page = records.list(PERSON, page(filters, order, edge, limit));
      page.records().forEach(record -> walked.add(text(record.row())));
      edge = page.next();
      assertTrue(
          edge == null ? page.records().size() <= limit : page.records().size() == limit,
          () -> page.records().size() + " of " + limit);
    }
    assertEquals(expected(all, filters, order), walked, order + " " + filters + " by " + limit);
  }

  private static List<String> expected(List<Row> all, List<Filter> filters, List<Sort> order) {
    Predicate<Row> wanted =
        row ->
            filters.stream()
                .allMatch(filter -> compare(row.value(filter.field()), filter.value()) == 0);
    Comparator<Row> sorted = (_, _) -> 0;
    for (Sort sort : order) {
      Comparator<Row> by =
          (one, other) -> compare(one.value(sort.field()), other.value(sort.field()));
      sorted = sorted.thenComparing(sort.descending() ? by.reversed() : by);
    }
    boolean descending = !order.isEmpty() && order.getLast().descending();
    Comparator<Row> ascending = (one, other) -> compare(one.value("id"), other.value("id"));
    Comparator<Row> byKey = descending ? ascending.reversed() : ascending;
    return all.stream()
        .filter(wanted)
        .sorted(sorted.thenComparing(byKey))
        .map(row -> text(row))
        .toList();
  }

  /** Nulls lowest. */
  private static int compare(@Nullable Object one, @Nullable Object other) {
    if (one == null || other == null) {
      return Boolean.compare(one != null, other != null);
    }
    return switch (one) {
      case String text -> text.compareTo((String) other);
      case BigDecimal number -> number.compareTo((BigDecimal) other);
      default -> Long.compare((Long) one, (Long) other);
    };
  }

  @Test
  void keysOfSeveralPartsAreListedAndPagedInTheirOrder() throws Exception {
    List<String> expected = new ArrayList<>();
    List<JournalEntry> entries = new ArrayList<>();
    for (String hall : List.of("A", "A\u0000", "AB", "B")) {
      for (long number = -3; number < 3; number++) {
        Row row = row(SEAT, hall, number, null);
        expected.add(text(row));
        entries.add(
            entry(entries.size() + 1L, SEAT, Operation.READ, new Key(hall, number), null, row, 0));
      }
    }
    journal.append(entries);
    project();
    List<String> walked = new ArrayList<>();
    Edge edge = Edge.BEGINNING;
    while (edge != null) {
      Records.Page page = records.list(SEAT, page(List.of(), List.of(), edge, 5));
      page.records().forEach(record -> walked.add(text(record.row())));
      edge = page.next();
    }
    assertEquals(expected, walked);
    List<String> reversed = new ArrayList<>(expected);
    Collections.reverse(reversed);
    assertEquals(
        reversed,
        listed(SEAT, query(List.of(), List.of(new Sort("hall", true), new Sort("number", true)))));
  }

  @Test
  void goesOnWhereItStoodAfterReopening() throws Exception {
    create(1, "Ada", null, null);
    project();
    shut();
    update(1, SAME, "Paris", SAME);
    create(2, "Bob", null, null);
    journal.dropThrough(1);
    open(PERSON, SEAT, HIDDEN);
    project();
    assertEquals("2 [1, Ada, Paris, null]", found(PERSON, 1L));
    assertEquals("3 [2, Bob, null, null]", found(PERSON, 2L));
  }

  private static Entity indexedBy(List<String> fields, String... indexed) {
    return entity(1, "person", fields, List.of("id"), indexed);
  }

  @Test
  void otherIndexedFieldsAreFilledFromAWholeJournal() throws Exception {
    checkOtherIndexes();
  }

  @Test
  void otherIndexedFieldsAreFilledFromTheRecordsWhereTheJournalBeginsLater() throws Exception {
    create(9, "old", "Rome", null);
    project();
    journal.dropThrough(1);
    checkOtherIndexes();
    assertEquals("1 [9, old, Rome, null]", found(PERSON, 9L));
  }

  private void checkOtherIndexes() throws Exception {
    create(1, "Ada", "Paris", null);
    create(2, "Bob", "London", null);
    append(PERSON, Operation.DELETE, new Key(2L), null, null);
    create(3, "Eve", "Berlin", null);
    project();
    Entity other = indexedBy(FIELDS, "city", "balance");
    journal.become(other);
    reopen(other, SEAT, HIDDEN);
    project();
    assertEquals(
        List.of("[3, Eve, Berlin, null]", "[1, Ada, Paris, null]"),
        listed(other, query(List.of(), List.of(new Sort("city", false)))).stream()
            .filter(text -> !text.contains("old"))
            .toList());
    assertTrue(found(other, 2L).endsWith("none"));
    assertEquals(List.of("record_1_0", "record_1_1"), indexes("record_1"));
  }

  private List<String> indexes(String table) throws SQLException {
    List<String> names = new ArrayList<>();
    try (Connection connection = folder.connectRecords();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = '"
                    + table
                    + "' AND sql IS NOT NULL ORDER BY name")) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names;
  }

  @Test
  void aFieldAddedSinceIsUnchangedUntilItIsTold() throws Exception {
    create(1, "Ada", "Paris", null);
    project();
    journal.dropThrough(1);
    List<String> more = new ArrayList<>(FIELDS);
    more.add(1, "mail STRING");
    Entity later = indexedBy(more, "mail");
    reopen(later, SEAT, HIDDEN);
    assertEquals("1 [1, UNCHANGED, Ada, Paris, null]", found(later, 1L));
    append(later, Operation.UPDATE, new Key(1L), null, row(later, 1L, "a@b", SAME, "Rome", SAME));
    project();
    assertEquals("2 [1, a@b, Ada, Rome, null]", found(later, 1L));
  }

  @Test
  void anEntityServedLaterIsFilledFromAWholeJournal() throws Exception {
    Entity before = unserved(1, "person", FIELDS, List.of("id"));
    reopen(before, SEAT);
    append(before, Operation.CREATE, new Key(1L), null, row(before, 1L, "Ada", "Paris", null));
    project();
    journal.become(PERSON);
    reopen(PERSON, SEAT);
    project();
    assertEquals("1 [1, Ada, Paris, null]", found(PERSON, 1L));
  }

  @Test
  void saysSoWhereTheJournalBeginsAfterTheRecords() throws Exception {
    create(1, "Ada", null, null);
    project();
    shut();
    create(2, "Bob", null, null);
    create(3, "Eve", null, null);
    journal.dropThrough(2);
    UnisonoException refused =
        assertThrows(UnisonoException.class, () -> open(PERSON, SEAT, HIDDEN));
    assertEquals("records-gap", refused.problem().code());
    journal.dropThrough(1);
  }

  @Test
  void recordsOfAnotherEpochAreMadeAnew() throws Exception {
    create(1, "Ada", null, null);
    create(2, "Bob", null, null);
    project();
    shut();
    journal = new MemoryJournal(6, 13);
    create(3, "Eve", null, null);
    open(PERSON, SEAT, HIDDEN);
    project();
    assertEquals("nothing", found(PERSON, 1L));
    assertEquals("1 [3, Eve, null, null]", found(PERSON, 3L));
    assertEquals(1, records.count(PERSON));
  }

  @Test
  void whatEntitiesThatAreGoneLeftInTheJournalIsPassedForGood() throws Exception {
    create(1, "Ada", null, null);
    project();
    journal.pass(5);
    create(2, "Bob", null, null);
    journal.pass(3);
    // The projection is woken by time alone here: nothing tells it of what it cannot see.
    reopen(PERSON, SEAT, HIDDEN);
    project();
    assertEquals(10, records.position().sequence());
    journal.dropThrough(10);
    reopen(PERSON, SEAT, HIDDEN);
    assertEquals(10, records.position().sequence());
  }

  @Test
  void goesOnAfterTheJournalCouldNotBeReadForAMoment() throws Exception {
    journal.failOnce(
        new UnisonoException(
            new Problem("state-failed", ProblemType.RESOURCES, "disk full.", null, "")));
    create(1, "Ada", null, null);
    project();
    assertEquals("1 [1, Ada, null, null]", found(PERSON, 1L));
    Await.until("nothing is wrong any more", () -> projection.problem() == null);
  }

  @Test
  void saysWhyWhereItCannotGoOnByItself() throws Exception {
    create(1, 17L, null, null);
    Await.until("the fault shows", () -> projection.problem() != null);
    assertEquals(ProblemType.INTERNAL, Objects.requireNonNull(projection.problem()).type());
    assertFalse(records.awaitSequence(1, Duration.ZERO));
  }

  @Test
  void aFilterOfAFieldThatNamesAQuoteIsTakenAsItIs() throws Exception {
    Entity odd = entity(4, "odd", List.of("id LONG", "a\"b' STRING"), List.of("id"), "id", "a\"b'");
    reopen(odd);
    append(odd, Operation.CREATE, new Key(1L), null, row(odd, 1L, "x'\"; --"));
    project();
    assertEquals(
        List.of("[1, x'\"; --]"),
        listed(odd, query(List.of(new Filter("a\"b'", "x'\"; --")), List.of())));
  }

  @Test
  void timesBeforeTheEpochAreKeptToTheMicrosecond() {
    for (String text :
        List.of(
            "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000001Z", "2026-01-01T00:00:00Z")) {
      Instant instant = Instant.parse(text);
      assertEquals(instant, RecordTables.instant(RecordTables.micros(instant)));
    }
  }
}
