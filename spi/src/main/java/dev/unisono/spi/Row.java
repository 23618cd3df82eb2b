package dev.unisono.spi;

import org.jspecify.annotations.Nullable;

/**
 * A schema and one value for each of its fields. Whoever makes a row gives its array away; nobody
 * changes the array of a row that was handed on. Safe for threads on that condition.
 */
public final class Row {
  private final Schema schema;
  private final @Nullable Object[] values;

  public Row(Schema schema, @Nullable Object[] values) {
    if (values.length != schema.size()) {
      throw new IllegalArgumentException(
          schema.name() + " has " + schema.size() + " fields, not " + values.length);
    }
    this.schema = schema;
    this.values = values;
  }

  public Schema schema() {
    return schema;
  }

  /** The value at a position: a representation of the field's type, null or UNCHANGED. */
  public @Nullable Object value(int position) {
    return values[position];
  }

  /** The value of a named field; for code that is not on a hot path. */
  public @Nullable Object value(String field) {
    return values[schema.position(field)];
  }

  /** A copy of the values, for whoever wants to make another row of them. */
  public @Nullable Object[] copyValues() {
    return values.clone();
  }

  /** True where at least one field was not sent, so that the row cannot stand alone. */
  public boolean partial() {
    for (Object value : values) {
      if (value == Unchanged.UNCHANGED) {
        return true;
      }
    }
    return false;
  }

  /**
   * This row with what is unchanged in it taken from an earlier image of the same record; so it
   * does not become null (invariant 6).
   */
  public Row over(Row earlier) {
    if (!partial()) {
      return this;
    }
    @Nullable Object[] merged = values.clone();
    for (int i = 0; i < merged.length; i++) {
      if (merged[i] == Unchanged.UNCHANGED) {
        merged[i] = earlier.values[i];
      }
    }
    return new Row(schema, merged);
  }

  /** True where every value is UNCHANGED. */
  public boolean nothing() {
    for (Object value : values) {
      if (value != Unchanged.UNCHANGED) {
        return false;
      }
    }
    return true;
  }

  /** The row with UNCHANGED in the place of what is none of its field's type. */
  public Row withoutUnfit() {
    @Nullable Object[] kept = copyValues();
    boolean found = false;
    for (int i = 0; i < kept.length; i++) {
      if (kept[i] instanceof Unfit) {
        kept[i] = Unchanged.UNCHANGED;
        found = true;
      }
    }
    return found ? new Row(schema, kept) : this;
  }
}
