package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.DeadLetterTable.Place;
import dev.unisono.engine.state.KeptLetter.Counts;
import dev.unisono.engine.state.KeptLetter.Outcome;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

  /** What this transaction makes of the places: true where a letter waits. */
  private final Map<Place, Boolean> changed = new HashMap<>();

  /** Systems of which some change could not be told the record of, since the start. */
  private final Set<String> unidentified = ConcurrentHashMap.newKeySet();

  private volatile Counts counts;
  private long refused;
  private long held;
  private int sinceLook;

  LetterWriter(Connection connection, DeadLetterTable table, long limit, InstantSource clock)
      throws SQLException {
    this.table = table;
    this.clock = clock;
    this.limit = limit;
    this.places = new HashSet<>(table.open(connection));
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

  /** True where letters of a system may come from beyond its source. From any thread. */
  boolean unidentified(String system) {
    return unidentified.contains(system);
  }

  /** A change is taken up: what waits of its record is of the past. */
  void passed(Connection connection, String system, CleanChange clean) throws SQLException {
    if (places.isEmpty() && changed.isEmpty()) {
      return;
    }
    if (clean.change().operation() == Operation.TRUNCATE) {
      superseded(table.supersede(connection, system, clean.entity(), null, clock.instant()));
      return;
    }
    supersede(connection, system, clean.entity(), clean.change().key());
    supersede(connection, system, clean.entity(), clean.change().previousKey());
  }

  private void supersede(Connection connection, String system, Entity entity, @Nullable Key key)
      throws SQLException {
    if (key == null || !DeadLetterTable.keyed(entity, key)) {
      return;
    }
    Place place = new Place(system, entity.id(), key);
    Boolean now = changed.get(place);
    if (now == null ? places.contains(place) : now) {
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
      supersede(connection, system, letter.entity(), letter.change().previousKey());
      if (key != null && DeadLetterTable.keyed(letter.entity(), key)) {
        changed.put(new Place(system, letter.entity().id(), key), true);
      }
      if (letter.stage() == DeadLetter.Stage.IDENTIFY) {
        unidentified.add(system);
      }
    }
    count(letter.held(), 1);
    return table.insert(connection, system, letter);
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
      Connection connection, KeptLetter letter, boolean isHeld, Problem cause, List<Finding> why)
      throws SQLException {
    DeadLetterTable.tried(connection, letter.id(), isHeld, cause, why);
    count(letter.held(), -1);
    count(isHeld, 1);
  }

  /** Called before each commit. */
  void finish(Connection connection) throws SQLException {
    if (sinceLook >= LOOK) {
      sinceLook = 0;
      DeadLetterTable.trim(connection, KEPT);
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
    forget();
  }

  void rolledBack() {
    forget();
  }

  private void forget() {
    changed.clear();
    refused = 0;
    held = 0;
  }
}
