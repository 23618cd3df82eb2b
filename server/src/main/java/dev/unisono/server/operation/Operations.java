package dev.unisono.server.operation;

import dev.unisono.engine.Doors;
import dev.unisono.engine.Precondition;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.Records;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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

  private final Doors doors;
  private final Supplier<Config> config;
  private final InstantSource clock;
  private final Map<Action, LongAdder> counts = new EnumMap<>(Action.class);

  /**
   * @param config gives the one that is in effect
   */
  public Operations(Doors doors, Supplier<Config> config, InstantSource clock) {
    this.doors = doors;
    this.config = config;
    this.clock = clock;
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
  private void admit(Caller caller, Action action, Entity entity) {
    if (!entity.served()) {
      throw new IllegalStateException(caller.name() + " was shown " + entity.name());
    }
    counter(action).increment();
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
    admit(caller, Action.LIST, list.entity());
    await(after);
    Records.Page page = doors.records().list(list.entity(), list.query());
    return new Found<>(page, page.position());
  }

  /** The same where it needs no waiting, else null. Does not block. */
  public @Nullable Found<Records.Page> held(Caller caller, ListRequest list) {
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
    admit(caller, Action.GET, entity);
    await(after);
    Cursor position = doors.records().position();
    EntityRecord record =
        doors
            .records()
            .find(entity, key)
            .orElseThrow(
                () -> new Refusal(404, "not-found", "There is no such " + entity.name() + "."));
    return new Found<>(record, position);
  }

  /** The same where it needs no waiting, else null. Does not block. */
  public @Nullable Found<EntityRecord> held(Caller caller, Entity entity, Key key) {
    Cursor position = doors.records().position();
    EntityRecord record = doors.records().held(entity, key);
    if (record == null || behind(position)) {
      return null;
    }
    admit(caller, Action.GET, entity);
    return new Found<>(record, position);
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
            admit(caller, Action.GET, other);
            return doors.records().find(other, key);
          }

          @Override
          public Records.Page referrers(Relations.Referrers referrers, List<Object> key) {
            admit(caller, Action.LIST, referrers.from());
            List<Condition> alike = new ArrayList<>();
            for (int part = 0; part < key.size(); part++) {
              alike.add(
                  new Condition.Compared(
                      referrers.fields().get(part), Condition.Comparison.EQUAL, key.get(part)));
            }
            return doors
                .records()
                .list(referrers.from(), ListRequest.first(new Condition.All(alike)));
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
    admit(caller, Action.GET, relation.to());
    return doors.records().find(relation.to(), key).filter(record -> record.row() != null);
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
    admit(caller, Action.CREATE, entity);
    return done(doors.create(entity, record, patience(atMost)));
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
    admit(caller, Action.REPLACE, entity);
    return done(doors.put(entity, key, record, precondition, patience(atMost)));
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
    admit(caller, Action.CHANGE, entity);
    return done(doors.patch(entity, key, patch, precondition, patience(atMost)));
  }

  /** Deletes a record, as {@link Doors#delete} has it. */
  public Done delete(
      Caller caller, Entity entity, Key key, Precondition precondition, @Nullable Duration atMost)
      throws InterruptedException {
    admit(caller, Action.DELETE, entity);
    return done(doors.delete(entity, key, precondition, patience(atMost)));
  }

  private static Duration patience(@Nullable Duration atMost) {
    return atMost == null ? WRITE_PATIENCE : atMost;
  }

  private Done done(Doors.Written written) {
    return new Done(
        written.record(),
        written.created(),
        new Cursor(doors.journal().head().epoch(), written.sequence()));
  }

  /**
   * Where a caller begins to follow changes.
   *
   * @param entity null for all that the caller is shown
   * @param after the cursor to go on after; null for now
   * @param snapshot whether all records come first: then what follows begins where they stood
   *     before the first of them was read
   * @throws Refusal 400 bad-cursor; 410 gap
   */
  public Cursor follow(
      Caller caller, @Nullable Entity entity, @Nullable String after, boolean snapshot) {
    for (Entity each : entity == null ? entities() : List.of(entity)) {
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
