package dev.unisono.server.admin;

import dev.unisono.engine.Doors;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.ConfigKeys;
import dev.unisono.engine.merge.MergeConflict;
import dev.unisono.engine.merge.MergeConflict.Choice;
import dev.unisono.engine.merge.MergeConflict.Side;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What decided of one conflict, as a rule for all that are like it. Immutable. */
public final class ConflictRule {
  private static final int AT_ONCE = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final SyncConfig sync;
  private final MergeConflict conflict;
  private final String rule;

  /**
   * @param sync of the conflict's entity
   * @throws Refusal wrong-value where there is no such rule for what is in conflict
   */
  ConflictRule(SyncConfig sync, MergeConflict conflict, String rule) {
    String field = conflict.field();
    List<String> known = field == null ? ConfigKeys.DELETES : ConfigKeys.FIELD_STRATEGIES;
    if (!known.contains(rule)) {
      throw new Refusal(
          422,
          "wrong-value",
          "There is no rule '%s' for %s; there are %s."
              .formatted(rule, field == null ? "deletes" : field, String.join(", ", known)),
          "rule");
    }
    this.sync = sync;
    this.conflict = conflict;
    this.rule = rule;
  }

  /** Where it stands in the config, from the root on. */
  List<String> path() {
    String field = conflict.field();
    return field == null
        ? List.of("syncs", sync.name(), "conflict", "deletes")
        : List.of("syncs", sync.name(), "conflict", "fields", field);
  }

  String text() {
    return rule;
  }

  /** Decides what waits and is like it; what the rule makes something new of is left waiting. */
  int decideWaiting(Doors doors) throws InterruptedException {
    int decided = 0;
    for (MergeConflict each : waiting(doors)) {
      Side side = side(each.kept(), each.other());
      if (side != null) {
        try {
          doors.decideConflict(each.id(), new Choice.Pick(side.member()), PATIENCE);
          decided++;
        } catch (UnisonoException refused) {
          if (!refused.problem().code().equals("conflict-decided")) {
            throw refused;
          }
          // By somebody else meanwhile, or with another conflict of the same field and record.
        }
      }
    }
    return decided;
  }

  private List<MergeConflict> waiting(Doors doors) {
    List<MergeConflict> waiting = new ArrayList<>();
    List<MergeConflict> page;
    long after = 0;
    do {
      page =
          doors.conflicts(new MergeConflict.Filter(conflict.entity(), null, true, after, AT_ONCE));
      for (MergeConflict each : page) {
        if (Objects.equals(each.field(), conflict.field())) {
          waiting.add(each);
        }
        after = each.id();
      }
    } while (page.size() == AT_ONCE);
    return waiting;
  }

  private @Nullable Side side(Side kept, Side other) {
    return switch (rule) {
      case "latest" -> time(other).isAfter(time(kept)) ? other : kept;
      case "priority" -> rank(other) < rank(kept) ? other : kept;
      case "edit-wins" -> kept.row() == null ? other : kept;
      case "delete-wins" -> kept.row() == null ? kept : other;
      default -> null;
    };
  }

  /** What was there at the first load was written at no time that is known. */
  private static Instant time(Side side) {
    Instant written = side.writtenAt();
    return written == null ? Instant.MIN : written;
  }

  private int rank(Side side) {
    List<String> members = sync.members().stream().map(MemberConfig::system).toList();
    int found = members.indexOf(side.member());
    return found < 0 ? members.size() : found;
  }
}
