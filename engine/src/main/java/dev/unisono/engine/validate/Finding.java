package dev.unisono.engine.validate;

import java.util.Set;

/**
 * One thing that is wrong with a row. Never holds a value itself. Immutable.
 *
 * @param code what kind, as the error catalogue has it
 * @param field the field's name; empty where it is of the row as a whole
 * @param path where in the row: the field's name, and within a document or an array such as {@code
 *     address.city} or {@code tags[3]}
 * @param shape what stands there, such as "text of 14 characters"
 * @param message one sentence for whoever sent the value
 */
public record Finding(String code, String field, String path, String shape, String message) {
  /** Every code that is ours, so that no rule of a config may have it. */
  public static final Set<String> CODES =
      Set.of(
          "exclusive-maximum",
          "exclusive-minimum",
          "format",
          "maximum",
          "minimum",
          "multiple-of",
          "not-allowed",
          "not-unique",
          "pattern",
          "reference-missing",
          "required",
          "rule-failed",
          "schema",
          "too-few-items",
          "too-long",
          "too-many-items",
          "too-short",
          "value-taken",
          "value-unfit");

  /** Of a field's value as a whole. */
  static Finding of(Place place, String code, Object value, String wants) {
    return new Finding(
        code, place.field(), place.path(), Shape.of(value), place.path() + " " + wants + ".");
  }

  /** In one line, for people: where, what stands there, and what is wanted. */
  public String line() {
    return shape.isEmpty() ? message : message + " (" + shape + ")";
  }
}
