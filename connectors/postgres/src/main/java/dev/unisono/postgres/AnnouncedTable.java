package dev.unisono.postgres;

import java.util.ArrayList;
import java.util.List;

/**
 * A table as a Relation message of the log describes it: true for the rows that follow the message,
 * whatever the catalog says by now. It tells names and types, but not the columns' own numbers.
 * Immutable.
 */
record AnnouncedTable(long relation, String schema, String name, List<Column> columns) {
  /** One column, in table order. */
  record Column(String name, long type, int modifier) {
    boolean same(TableShape.Column other) {
      return name.equals(other.name()) && sameType(other);
    }

    boolean sameType(TableShape.Column other) {
      return type == other.type() && modifier == other.modifier();
    }
  }

  String plainName() {
    return schema + "." + name;
  }

  /**
   * The number of each column; 0 where it cannot be told. Columns stand in the order of their
   * numbers, and a column that the catalog still has was there all along: so one that was renamed
   * is found by its place, even where the catalog has gone further than the log.
   *
   * @param held what was held of the table before the message
   * @param catalog what the catalog says now
   */
  int[] numbers(TableShape held, TableShape catalog) {
    int[] numbers = byName(catalog, catalog, true);
    if (numbers.length == 0) {
      numbers = byName(held, catalog, false);
      fillGaps(numbers, held, catalog);
    }
    int last = 0;
    for (int i = 0; i < numbers.length; i++) {
      if (numbers[i] <= last) {
        numbers[i] = 0;
      } else {
        last = numbers[i];
      }
    }
    return numbers;
  }

  /** By the names of one shape, then of another; empty where all must be the same and are not. */
  private int[] byName(TableShape first, TableShape second, boolean exact) {
    int[] numbers = new int[columns.size()];
    int last = 0;
    for (int i = 0; i < numbers.length; i++) {
      Column column = columns.get(i);
      TableShape.Column found = first.column(column.name());
      if (found == null) {
        found = second.column(column.name());
      }
      if (exact && (found == null || !column.same(found) || found.number() <= last)) {
        return new int[0];
      }
      numbers[i] = found == null ? 0 : found.number();
      last = numbers[i];
    }
    return numbers;
  }

  /** Between two columns that are known, the others must be those that are alive and not found. */
  private static void fillGaps(int[] numbers, TableShape held, TableShape catalog) {
    for (int from = 0; from < numbers.length; from++) {
      if (numbers[from] != 0) {
        continue;
      }
      int to = from;
      while (to < numbers.length && numbers[to] == 0) {
        to++;
      }
      int after = from == 0 ? 0 : numbers[from - 1];
      boolean atEnd = to == numbers.length;
      int before = atEnd ? catalog.allotted() + 1 : numbers[to];
      List<Integer> candidates = new ArrayList<>();
      boolean clear = true;
      for (TableShape.Column column : held.columns()) {
        if (column.standing() != TableShape.Standing.GONE
            && column.number() > after
            && column.number() < before) {
          clear &= catalog.column(column.number()) != null;
          candidates.add(column.number());
        }
      }
      int alive = candidates.size();
      for (int added = Math.max(after, held.allotted()) + 1; added < before; added++) {
        candidates.add(added);
      }
      // Of those that were added since, some may have been dropped, and some not be there yet.
      int taken = candidates.size() == to - from ? to - from : atEnd ? alive : 0;
      if (clear && taken <= to - from) {
        for (int i = 0; i < taken; i++) {
          numbers[from + i] = candidates.get(i);
        }
      }
      from = to;
    }
  }
}
