package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import org.jspecify.annotations.Nullable;

/**
 * How a member keeps the values of one field: an invertible mapping between what its column holds
 * and what the entity has. Pure; immutable; safe for threads.
 *
 * <p>What the column may hold is what is written there: a value that is read and would be written
 * in another form is none of the conversion's ({@link MemberForm}), so that what a member shows is
 * what it is asked for when something is written on the condition that it is still there.
 */
public sealed interface Conversion
    permits NumberConversion, CodeConversion, DateConversion, DateTimeConversion, EpochConversion {
  /** The type of the column's values. */
  ValueType stored();

  /** The entity's value for one that the column holds; null where it does not convert. */
  @Nullable Object read(Object stored);

  /** What the column gets for a value of the entity; null where it does not convert. */
  @Nullable Object write(Object value);

  /** What the column holds, for people: "a text such as 5 ft 10 in". */
  String form();
}
