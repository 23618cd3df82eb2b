package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.merge.HeldRecords.Held;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which rows are one record, as a person corrects it: a row is split off, or two records are
 * joined. For the writer's thread, but for looking.
 */
final class LinkCorrections {
  private final Map<Integer, EntityMerge> entities;
  private final MergeTable table;
  private final HeldRecords records;
  private final MergeNumbers numbers;
  private final MemberTelling telling;

  LinkCorrections(
      Map<Integer, EntityMerge> entities,
      MergeTable table,
      HeldRecords records,
      MergeNumbers numbers,
      MemberTelling telling) {
    this.entities = Map.copyOf(entities);
    this.table = table;
    this.records = records;
    this.numbers = numbers;
    this.telling = telling;
  }

  /** Which rows a record is that a member knows by a key; null where it has no such row. */
  @Nullable LinkedRecord linked(Connection connection, Entity entity, LinkedRecord.Place row)
      throws SQLException {
    EntityMerge of = Objects.requireNonNull(entities.get(entity.id()));
    MergeMember member = of.plan.member(row.system());
    RecordLinks links = of.links;
    Long number =
        member == null || links == null ? null : links.find(connection, member, row.key());
    if (number == null) {
      return null;
    }
    byte[] stored = table.find(connection, entity.id(), StoredKey.write(number));
    Map<String, Key> keys = new LinkedHashMap<>();
    if (stored != null) {
      MergedRecord record = of.codec.read(new Key(number), stored);
      for (MergeMember each : of.plan.members()) {
        Key key = record.keyIn(each);
        if (key != null) {
          keys.put(each.system(), key);
        }
      }
    }
    return new LinkedRecord(number, Collections.unmodifiableMap(keys));
  }

  /** Makes a member's row a record of its own, which the others are told of. */
  void split(
      Connection connection,
      Entity entity,
      LinkedRecord.Place row,
      Instant now,
      Consumer<CleanChange> journaled)
      throws SQLException {
    EntityMerge of = Objects.requireNonNull(entities.get(entity.id()));
    Held one = settled(connection, of, row);
    MergeMember member = Objects.requireNonNull(of.plan.member(row.system()));
    Row shadow = Objects.requireNonNull(one.record.members[member.number()].shadow);
    long rows = Arrays.stream(one.record.members).filter(view -> view.shadow != null).count();
    if (rows < 2) {
      throw refusal(
          "not-linked", row.system() + " " + row.key() + " is a record of its own already.", "");
    }
    telling.forgetRefused(one);
    Row before = one.record.row();
    one.record.members[member.number()] = new MemberView(entity.schema().size());
    records.mark(one);
    long number = numbers.next();
    Key key = new Key(number);
    Held other = records.of(connection, of, key);
    links(of).link(connection, member, row.key(), number);
    of.merger.show(
        other.record, member, shadow, member.clean().apply(shadow), MergedChanges.micros(now), 0);
    records.mark(other);
    links(of).moved(connection, number, of.newRecord(key).image(), other.record.image());
    MergedChanges.journal(
        one, before, false, MergedChanges.amended(of.plan, row.key(), now), journaled);
    MergedChanges.journal(
        other, null, true, MergedChanges.amended(of.plan, row.key(), now), journaled);
    telling.tell(one);
    telling.tell(other);
  }

  /** Makes the record of a row one with another record, which has what it has where both differ. */
  void join(
      Connection connection,
      Entity entity,
      LinkedRecord.Place row,
      LinkedRecord.Place with,
      Instant now,
      Consumer<CleanChange> journaled)
      throws SQLException {
    EntityMerge of = Objects.requireNonNull(entities.get(entity.id()));
    Held gone = settled(connection, of, row);
    Held one = settled(connection, of, with);
    if (gone == one) {
      throw refusal("not-linked", "Both rows are one record already.", "");
    }
    for (MergeMember member : of.plan.members()) {
      if (gone.record.keyIn(member) != null && one.record.keyIn(member) != null) {
        throw refusal(
            "links-clash",
            member.system()
                + " has a row of each: "
                + gone.record.keyIn(member)
                + " and "
                + one.record.keyIn(member)
                + ".",
            "Delete one of them in " + member.system() + " first.");
      }
    }
    telling.forgetRefused(gone);
    telling.forgetRefused(one);
    Row goneBefore = gone.record.row();
    Row before = one.record.row();
    Row image = one.record.image();
    links(of).forget(connection, (Long) gone.record.key().part(0), gone.record.image());
    for (MergeMember member : of.plan.members()) {
      Row shadow = gone.record.members[member.number()].shadow;
      Key key = gone.record.keyIn(member);
      if (shadow != null && key != null) {
        links(of).link(connection, member, key, (Long) one.record.key().part(0));
        of.merger.show(one.record, member, shadow, member.clean().apply(shadow), Merger.NO_TIME, 0);
        gone.record.members[member.number()] = new MemberView(entity.schema().size());
      }
    }
    gone.record.exists = false;
    records.mark(gone);
    records.mark(one);
    links(of).moved(connection, (Long) one.record.key().part(0), image, one.record.image());
    MergedChanges.journal(
        gone, goneBefore, true, MergedChanges.amended(of.plan, row.key(), now), journaled);
    MergedChanges.journal(
        one, before, true, MergedChanges.amended(of.plan, with.key(), now), journaled);
    telling.tell(one);
  }

  private static RecordLinks links(EntityMerge of) {
    return Objects.requireNonNull(of.links);
  }

  /** The record of a row, where nothing of it is on its way. */
  private Held settled(Connection connection, EntityMerge of, LinkedRecord.Place row)
      throws SQLException {
    MergeMember member = of.plan.member(row.system());
    RecordLinks links = of.links;
    if (links == null) {
      throw refusal(
          "not-linked",
          of.plan.entity().name() + " has the same key in all members: there are no links.",
          "");
    }
    Long number = member == null ? null : links.find(connection, member, row.key());
    if (number == null) {
      throw refusal("not-found", row.system() + " has no row " + row.key() + " here.", "");
    }
    Held one = records.of(connection, of, new Key(number));
    for (MemberView view : one.record.members) {
      if (view.pending != null && view.pending.underway()) {
        throw new UnisonoException(
            new Problem(
                "record-busy",
                ProblemType.TRANSIENT,
                "A change of " + row.system() + " " + row.key() + " is on its way to a member.",
                null,
                "Ask again in a moment."));
      }
    }
    return one;
  }

  private static UnisonoException refusal(String code, String message, String remedy) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, remedy));
  }
}
