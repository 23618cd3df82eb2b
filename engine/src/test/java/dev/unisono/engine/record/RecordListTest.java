package dev.unisono.engine.record;

import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.entry;
import static dev.unisono.engine.fixture.Entities.row;
import static dev.unisono.engine.fixture.Entities.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.MemoryJournal;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.record.Condition.Comparison;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.RecordQuery.Place;
import dev.unisono.engine.record.RecordQuery.Sort;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Lists show what their conditions say, in any order, a page at a time, both ways. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RecordListTest {
  private static final List<String> KEY = List.of("hall", "number");

  /** Few values of each type, so that they meet; null is one of them but for the key's. */
  private static final Map<String, Object[]> VALUES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("hall STRING", new Object[] {"", "A", "A\u0000", "AB", "Zürich"}),
              Map.entry("number LONG", new Object[] {-3L, -1L, 0L, 1L, 2L, 3L, Long.MIN_VALUE}),
              Map.entry("flag BOOLEAN", new Object[] {true, false}),
              Map.entry("whole LONG", new Object[] {0L, 7L, -7L, Long.MAX_VALUE}),
              Map.entry(
                  "amount DECIMAL",
                  new Object[] {
                    new BigDecimal("1.50"),
                    new BigDecimal("1.5"),
                    new BigDecimal("-2"),
                    BigDecimal.ZERO,
                    Double.NaN,
                    Double.NEGATIVE_INFINITY
                  }),
              Map.entry("rate DOUBLE", new Object[] {0.0, -0.0, 1e300, -1.5, Double.NaN}),
              Map.entry(
                  "name STRING",
                  new Object[] {
                    "", "ab", "aab", "a*b", "abab", "b", "a\u0000b", "äb", "a😀b", "\uFFFDab"
                  }),
              Map.entry("bytes BYTES", new Object[] {bytes(""), bytes("a"), bytes("a\u0000")}),
              Map.entry(
                  "day DATE", new Object[] {LocalDate.EPOCH, LocalDate.MAX, LocalDate.of(1, 1, 1)}),
              Map.entry("time TIME", new Object[] {LocalTime.MIN, LocalTime.NOON, LocalTime.MAX}),
              Map.entry(
                  "at TIMESTAMP",
                  new Object[] {
                    Instant.EPOCH,
                    Instant.MAX,
                    Instant.parse("1969-12-31T23:59:59.999999Z"),
                    Instant.parse("2026-01-02T03:04:05.123456Z")
                  }),
              Map.entry(
                  "code UUID",
                  new Object[] {
                    new UUID(0, 0), new UUID(-1, 5), new UUID(Long.MAX_VALUE, -1), new UUID(5, 1)
                  })));

  private static final List<String> FIELDS =
      VALUES.keySet().stream().map(field -> field.substring(0, field.indexOf(' '))).toList();
  private static final Entity SEAT =
      withCompound(
          entity(1, "seat", List.copyOf(VALUES.keySet()), KEY, FIELDS.toArray(String[]::new)),
          List.of(List.of("flag", "whole"), List.of("hall", "amount", "name")));
  private static final Entity ITEM =
      entity(2, "item", List.of("id LONG", "word STRING"), List.of("id"), "id", "word");

  private final MemoryJournal journal = new MemoryJournal(5, 1_000);
  private final List<Row> seats = new ArrayList<>();
  private StateFolder folder;
  private RecordProjection projection;
  private StoredRecords records;

  private static Entity withCompound(Entity entity, List<List<String>> compound) {
    return new Entity(
        entity.id(),
        entity.plural(),
        entity.schema(),
        entity.fields(),
        entity.indexed(),
        compound,
        entity.served());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    folder = StateFolder.open(temporary, new MovableClock());
    try (Connection connection = folder.connectState()) {
      Shapes shapes = Shapes.open(connection, List.of(SEAT, ITEM));
      projection = new RecordProjection(folder, journal, shapes, List.of(SEAT, ITEM));
      records = new StoredRecords(folder, shapes, projection);
      projection.start();
    }
    fillSeats();
  }

  private void fillSeats() throws Exception {
    Random random = new Random(5);
    for (Object hall : values("hall")) {
      for (Object number : values("number")) {
        seats.add(seat(random, hall, number));
      }
    }
    Collections.shuffle(seats, random);
    List<JournalEntry> entries = new ArrayList<>();
    long sequence = journal.next();
    for (Row seat : seats) {
      Key key = SEAT.schema().key(seat);
      entries.add(entry(sequence++, SEAT, Operation.CREATE, key, null, seat, 1));
    }
    // One that is deleted shows in no list, whatever is asked.
    Row gone = seat(random, "gone", 1L);
    Key key = SEAT.schema().key(gone);
    entries.add(entry(sequence++, SEAT, Operation.CREATE, key, null, gone, 1));
    entries.add(entry(sequence, SEAT, Operation.DELETE, key, null, null, 1));
    journal.append(entries);
    project();
  }

  private static Row seat(Random random, Object hall, Object number) {
    @Nullable Object[] values = new @Nullable Object[FIELDS.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(4) == 0 ? null : any(random, values(FIELDS.get(i)));
    }
    values[FIELDS.indexOf("hall")] = hall;
    values[FIELDS.indexOf("number")] = number;
    return row(SEAT, values);
  }

  private static Object[] values(String field) {
    return VALUES.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(field + " "))
        .findAny()
        .orElseThrow()
        .getValue();
  }

  private static <T> T any(Random random, T[] values) {
    return values[random.nextInt(values.length)];
  }

  @AfterAll
  void close() {
    projection.close();
    records.close();
    folder.close();
  }

  private void project() throws InterruptedException {
    assertTrue(
        records.awaitSequence(journal.head().sequence(), Duration.ofSeconds(20)),
        () -> "the records stand at " + records.position() + ", " + projection.problem());
  }

  private static RecordQuery query(Condition condition, List<Sort> sort, Edge edge, int limit) {
    return new RecordQuery(
        condition, sort, edge, limit, Duration.ofMinutes(1), Duration.ofMinutes(1));
  }

  @Test
  void eachOperatorOfEachFieldShowsWhatTheModelShows() {
    for (String field : FIELDS) {
      List<Condition> conditions = new ArrayList<>();
      for (Object value : values(field)) {
        for (Comparison comparison : Comparison.values()) {
          conditions.add(new Condition.Compared(field, comparison, value));
        }
        List<Object> two = List.of(value, values(field)[0]);
        conditions.add(new Condition.OneOf(field, two, false));
        conditions.add(new Condition.OneOf(field, two, true));
      }
      conditions.add(new Condition.Absent(field, true));
      conditions.add(new Condition.Absent(field, false));
      for (Condition condition : conditions) {
        check(condition, List.of(), 1_000);
      }
    }
  }

  @Test
  void patternsFindWhatTheyLookLike() {
    List<String> patterns =
        List.of(
            "",
            "*",
            "**",
            "a*",
            "*b",
            "*a*",
            "a*b",
            "a\\*b",
            "a\\**",
            "*ab*ab*",
            "a*a*b",
            "\u0000*",
            "*\u0000*",
            "a\u0000*",
            "ä*",
            "*😀*",
            "*\uFFFD*",
            "A*",
            "a\\b",
            "\\\\*",
            "ab",
            "*ab",
            "a*ab");
    for (String pattern : patterns) {
      check(new Condition.Like("name", TextPattern.parse(pattern)), List.of(), 1_000);
      check(new Condition.Like("hall", TextPattern.parse(pattern)), List.of(), 1_000);
    }
  }

  @Test
  void anyConditionIsPagedThroughBothWaysInAnyOrder() {
    Random random = new Random(8);
    for (int i = 0; i < 250; i++) {
      Condition condition = i % 5 == 0 ? Condition.ANY_RECORD : condition(random, 3);
      List<Sort> sorts = new ArrayList<>();
      List<String> fields = new ArrayList<>(FIELDS);
      Collections.shuffle(fields, random);
      for (String field : fields.subList(0, random.nextInt(4))) {
        sorts.add(new Sort(field, random.nextBoolean()));
      }
      check(condition, sorts, any(random, new Integer[] {1, 2, 3, 7, 35, 1_000}));
    }
  }

  private static Condition condition(Random random, int depth) {
    String field = FIELDS.get(random.nextInt(FIELDS.size()));
    Object value = any(random, values(field));
    return switch (depth == 0 ? random.nextInt(4) : random.nextInt(8)) {
      case 0 -> new Condition.Compared(field, any(random, Comparison.values()), value);
      case 1 ->
          new Condition.OneOf(
              field, List.of(value, any(random, values(field))), random.nextBoolean());
      case 2 -> new Condition.Absent(field, random.nextBoolean());
      case 3 ->
          new Condition.Like(
              "name", TextPattern.parse(any(random, new String[] {"a*", "*b", "*a*b", "ab"})));
      case 4, 5 -> new Condition.All(conditions(random, depth - 1));
      default -> new Condition.Any(conditions(random, depth - 1));
    };
  }

  private static List<Condition> conditions(Random random, int depth) {
    List<Condition> conditions = new ArrayList<>();
    int size = random.nextInt(4);
    for (int i = 0; i < size; i++) {
      conditions.add(condition(random, depth));
    }
    return conditions;
  }

  @Test
  void aListIsFoundByTheIndexOfTheFieldsThatItNamesTogether() throws SQLException {
    ListStatement statement =
        ListStatement.page(
            SEAT,
            query(
                new Condition.Compared("flag", Comparison.EQUAL, true),
                List.of(new Sort("whole", true)),
                Edge.BEGINNING,
                5));
    try (Connection connection = folder.connectRecords();
        PreparedStatement explain =
            connection.prepareStatement("EXPLAIN QUERY PLAN " + statement.sql());
        PreparedStatement index =
            connection.prepareStatement(
                "SELECT name FROM sqlite_master WHERE sql LIKE '%(\"f_flag\", \"f_whole\", k)'")) {
      for (int i = 0; i < statement.parameters().size(); i++) {
        explain.setBytes(i + 1, statement.parameters().get(i));
      }
      try (ResultSet plan = explain.executeQuery();
          ResultSet name = index.executeQuery()) {
        assertTrue(plan.next() && name.next());
        assertEquals(
            "SEARCH record_1 USING INDEX " + name.getString(1) + " (f_flag=?)",
            plan.getString("detail"));
      }
    }
  }

  /** Walks from the beginning to the end and from the end to the beginning. */
  private void check(Condition condition, List<Sort> sorts, int limit) {
    List<String> expected =
        ListModel.list(seats, condition, sorts, KEY).stream().map(row -> text(row)).toList();
    String said = condition + " " + sorts + " by " + limit;
    List<String> walked = new ArrayList<>();
    Edge edge = Edge.BEGINNING;
    while (edge != null) {
      Records.Page page = records.list(SEAT, query(condition, sorts, edge, limit));
      assertEquals((long) expected.size(), page.total(), said);
      assertEquals(!walked.isEmpty(), page.previous() != null, said);
      walked.addAll(texts(page));
      edge = page.next();
    }
    assertEquals(expected, walked, said);
    walked.clear();
    edge = Edge.END;
    while (edge != null) {
      Records.Page page = records.list(SEAT, query(condition, sorts, edge, limit));
      assertEquals(!walked.isEmpty(), page.next() != null, said);
      walked.addAll(0, texts(page));
      edge = page.previous();
    }
    assertEquals(expected, walked, said + " from the end");
  }

  private static List<String> texts(Records.Page page) {
    return page.records().stream().map(record -> text(record.row())).toList();
  }

  @Test
  void aPlaceWhoseRecordIsGoneIsAPlaceStill() {
    List<Sort> sorts = List.of(new Sort("name", true));
    Place place = ListStatement.place(SEAT, sorts, seat(new Random(1), "A", 1_000L));
    Records.Page behind = records.list(SEAT, query(ANY, sorts, new Edge(place, false), 1_000));
    Records.Page before = records.list(SEAT, query(ANY, sorts, new Edge(place, true), 1_000));
    List<String> both = new ArrayList<>(texts(before));
    both.addAll(texts(behind));
    assertEquals(
        ListModel.list(seats, ANY, sorts, KEY).stream().map(row -> text(row)).toList(), both);
  }

  private static final Condition ANY = Condition.ANY_RECORD;

  @Test
  void anEmptyPageLeadsBackToTheEndThatItLiesAt() {
    Condition none = new Condition.Any(List.of());
    Records.Page first = records.list(SEAT, query(ANY, List.of(), Edge.BEGINNING, 1));
    Records.Page behind = records.list(SEAT, query(none, List.of(), required(first.next()), 1));
    assertEquals(List.of(), behind.records());
    assertEquals(Edge.END, behind.previous());
    assertNull(behind.next());
    Records.Page last = records.list(SEAT, query(ANY, List.of(), Edge.END, 1));
    Records.Page before = records.list(SEAT, query(none, List.of(), required(last.previous()), 1));
    assertEquals(Edge.BEGINNING, before.next());
    assertNull(before.previous());
  }

  private static Edge required(@Nullable Edge edge) {
    if (edge == null) {
      throw new AssertionError("there is no further page");
    }
    return edge;
  }

  private void items(Operation operation, long from, long step, long count) throws Exception {
    List<JournalEntry> entries = new ArrayList<>();
    long sequence = journal.next();
    for (long i = 0; i < count; i++) {
      long id = from + i * step;
      Row row = operation == Operation.DELETE ? null : row(ITEM, id, "word " + id % 7);
      entries.add(entry(sequence++, ITEM, operation, new Key(id), null, row, 1));
    }
    journal.append(entries);
    project();
  }

  @Test
  void recordsThatStayAreShownOnceWhileOthersComeAndGo() throws Exception {
    items(Operation.CREATE, 0, 10, 500);
    for (List<Sort> sorts : List.of(List.<Sort>of(), List.of(new Sort("word", true)))) {
      for (boolean before : new boolean[] {false, true}) {
        Map<Long, Integer> shown = new TreeMap<>();
        Edge edge = before ? Edge.END : Edge.BEGINNING;
        int page = 0;
        while (edge != null) {
          Records.Page read = records.list(ITEM, query(ANY, sorts, edge, 37));
          for (EntityRecord record : read.records()) {
            shown.merge((Long) record.key().part(0), 1, Integer::sum);
          }
          edge = before ? read.previous() : read.next();
          items(page % 2 == 0 ? Operation.CREATE : Operation.DELETE, 1 + page / 2, 30, 160);
          page++;
        }
        for (long id = 0; id < 5_000; id += 10) {
          assertEquals(1, shown.get(id), id + " " + sorts + " " + before);
        }
        assertTrue(page > 13, "there were " + page + " pages");
      }
    }
  }

  @Test
  void aPageAndItsTotalAreOfOnePosition() throws Exception {
    items(Operation.CREATE, 1_000_000, 1, 20);
    Condition mine = new Condition.Compared("id", Comparison.GREATER_OR_EQUAL, 1_000_000L);
    Records.Page page = records.list(ITEM, query(mine, List.of(), Edge.BEGINNING, 5));
    assertEquals(journal.head(), page.position());
    assertEquals(20, page.total());
    items(Operation.DELETE, 1_000_000, 1, 20);
  }

  @Test
  void whatTakesTooLongIsStopped() throws Exception {
    items(Operation.CREATE, 2_000_000, 1, 5_000);
    Condition slow = new Condition.Like("word", TextPattern.parse("*x*"));
    RecordQuery stopped = new RecordQuery(slow, List.of(), Edge.BEGINNING, 5, Duration.ZERO, null);
    UnisonoException refused =
        assertThrows(UnisonoException.class, () -> records.list(ITEM, stopped));
    assertEquals("list-too-slow", refused.problem().code());
    RecordQuery uncounted =
        new RecordQuery(ANY, List.of(), Edge.BEGINNING, 5, Duration.ofMinutes(1), Duration.ZERO);
    for (int i = 0; i < 10; i++) {
      Records.Page page = records.list(ITEM, uncounted);
      assertNull(page.total());
      assertEquals(5, page.records().size());
    }
    items(Operation.DELETE, 2_000_000, 1, 5_000);
  }

  @Test
  void aPageIsFoundByAnIndexAndSortedByIt() throws Exception {
    List<Sort> byWord = List.of(new Sort("word", false));
    Place place = ListStatement.place(ITEM, byWord, row(ITEM, 1L, "word 3"));
    assertPlan("USING INDEX record_2_0 (f_word>?)", query(ANY, byWord, new Edge(place, false), 5));
    // The lower bound is that there is a record at all.
    assertPlan(
        "USING INDEX record_2_0 (f_word>? AND f_word<?)",
        query(ANY, byWord, new Edge(place, true), 5));
    assertPlan(
        "USING INDEX record_2_0 (f_word>? AND f_word<?)",
        query(new Condition.Like("word", TextPattern.parse("wo*d")), byWord, Edge.BEGINNING, 5));
    assertPlan(
        "(f_word=?)",
        query(new Condition.Compared("word", Comparison.EQUAL, "x"), List.of(), Edge.BEGINNING, 5));
  }

  private void assertPlan(String part, RecordQuery query) throws SQLException {
    ListStatement statement = ListStatement.page(ITEM, query);
    try (RecordReader reader = new RecordReader(folder.connectRecords())) {
      String plan =
          reader.query(
              "EXPLAIN QUERY PLAN " + statement.sql(),
              statement.parameters(),
              rows -> {
                StringBuilder lines = new StringBuilder();
                while (rows.next()) {
                  lines.append(rows.getString("detail")).append('\n');
                }
                return lines.toString();
              });
      assertTrue(plan.contains(part), plan + statement.sql());
      assertTrue(!plan.contains("TEMP B-TREE FOR ORDER BY"), plan + statement.sql());
    }
  }
}
