package dev.unisono.server.feed;

import dev.unisono.engine.Doors;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.RecordQuery;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.Records;
import dev.unisono.hub.Event;
import dev.unisono.hub.Feed;
import dev.unisono.server.operation.Lookup;
import dev.unisono.spi.Key;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The journal as events for clients: each entry encoded as JSON. Safe for threads. */
public final class JournalFeed implements Feed {
  private static final int PAGE = 500;

  /** A page in the order of the keys is found at once, unless very many records were deleted. */
  private static final Duration PAGE_PATIENCE = Duration.ofMinutes(10);

  private final Doors doors;
  private final Journal journal;

  public JournalFeed(Doors doors) {
    this.doors = doors;
    this.journal = doors.journal();
  }

  @Override
  public long head() {
    return journal.head().sequence();
  }

  @Override
  public boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException {
    return journal.awaitBeyond(sequence, atMost);
  }

  @Override
  public Events read(long after, int maximumBytes) throws Gap {
    long head = journal.head().sequence();
    List<JournalEntry> entries;
    try {
      entries = journal.read(after, maximumBytes);
    } catch (UnisonoException failed) {
      if (failed.problem().code().equals("gap")) {
        throw new Gap(failed.problem().message());
      }
      throw failed;
    }
    if (entries.isEmpty()) {
      return new Events(List.of(), Math.max(after, head));
    }
    long epoch = journal.head().epoch();
    List<Event> events = new ArrayList<>(entries.size());
    for (JournalEntry entry : entries) {
      if (entry.entity().served()) {
        add(events, entry, new Cursor(epoch, entry.sequence()));
      }
    }
    return new Events(events, entries.getLast().sequence());
  }

  private static void add(List<Event> events, JournalEntry entry, Cursor cursor) {
    Key previousKey = entry.previousKey();
    switch (entry.operation()) {
      case CREATE -> events.add(event(entry, cursor, Told.Kind.CREATED, null));
      case READ, REFRESH -> events.add(event(entry, cursor, Told.Kind.READ, null));
      case DELETE -> events.add(event(entry, cursor, Told.Kind.DELETED, null));
      case TRUNCATE -> events.add(event(entry, cursor, Told.Kind.TRUNCATED, null));
      case UPDATE -> {
        if (previousKey == null) {
          events.add(event(entry, cursor, Told.Kind.UPDATED, null));
        } else {
          // One entry, two events; only the second carries the cursor, so that none is lost.
          events.add(event(entry, cursor, Told.Kind.MOVED_AWAY, previousKey));
          events.add(event(entry, cursor, Told.Kind.MOVED_HERE, previousKey));
        }
      }
    }
  }

  private static Event event(
      JournalEntry entry, Cursor cursor, Told.Kind kind, @Nullable Key previousKey) {
    boolean away = kind == Told.Kind.MOVED_AWAY;
    Told told =
        new Told(
            kind,
            entry.entity(),
            away ? previousKey : entry.key(),
            away ? null : previousKey,
            cursor.epoch(),
            entry.sequence(),
            entry.sourceTime(),
            entry.origin(),
            away ? null : entry.row(),
            entry.before());
    return new Event(
        entry.sequence(),
        entry.entity().id(),
        away ? null : cursor.text(),
        kind.event(),
        EventJson.whole(told),
        told);
  }

  /** Every record there is, as events that carry no cursor: what a snapshot begins with. */
  public Iterator<Event> records(List<Entity> entities) {
    return new RecordEvents(doors, entities);
  }

  private static final class RecordEvents implements Iterator<Event> {
    private final Doors doors;
    private final Iterator<Entity> entities;
    private @Nullable Entity entity;
    private Iterator<EntityRecord> page = List.<EntityRecord>of().iterator();
    private @Nullable Edge next;

    RecordEvents(Doors doors, List<Entity> entities) {
      this.doors = doors;
      this.entities = entities.iterator();
    }

    @Override
    public boolean hasNext() {
      while (!page.hasNext()) {
        Entity current = entity;
        if (current == null || next == null) {
          if (!entities.hasNext()) {
            return false;
          }
          current = entities.next();
          next = Edge.BEGINNING;
        }
        Records.Page read =
            list(
                current,
                new RecordQuery(
                    Condition.ANY_RECORD,
                    List.of(),
                    Objects.requireNonNull(next),
                    PAGE,
                    PAGE_PATIENCE,
                    null));
        next = read.next();
        page = read.records().iterator();
      }
      return true;
    }

    /**
     * By the entity as it is now: its fields may have changed since the last page, or it is gone.
     */
    private Records.Page list(Entity wanted, RecordQuery query) {
      while (true) {
        Optional<Entity> now =
            Lookup.served(doors).stream().filter(each -> each.id() == wanted.id()).findAny();
        entity = now.orElse(wanted);
        if (now.isEmpty()) {
          return Records.Page.nothing(doors.records().position());
        }
        try {
          return doors.records().list(now.get(), query);
        } catch (UnisonoException failed) {
          if (!failed.problem().code().equals("entities-changed")) {
            throw failed;
          }
        }
      }
    }

    @Override
    public Event next() {
      Entity current = entity;
      if (!hasNext() || current == null) {
        throw new NoSuchElementException();
      }
      EntityRecord record = page.next();
      Entity now = Objects.requireNonNull(entity);
      Told told =
          new Told(
              Told.Kind.CREATED,
              now,
              record.key(),
              null,
              doors.journal().head().epoch(),
              record.version(),
              record.changed(),
              null,
              record.row(),
              null);
      return new Event(0, now.id(), null, told.kind().event(), EventJson.whole(told), told);
    }
  }
}
