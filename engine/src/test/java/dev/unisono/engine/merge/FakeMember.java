package dev.unisono.engine.merge;

import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A table with a log, as a member's is; our own transactions are marked in it. For one thread. */
final class FakeMember {
  /** One line of the log; without a key it is where a transaction of ours ends. */
  record Line(@Nullable Key key, @Nullable Row row, long micros, long marker) {}

  final MergeMember member;
  private final Schema schema;
  private final Map<String, Row> rows = new TreeMap<>();
  final List<Line> log = new ArrayList<>();
  int read;

  FakeMember(MergeMember member, Schema schema) {
    this.member = member;
    this.schema = schema;
  }

  @Nullable Row row(Key key) {
    return rows.get(key.toString());
  }

  boolean behind() {
    return read < log.size();
  }

  void set(Key key, @Nullable Row row, long micros, long marker) {
    Row stored = row == null ? null : projected(row);
    if (stored == null) {
      rows.remove(key.toString());
    } else {
      rows.put(key.toString(), stored);
    }
    log.add(new Line(key, stored, micros, marker));
  }

  private Row projected(Row row) {
    @Nullable Object[] values = row.copyValues();
    for (int i = 0; i < values.length; i++) {
      values[i] = member.projection().project(i, values[i]);
    }
    return new Row(schema, values);
  }

  /** One transaction of ours. */
  void apply(List<MemberWrite> writes, long micros) {
    long marker = writes.getLast().id();
    for (MemberWrite write : writes) {
      Row present = row(write.key());
      if (holds(write, present)) {
        Row values = write.values();
        Row next = values == null || present == null ? values : values.over(present);
        set(write.key(), next, micros, marker);
      }
    }
    mark(marker);
  }

  private boolean holds(MemberWrite write, @Nullable Row present) {
    Row expected = write.expected();
    if (expected == null || present == null) {
      return expected == null && present == null;
    }
    Row values = write.values();
    for (int i = 0; i < schema.size(); i++) {
      boolean asked = values == null || values.value(i) != Unchanged.UNCHANGED;
      if (asked && !SameValue.of(expected.value(i), present.value(i))) {
        return false;
      }
    }
    return true;
  }

  void mark(long marker) {
    log.add(new Line(null, null, 0, marker));
  }
}
