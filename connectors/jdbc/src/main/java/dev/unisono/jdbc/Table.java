package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a database says of one of its tables. Immutable.
 *
 * @param name the table's name, for people and for comparing tables with each other
 * @param sqlName the same as statements write it, quoted
 * @param columns by name, in the table's order
 * @param uniqueKeys the columns of the primary key and of each unique index that holds for all rows
 * @param parents the names of the tables that its rows refer to
 * @param removalReachesOthers true where the database itself changes other rows when one is deleted
 */
public record Table(
    String name,
    String sqlName,
    Map<String, Column> columns,
    List<Set<String>> uniqueKeys,
    Set<String> parents,
    boolean removalReachesOthers) {

  /**
   * One column.
   *
   * @param type as the database shows it; empty where it has none
   * @param notNull true where null is refused
   * @param filled true where the database puts something in that is not null when nothing is given
   * @param generated true where it is computed, so that nothing can be written
   */
  public record Column(
      String name, String type, boolean notNull, boolean filled, boolean generated) {}

  /** A column that is known to be there. */
  Column column(String column) {
    Column found = columns.get(column);
    if (found == null) {
      throw new IllegalArgumentException(name + " has no column " + column);
    }
    return found;
  }

  /** The columns of a binding's key, in key order. */
  static List<String> keyColumns(Binding binding) {
    List<String> columns = new ArrayList<>();
    for (int part = 0; part < binding.schema().keySize(); part++) {
      String column = binding.column(binding.schema().keyPosition(part));
      if (column == null) {
        throw new IllegalArgumentException("a key without a column: " + binding);
      }
      columns.add(column);
    }
    return columns;
  }

  /** The columns of a binding, and of its flag, that the table does not have. */
  List<String> missing(Binding binding) {
    List<@Nullable String> needed = new ArrayList<>(binding.columns());
    needed.add(binding.deletedFlag());
    List<String> missing = new ArrayList<>();
    for (String column : needed) {
      if (column != null && !columns.containsKey(column)) {
        missing.add(column);
      }
    }
    return missing;
  }
}
