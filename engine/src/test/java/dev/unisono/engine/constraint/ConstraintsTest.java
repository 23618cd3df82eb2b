package dev.unisono.engine.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.Engine;
import dev.unisono.engine.HeldPatch;
import dev.unisono.engine.InvalidPatch;
import dev.unisono.engine.Precondition;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Await;
import dev.unisono.engine.fixture.FakeConnector;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.fixture.ScriptedSystem;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.state.DeadLetter.Stage;
import dev.unisono.engine.state.KeptLetter;
import dev.unisono.engine.state.KeptLetter.Filter;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Unchanged;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No two records have the same of what must be unique, and none refers to one that is not there.
 */
final class ConstraintsTest {
  private static final String CONFIG =
      """
      systems: { crm: { connector: scripted } }
      entities:
        company:
          plural: companies
          key: id
          schema: { properties: { id: { type: integer }, name: { type: string } } }
        person:
          plural: people
          key: id
          schema:
            properties:
              id: { type: integer }
              email: { type: string }
              tenant: { type: integer }
              number: { type: integer }
              company: { type: integer }
              boss: { type: integer }
              note: { type: string }
          standardize: { email: trim }
      ASKED
      syncs:
        companies:
          entity: company
          members: [ { system: crm, table: company, direction: read } ]
        people:
          entity: person
          members: [ { system: crm, table: person, direction: read } ]
      """;
  private static final String ASKED =
      """
          unique:
            - { field: email }
            - { field: [ tenant, number ], severity: quarantine }
            - { field: note, severity: warn }
          references:
            - { field: company, entity: company }
            - { field: boss, entity: person }
      """;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Object SAME = Unchanged.UNCHANGED;

  @TempDir private Path folder;
  private final ScriptedSystem crm = new ScriptedSystem();
  private Engine engine;

  @BeforeEach
  void open() {
    open(ASKED, "person");
  }

  private void open(String asked) {
    open(asked, "person");
  }

  private void open(String asked, String person) {
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(new FakeConnector("scripted", _ -> crm.connect())), _ -> null)
            .read(
                CONFIG
                    .replace("ASKED", asked)
                    .replace("person:", person + ":")
                    .replace("entity: person", "entity: " + person),
                folder);
    assertEquals(List.of(), outcome.problems());
    engine = new Engine(Objects.requireNonNull(outcome.config()), new MovableClock(), () -> {});
    engine.start();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private Entity entity(String name) {
    return engine.entities().stream()
        .filter(each -> each.name().equals(name))
        .findAny()
        .orElseThrow();
  }

  /** Everything that there is has been read. */
  private void allKnown(long number) throws Exception {
    crm.hasRead(number, "companies", "people");
    Await.until(
        "all is known",
        () -> engine.status().known().stream().allMatch(ConstraintChecks.Known::whole));
  }

  private Change company(Operation operation, long id) {
    return operation == Operation.DELETE
        ? crm.change(entity("company"), operation, new Key(id), null)
        : crm.change(entity("company"), operation, new Key(id), null, id, "a company");
  }

  private Change person(Operation operation, long id, @Nullable Object... rest) {
    return moved(operation, id, null, rest);
  }

  /** The rest of the row: e-mail, tenant, number, company, boss, note; null where it is short. */
  private Change moved(
      Operation operation, long id, @Nullable Key previous, @Nullable Object... rest) {
    if (operation == Operation.DELETE) {
      return crm.change(entity("person"), operation, new Key(id), previous);
    }
    @Nullable Object[] row = new @Nullable Object[7];
    row[0] = id;
    System.arraycopy(rest, 0, row, 1, rest.length);
    return crm.change(entity("person"), operation, new Key(id), previous, row);
  }

  /** What the journal makes of the people: by key their e-mail, company and boss. */
  private Map<Long, List<@Nullable Object>> people() {
    Map<Long, List<@Nullable Object>> people = new TreeMap<>();
    long head = engine.journal().head().sequence();
    for (long seen = 0; seen < head; ) {
      for (JournalEntry entry : engine.journal().read(seen, 1 << 20)) {
        seen = entry.sequence();
        if (entry.entity().name().equals("person")) {
          apply(people, entry);
        }
      }
    }
    return people;
  }

  private List<@Nullable Object> person(long id) {
    return Objects.requireNonNull(people().get(id));
  }

  private static void apply(Map<Long, List<@Nullable Object>> people, JournalEntry entry) {
    if (entry.operation() == Operation.TRUNCATE) {
      people.clear();
      return;
    }
    Long key = (Long) Objects.requireNonNull(entry.key()).part(0);
    List<@Nullable Object> before = people.remove(key);
    Key previous = entry.previousKey();
    if (previous != null) {
      before = people.remove((Long) previous.part(0));
    }
    Row row = entry.row();
    if (row != null) {
      List<@Nullable Object> now = new ArrayList<>();
      for (String field : new String[] {"email", "company", "boss", "note"}) {
        Object value = row.value(field);
        now.add(
            value == Unchanged.UNCHANGED ? Objects.requireNonNull(before).get(now.size()) : value);
      }
      people.put(key, now);
    }
  }

  private List<KeptLetter> open(KeptLetter.State state) {
    return engine.deadLetters().list(new Filter(null, null, null, null, state, 0, 1_000));
  }

  private KeptLetter only() {
    List<KeptLetter> open = open(KeptLetter.State.OPEN);
    assertEquals(1, open.size());
    return open.getFirst();
  }

  private void noneWaits() throws Exception {
    Await.until("no letter waits", () -> engine.status().deadLetters().open() == 0);
    // What became of the last letter is in the journal once something after it is durable.
    crm.keeps("looked");
  }

  private Row patch(Map<String, Object> values) {
    @Nullable Object[] row = new @Nullable Object[7];
    Arrays.fill(row, SAME);
    values.forEach((name, value) -> row[entity("person").schema().position(name)] = value);
    return new Row(entity("person").schema(), row);
  }

  @Test
  void aValueThatAnotherHasIsRefusedAndTakenUpByItselfOnceItIsFree() throws Exception {
    crm.shows(
        person(Operation.CREATE, 1, "ada@x.org"),
        person(Operation.CREATE, 2, " ada@x.org "),
        person(Operation.CREATE, 3, (Object) null),
        person(Operation.CREATE, 4, (Object) null));
    KeptLetter letter = only();
    assertEquals(Stage.CONSTRAIN, letter.stage());
    assertEquals("value-taken", letter.cause().code());
    assertTrue(letter.cause().remedy().contains("person 1"), letter.cause().remedy());
    assertEquals(
        List.of(
            new Finding(
                "value-taken",
                "email",
                "email",
                "text of 9 characters",
                "email is the same in another person.")),
        letter.findings());
    assertEquals(letter.findings(), engine.deadLetters().wrong(letter));
    assertEquals(List.of(1L, 3L, 4L), List.copyOf(people().keySet()));
    // What a person makes of it is judged beside the others, too.
    KeptLetter edited =
        engine.deadLetters().edit(letter.id(), patch(Map.of("email", "b@x.org")), PATIENCE);
    assertEquals(List.of(), engine.deadLetters().wrong(edited));
    engine.deadLetters().edit(letter.id(), patch(Map.of("email", "ada@x.org")), PATIENCE);
    crm.shows(person(Operation.UPDATE, 1, "countess@x.org"));
    noneWaits();
    assertEquals("ada@x.org", person(2).getFirst());
    // Of a record that was refused, and whose value was free before it was taken up.
    crm.shows(person(Operation.UPDATE, 1, "ada@x.org"));
    assertEquals("[1]", String.valueOf(only().key()));
    crm.shows(person(Operation.DELETE, 2));
    noneWaits();
    assertEquals("ada@x.org", person(1).getFirst());
  }

  @Test
  void whatIsReadAgainIsRefusedAsBefore() throws Exception {
    crm.shows(person(Operation.CREATE, 1, "a"), person(Operation.CREATE, 2, "a"));
    long letter = only().id();
    crm.shows(person(Operation.REFRESH, 1, "a"), person(Operation.REFRESH, 2, "a"));
    assertEquals(letter, only().id());
  }

  @Test
  void soItIsAfterARestartAndATruncate() throws Exception {
    crm.shows(person(Operation.CREATE, 1, "a"), person(Operation.CREATE, 2, "a"));
    close();
    open();
    crm.shows(person(Operation.CREATE, 3, "a"));
    assertEquals(2, open(KeptLetter.State.REFUSED).size());
    crm.shows(
        crm.change(entity("person"), Operation.TRUNCATE, null, null),
        person(Operation.CREATE, 4, "a"),
        person(Operation.CREATE, 5, "a"));
    assertEquals("[5]", String.valueOf(only().key()));
    assertEquals(List.of(4L), List.copyOf(people().keySet()));
  }

  @Test
  void aTruncateFreesAllValues() throws Exception {
    crm.shows(person(Operation.CREATE, 1, "a"));
    crm.shows(crm.change(entity("person"), Operation.TRUNCATE, null, null));
    crm.shows(person(Operation.CREATE, 2, "a"));
    assertEquals(List.of(), open(KeptLetter.State.OPEN));
  }

  @Test
  void recordsMaySwapTheirValues() throws Exception {
    crm.shows(
        person(Operation.CREATE, 1, "a"),
        person(Operation.CREATE, 2, "b"),
        person(Operation.CREATE, 3, "c"));
    crm.shows(
        person(Operation.UPDATE, 1, "b"),
        person(Operation.UPDATE, 2, "c"),
        person(Operation.UPDATE, 3, "a"));
    noneWaits();
    assertEquals("b", person(1).getFirst());
    assertEquals("c", person(2).getFirst());
    assertEquals("a", person(3).getFirst());
  }

  @Test
  void aRecordMayMoveWithItsValue() throws Exception {
    crm.shows(person(Operation.CREATE, 1, "a"));
    crm.shows(moved(Operation.UPDATE, 7, new Key(1L), "a"));
    crm.shows(person(Operation.CREATE, 1, "b"), person(Operation.CREATE, 2, "a"));
    assertEquals("[2]", String.valueOf(only().key()));
    crm.shows(person(Operation.DELETE, 7));
    noneWaits();
    assertEquals(List.of(1L, 2L), List.copyOf(people().keySet()));
  }

  @Test
  void aNewerChangeBringsWhatTheRefusedOneAloneHasTold() throws Exception {
    crm.shows(person(Operation.CREATE, 1, "a"));
    crm.shows(
        person(Operation.CREATE, 2, "a", null, null, null, null, "large"),
        person(Operation.UPDATE, 2, "b", null, null, null, null, SAME));
    assertEquals("large", person(2).getLast());
    crm.shows(
        moved(Operation.UPDATE, 5, new Key(2L), "a", null, null, null, null, "larger"),
        person(Operation.UPDATE, 5, "c", null, null, null, null, SAME));
    assertEquals(List.of(1L, 5L), List.copyOf(people().keySet()));
    assertEquals("larger", person(5).getLast());
    crm.shows(
        moved(Operation.UPDATE, 6, new Key(5L), "a", null, null, null, null, "n"),
        person(Operation.DELETE, 6));
    assertEquals(List.of(1L), List.copyOf(people().keySet()));
    assertEquals(List.of(), open(KeptLetter.State.OPEN));
  }

  @Test
  void whatRefersToNothingWaitsUntilItComes() throws Exception {
    allKnown(1);
    crm.shows(person(Operation.CREATE, 1, "a", null, null, 7L, 2L));
    KeptLetter letter = only();
    assertEquals("reference-missing", letter.cause().code());
    assertEquals(
        List.of("company refers to no company.", "boss refers to no person."),
        letter.findings().stream().map(Finding::message).toList());
    crm.shows(company(Operation.CREATE, 7));
    Await.until(
        "it waits for the other", () -> only().findings().getFirst().field().equals("boss"));
    // Who is refused is not there.
    crm.shows(person(Operation.CREATE, 2, "b", null, null, 8L, null));
    assertEquals(2, open(KeptLetter.State.REFUSED).size());
    crm.shows(company(Operation.CREATE, 8));
    noneWaits();
    assertEquals(List.of(1L, 2L), List.copyOf(people().keySet()));
    // Who refers to itself is there with it.
    crm.shows(person(Operation.CREATE, 3, "c", null, null, null, 3L));
    assertEquals(List.of(), open(KeptLetter.State.OPEN));
    // What is deleted takes nobody with it.
    crm.shows(company(Operation.DELETE, 7));
    assertTrue(people().containsKey(1L));
    crm.shows(person(Operation.UPDATE, 1, "d", null, null, 7L, 2L));
    assertEquals("[1]", String.valueOf(only().key()));
  }

  @Test
  void whatCameBeforeAllWasKnownIsReadAgainAndJudged() throws Exception {
    crm.shows(
        person(Operation.READ, 1, "a", null, null, 7L, null),
        person(Operation.READ, 2, "b", null, null, 8L, null));
    assertEquals(List.of(), open(KeptLetter.State.OPEN));
    crm.shows(company(Operation.READ, 8));
    crm.hasRead(1, "companies", "people");
    Await.until("it is to be read again", () -> !crm.commands().isEmpty());
    assertEquals(
        List.of(new SnapshotCommand(SnapshotCommand.Action.REFRESH, "people")), crm.commands());
    crm.shows(
        person(Operation.REFRESH, 1, "a", null, null, 7L, null),
        person(Operation.REFRESH, 2, "b", null, null, 8L, null));
    assertEquals("[1]", String.valueOf(only().key()));
    crm.hasRead(2, "companies", "people");
    crm.shows(person(Operation.UPDATE, 2, "c", null, null, 9L, null));
    assertEquals(2, open(KeptLetter.State.REFUSED).size());
    assertEquals(1, crm.commands().size());
  }

  @Test
  void whatIsAskedAnewHasAllRecordsReadAgain() throws Exception {
    close();
    open("    index: [ email ]\n");
    crm.shows(person(Operation.CREATE, 1, "a"), person(Operation.CREATE, 2, "a"));
    crm.hasRead(1, "companies", "people");
    close();
    open();
    crm.shows(person(Operation.UPDATE, 2, "a"));
    crm.hasRead(1, "companies", "people");
    Await.until("both are to be read again", () -> crm.commands().size() == 2);
    assertFalse(engine.status().known().stream().anyMatch(ConstraintChecks.Known::whole));
    crm.shows(
        person(Operation.REFRESH, 1, "a", null, null, null, null, "n"),
        person(Operation.REFRESH, 2, "a"));
    allKnown(2);
    // Who was seen first has it.
    assertEquals("[1]", String.valueOf(only().key()));
    close();
    open();
    assertTrue(engine.status().known().stream().allMatch(ConstraintChecks.Known::whole));
    assertEquals(2, crm.commands().size());
  }

  @Test
  void anEntityThatIsCalledOtherwiseHasAllRecordsReadAgain() throws Exception {
    crm.shows(person(Operation.CREATE, 1, "a"));
    crm.keeps("snapshot/people");
    allKnown(1);
    close();
    open(ASKED, "human");
    crm.hasRead(1, "companies", "people");
    Await.until("it is to be read again", () -> !crm.commands().isEmpty());
    assertEquals("people", crm.commands().getFirst().sync());
  }

  @Test
  void aPersonMayLetThroughWhatIsToBeLookedAt() throws Exception {
    crm.shows(
        person(Operation.CREATE, 1, "a", 1L, 5L),
        person(Operation.CREATE, 2, "b", 2L, 5L),
        person(Operation.CREATE, 3, "c", 1L, 5L));
    KeptLetter held = only();
    assertTrue(held.held());
    assertEquals(
        "tenant, number are together the same in another person.",
        held.findings().getFirst().message());
    // Nobody takes it up by himself: it is to be looked at.
    crm.shows(person(Operation.UPDATE, 1, "a", 1L, 6L));
    crm.shows(person(Operation.CREATE, 4, "d", 1L, 5L));
    assertTrue(only().held());
    assertNotNull(engine.deadLetters().replay(held.id(), PATIENCE).closed());
    assertEquals(List.of(1L, 2L, 3L, 4L), List.copyOf(people().keySet()));
  }

  @Test
  void aRuleMayOnlyWarn() throws Exception {
    crm.shows(
        person(Operation.CREATE, 1, "a", null, null, null, null, "n"),
        person(Operation.CREATE, 2, "b", null, null, null, null, "n"));
    assertEquals(2, people().size());
    assertTrue(
        engine.status().warnings().contains(new Warnings.Count("person", "value-taken", 1)),
        engine.status().warnings().toString());
  }

  @Test
  void aCallerIsToldBeforeTheOwnerHasIt() throws Exception {
    allKnown(1);
    crm.shows(person(Operation.CREATE, 1, "a", 1L, 1L), person(Operation.CREATE, 2, "b", 2L, 1L));
    assertTrue(engine.records().awaitSequence(2, PATIENCE));
    InvalidPatch invalid =
        assertThrows(
            InvalidPatch.class,
            () ->
                engine.patch(
                    entity("person"),
                    new Key(2L),
                    patch(Map.of("email", " a ", "company", 9L)),
                    Precondition.NONE,
                    PATIENCE));
    assertEquals(
        List.of("value-taken", "reference-missing"),
        invalid.findings().stream().map(Finding::code).toList());
    HeldPatch held =
        assertThrows(
            HeldPatch.class,
            () ->
                engine.patch(
                    entity("person"),
                    new Key(2L),
                    patch(Map.of("tenant", 1L)),
                    Precondition.NONE,
                    PATIENCE));
    assertEquals(List.of(), crm.written());
    // Once a person has let it through it passes when it comes back by the log, too.
    assertNotNull(engine.deadLetters().replay(held.letter(), PATIENCE).closed());
    assertEquals(1, crm.written().size());
    assertEquals(List.of(), open(KeptLetter.State.OPEN));
    engine.patch(
        entity("person"), new Key(2L), patch(Map.of("email", "b")), Precondition.NONE, PATIENCE);
  }

  /**
   * Whatever happens in between: once the source has nothing that is not allowed, all of it has
   * come through, and nothing waits.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void allComesThroughOnceItIsRight(int seed) throws Exception {
    allKnown(1);
    Random random = new Random(seed);
    Map<Long, List<@Nullable Object>> truth = new HashMap<>();
    boolean[] companies = new boolean[3];
    for (int batch = 0; batch < 40; batch++) {
      List<Change> changes = new ArrayList<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        changes.add(
            random.nextInt(5) == 0 ? anyCompany(random, companies) : anyPerson(random, truth));
      }
      crm.shows(changes.toArray(new Change[0]));
      if (random.nextInt(12) == 0) {
        close();
        open();
        crm.hasRead(1, "companies", "people");
      }
      noTwoAreEqual();
    }
    List<Change> mended = new ArrayList<>();
    for (int i = 0; i < companies.length; i++) {
      mended.add(company(companies[i] ? Operation.UPDATE : Operation.CREATE, i));
    }
    List<Long> keys = new ArrayList<>(truth.keySet());
    for (Long key : keys) {
      List<@Nullable Object> right = Arrays.asList("mail-" + key, 1L, key, "note");
      truth.put(key, right);
      mended.add(person(Operation.UPDATE, key, right.get(0), null, null, 1L, key, right.get(3)));
    }
    crm.shows(mended.toArray(new Change[0]));
    noneWaits();
    assertEquals(new TreeMap<>(truth), people());
  }

  private Change anyCompany(Random random, boolean[] companies) {
    int id = random.nextInt(companies.length);
    companies[id] = !companies[id];
    return company(companies[id] ? Operation.CREATE : Operation.DELETE, id);
  }

  private Change anyPerson(Random random, Map<Long, List<@Nullable Object>> truth) {
    long id = random.nextInt(5);
    List<@Nullable Object> before = truth.get(id);
    if (before != null && random.nextInt(4) == 0) {
      truth.remove(id);
      return person(Operation.DELETE, id);
    }
    String email = "mail-" + random.nextInt(4);
    Long company = random.nextBoolean() ? null : Long.valueOf(random.nextInt(3));
    Long boss = random.nextBoolean() ? null : Long.valueOf(random.nextInt(5));
    long to = random.nextInt(5);
    boolean moves = before != null && to != id && !truth.containsKey(to);
    Object kept = before == null || moves || random.nextBoolean() ? null : before.get(3);
    Object note = kept == null ? "note-" + random.nextInt(100) : kept;
    truth.remove(id);
    truth.put(moves ? to : id, Arrays.asList(email, company, boss, note));
    return moved(
        before == null ? Operation.CREATE : Operation.UPDATE,
        moves ? to : id,
        moves ? new Key(id) : null,
        email,
        null,
        null,
        company,
        boss,
        kept == null ? note : SAME);
  }

  /** Of the records that nothing newer waits for. */
  private void noTwoAreEqual() {
    Map<Object, Long> holders = new HashMap<>();
    List<Object> late = new ArrayList<>();
    for (KeptLetter letter : open(KeptLetter.State.OPEN)) {
      late.add(Objects.requireNonNull(letter.key()).part(0));
      if (letter.previousKey() != null) {
        late.add(letter.previousKey().part(0));
      }
    }
    people()
        .forEach((key, values) -> {
          if (!late.contains(key) && values.getFirst() != null) {
            assertNull(holders.put(values.getFirst(), key), "two have " + values.getFirst());
          }
        });
  }
}
