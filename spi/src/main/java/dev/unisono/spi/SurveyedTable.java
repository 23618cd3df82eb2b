package dev.unisono.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table as a {@link Survey} found it. Immutable.
 *
 * @param name as a config names it
 * @param rowsEstimated how many rows it has, about; {@link #UNKNOWN} where the system does not know
 * @param columns in the table's order
 * @param primaryKey its columns, in key order; empty where there is none
 * @param uniqueKeys the columns of each unique index over all rows, the primary key's left out
 * @param references the tables that its rows refer to
 * @param indexes the columns of each index, in its order
 */
public record SurveyedTable(
    String name,
    long rowsEstimated,
    List<Column> columns,
    List<String> primaryKey,
    List<List<String>> uniqueKeys,
    List<Reference> references,
    List<List<String>> indexes) {
  public static final long UNKNOWN = -1;

  public SurveyedTable {
    columns = List.copyOf(columns);
    primaryKey = List.copyOf(primaryKey);
    uniqueKeys = List.copyOf(uniqueKeys);
    references = List.copyOf(references);
    indexes = List.copyOf(indexes);
  }

  /**
   * One column.
   *
   * @param databaseType as the system shows it; empty where it has none
   * @param type as what it is read; null where no field can be of its type
   * @param items for an array the type of its elements; else null
   * @param loose true where the system keeps a text for any type, so that another type may be read
   *     from it as well
   * @param nullable false where the system refuses null
   * @param length the most characters it takes; {@link SurveyedTable#UNKNOWN} where there is no end
   *     or none is told
   * @param generated true where the system computes it, so that it cannot be written
   */
  public record Column(
      String name,
      String databaseType,
      @Nullable ValueType type,
      @Nullable ValueType items,
      boolean loose,
      boolean nullable,
      long length,
      boolean generated) {}

  /**
   * Columns that refer to another table.
   *
   * @param table as the system names it, with its schema or without
   * @param referred the columns there, in the same order
   */
  public record Reference(List<String> columns, String table, List<String> referred) {
    public Reference {
      columns = List.copyOf(columns);
      referred = List.copyOf(referred);
    }
  }
}
