package dev.unisono.jdbc;

import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * The column that grows with each change of a row, and how far behind its highest value a poll
 * begins: what committed late may lie there. Immutable.
 *
 * @param type LONG, DECIMAL, TIMESTAMP or DATE: as what its values are taken
 */
record CursorColumn(Table.Column column, ValueType type, Duration overlap, long overlapCount) {
  /**
   * A time further ahead of our clock is no time of a change, whatever zone it was written in: it
   * must not take the polls past all that is still to come.
   */
  private static final Duration AHEAD = Duration.ofDays(1);

  static int compare(Object one, Object other) {
    return switch (one) {
      case Long number -> number.compareTo((Long) other);
      case BigDecimal number -> number.compareTo((BigDecimal) other);
      case Instant time -> time.compareTo((Instant) other);
      case LocalDate day -> day.compareTo((LocalDate) other);
      default -> throw new IllegalArgumentException("no cursor's value: " + one);
    };
  }

  static Object higher(@Nullable Object one, Object other) {
    return one == null || compare(one, other) < 0 ? other : one;
  }

  /** Where a poll begins that comes after this highest value. */
  Object behind(Object highest) {
    return switch (highest) {
      case Long number ->
          number < Long.MIN_VALUE + overlapCount ? Long.MIN_VALUE : number - overlapCount;
      case BigDecimal number -> number.subtract(BigDecimal.valueOf(overlapCount));
      case Instant time ->
          time.equals(Instant.MIN) || time.equals(Instant.MAX) ? time : time.minus(overlap);
      case LocalDate day ->
          day.equals(LocalDate.MIN) || day.equals(LocalDate.MAX)
              ? day
              : day.minusDays(overlap.plusDays(1).minusNanos(1).toDays());
      default -> throw new IllegalArgumentException("no cursor's value: " + highest);
    };
  }

  /** The last value that is not ahead of its time; null where values are no times. */
  @Nullable Object horizon(Instant now) {
    Instant last = now.plus(AHEAD);
    return switch (type) {
      case TIMESTAMP -> last;
      case DATE -> LocalDate.ofInstant(last, ZoneOffset.UTC);
      case BOOLEAN, LONG, DECIMAL, DOUBLE, STRING, BYTES, TIME, UUID, JSON, ARRAY -> null;
    };
  }

  /** When a row with this value was changed. */
  static Instant time(Object value, Instant otherwise) {
    return value instanceof Instant time && !time.equals(Instant.MAX) && !time.equals(Instant.MIN)
        ? time
        : otherwise;
  }

  /** Whether an earlier value of this column can be gone on from. */
  boolean same(String name, String typeName) {
    return name.equals(column.name()) && typeName.equals(type.name());
  }
}
