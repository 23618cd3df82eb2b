package dev.unisono.jdbc;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** The ways to say that a row comes after another in the order of some columns. */
enum RowsAfter {
  /** By a comparison of tuples, which not every database has. */
  TUPLES {
    @Override
    Condition of(List<String> columns) {
      return columns.size() == 1
          ? NESTED.of(columns)
          : new Condition(
              "("
                  + String.join(", ", columns)
                  + ") > ("
                  + String.join(", ", Collections.nCopies(columns.size(), "?"))
                  + ")",
              IntStream.range(0, columns.size()).boxed().toList());
    }
  },

  /** By comparisons of single values: the first is a range, so that an index is used for it. */
  NESTED {
    @Override
    Condition of(List<String> columns) {
      StringBuilder text = new StringBuilder();
      List<Integer> values = new ArrayList<>();
      int last = columns.size() - 1;
      if (last > 0) {
        text.append(columns.getFirst()).append(" >= ? AND ");
        values.add(0);
      }
      for (int i = 0; i < last; i++) {
        text.append("(").append(columns.get(i)).append(" > ? OR (");
        text.append(columns.get(i)).append(" = ? AND ");
        values.add(i);
        values.add(i);
      }
      text.append(columns.get(last)).append(" > ?").append("))".repeat(last));
      values.add(last);
      return new Condition(text.toString(), List.copyOf(values));
    }
  };

  /**
   * A condition with parameters. Immutable.
   *
   * @param values for each parameter which column's value of the other row it is
   */
  record Condition(String text, List<Integer> values) {}

  /**
   * @param columns quoted, in their order
   */
  abstract Condition of(List<String> columns);
}
