package dev.unisono.server.operation;

import dev.unisono.engine.Doors;
import dev.unisono.engine.Precondition;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.access.Decision;
import dev.unisono.engine.access.EntityRights;
import dev.unisono.engine.access.WriteCheck;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.RecordQuery;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.Records;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What callers can do with records, whatever the door they come by: every door does it by this one,
 * so that what is decided here of a caller holds at all of them. Blocks; safe for threads.
 */
public final class Operations {
  private static final Duration READ_PATIENCE = Duration.ofSeconds(5);
  private static final Duration WRITE_PATIENCE = Duration.ofSeconds(10);

  /** Of those that one caller is not shown, for one page of what is. */
  private static final int MOST_LOOKED_THROUGH = 5_000;

  private final Doors doors;
  private final Supplier<Config> config;
  private final InstantSource clock;
  private final Denials denials;
  private final Map<Action, LongAdder> counts = new EnumMap<>(Action.class);

  /**
   * @param config gives the one that is in effect
   * @param denials is told of what was refused to whom
   */
  public Operations(Doors doors, Supplier<Config> config, InstantSource clock, Denials denials) {
    this.doors = doors;
    this.config = config;
    this.clock = clock;
    this.denials = denials;
    for (Action action : Action.values()) {
      counts.put(action, new LongAdder());
    }
  }

  /**
   * What was found, and how things stood.
   *
   * @param position what the answer reflects
   */
  public record Found<T>(T value, Cursor position) {}

  /**
   * Something that was done to a record.
   *
   * @param created whether there was none before
   * @param position the one that shows it
   */
  public record Done(EntityRecord record, boolean created, Cursor position) {}

  /** How often each action was begun since the start. */
  public long count(Action action) {
    return counter(action).sum();
  }

  /** The one place where it is decided whether a caller may do something. */
  private EntityRights admit(Caller caller, Action action, Entity entity) {
    if (!entity.served()) {
      throw new IllegalStateException(caller.name() + " was shown " + entity.name());
    }
    EntityRights rights = caller.rights().of(entity);
    Decision decision = rights.may(action);
    if (!decision.allowed()) {
      throw denied(caller, action, entity, decision);
    }
    counter(action).increment();
    return rights;
  }

  private Refusal denied(Caller caller, Action action, Entity entity, Decision decision) {
    denials.denied(caller, action.label() + " " + entity.name(), decision.reason());
    return new Refusal(403, "forbidden", decision.reason());
  }

  /** A list is no way to find out what is not shown. */
  private void admitFields(Caller caller, EntityRights rights, Entity entity, RecordQuery query) {
    if (!rights.whole(Action.LIST)) {
      admitFields(caller, Action.LIST, entity, query.asksFor());
    }
  }

  /**
   * Looks whether a caller may find records by some fields.
   *
   * @throws Refusal 403 forbidden-field
   */
  public void admitFields(Caller caller, Action reading, Entity entity, Set<String> fields) {
    EntityRights rights = caller.rights().of(entity);
    for (String field : fields) {
      if (!rights.comparable(reading, field, entity.schema())) {
        throw hiddenField(caller, entity, field);
      }
    }
  }

  private Refusal hiddenField(Caller caller, Entity entity, String field) {
    String reason =
        "Nothing allows "
            + caller.name()
            + " to see '"
            + field
            + "' of "
            + entity.plural()
            + " as it is, so nothing can be found or sorted by it.";
    denials.denied(caller, "find " + entity.name() + " by " + field, reason);
    return new Refusal(403, "forbidden-field", reason, field);
  }

  /** A record as it is seen; empty where it is not. */
  private static Optional<EntityRecord> seen(
      EntityRights rights, Action reading, EntityRecord record) {
    if (rights.whole(reading)) {
      return Optional.of(record);
    }
    Row row = record.row();
    if (row == null) {
      // Whether it was to be seen is not known any more.
      return rights.someRows(reading) ? Optional.empty() : Optional.of(record);
    }
    Row shown = rights.seen(reading, row);
    return shown == null ? Optional.empty() : Optional.of(record.seenAs(shown));
  }

  /** A page of what is seen of a list. */
  private Records.Page seen(EntityRights rights, Entity entity, RecordQuery query) {
    Records.Page page = doors.records().list(entity, query);
    if (rights.whole(Action.LIST)) {
      return page;
    }
    if (!rights.someRows(Action.LIST)) {
      return page.of(seen(rights, page.records()));
    }
    List<EntityRecord> found = new ArrayList<>(seen(rights, page.records()));
    boolean before = query.edge().before();
    Edge edge = before ? page.previous() : page.next();
    Edge first = before ? page.next() : page.previous();
    int looked = page.records().size();
    while (edge != null && found.size() < query.limit() && looked < MOST_LOOKED_THROUGH) {
      Records.Page more =
          doors.records().list(entity, query.from(edge, query.limit() - found.size()));
      looked += Math.max(1, more.records().size());
      found.addAll(before ? 0 : found.size(), seen(rights, more.records()));
      edge = before ? more.previous() : more.next();
    }
    return new Records.Page(
        found, before ? edge : first, before ? first : edge, null, page.position());
  }

  private static List<EntityRecord> seen(EntityRights rights, List<EntityRecord> records) {
    return records.stream().flatMap(record -> seen(rights, Action.LIST, record).stream()).toList();
  }

  private LongAdder counter(Action action) {
    LongAdder counter = counts.get(action);
    if (counter == null) {
      throw new IllegalStateException("all actions are counted");
    }
    return counter;
  }

  /** All that a caller is shown. */
  public List<Entity> entities() {
    return Lookup.served(doors);
  }

  /**
   * The entity whose records have that name in paths.
   *
   * @throws Refusal 404 not-found
   */
  public Entity plural(String plural) {
    return Lookup.entity(doors, plural);
  }

  /**
   * The entity of that name, as events carry it.
   *
   * @throws Refusal 404 unknown-entity
   */
  public Entity named(String name) {
    return Lookup.named(doors, name);
  }

  /**
   * A page of a list.
   *
   * @param after the cursor of a position that it has to reflect; null where any will do
   */
  public Found<Records.Page> list(Caller caller, ListRequest list, @Nullable String after)
      throws InterruptedException {
    EntityRights rights = admit(caller, Action.LIST, list.entity());
    admitFields(caller, rights, list.entity(), list.query());
    await(after);
    Records.Page page = seen(rights, list.entity(), list.query());
    return new Found<>(page, page.position());
  }

  /** The same where it needs no waiting, else null. Does not block. */
  public @Nullable Found<Records.Page> held(Caller caller, ListRequest list) {
    if (!caller.rights().of(list.entity()).whole(Action.LIST)) {
      return null;
    }
    Records.Page page = doors.records().held(list.entity(), list.query());
    if (page == null || behind(page.position())) {
      return null;
    }
    admit(caller, Action.LIST, list.entity());
    return new Found<>(page, page.position());
  }

  /** Whether the journal has more: then it would have to be asked how far behind that is. */
  private boolean behind(Cursor position) {
    return position.sequence() < doors.journal().head().sequence();
  }

  /**
   * One record, also one that was deleted: then it has no row.
   *
   * @throws Refusal 404 not-found
   */
  public Found<EntityRecord> get(Caller caller, Entity entity, Key key, @Nullable String after)
      throws InterruptedException {
    EntityRights rights = admit(caller, Action.GET, entity);
    await(after);
    Cursor position = doors.records().position();
    EntityRecord record =
        doors
            .records()
            .find(entity, key)
            .flatMap(found -> seen(rights, Action.GET, found))
            .orElseThrow(() -> notFound(entity));
    return new Found<>(record, position);
  }

  /** The same where it needs no waiting, else null. Does not block. */
  public @Nullable Found<EntityRecord> held(Caller caller, Entity entity, Key key) {
    Cursor position = doors.records().position();
    EntityRecord record = doors.records().held(entity, key);
    if (record == null || behind(position)) {
      return null;
    }
    EntityRights rights = admit(caller, Action.GET, entity);
    return new Found<>(
        seen(rights, Action.GET, record).orElseThrow(() -> notFound(entity)), position);
  }

  /** The same for what is not there and for what is not shown. */
  private static Refusal notFound(Entity entity) {
    return new Refusal(404, "not-found", "There is no such " + entity.name() + ".");
  }

  /**
   * What stands inside the records that are answered.
   *
   * @param text the relations' names, with commas between; null for none
   * @throws Refusal 400 unknown-relation
   */
  public Embedding embedding(Caller caller, Entity entity, @Nullable String text) {
    boolean none = text == null;
    return Embedding.parse(
        text,
        entity,
        none ? List.of() : relations(entity),
        none ? List.of() : referrers(entity),
        new Embedding.Finder() {
          @Override
          public Optional<EntityRecord> find(Entity other, Key key) {
            EntityRights rights = admit(caller, Action.GET, other);
            return doors.records().find(other, key).flatMap(it -> seen(rights, Action.GET, it));
          }

          @Override
          public Records.Page referrers(Relations.Referrers referrers, List<Object> key) {
            EntityRights rights = admit(caller, Action.LIST, referrers.from());
            List<Condition> alike = new ArrayList<>();
            for (int part = 0; part < key.size(); part++) {
              alike.add(
                  new Condition.Compared(
                      referrers.fields().get(part), Condition.Comparison.EQUAL, key.get(part)));
            }
            RecordQuery query = ListRequest.first(new Condition.All(alike));
            admitFields(caller, rights, referrers.from(), query);
            return seen(rights, referrers.from(), query);
          }
        });
  }

  /** What may be embedded in an entity's records because it refers to them. */
  public List<Relations.Referrers> referrers(Entity entity) {
    return Relations.to(entity, config.get(), entities());
  }

  /** The relations of an entity's records that may be embedded. */
  public List<Relations.Relation> relations(Entity entity) {
    return Relations.of(entity, config.get(), entities());
  }

  /**
   * The record that another one refers to; empty where it refers to none, or that is not there.
   *
   * @param row of the record that refers to it
   */
  public Optional<EntityRecord> related(Caller caller, Relations.Relation relation, Row row) {
    Key key = relation.key(row);
    if (key == null) {
      return Optional.empty();
    }
    EntityRights rights = admit(caller, Action.GET, relation.to());
    return doors
        .records()
        .find(relation.to(), key)
        .flatMap(found -> seen(rights, Action.GET, found))
        .filter(record -> record.row() != null);
  }

  /** The position of now: what follows it has not happened yet. */
  public Cursor head() {
    return doors.journal().head();
  }

  /** The oldest position from which changes can still be followed. */
  public Cursor oldest() {
    return doors.journal().oldest();
  }

  /** That a record was deleted. */
  public static Refusal gone(Entity entity) {
    return new Refusal(410, "gone", "This " + entity.name() + " was deleted.");
  }

  /**
   * Makes a record, as {@link Doors#create} has it.
   *
   * @param atMost how long the caller waits for it to come back; null for the usual time
   */
  public Done create(Caller caller, Entity entity, Row record, @Nullable Duration atMost)
      throws InterruptedException {
    WriteCheck check = check(caller, Action.CREATE, entity, record);
    return done(caller, entity, doors.create(entity, record, check, patience(atMost)));
  }

  /** Puts a record in the place of what is there, or makes it, as {@link Doors#put} has it. */
  public Done put(
      Caller caller,
      Entity entity,
      Key key,
      Row record,
      Precondition precondition,
      @Nullable Duration atMost)
      throws InterruptedException {
    WriteCheck check = check(caller, Action.REPLACE, entity, record);
    return done(
        caller, entity, doors.put(entity, key, record, precondition, check, patience(atMost)));
  }

  /** Changes some fields of a record, as {@link Doors#patch} has it. */
  public Done patch(
      Caller caller,
      Entity entity,
      Key key,
      Row patch,
      Precondition precondition,
      @Nullable Duration atMost)
      throws InterruptedException {
    WriteCheck check = check(caller, Action.CHANGE, entity, patch);
    return done(
        caller, entity, doors.patch(entity, key, patch, precondition, check, patience(atMost)));
  }

  /** Deletes a record, as {@link Doors#delete} has it. */
  public Done delete(
      Caller caller, Entity entity, Key key, Precondition precondition, @Nullable Duration atMost)
      throws InterruptedException {
    WriteCheck check = check(caller, Action.DELETE, entity, null);
    return done(caller, entity, doors.delete(entity, key, precondition, check, patience(atMost)));
  }

  /**
   * Whether a caller may write so.
   *
   * @param given the values that the caller gives; null where none
   */
  private WriteCheck check(Caller caller, Action action, Entity entity, @Nullable Row given) {
    EntityRights rights = admit(caller, action, entity);
    if (rights.writesAll(action)) {
      return WriteCheck.NONE;
    }
    Set<String> named = given == null ? Set.of() : named(given);
    return (before, after) -> {
      if (before != null
          && rights.may(Action.GET).allowed()
          && rights.someRows(Action.GET)
          && rights.seen(Action.GET, before) == null) {
        // A write is no way to find out what is not shown.
        throw notFound(entity);
      }
      Set<String> fields = new TreeSet<>(named);
      if (action == Action.REPLACE && before != null && after != null) {
        fields.addAll(differing(before, after));
      }
      Decision decision = rights.writes(action, fields, before, after);
      if (!decision.allowed()) {
        throw denied(caller, action, entity, decision);
      }
    };
  }

  private static Set<String> named(Row given) {
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < given.schema().size(); i++) {
      if (given.value(i) != Unchanged.UNCHANGED) {
        names.add(given.schema().field(i).name());
      }
    }
    return names;
  }

  /** What is not given is nothing afterwards: that is a write, too. */
  private static Set<String> differing(Row before, Row after) {
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < after.schema().size(); i++) {
      if (!Objects.deepEquals(before.value(i), after.value(i))) {
        names.add(after.schema().field(i).name());
      }
    }
    return names;
  }

  private static Duration patience(@Nullable Duration atMost) {
    return atMost == null ? WRITE_PATIENCE : atMost;
  }

  private Done done(Caller caller, Entity entity, Doors.Written written) {
    return new Done(
        shownTo(caller, entity, written.record()),
        written.created(),
        new Cursor(doors.journal().head().epoch(), written.sequence()));
  }

  /** What was written, as the writer may read it: its key at least. */
  private static EntityRecord shownTo(Caller caller, Entity entity, EntityRecord record) {
    Row row = record.row();
    EntityRights rights = caller.rights().of(entity);
    if (row == null || rights.whole(Action.GET)) {
      return record;
    }
    Row shown = rights.may(Action.GET).allowed() ? rights.seen(Action.GET, row) : null;
    if (shown == null) {
      @Nullable Object[] keyAlone = row.copyValues();
      for (int i = 0; i < keyAlone.length; i++) {
        keyAlone[i] = row.schema().isKey(i) ? keyAlone[i] : Unchanged.UNCHANGED;
      }
      shown = new Row(row.schema(), keyAlone);
    }
    return record.seenAs(shown);
  }

  /**
   * Looks whether a caller may see all changes of some entities as they are.
   *
   * @param names the entities'; none for all there are
   * @throws Refusal 403 forbidden
   */
  public void admitWhole(Caller caller, List<String> names) {
    for (Entity each : entities()) {
      if ((names.isEmpty() || names.contains(each.name()))
          && !caller.rights().of(each).whole(Action.FOLLOW)) {
        String reason =
            "This takes the right to follow all "
                + each.plural()
                + " as they are, which "
                + caller.name()
                + " has not.";
        denials.denied(caller, "send " + each.name(), reason);
        throw new Refusal(403, "forbidden", reason);
      }
    }
  }

  /** Those of all entities that a caller may follow. */
  public List<Entity> followed(Caller caller) {
    return entities().stream()
        .filter(each -> caller.rights().of(each).may(Action.FOLLOW).allowed())
        .toList();
  }

  /**
   * Where a caller begins to follow changes.
   *
   * @param entity null for all that the caller may follow
   * @param after the cursor to go on after; null for now
   * @param snapshot whether all records come first: then what follows begins where they stood
   *     before the first of them was read
   * @throws Refusal 400 bad-cursor; 410 gap
   */
  public Cursor follow(
      Caller caller, @Nullable Entity entity, @Nullable String after, boolean snapshot) {
    List<Entity> all = entities();
    List<Entity> some = entity == null ? followed(caller) : List.of(entity);
    for (Entity each : some.isEmpty() ? all : some) {
      admit(caller, Action.FOLLOW, each);
    }
    return snapshot
        ? doors.records().position()
        : new Cursor(doors.journal().head().epoch(), Cursors.sequence(doors.journal(), after));
  }

  /**
   * The position that a caller names.
   *
   * @throws Refusal 400 bad-cursor; 410 gap
   */
  public Cursor position(String cursor) {
    if (cursor.isEmpty()) {
      throw new Refusal(400, "bad-cursor", "A cursor is needed.", "cursor");
    }
    return new Cursor(doors.journal().head().epoch(), Cursors.sequence(doors.journal(), cursor));
  }

  private void await(@Nullable String after) throws InterruptedException {
    if (after != null
        && !doors
            .records()
            .awaitSequence(Cursors.sequence(doors.journal(), after), READ_PATIENCE)) {
      throw new Refusal(
          504, "not-yet", "The records do not reflect that position yet; try again in a moment.");
    }
  }

  /** Seconds from the commit of the first change that a position does not reflect until now. */
  public double lagSeconds(Cursor position) {
    if (position.sequence() >= doors.journal().head().sequence()) {
      return 0;
    }
    try {
      List<JournalEntry> next = doors.journal().read(position.sequence(), 1);
      return next.isEmpty()
          ? 0
          : Math.max(
              0,
              Duration.between(next.getFirst().sourceTime(), clock.instant()).toMillis() / 1000.0);
    } catch (UnisonoException dropped) {
      return 0;
    }
  }

  /**
   * Where a system that an entity is read from is away: seconds since it was followed last, by
   * which its records may be older than they are there. Empty where none is.
   */
  public OptionalDouble staleSeconds(Entity entity) {
    Optional<Instant> since = doors.awaySince(entity);
    return since.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            Math.max(0, Duration.between(since.get(), clock.instant()).toMillis() / 1000.0));
  }

  /** Seconds as every door says them. */
  public static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%.3f", seconds);
  }
}
