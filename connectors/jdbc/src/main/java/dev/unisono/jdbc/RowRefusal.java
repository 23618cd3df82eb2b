package dev.unisono.jdbc;

/**
 * An error that is a row's own and not the connection's, the server's or the table's: the row as it
 * is cannot be written. Immutable.
 *
 * @param code {@link #FOREIGN_KEY}, {@link #VALUE_TAKEN} or {@link #REFUSED}
 * @param constraint what refuses, named the same for every row that it refuses
 */
public record RowRefusal(String code, String constraint) {
  /** A row refers to one that is not there, or is referred to by one that is. */
  public static final String FOREIGN_KEY = "foreign-key";

  /** Another row has a value that must be unique. */
  public static final String VALUE_TAKEN = "value-taken";

  /** The row can never be written as it is. */
  public static final String REFUSED = "refused-by-target";

  /** True where other rows stand against it. */
  boolean waits() {
    return !code.equals(REFUSED);
  }

  /** True where another row has the value. */
  public boolean taken() {
    return code.equals(VALUE_TAKEN);
  }
}
