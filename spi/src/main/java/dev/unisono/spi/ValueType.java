package dev.unisono.spi;

/**
 * The closed set of types a value of a {@link Row} can have, each with exactly one Java
 * representation. Two things stand beside them in any field: {@code null}, and {@link
 * Unchanged#UNCHANGED}.
 */
public enum ValueType {
  /** {@link Boolean}. */
  BOOLEAN,
  /** {@link Long}; every integer up to 64 bits. */
  LONG,
  /**
   * {@link java.math.BigDecimal} with its scale kept; or, where a system has them, {@link
   * Double#NaN}, {@link Double#POSITIVE_INFINITY}, {@link Double#NEGATIVE_INFINITY}.
   */
  DECIMAL,
  /** {@link Double}. */
  DOUBLE,
  /** {@link String}. */
  STRING,
  /** {@code byte[]}; never changed once it is in a row. */
  BYTES,
  /**
   * {@link java.time.LocalDate}; {@code LocalDate.MAX} and {@code MIN} stand for the infinities.
   */
  DATE,
  /** {@link java.time.LocalTime}, to the microsecond. */
  TIME,
  /**
   * {@link java.time.Instant}, to the microsecond; a timestamp without a zone is taken as UTC.
   * {@code Instant.MAX} and {@code MIN} stand for the infinities.
   */
  TIMESTAMP,
  /** {@link java.util.UUID}. */
  UUID,
  /** {@link Json}: the document's text as the system gave it. */
  JSON,
  /**
   * {@code Object[]} of representations of the field's items and nulls, never changed once it is in
   * a row; with several dimensions the elements are such arrays themselves.
   */
  ARRAY
}
