package dev.unisono.jdbc;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the log as it stands there. Immutable.
 *
 * @param place its number, by which entries of one row are in order
 * @param kind {@link #INSERT}, {@link #UPDATE}, {@link #DELETE}, {@link #MARKER} or {@link #END}
 * @param shape the number of the shape that its values have; 0 where it has none
 * @param number a marker's; 0 where it has none
 * @param atMillis when it was written, since 1970
 * @param transaction tells it from other transactions, where the database does; else empty
 * @param session the session that wrote it, where the database tells; else 0
 * @param oldKey the key before the change; null where it inserts
 * @param values of the shape's columns; null where it deletes
 */
record LogEntry(
    long place,
    String kind,
    long shape,
    long number,
    long atMillis,
    String transaction,
    long session,
    @Nullable List<@Nullable Object> oldKey,
    @Nullable List<@Nullable Object> values) {
  static final String INSERT = "insert";
  static final String UPDATE = "update";
  static final String DELETE = "delete";

  /** What follows in its transaction is of the write with its number. */
  static final String MARKER = "marker";

  /** The write with its number ends. */
  static final String END = "end";

  /** Stands for a value of a column that the table does not have any more. */
  static final Object ABSENT = new Object();
}
