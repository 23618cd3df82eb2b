package dev.unisono.engine;

import dev.unisono.engine.Doors.Written;
import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.clean.Refusals;
import dev.unisono.engine.constraint.ConstraintChecks;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.StoredRecords;
import dev.unisono.engine.state.DeadLetterStore;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes what callers change through to the systems that own the records, and waits until it has
 * come back by their logs. Safe for threads once all owners are known.
 */
final class OwnerWrites implements AutoCloseable {
  private final EngineState state;
  private final StoredRecords records;
  private final ConstraintChecks constraints;
  private final Map<String, ConnectedSystem> systems;
  private final InstantSource clock;
  private final PatchWaits waits;
  private final Map<Entity, OwnedBy> owners = new HashMap<>();
  private final Map<String, Owner> openOwners = new ConcurrentHashMap<>();

  /**
   * Who takes what callers write.
   *
   * @param shown how what it shows is cleaned
   * @param written how what callers write is cleaned
   */
  private record OwnedBy(String system, Binding binding, Cleaner shown, Cleaner written) {}

  OwnerWrites(
      EngineState state,
      StoredRecords records,
      ConstraintChecks constraints,
      Map<String, ConnectedSystem> systems,
      InstantSource clock) {
    this.state = state;
    this.records = records;
    this.constraints = constraints;
    this.systems = systems;
    this.clock = clock;
    this.waits = new PatchWaits(state.journal());
  }

  /** Makes a system the owner of an entity, unless another one is. */
  void own(Entity entity, String system, Binding binding, Cleaner shown, Cleaner written) {
    owners.putIfAbsent(entity, new OwnedBy(system, binding, shown, written));
  }

  /**
   * Writes a caller's change, as {@link Doors#patch} has it.
   *
   * @throws HeldPatch where a person has to let it through
   */
  Written patch(Entity entity, Key key, Row patch, @Nullable Long expectedVersion, Duration atMost)
      throws InterruptedException {
    long deadlineNanos = System.nanoTime() + atMost.toNanos();
    OwnedBy owned = owner(entity);
    EntityRecord present = present(entity, key);
    if (expectedVersion != null && expectedVersion != present.version()) {
      throw versionMismatch(entity, key);
    }
    Judged judged = judge(owned, entity, key, present, patch);
    Row clean = judged.clean();
    List<Finding> doubts = judged.doubts();
    if (!doubts.isEmpty()) {
      Change change =
          new Change(
              owned.binding(),
              Operation.UPDATE,
              key,
              null,
              clean,
              null,
              new Position(0, 0),
              clock.instant(),
              0);
      long letter =
          state
              .deadLetters()
              .hold(Refusals.heldWrite(entity, change, doubts, clock.instant()), atMost);
      throw new HeldPatch(letter, doubts);
    }
    Row expected = expectedVersion == null ? null : expected(owned.shown(), present);
    return write(owned, entity, key, present, clean, expected, deadlineNanos);
  }

  /** Writes what a caller changed and a person has let through. */
  Written letThrough(Entity entity, Key key, Row patch, Duration atMost)
      throws InterruptedException {
    long deadlineNanos = System.nanoTime() + atMost.toNanos();
    OwnedBy owned = owner(entity);
    EntityRecord present = present(entity, key);
    Row clean = judge(owned, entity, key, present, patch).clean();
    // It comes back by the owner's log, and has been looked at.
    try (DeadLetterStore.Passage _ = state.deadLetters().letThrough(owned.system(), entity, key)) {
      return write(owned, entity, key, present, clean, null, deadlineNanos);
    }
  }

  private OwnedBy owner(Entity entity) {
    OwnedBy owned = owners.get(entity);
    if (owned == null) {
      throw refusal(
          "method-not-allowed", "Nothing that could be written to owns " + entity.plural() + ".");
    }
    return owned;
  }

  /**
   * A patch in which nothing is wrong.
   *
   * @param doubts why it is held all the same
   */
  private record Judged(Row clean, List<Finding> doubts) {}

  private Judged judge(OwnedBy owned, Entity entity, Key key, EntityRecord present, Row patch) {
    Row clean = owned.written().standardize(patch);
    // As it will come back: what is asked of several fields may concern one that stays.
    Row become = clean.over(Objects.requireNonNull(present.row()));
    ConstraintChecks.Objections others = constraints.objections(state, entity, key, null, become);
    List<Finding> findings = new ArrayList<>(owned.written().validate(become));
    findings.addAll(others.wrong());
    if (!findings.isEmpty()) {
      throw new InvalidPatch(findings);
    }
    List<Finding> doubts = new ArrayList<>(owned.written().doubts(become));
    doubts.addAll(others.doubts());
    return new Judged(clean, doubts);
  }

  private Written write(
      OwnedBy owned,
      Entity entity,
      Key key,
      EntityRecord present,
      Row clean,
      @Nullable Row expected,
      long deadlineNanos)
      throws InterruptedException {
    Problem failing = state.problem();
    if (failing != null) {
      // It could not come back: better not written than not answered.
      throw new UnisonoException(failing);
    }
    try (PatchWaits.Wait wait = waits.begin(owned.system())) {
      Optional<Owner.WriteReceipt> receipt =
          open(owned.system()).update(owned.binding(), key, clean, expected);
      if (receipt.isEmpty()) {
        throw expected != null
            ? versionMismatch(entity, key)
            : refusal("not-found", "The owner has no such record any more.");
      }
      if (!receipt.get().changed()) {
        return new Written(present, records.position().sequence());
      }
      Long sequence = wait.await(receipt.get().transaction(), left(deadlineNanos));
      if (sequence == null || !records.awaitSequence(sequence, left(deadlineNanos))) {
        throw new UnisonoException(
            new Problem(
                "write-timeout",
                ProblemType.TRANSIENT,
                "The owner has taken the write, but it has not come back in time.",
                null,
                "Read the record again in a moment; the write is not lost."));
      }
      return new Written(present(entity, key), sequence);
    }
  }

  private static Duration left(long deadlineNanos) {
    return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
  }

  private EntityRecord present(Entity entity, Key key) {
    EntityRecord record =
        records
            .find(entity, key)
            .orElseThrow(() -> refusal("not-found", "There is no such record."));
    if (record.row() == null) {
      throw refusal("gone", "The record was deleted.");
    }
    return record;
  }

  /** What the owner must still hold; a field that is standardized on the way may differ there. */
  private static Row expected(Cleaner cleaner, EntityRecord record) {
    Row row = Objects.requireNonNull(record.row());
    @Nullable Object[] values = row.copyValues();
    for (int i = 0; i < values.length; i++) {
      if (cleaner.standardizes(i)) {
        values[i] = Unchanged.UNCHANGED;
      }
    }
    return new Row(row.schema(), values);
  }

  private Owner open(String system) {
    return openOwners.computeIfAbsent(
        system, name -> Objects.requireNonNull(systems.get(name)).owner());
  }

  private static UnisonoException versionMismatch(Entity entity, Key key) {
    return refusal(
        "version-mismatch",
        entity.name() + " " + key + " has changed since; read it again and decide anew.");
  }

  private static UnisonoException refusal(String code, String message) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, ""));
  }

  /** Tells who waits for a write to come back that it will not be seen here. */
  void stop() {
    waits.close();
  }

  @Override
  public void close() {
    openOwners.values().forEach(Owner::close);
  }
}
