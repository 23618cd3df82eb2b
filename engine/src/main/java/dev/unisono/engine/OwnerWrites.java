package dev.unisono.engine;

import dev.unisono.engine.Doors.Written;
import dev.unisono.engine.access.WriteCheck;
import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.clean.Refusals;
import dev.unisono.engine.constraint.ConstraintChecks;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.StoredRecords;
import dev.unisono.engine.state.DeadLetterStore;
import dev.unisono.engine.state.DeadLetterStore.Passage;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Owner.Inserted;
import dev.unisono.spi.Owner.WriteReceipt;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Writes what callers change through to the systems that own the records, and waits until it has
 * come back by their logs. Safe for threads once all owners are known.
 */
final class OwnerWrites implements AutoCloseable {
  private static final long LOOK_AGAIN_NANOS = 20_000_000;

  private final EngineState state;
  private final StoredRecords records;
  private final ConstraintChecks constraints;
  private final Map<String, ConnectedSystem> systems;
  private final InstantSource clock;
  private final PatchWaits waits;
  private final Map<Entity, OwnedBy> owners = new HashMap<>();
  private final Map<String, Owner> openOwners = new ConcurrentHashMap<>();

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
   * One call of a caller: what it is about, and until when it may take.
   *
   * @param reviewed true where a person has let it through
   * @param check says whether it may be made, by what is there and what would be
   */
  private record Call(
      OwnedBy owned, Entity entity, boolean reviewed, WriteCheck check, long deadlineNanos) {
    Duration left() {
      return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
    }
  }

  private Call call(Entity entity, WriteCheck check, Duration atMost) {
    return call(entity, false, check, atMost);
  }

  private Call call(Entity entity, boolean reviewed, WriteCheck check, Duration atMost) {
    OwnedBy owned = owners.get(entity);
    if (owned == null) {
      throw refusal(
          "method-not-allowed", "Nothing that could be written to owns " + entity.plural() + ".");
    }
    return new Call(owned, entity, reviewed, check, System.nanoTime() + atMost.toNanos());
  }

  /**
   * Makes a record, as {@link Doors#create} has it.
   *
   * @throws HeldPatch where a person has to let it through
   */
  Written create(Entity entity, Row record, WriteCheck check, Duration atMost)
      throws InterruptedException {
    return create(call(entity, check, atMost), record);
  }

  private Written create(Call call, Row record) throws InterruptedException {
    Row clean = call.owned.written().standardize(call.owned.toMake(record));
    Key key = OwnedBy.key(clean);
    if (key != null && there(call.entity, key) != null) {
      throw exists(call.entity, key);
    }
    return insert(call, key, clean);
  }

  /**
   * Changes fields of a record, as {@link Doors#patch} has it.
   *
   * @throws HeldPatch where a person has to let it through
   */
  Written patch(
      Entity entity,
      Key key,
      Row patch,
      Precondition precondition,
      WriteCheck check,
      Duration atMost)
      throws InterruptedException {
    return patch(call(entity, check, atMost), key, patch, precondition);
  }

  private Written patch(Call call, Key key, Row patch, Precondition precondition)
      throws InterruptedException {
    do {
      EntityRecord present = present(call.entity, key);
      check(precondition, call.entity, present);
      call.owned.refuseUnkept(patch, Objects.requireNonNull(present.row()));
      Optional<Written> written = update(call, present, patch, precondition);
      if (written.isPresent()) {
        return written.get();
      }
    } while (lookAgain(call, precondition));
    throw unmet(call.entity, key, precondition);
  }

  /**
   * Replaces a record or makes it, as {@link Doors#put} has it.
   *
   * @throws HeldPatch where a person has to let it through
   */
  Written put(
      Entity entity,
      Key key,
      Row record,
      Precondition precondition,
      WriteCheck check,
      Duration atMost)
      throws InterruptedException {
    Call call = call(entity, check, atMost);
    Owner.Filling filling = open(call.owned.system()).filling(call.owned.binding());
    EntityRecord present = there(entity, key);
    while (present != null) {
      check(precondition, entity, present);
      Row whole = call.owned.whole(key, record, present.row(), filling);
      Optional<Written> written = update(call, present, whole, precondition);
      if (written.isPresent()) {
        return written.get();
      }
      present = lookAgain(call, precondition) ? there(entity, key) : null;
    }
    // It is not there, or not any more.
    switch (precondition) {
      case Precondition.Version _ -> throw versionMismatch(entity, key);
      case Precondition.Present _ -> throw unmet("There is no " + name(entity, key) + ".");
      case Precondition.None _, Precondition.Absent _ -> {}
    }
    Row made = call.owned.whole(key, record, null, filling);
    Row clean = call.owned.written().standardize(made);
    if (!Objects.equals(OwnedBy.key(clean), key)) {
      throw OwnedBy.keyImmutable();
    }
    try {
      return insert(call, key, clean);
    } catch (UnisonoException refused) {
      if (precondition instanceof Precondition.Absent
          && refused.problem().code().equals("exists")) {
        throw unmet("There is a " + name(entity, key) + " by now.");
      }
      throw refused;
    }
  }

  /** Deletes a record, as {@link Doors#delete} has it. */
  Written delete(
      Entity entity, Key key, Precondition precondition, WriteCheck check, Duration atMost)
      throws InterruptedException {
    Call call = call(entity, check, atMost);
    try (WriteReturn back = back(call)) {
      Optional<WriteReceipt> receipt;
      do {
        EntityRecord present = present(entity, key);
        check(precondition, entity, present);
        check.check(present.row(), null);
        receipt =
            open(call.owned.system())
                .delete(call.owned.binding(), key, expected(call, present, precondition));
      } while (receipt.isEmpty() && lookAgain(call, precondition));
      long sequence =
          back.await(
              key, receipt.orElseThrow(() -> unmet(entity, key, precondition)).transaction());
      EntityRecord gone = records.find(entity, key).orElse(null);
      return new Written(
          gone != null && gone.row() == null
              ? gone
              // It is remembered no more, or was made anew since.
              : new EntityRecord(key, sequence, null, clock.instant(), true),
          sequence,
          false);
    }
  }

  /**
   * Writes what a caller wrote and a person has let through.
   *
   * @param operation CREATE or UPDATE
   * @param key null where the owner gives the record one
   */
  Written letThrough(
      Entity entity, Operation operation, @Nullable Key key, Row row, Duration atMost)
      throws InterruptedException {
    Call call = call(entity, true, WriteCheck.NONE, atMost);
    return operation == Operation.CREATE || key == null
        ? create(call, row)
        : patch(call, key, row, Precondition.NONE);
  }

  /**
   * Writes new values of a record that is there.
   *
   * @return empty where the owner has none, or not the one that is expected
   */
  private Optional<Written> update(
      Call call, EntityRecord present, Row patch, Precondition precondition)
      throws InterruptedException {
    OwnedBy owned = call.owned;
    Key key = present.key();
    Row clean = owned.written().standardize(patch);
    // As it will come back: what is asked of several fields may concern one that stays.
    Row there = Objects.requireNonNull(present.row());
    call.check.check(there, clean.over(there));
    judge(call, Operation.UPDATE, key, clean, clean.over(there));
    try (Passage _ = call.reviewed ? passage(call, key) : () -> {};
        WriteReturn back = back(call)) {
      Optional<WriteReceipt> receipt =
          open(owned.system())
              .update(owned.binding(), key, clean, expected(call, present, precondition));
      if (receipt.isEmpty()) {
        return Optional.empty();
      }
      if (!receipt.get().changed()) {
        return Optional.of(new Written(present, records.position().sequence(), false));
      }
      long sequence = back.await(key, receipt.get().transaction());
      return Optional.of(new Written(present(call.entity, key), sequence, false));
    }
  }

  /** Makes a record of which nothing is there. */
  private Written insert(Call call, @Nullable Key given, Row clean) throws InterruptedException {
    OwnedBy owned = call.owned;
    Owner owner = open(owned.system());
    Row become = OwnedBy.become(clean, owner.filling(owned.binding()));
    call.check.check(null, become);
    judge(call, Operation.CREATE, given, clean, become);
    AtomicReference<@Nullable Key> keyed = new AtomicReference<>();
    // What a person has let through is not held once more when it comes back.
    List<Passage> passages = new ArrayList<>();
    try (WriteReturn back = back(call)) {
      Inserted inserted =
          owner.insert(
              owned.binding(),
              clean,
              key -> {
                keyed.set(key);
                if (call.reviewed) {
                  passages.add(passage(call, key));
                }
              });
      long sequence = back.await(inserted.key(), inserted.receipt().transaction());
      return new Written(present(call.entity, inserted.key()), sequence, true);
    } catch (UnisonoException failed) {
      throw told(failed, call.entity, keyed.get());
    } finally {
      passages.forEach(Passage::close);
    }
  }

  /** Of a record of which it is not known whether it was made the caller is told the key. */
  private static UnisonoException told(
      UnisonoException failed, Entity entity, @Nullable Key keyed) {
    Problem problem = failed.problem();
    if (keyed == null
        || problem.type() == ProblemType.USER
        || problem.code().equals("write-timeout")) {
      return failed;
    }
    return new UnisonoException(
        new Problem(
            problem.code(),
            problem.type(),
            problem.message()
                + " It may have been made all the same, as "
                + name(entity, keyed)
                + ".",
            problem.configPath(),
            problem.remedy()),
        failed);
  }

  private Passage passage(Call call, Key key) {
    return state.deadLetters().letThrough(call.owned.system(), call.entity, key);
  }

  private WriteReturn back(Call call) {
    return new WriteReturn(
        state, records, waits, call.owned.system(), call.entity, clock, call.deadlineNanos);
  }

  /**
   * Judges a write by the record that it would leave.
   *
   * @param key null where it has none yet
   * @throws InvalidPatch where something is wrong with it
   * @throws HeldPatch where a person has to look at it, and has not
   */
  private void judge(Call call, Operation operation, @Nullable Key key, Row clean, Row become)
      throws InterruptedException {
    ConstraintChecks.Objections others =
        constraints.objections(state, call.entity, key, null, become);
    List<Finding> findings = new ArrayList<>(call.owned.written().validate(become));
    findings.addAll(others.wrong());
    if (!findings.isEmpty()) {
      throw new InvalidPatch(findings);
    }
    if (call.reviewed) {
      return;
    }
    List<Finding> doubts = new ArrayList<>(call.owned.written().doubts(become));
    doubts.addAll(others.doubts());
    if (!doubts.isEmpty()) {
      Change change =
          new Change(
              call.owned.binding(),
              operation,
              key,
              null,
              clean,
              null,
              new Position(0, 0),
              clock.instant(),
              0);
      DeadLetterStore letters = state.deadLetters();
      long letter =
          letters.hold(
              Refusals.heldWrite(call.entity, change, doubts, clock.instant()), call.left());
      throw new HeldPatch(letter, doubts);
    }
  }

  private static @Nullable Row expected(
      Call call, EntityRecord present, Precondition precondition) {
    return precondition instanceof Precondition.Version || !call.check.equals(WriteCheck.NONE)
        ? call.owned.expected(present)
        : null;
  }

  /**
   * Whether a record that is not as it was looked at is to be looked at anew: a while later, since
   * what has changed there has to come back by the owner's log first.
   */
  private static boolean lookAgain(Call call, Precondition precondition)
      throws InterruptedException {
    if (precondition instanceof Precondition.Version || call.check.equals(WriteCheck.NONE)) {
      return false;
    }
    TimeUnit.NANOSECONDS.sleep(Math.min(call.left().toNanos(), LOOK_AGAIN_NANOS));
    return !call.left().isZero();
  }

  /** The record; null where there is none. */
  private @Nullable EntityRecord there(Entity entity, Key key) {
    EntityRecord record = records.find(entity, key).orElse(null);
    return record == null || record.row() == null ? null : record;
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

  /** Whether callers' writes of an entity have somewhere to go. */
  boolean writable(Entity entity) {
    OwnedBy owned = owners.get(entity);
    return owned != null && Objects.requireNonNull(systems.get(owned.system())).takesWrites();
  }

  private Owner open(String system) {
    return openOwners.computeIfAbsent(
        system, name -> Objects.requireNonNull(systems.get(name)).owner());
  }

  /** Of a record that is there. */
  private static void check(Precondition precondition, Entity entity, EntityRecord present) {
    switch (precondition) {
      case Precondition.None _, Precondition.Present _ -> {}
      case Precondition.Version expected -> {
        if (expected.version() != present.version()) {
          throw versionMismatch(entity, present.key());
        }
      }
      case Precondition.Absent _ ->
          throw unmet("There is a " + name(entity, present.key()) + " already.");
    }
  }

  /** Why the owner has found nothing to write to. */
  private static UnisonoException unmet(Entity entity, Key key, Precondition precondition) {
    return precondition instanceof Precondition.Version
        ? versionMismatch(entity, key)
        : refusal("not-found", "The owner has no such record any more.");
  }

  private static UnisonoException unmet(String why) {
    return refusal("precondition-failed", why);
  }

  private static UnisonoException versionMismatch(Entity entity, Key key) {
    return refusal(
        "version-mismatch",
        name(entity, key) + " has changed since; read it again and decide anew.");
  }

  private static UnisonoException exists(Entity entity, Key key) {
    return refusal("exists", "There is a " + name(entity, key) + " already.");
  }

  private static String name(Entity entity, Key key) {
    return entity.name() + " " + key;
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
