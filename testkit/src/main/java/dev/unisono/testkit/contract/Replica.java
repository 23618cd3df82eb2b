package dev.unisono.testkit.contract;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a table holds if the changes that a source showed are all that happened. For one thread. */
public final class Replica {
  private final Map<Key, Row> rows = new HashMap<>();

  public Replica apply(List<Change> changes) {
    changes.forEach(this::apply);
    return this;
  }

  private void apply(Change change) {
    Key key = change.key();
    Row after = change.after();
    switch (change.operation()) {
      case TRUNCATE -> rows.clear();
      case DELETE -> rows.remove(key);
      case CREATE, UPDATE, READ, REFRESH -> {
        if (key == null || after == null) {
          throw new AssertionError("no key or no row: " + change);
        }
        Key previous = change.previousKey();
        Row earlier = previous == null ? rows.get(key) : rows.remove(previous);
        rows.put(key, earlier == null ? after : after.over(earlier));
      }
    }
  }

  public void lose(Key... keys) {
    for (Key key : keys) {
      rows.remove(key);
    }
  }

  /** Rows that nobody showed, with these keys and nothing else. */
  public void add(Binding binding, long... ids) {
    for (long id : ids) {
      @Nullable Object[] values = new @Nullable Object[binding.schema().size()];
      values[binding.schema().keyPosition(0)] = id;
      rows.put(new Key(id), new Row(binding.schema(), values));
    }
  }

  /** The keys of all rows, in an order that stays. */
  public List<Key> keys() {
    return rows.keySet().stream().sorted(java.util.Comparator.comparing(Key::toString)).toList();
  }

  /** The rows as they came, in no order. */
  public List<Row> rows() {
    return List.copyOf(rows.values());
  }

  /** Each row as text, its values with bars between, sorted. */
  public List<String> texts() {
    List<String> texts = new ArrayList<>();
    rows.values().forEach(row -> texts.add(text(row)));
    Collections.sort(texts);
    return texts;
  }

  public static String text(Row row) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < row.schema().size(); i++) {
      values.add(text(row.value(i)));
    }
    return String.join("|", values);
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "~";
      case BigDecimal decimal -> decimal.toPlainString();
      case Object[] array -> Stream.of(array).map(Replica::text).toList().toString();
      case byte[] bytes -> HexFormat.of().formatHex(bytes);
      default -> value.toString();
    };
  }
}
