package dev.unisono.engine.merge;

import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A table with a log, as a member's is; our own transactions are marked in it. For one thread. */
final class FakeMember {
  /** One line of the log; without a key it is where a transaction of ours ends. */
  record Line(
      @Nullable Key key, @Nullable Key previous, @Nullable Row row, long micros, long marker) {}

  final MergeMember member;
  private final Schema schema;
  private final Map<String, Row> rows = new TreeMap<>();
  final List<Line> log = new ArrayList<>();
  private long lastKey;

  /** What a trigger makes of each row that is written by us. */
  UnaryOperator<Row> trigger = row -> row;

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
    log.add(new Line(key, null, stored, micros, marker));
  }

  /** Somebody gives a row another key. */
  void move(Key from, Key to, long micros) {
    @Nullable Object[] values = Objects.requireNonNull(rows.remove(from.toString())).copyValues();
    values[schema.keyPosition(0)] = to.part(0);
    Row moved = new Row(schema, values);
    rows.put(to.toString(), moved);
    log.add(new Line(to, from, moved, micros, 0));
  }

  private Row projected(Row row) {
    @Nullable Object[] values = row.copyValues();
    for (int i = 0; i < values.length; i++) {
      values[i] = member.projection().project(i, values[i]);
    }
    return new Row(schema, values);
  }

  /** A key that no row of the member ever had, nor any of another member. */
  Key newKey() {
    return new Key((member.number() + 1) * 1_000_000L + ++lastKey);
  }

  /** All rows, in the order of their keys. */
  List<Row> rows() {
    return List.copyOf(rows.values());
  }

  /** One transaction of ours. */
  void apply(List<MemberWrite> writes, long micros) {
    long marker = 0;
    for (MemberWrite write : writes) {
      marker = write.key() == null ? marker : write.id();
    }
    for (MemberWrite write : writes) {
      Row values = write.values();
      if (write.key() == null && values != null) {
        insert(write, values, micros);
        continue;
      }
      Key key = write.knownKey();
      Row present = row(key);
      if (holds(write, present)) {
        Row next = values == null || present == null ? values : values.over(present);
        set(key, next == null ? null : trigger.apply(next), micros, marker);
      }
    }
    mark(writes.getLast().id());
  }

  /** The member gives the key, where it has no row that would be the same. */
  private void insert(MemberWrite write, Row values, long micros) {
    for (int[] group : write.unlike()) {
      for (Row row : rows.values()) {
        boolean same = true;
        for (int field : group) {
          same &=
              values.value(field) != null && SameValue.of(row.value(field), values.value(field));
        }
        if (same) {
          return;
        }
      }
    }
    Key key = newKey();
    @Nullable Object[] whole = values.copyValues();
    whole[schema.keyPosition(0)] = key.part(0);
    set(key, new Row(schema, whole), micros, write.id());
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
    log.add(new Line(null, null, null, 0, marker));
  }
}
