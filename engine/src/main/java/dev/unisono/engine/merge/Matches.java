package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.merge.MergePair.Decision;
import dev.unisono.engine.merge.MergePair.Filter;
import dev.unisono.engine.merge.MergePair.Side;
import dev.unisono.engine.merge.MergePair.State;
import dev.unisono.engine.merge.PairTable.Pair;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The way to which rows are one record, for those who look at it and decide: links, records that
 * may be one, and what became of them. Safe for threads.
 */
public final class Matches {
  private final EngineState state;
  private final MergeStage stage;
  private final InstantSource clock;

  Matches(EngineState state, MergeStage stage, InstantSource clock) {
    this.state = state;
    this.stage = stage;
    this.clock = clock;
  }

  private interface Read<T extends @Nullable Object> {
    T from(Connection connection) throws SQLException;
  }

  private <T extends @Nullable Object> T read(Read<T> read) {
    try (Connection connection = state.folder().connectState()) {
      return read.from(connection);
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /** Pairs of records that may be one, in the order of their numbers. */
  public List<MergePair> list(Filter filter) {
    return read(connection -> list(connection, stage, filter));
  }

  static List<MergePair> list(Connection connection, MergeStage stage, Filter filter)
      throws SQLException {
    List<MergePair> found = new ArrayList<>();
    for (EntityMerge of : stage.merged()) {
      Entity entity = filter.entity();
      if (of.links != null && (entity == null || entity.id() == of.number())) {
        for (Pair pair :
            of.links.pairs.list(connection, filter.state(), filter.after(), filter.limit())) {
          found.add(shown(connection, of, pair));
        }
      }
    }
    found.sort(Comparator.comparingLong(MergePair::id));
    return List.copyOf(found.subList(0, Math.min(filter.limit(), found.size())));
  }

  /**
   * One of them.
   *
   * @throws UnisonoException not-found
   */
  public MergePair find(long id) {
    return read(connection -> {
      for (EntityMerge of : stage.merged()) {
        Pair pair = of.links == null ? null : of.links.pairs.find(connection, id);
        if (pair != null) {
          return shown(connection, of, pair);
        }
      }
      throw LinkCorrections.missing(id);
    });
  }

  private static MergePair shown(Connection connection, EntityMerge of, Pair pair)
      throws SQLException {
    Instant decided = pair.decided();
    return new MergePair(
        pair.id(),
        of.plan.entity(),
        side(connection, of, pair.one()),
        side(connection, of, pair.other()),
        pair.score(),
        pair.ambiguous(),
        pair.recorded(),
        decided == null ? null : new Decision(pair.state() == State.SAME, decided, pair.reason()));
  }

  private static Side side(Connection connection, EntityMerge of, long number) throws SQLException {
    MergedRecord record = record(connection, of, number);
    Map<String, Key> keys = record == null ? Map.of() : keys(of, record);
    return new Side(number, keys, record == null || keys.isEmpty() ? null : record.image());
  }

  /** As it is in the state: what the writer has in memory is its own. */
  private static @Nullable MergedRecord record(Connection connection, EntityMerge of, long number)
      throws SQLException {
    byte[] stored = new MergeTable().find(connection, of.number(), StoredKey.write(number));
    return stored == null ? null : of.codec.another().read(new Key(number), stored);
  }

  private static Map<String, Key> keys(EntityMerge of, MergedRecord record) {
    Map<String, Key> keys = new LinkedHashMap<>();
    for (MergeMember member : of.plan.members()) {
      Key key = record.keyIn(member);
      if (key != null) {
        keys.put(member.system(), key);
      }
    }
    return Collections.unmodifiableMap(keys);
  }

  /**
   * Says whether two records are one, and gives the pair back as it is then.
   *
   * @throws UnisonoException not-found, match-decided, record-busy, decision-late
   */
  public MergePair decide(long id, boolean same, @Nullable String reason, Duration atMost)
      throws InterruptedException {
    Entity entity = find(id).entity();
    MatchDecision decision = new MatchDecision(stage, entity, id, same, reason, clock.instant());
    state.submit(decision);
    decision.await(atMost);
    return find(id);
  }

  /** Which rows a record is that a member knows by a key; null where it has no such row. */
  static @Nullable LinkedRecord linked(
      Connection connection, MergeStage stage, Entity entity, LinkedRecord.Place row)
      throws SQLException {
    for (EntityMerge of : stage.merged()) {
      MergeMember member = of.plan.member(row.system());
      if (of.number() == entity.id() && of.links != null && member != null) {
        Long number = of.links.find(connection, member, row.key());
        if (number != null) {
          MergedRecord record = record(connection, of, number);
          return new LinkedRecord(number, record == null ? Map.of() : keys(of, record));
        }
      }
    }
    return null;
  }

  /**
   * Which rows a record is that a member knows by a key.
   *
   * @throws UnisonoException not-found
   */
  public LinkedRecord linked(Entity entity, LinkedRecord.Place row) {
    LinkedRecord found = read(connection -> linked(connection, stage, entity, row));
    if (found == null) {
      throw Merges.refusal(
          "not-found",
          row.system() + " has no row " + row.key() + " of a record that is linked.",
          "Links are kept where the entity has match rules.");
    }
    return found;
  }

  /**
   * What became of a record that a member knows by a key, the oldest first.
   *
   * @throws UnisonoException not-found
   */
  public List<IdentityEvent> history(Entity entity, LinkedRecord.Place row) {
    LinkedRecord record = linked(entity, row);
    return read(connection -> history(connection, stage, entity, record.number()));
  }

  static List<IdentityEvent> history(
      Connection connection, MergeStage stage, Entity entity, long record) throws SQLException {
    for (EntityMerge of : stage.merged()) {
      if (of.number() == entity.id()) {
        return Objects.requireNonNull(of.links).history.of(connection, record);
      }
    }
    return List.of();
  }

  /**
   * Makes a row a record of its own, or its record one with another.
   *
   * @param with a row of the other record; null to make it one of its own
   * @throws UnisonoException not-found, not-linked, links-clash, record-busy, decision-late
   */
  public LinkedRecord relink(
      Entity entity, LinkedRecord.Place row, LinkedRecord.@Nullable Place with, Duration atMost)
      throws InterruptedException {
    linked(entity, row);
    Relinking relinking = new Relinking(stage, entity, row, with, clock.instant());
    state.submit(relinking);
    relinking.await(atMost);
    return linked(entity, row);
  }
}
