package dev.unisono.csv;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** The rows of a file as it was when it was read, in the order of their keys. For one thread. */
final class CsvRows implements RowReader {
  private final List<Row> rows;
  private int read;

  CsvRows(Binding binding, List<Row> rows) {
    this.rows =
        rows.stream()
            .sorted(Comparator.comparing(binding.schema()::key, CsvRows::compare))
            .toList();
  }

  private static int compare(Key one, Key other) {
    for (int i = 0; i < one.size(); i++) {
      int order = compare(one.part(i), other.part(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  /** Parts of one place are of one type, and all types of keys have an order. */
  @SuppressWarnings("unchecked")
  private static int compare(Object one, Object other) {
    return one instanceof byte[] bytes
        ? Arrays.compareUnsigned(bytes, (byte[]) other)
        : ((Comparable<Object>) one).compareTo(other);
  }

  @Override
  public List<Row> next(int limit) {
    List<Row> page = rows.subList(read, Math.min(rows.size(), read + limit));
    read += page.size();
    return page;
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
