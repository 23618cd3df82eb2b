package dev.unisono.engine.merge;

import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.merge.FirstLoadReport.Difference;
import dev.unisono.engine.merge.FirstLoadReport.Kind;
import dev.unisono.engine.merge.FirstLoadReport.MemberReport;
import dev.unisono.engine.merge.FirstLoadReport.Sample;
import dev.unisono.spi.Key;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts what would become of one member's rows, and keeps some of each kind. For one thread. */
final class MemberCount {
  private static final int SAMPLES = 5;

  private final MemberConfig member;
  private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
  private final List<Sample> samples = new ArrayList<>();
  private long rows;

  MemberCount(MemberConfig member) {
    this.member = member;
  }

  MemberConfig member() {
    return member;
  }

  long rows() {
    return rows;
  }

  void row() {
    rows++;
  }

  void add(Kind kind, @Nullable Key key, List<Difference> differences, @Nullable String reason) {
    // What is as it is to be needs no example.
    if (counts.merge(kind, 1L, Long::sum) <= SAMPLES && kind != Kind.LINKED && kind != Kind.SAME) {
      samples.add(new Sample(kind, key, List.copyOf(differences), reason));
    }
  }

  MemberReport report() {
    return new MemberReport(
        member.system(),
        member.binding().table(),
        member.reads(),
        member.writes(),
        rows,
        Map.copyOf(counts),
        List.copyOf(samples));
  }
}
