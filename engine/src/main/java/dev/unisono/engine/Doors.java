package dev.unisono.engine;

import dev.unisono.engine.access.WriteCheck;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.merge.LinkedRecord;
import dev.unisono.engine.merge.Matches;
import dev.unisono.engine.merge.MergeConflict;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.Records;
import dev.unisono.engine.state.ParkedRow;
import dev.unisono.engine.state.SchemaVersions.SchemaVersion;
import dev.unisono.spi.Key;
import dev.unisono.spi.Receiver;
import dev.unisono.spi.Row;
import dev.unisono.spi.SnapshotCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All that a door needs of a running engine. Safe for threads. */
public interface Doors {
  List<Entity> entities();

  Journal journal();

  Records records();

  EngineStatus status();

  /**
   * Where a system that an entity is read from is not followed at the moment: when it was followed
   * last, so that what is held may be older than it is there by as much. Empty where all are.
   */
  Optional<Instant> awaySince(Entity entity);

  /** Whether some system takes what callers write of an entity. */
  boolean writable(Entity entity);

  /**
   * Makes a record in the system that owns the entity, and waits until it has come back by that
   * system's log and the records show it.
   *
   * @param record its values; UNCHANGED for what is left to the owner, the key's fields among them
   *     where that gives its records keys
   * @return the record as it has come back, with the key that it has got
   * @throws UnisonoException with a problem: exists, refused-by-owner (its constraints and
   *     triggers), method-not-allowed (nobody owns it that can be written to), write-timeout (it
   *     was taken by the owner but has not come back in time), write-set-aside (it has come back,
   *     and is refused here). The message of the last two names the record's key
   * @throws InvalidPatch where the entity's rules refuse the values
   * @throws HeldPatch where a rule has it held until a person lets it through
   */
  default Written create(Entity entity, Row record, Duration atMost) throws InterruptedException {
    return create(entity, record, WriteCheck.NONE, atMost);
  }

  /** The same where somebody has to agree first. */
  Written create(Entity entity, Row record, WriteCheck check, Duration atMost)
      throws InterruptedException;

  /**
   * Puts a record in the place of all that is there of it, or makes it, as {@link #create} does.
   *
   * @param record its values; what is UNCHANGED in it becomes null, but for what the owner computes
   *     by itself or does not keep
   * @throws UnisonoException as {@link #create} and {@link #patch} do; also precondition-failed;
   *     key-immutable where the record has another key
   * @throws InvalidPatch where the entity's rules refuse the values
   * @throws HeldPatch where a rule has it held until a person lets it through
   */
  default Written put(
      Entity entity, Key key, Row record, Precondition precondition, Duration atMost)
      throws InterruptedException {
    return put(entity, key, record, precondition, WriteCheck.NONE, atMost);
  }

  /** The same where somebody has to agree first: the record is then written as it was looked at. */
  Written put(
      Entity entity,
      Key key,
      Row record,
      Precondition precondition,
      WriteCheck check,
      Duration atMost)
      throws InterruptedException;

  /**
   * Writes a caller's change through to the system that owns the entity, and waits until it has
   * come back by that system's log and the records show it.
   *
   * @param patch new values; UNCHANGED for what stays
   * @throws UnisonoException with a problem: not-found, gone, version-mismatch,
   *     precondition-failed, refused-by-owner, method-not-allowed, write-timeout, write-set-aside
   * @throws InvalidPatch where the entity's rules refuse the values
   * @throws HeldPatch where a rule has it held until a person lets it through
   */
  default Written patch(
      Entity entity, Key key, Row patch, Precondition precondition, Duration atMost)
      throws InterruptedException {
    return patch(entity, key, patch, precondition, WriteCheck.NONE, atMost);
  }

  /** The same where somebody has to agree first: the record is then written as it was looked at. */
  Written patch(
      Entity entity,
      Key key,
      Row patch,
      Precondition precondition,
      WriteCheck check,
      Duration atMost)
      throws InterruptedException;

  /**
   * Deletes a record in the system that owns the entity, and waits until that has come back by that
   * system's log and the records show it. No rule holds a delete.
   *
   * @return with a record whose row is null
   * @throws UnisonoException as {@link #patch} does
   */
  default Written delete(Entity entity, Key key, Precondition precondition, Duration atMost)
      throws InterruptedException {
    return delete(entity, key, precondition, WriteCheck.NONE, atMost);
  }

  /** The same where somebody has to agree first: what is deleted is what was looked at. */
  Written delete(
      Entity entity, Key key, Precondition precondition, WriteCheck check, Duration atMost)
      throws InterruptedException;

  /**
   * What takes the deliveries of a system that brings its changes.
   *
   * @throws UnisonoException not-found where no such system brings any
   */
  Receiver receiver(String system);

  /**
   * Waits until a written system has confirmed everything up to a journal sequence; false when the
   * time is over.
   *
   * @throws UnisonoException not-found where no such system is written to
   */
  boolean awaitDelivered(String system, long sequence, Duration atMost) throws InterruptedException;

  /**
   * Commands the snapshots of a system that is read; its status shows what came of it.
   *
   * @throws UnisonoException not-found where no such system is read or it does not read that sync;
   *     source-not-running
   */
  void snapshot(String system, SnapshotCommand command);

  /**
   * Lets deletes of a sync through that a system that is read was stopped for.
   *
   * @throws UnisonoException not-found where no such system is read, or nothing limits its deletes
   */
  void allowDeletes(String system, String sync);

  /**
   * Lets an entity that several members write go live, once they have been read and it is asked
   * for: from then on each is told what the others have. Returns when that is durable.
   *
   * @throws UnisonoException not-merged, not-collected (not all have been read yet)
   */
  void live(String entity) throws InterruptedException;

  /**
   * Some of the rows that a written system refused and that are set aside, in the order of their
   * numbers.
   *
   * @param afterId those after this number
   * @param rejected true for those that were given up, false for those still to be delivered
   * @throws UnisonoException not-found where no such system is written to
   */
  List<ParkedRow> parked(String system, long afterId, int atMost, boolean rejected);

  /**
   * Has parked rows tried as soon as the system takes any.
   *
   * @param id one row's number; null for all
   * @return how many
   * @throws UnisonoException not-found
   */
  int retryParked(String system, @Nullable Long id);

  /**
   * Gives a parked row up, for a reason that is kept with it.
   *
   * @throws UnisonoException not-found
   */
  void rejectParked(String system, long id, String reason) throws InterruptedException;

  /** The schemas that an entity has had, the oldest first. */
  List<SchemaVersion> schemas(Entity entity);

  /** What was refused on its way in, or is held. */
  DeadLetters deadLetters();

  /** Conflicts of records that several members write, in the order of their numbers. */
  List<MergeConflict> conflicts(MergeConflict.Filter filter);

  /**
   * One conflict.
   *
   * @throws UnisonoException not-found
   */
  MergeConflict conflict(long id);

  /**
   * Decides a conflict that waits for a person; what comes of it is told to all members.
   *
   * @throws UnisonoException not-found; conflict-decided; no-such-side; decision-late where nothing
   *     is committed at the moment
   * @throws InvalidPatch where the entity's rules refuse the value
   */
  MergeConflict decideConflict(long id, MergeConflict.Choice choice, Duration atMost)
      throws InterruptedException;

  /**
   * Which rows a record is that a member knows by a key.
   *
   * @throws UnisonoException not-found
   */
  LinkedRecord linked(Entity entity, LinkedRecord.Place row);

  /**
   * Makes a row a record of its own, or its record one with another.
   *
   * @param with a row of the other record; null to make it one of its own
   * @throws UnisonoException not-found, not-linked, links-clash, record-busy, decision-late
   */
  LinkedRecord relink(
      Entity entity, LinkedRecord.Place row, LinkedRecord.@Nullable Place with, Duration atMost)
      throws InterruptedException;

  /**
   * The records that may be one, and what became of those that are. Of the engine of this moment:
   * ask for it anew each time.
   */
  Matches matches();

  /**
   * A write that is through.
   *
   * @param sequence the journal sequence that the record now reflects
   * @param created true where there was no such record before
   */
  record Written(EntityRecord record, long sequence, boolean created) {}
}
