package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.spi.Key;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the first load of the syncs of a config would do to what their members hold. Immutable. */
public record FirstLoadReport(List<SyncReport> syncs) {

  /** What becomes of a row. */
  public enum Kind {
    /** Other members have a row of the same record. */
    LINKED,
    /** It may be the same record as another row: a person is asked before it is made elsewhere. */
    REVIEW,
    /** It is as it is to be. */
    SAME,
    /** It is not there and would be made. */
    CREATED,
    /** Some fields would get other values. */
    CHANGED,
    /** Of those: a value would be replaced by another one, and not only filled in. */
    CONFLICT,
    /** It would be deleted. */
    DELETED,
    /** The member alone has it, and would keep it. */
    EXTRA,
    /** It is refused by the entity's rules, so that it takes no part. */
    REJECTED
  }

  /**
   * Of one sync.
   *
   * @param records how many there would be in each member
   */
  public record SyncReport(String sync, Entity entity, long records, List<MemberReport> members) {}

  /**
   * Of one member.
   *
   * @param rows how many it holds
   * @param written whether it would be told anything; else what it would have to be told
   * @param counts of each kind, those of none left out
   * @param samples some of each kind
   */
  public record MemberReport(
      String system,
      String table,
      boolean read,
      boolean written,
      long rows,
      Map<Kind, Long> counts,
      List<Sample> samples) {
    public long count(Kind kind) {
      return counts.getOrDefault(kind, 0L);
    }
  }

  /**
   * One row.
   *
   * @param key the member's own; null where it would give the row one
   * @param differences the values that would be changed; of a row that would be made all it gets
   * @param reason why it is refused; null for others
   */
  public record Sample(
      Kind kind, @Nullable Key key, List<Difference> differences, @Nullable String reason) {}

  /**
   * One field of a row.
   *
   * @param there the member's value
   * @param planned what it would get
   * @param from the member whose value that is; null where it is none's alone
   */
  public record Difference(
      EntityField field, @Nullable Object there, @Nullable Object planned, @Nullable String from) {}
}
