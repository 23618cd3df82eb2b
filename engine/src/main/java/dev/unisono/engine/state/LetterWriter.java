package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.DeadLetterTable.Place;
import dev.unisono.engine.state.KeptLetter.Counts;
import dev.unisono.engine.state.KeptLetter.Outcome;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters as the writer keeps them, in its transaction: each new one takes the place of
 * the one before of the same record, and so does each change that passes. Knows the keys of those
 * that wait, so that a change of any other record costs one look into memory. For the writer's
 * thread, but for the counts.
 */
final class LetterWriter {
  /** So many that are closed are kept; open ones are never dropped. */
  static final int KEPT = 10_000;

  /** How many are closed before it is looked whether there are too many. */
  private static final int LOOK = 500;

  private final DeadLetterTable table;
  private final InstantSource clock;
  private final long limit;
  private final Set<Place> places;

  /** The keys that records had before they moved and were refused; some may be settled since. */
  private final Set<Place> movedFrom;

  /** What this transaction makes of the places: true where a letter waits. */
  private final Map<Place, Boolean> changed = new HashMap<>();

  /** Systems of which some change was refused beyond the source, since the start. */
  private final Set<String> late = ConcurrentHashMap.newKeySet();

  /** What letters wait for; some of them may have ended since. */
  private final Set<String> awaited;

  /** What of it is there by this transaction. */
  private final Set<String> freed = new LinkedHashSet<>();

  private final Consumer<List<String>> onFreed;

  /** Records whose next change a person has let through before its source showed it. */
  private final Set<Place> letThrough = ConcurrentHashMap.newKeySet();

  private volatile Counts counts;
  private long refused;
  private long held;
  private int sinceLook;

  /**
   * @param onFreed takes the names of what letters wait for, once it is durably there; must not
   *     block
   */
  LetterWriter(
      Connection connection,
      DeadLetterTable table,
      long limit,
      InstantSource clock,
      Consumer<List<String>> onFreed)
      throws SQLException {
    this.onFreed = onFreed;
    this.awaited = new HashSet<>(DeadLetterTable.awaited(connection));
    this.table = table;
    this.clock = clock;
    this.limit = limit;
    this.places = new HashSet<>(table.open(connection));
    this.movedFrom = new HashSet<>(table.movedFrom(connection));
    this.counts =
        new Counts(
            DeadLetterTable.count(connection, false),
            DeadLetterTable.count(connection, true),
            limit);
  }

  DeadLetterTable table() {
    return table;
  }

  /** How many wait. From any thread. */
  Counts counts() {
    return counts;
  }

  /** While it is open, nothing of a record is held. From any thread. */
  DeadLetterStore.Passage letThrough(String system, Entity entity, Key key) {
    Place place = new Place(system, entity.id(), key);
    letThrough.add(place);
    return () -> letThrough.remove(place);
  }

  /** True where nothing of a record is held. From any thread. */
  boolean isLetThrough(String system, Entity entity, @Nullable Key key) {
    return key != null
        && !letThrough.isEmpty()
        && letThrough.contains(new Place(system, entity.id(), key));
  }

  /** True where letters of a system may come from beyond its source. From any thread. */
  boolean late(String system) {
    return late.contains(system);
  }

  /** What letters may wait for is there. */
  void freed(String name) {
    if (name.endsWith(Constraining.ALL)) {
      String prefix = name.substring(0, name.length() - Constraining.ALL.length());
      awaited.stream().filter(each -> each.startsWith(prefix)).forEach(freed::add);
    } else if (awaited.contains(name)) {
      freed.add(name);
    }
  }

  /** Has a letter wait for what has this name, or for a person alone. */
  private void await(Connection connection, long id, @Nullable String name) throws SQLException {
    DeadLetterTable.await(connection, id, name);
    if (name != null) {
      awaited.add(name);
    }
  }

  /** A change is taken up: what waits of its record is of the past. */
  void passed(Connection connection, String system, CleanChange clean) throws SQLException {
    if (none()) {
      return;
    }
    if (clean.change().operation() == Operation.TRUNCATE) {
      superseded(table.supersede(connection, system, clean.entity(), null, clock.instant()));
      return;
    }
    Key key = clean.change().key();
    supersede(connection, system, clean.entity(), key);
    supersede(connection, system, clean.entity(), clean.change().previousKey());
    reused(connection, system, clean.entity(), key);
  }

  /**
   * A record has a key: one that had it before, and waits to be moved, is not what is known by it
   * any more.
   */
  private void reused(Connection connection, String system, Entity entity, @Nullable Key key)
      throws SQLException {
    if (key != null
        && DeadLetterTable.keyed(entity, key)
        && movedFrom.contains(new Place(system, entity.id(), key))) {
      DeadLetterTable.forgetPrevious(connection, system, entity, key);
    }
  }

  /**
   * A change with what it needs of one of the same record that was refused here: the values that
   * are UNCHANGED since, and the key that the record had before. What was refused in its source has
   * been given to it there.
   */
  List<CleanChange> carried(Connection connection, String system, CleanChange clean)
      throws SQLException {
    Change change = clean.change();
    Key key = change.key();
    if (key == null) {
      return List.of(clean);
    }
    Entity entity = clean.entity();
    Key was = change.previousKey() == null ? key : change.previousKey();
    KeptLetter letter =
        waits(new Place(system, entity.id(), was))
            ? table.waiting(connection, system, entity, was)
            : null;
    if (letter == null || letter.stage() != DeadLetter.Stage.CONSTRAIN) {
      return List.of(clean);
    }
    Key before = letter.previousKey();
    Row row = clean.row();
    if (row == null) {
      // It was never seen under its present key.
      return before == null
          ? List.of(clean)
          : List.of(new CleanChange(entity, change.gone(before), null, null), clean);
    }
    Row refused = letter.row();
    CleanChange whole =
        new CleanChange(
            entity,
            change.with(
                key,
                before == null || before.equals(key) ? change.previousKey() : before,
                change.after()),
            refused != null && row.partial() ? row.over(refused) : row,
            clean.before());
    return before == null || was.equals(key)
        ? List.of(whole)
        // It was never seen under the key in between, by which the refused one waits.
        : List.of(new CleanChange(entity, change.gone(was), null, null), whole);
  }

  /** True where no letter of any record waits: most of the time. */
  boolean none() {
    return places.isEmpty() && changed.isEmpty();
  }

  private boolean waits(Place place) {
    Boolean now = changed.get(place);
    return now == null ? places.contains(place) : now;
  }

  private void supersede(Connection connection, String system, Entity entity, @Nullable Key key)
      throws SQLException {
    if (key == null || !DeadLetterTable.keyed(entity, key)) {
      return;
    }
    Place place = new Place(system, entity.id(), key);
    if (waits(place)) {
      superseded(table.supersede(connection, system, entity, key, clock.instant()));
      changed.put(place, false);
    }
  }

  private void superseded(List<Boolean> wereHeld) {
    for (boolean one : wereHeld) {
      count(one, -1);
    }
    sinceLook += wereHeld.size();
  }

  private void count(boolean isHeld, int more) {
    if (isHeld) {
      held += more;
    } else {
      refused += more;
    }
  }

  /**
   * Keeps a letter, unless it is of a row that was read again and is refused for what it was
   * refused before.
   *
   * @return its number; 0 where it is not kept
   */
  long write(Connection connection, String system, DeadLetter letter) throws SQLException {
    if (letter.change().operation() == Operation.REFRESH
        && table.known(connection, system, letter)) {
      return 0;
    }
    Key key = letter.change().key();
    if (letter.stage() != DeadLetter.Stage.WRITE) {
      supersede(connection, system, letter.entity(), key);
      Key previous = letter.change().previousKey();
      supersede(connection, system, letter.entity(), previous);
      reused(connection, system, letter.entity(), key);
      if (previous != null && DeadLetterTable.keyed(letter.entity(), previous)) {
        movedFrom.add(new Place(system, letter.entity().id(), previous));
      }
      if (key != null && DeadLetterTable.keyed(letter.entity(), key)) {
        changed.put(new Place(system, letter.entity().id(), key), true);
      }
      if (letter.stage().beyondSource()) {
        late.add(system);
      }
    }
    count(letter.held(), 1);
    long id = table.insert(connection, system, letter);
    if (letter.awaits() != null) {
      await(connection, id, letter.awaits());
    }
    return id;
  }

  /** Ends a letter; false where it does not wait any more. */
  boolean close(Connection connection, long id, Outcome outcome, @Nullable String reason)
      throws SQLException {
    List<Boolean> wasHeld = DeadLetterTable.close(connection, id, outcome, reason, clock.instant());
    superseded(wasHeld);
    return !wasHeld.isEmpty();
  }

  /** Notes that a letter was tried in vain. */
  void tried(
      Connection connection,
      KeptLetter letter,
      DeadLetter.Stage stage,
      boolean isHeld,
      Problem cause,
      List<Finding> why,
      @Nullable String awaits)
      throws SQLException {
    DeadLetterTable.tried(connection, letter.id(), stage, isHeld, cause, why);
    await(connection, letter.id(), awaits);
    count(letter.held(), -1);
    count(isHeld, 1);
  }

  /** Called before each commit. */
  void finish(Connection connection) throws SQLException {
    if (sinceLook >= LOOK) {
      sinceLook = 0;
      DeadLetterTable.trim(connection, KEPT);
      DeadLetterTable.trimAwaited(connection);
      // What is remembered of those that have ended goes with them (invariant 7).
      awaited.clear();
      awaited.addAll(DeadLetterTable.awaited(connection));
      movedFrom.clear();
      movedFrom.addAll(table.movedFrom(connection));
    }
  }

  void committed() {
    if (refused != 0 || held != 0) {
      counts = new Counts(counts.refused() + refused, counts.held() + held, limit);
    }
    changed.forEach((place, waits) -> {
      if (waits) {
        places.add(place);
      } else {
        places.remove(place);
      }
    });
    if (!freed.isEmpty()) {
      // Whoever waits for it still is asked of the state.
      awaited.removeAll(freed);
      onFreed.accept(List.copyOf(freed));
    }
    forget();
  }

  void rolledBack() {
    forget();
  }

  private void forget() {
    changed.clear();
    freed.clear();
    refused = 0;
    held = 0;
  }
}
