package dev.unisono.engine.record;

import java.util.List;

/**
 * What the records of a list must fulfil: a tree of which SQL over ordered columns is made. Each
 * record fulfils a comparison or it does not; there is no third: a field without a value equals
 * nothing, is neither less nor greater than anything, and differs from every value. All fields are
 * indexed ones, all values of their fields' types. Immutable; safe for threads.
 */
public sealed interface Condition {
  /** What every record fulfils. */
  Condition ANY_RECORD = new All(List.of());

  /** All of them hold; where there are none, it holds. */
  record All(List<Condition> conditions) implements Condition {
    public All {
      conditions = List.copyOf(conditions);
    }
  }

  /** One of them holds at least. */
  record Any(List<Condition> conditions) implements Condition {
    public Any {
      conditions = List.copyOf(conditions);
    }
  }

  /** How a field's value is compared. */
  enum Comparison {
    EQUAL,
    DIFFERENT,
    GREATER,
    GREATER_OR_EQUAL,
    LESS,
    LESS_OR_EQUAL
  }

  /** A field's value compares so with another. */
  record Compared(String field, Comparison comparison, Object value) implements Condition {}

  /**
   * A field's value is one of some.
   *
   * @param negated where it shall be none of them
   */
  record OneOf(String field, List<Object> values, boolean negated) implements Condition {
    public OneOf {
      values = List.copyOf(values);
    }
  }

  /** A field of text is as a pattern says. */
  record Like(String field, TextPattern pattern) implements Condition {}

  /**
   * A field has no value.
   *
   * @param absent false where it shall have one
   */
  record Absent(String field, boolean absent) implements Condition {}
}
