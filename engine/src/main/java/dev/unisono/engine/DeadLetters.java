package dev.unisono.engine;

import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.clean.Refusals;
import dev.unisono.engine.constraint.ConstraintChecks;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.DeadLetter;
import dev.unisono.engine.state.DeadLetter.Stage;
import dev.unisono.engine.state.DeadLetterStore;
import dev.unisono.engine.state.DeadLetterStore.Replayed;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.KeptLetter;
import dev.unisono.engine.state.KeptLetter.Counts;
import dev.unisono.engine.state.KeptLetter.Filter;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was refused or is held, for the people who decide what becomes of it: shown, changed, taken
 * up after all or given up. Safe for threads once all that is read is known.
 */
public final class DeadLetters {
  /** Said of what the owner has taken. */
  private static final Set<String> TAKEN = Set.of("write-timeout", "write-set-aside");

  private final EngineState state;
  private final DeadLetterStore store;
  private final ConstraintChecks constraints;
  private final OwnerWrites owners;
  private final InstantSource clock;
  private final Map<Place, Reading> readings = new HashMap<>();

  private record Place(String system, Entity entity) {}

  private record Reading(Binding binding, Cleaner cleaner) {}

  DeadLetters(
      EngineState state, OwnerWrites owners, ConstraintChecks constraints, InstantSource clock) {
    this.state = state;
    this.store = state.deadLetters();
    this.constraints = constraints;
    this.owners = owners;
    this.clock = clock;
  }

  /** Notes by what a system's rows of an entity are read and cleaned. */
  void read(Entity entity, String system, Binding binding, Cleaner cleaner) {
    readings.put(new Place(system, entity), new Reading(binding, cleaner));
  }

  public Counts counts() {
    return store.counts();
  }

  /** Some of them, in the order of their numbers. */
  public List<KeptLetter> list(Filter filter) {
    return store.list(filter);
  }

  /**
   * One letter.
   *
   * @throws UnisonoException not-found
   */
  public KeptLetter find(long id) {
    return store
        .find(id)
        .orElseThrow(
            () -> refusal("not-found", "There is no dead letter " + id + " (any more).", ""));
  }

  private KeptLetter open(long id) {
    KeptLetter letter = find(id);
    if (letter.closed() != null) {
      throw closed(id);
    }
    return letter;
  }

  private static UnisonoException closed(long id) {
    return refusal(
        "letter-closed",
        "Dead letter " + id + " does not wait any more.",
        "It was replayed or discarded, or a newer change of its record took its place.");
  }

  /** What of a letter's row, as it is to be taken up, would not pass. */
  public List<Finding> wrong(KeptLetter letter) {
    Reading reading = readings.get(new Place(letter.system(), letter.entity()));
    Row row = letter.wanted();
    if (reading == null || row == null) {
      return letter.findings();
    }
    Row clean = reading.cleaner().standardize(row);
    List<Finding> wrong = new ArrayList<>(reading.cleaner().validate(clean));
    Key key = letter.key();
    if (wrong.isEmpty() && key != null) {
      // Beside the other records as they are now.
      wrong.addAll(
          constraints.objections(state, letter.entity(), key, letter.previousKey(), clean).wrong());
    }
    return wrong;
  }

  /**
   * Says what a letter's row shall be; it stays what it is.
   *
   * @param patch new values; UNCHANGED for what stays
   * @throws UnisonoException not-found, letter-closed, key-immutable, decision-late
   */
  public KeptLetter edit(long id, Row patch, Duration atMost) throws InterruptedException {
    KeptLetter letter = open(id);
    Row before = letter.wanted();
    if (before == null) {
      throw refusal("letter-empty", "Dead letter " + id + " has no row to change.", "");
    }
    if (letter.key() != null) {
      for (int part = 0; part < patch.schema().keySize(); part++) {
        int position = patch.schema().keyPosition(part);
        if (patch.value(position) != Unchanged.UNCHANGED) {
          throw refusal(
              "key-immutable",
              "The key cannot be changed here.",
              "Change it in " + letter.system() + ".");
        }
      }
    }
    if (!store.edit(letter, patch.over(before), atMost)) {
      throw closed(id);
    }
    return find(id);
  }

  /**
   * Takes a letter up as if its source had shown it now. One that is held passes although a rule
   * had it held; anything else that is wrong refuses it once more.
   *
   * @return the letter as it is then: closed where it is taken up
   * @throws UnisonoException not-found, letter-closed, not-replayable, decision-late, and what the
   *     owner refuses of what a caller wrote
   */
  public KeptLetter replay(long id, Duration atMost) throws InterruptedException {
    KeptLetter letter = open(id);
    if (letter.written()) {
      return letThrough(letter, atMost);
    }
    Reading reading = readings.get(new Place(letter.system(), letter.entity()));
    if (reading == null) {
      throw refusal(
          "not-replayable",
          letter.system() + " is not read for " + letter.entity().plural() + " any more.",
          "Discard it, or have the config read it again.");
    }
    Row wanted = letter.wanted();
    Row row = wanted == null ? null : reading.cleaner().standardize(wanted);
    Change change = change(letter, reading.binding(), row);
    if (change.key() == null && (row == null || reading.cleaner().validate(row).isEmpty())) {
      throw refusal(
          "not-replayable",
          "Dead letter " + id + " has no key by which it could be taken up.",
          "Give its key's fields a value, or discard it.");
    }
    if (row != null) {
      List<Finding> findings = reading.cleaner().validate(row);
      // What got as far as the writer was let through before.
      boolean letThrough = letter.held() || letter.stage() != Stage.VALIDATE;
      List<Finding> doubts =
          findings.isEmpty() && !letThrough ? reading.cleaner().doubts(row) : List.of();
      if (!findings.isEmpty() || !doubts.isEmpty()) {
        DeadLetter again =
            findings.isEmpty()
                ? Refusals.held(letter.entity(), change, doubts, clock.instant())
                : Refusals.refused(
                    letter.entity(), change, letter.system(), findings, clock.instant());
        store.tried(letter, again.held(), again.cause(), again.findings(), atMost);
        return find(id);
      }
    }
    return switch (store.replay(
        letter, new CleanChange(letter.entity(), change, row, null), atMost)) {
      case Replayed.Done _, Replayed.Refused _ -> find(id);
      case Replayed.Closed _ -> throw closed(id);
    };
  }

  /** Writes what a caller wrote to the owner. */
  private KeptLetter letThrough(KeptLetter letter, Duration atMost) throws InterruptedException {
    Row row = letter.wanted();
    if (row == null) {
      throw refusal("letter-empty", "Dead letter " + letter.id() + " has nothing to write.", "");
    }
    try {
      owners.letThrough(letter.entity(), letter.operation(), letter.key(), row, atMost);
    } catch (UnisonoException failed) {
      if (TAKEN.contains(failed.problem().code())) {
        // What the owner has must not be written there once more.
        store.replayed(letter.id(), atMost);
      }
      throw failed;
    } catch (InvalidPatch invalid) {
      Problem cause =
          new Problem(
              "invalid-value",
              ProblemType.USER,
              String.valueOf(invalid.getMessage()),
              null,
              "Correct it here and replay it, or discard it.");
      store.tried(letter, true, cause, invalid.findings(), atMost);
      return find(letter.id());
    }
    store.replayed(letter.id(), atMost);
    return find(letter.id());
  }

  /** The change as its source showed it, but for what has no form as a value. */
  private static Change change(KeptLetter letter, Binding binding, @Nullable Row clean) {
    Row shown = letter.row();
    Key key = letter.key();
    return new Change(
        binding,
        letter.operation() == Operation.REFRESH ? Operation.READ : letter.operation(),
        key == null && clean != null ? key(clean) : key,
        letter.previousKey(),
        shown == null ? null : shown.withoutUnfit(),
        null,
        letter.position(),
        letter.sourceTime(),
        0);
  }

  /** Of a row whose key was none when it came; null where it still is none. */
  private static @Nullable Key key(Row row) {
    Object[] parts = new Object[row.schema().keySize()];
    for (int i = 0; i < parts.length; i++) {
      Object part = row.value(row.schema().keyPosition(i));
      if (part == null || part == Unchanged.UNCHANGED || part instanceof Unfit) {
        return null;
      }
      parts[i] = part;
    }
    return new Key(parts);
  }

  /**
   * Gives a letter up, for a reason that is kept with it for as long as it is.
   *
   * @throws UnisonoException not-found, letter-closed, decision-late
   */
  public KeptLetter discard(long id, String reason, Duration atMost) throws InterruptedException {
    open(id);
    if (!store.discard(id, reason, atMost)) {
      throw closed(id);
    }
    return find(id);
  }

  /**
   * What came of several letters. Immutable.
   *
   * @param done how many are closed by it
   * @param refused how many were refused once more
   * @param next the number after which to go on; empty where that were all
   */
  public record Several(int done, int refused, Optional<Long> next) {}

  private interface Each {
    KeptLetter work(long id) throws InterruptedException;
  }

  /** Takes up some that wait, in the order of their numbers. */
  public Several replayAll(Filter filter, Duration atMost) throws InterruptedException {
    return all(filter, id -> replay(id, atMost));
  }

  /** Gives up some that wait, in the order of their numbers. */
  public Several discardAll(Filter filter, String reason, Duration atMost)
      throws InterruptedException {
    return all(filter, id -> discard(id, reason, atMost));
  }

  private Several all(Filter filter, Each each) throws InterruptedException {
    int done = 0;
    int refused = 0;
    List<KeptLetter> letters = list(filter);
    for (KeptLetter letter : letters) {
      try {
        if (each.work(letter.id()).closed() != null) {
          done++;
        } else {
          refused++;
        }
      } catch (UnisonoException failed) {
        // It may have ended meanwhile; what nobody could replay now must not keep the rest.
        if (failed.problem().type() != ProblemType.USER) {
          throw failed;
        }
        refused++;
      }
    }
    return new Several(
        done,
        refused,
        letters.size() < filter.limit() ? Optional.empty() : Optional.of(letters.getLast().id()));
  }

  private static UnisonoException refusal(String code, String message, String remedy) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, remedy));
  }
}
