package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Codes of a column, each for one value of the entity: a table that is one to one. Immutable; safe
 * for threads.
 */
final class CodeConversion implements Conversion {
  private final ValueType stored;
  private final Map<Object, Object> values;
  private final Map<Object, Object> codes = new HashMap<>();

  /**
   * @param stored LONG or STRING
   * @param values by code the entity's value
   * @throws IllegalArgumentException where two codes have the same value
   */
  CodeConversion(ValueType stored, Map<Object, Object> values) {
    this.stored = stored;
    this.values = Map.copyOf(values);
    values.forEach((code, value) -> {
      if (codes.put(value, code) != null) {
        throw new IllegalArgumentException("two codes for " + value);
      }
    });
  }

  @Override
  public ValueType stored() {
    return stored;
  }

  @Override
  public @Nullable Object read(Object code) {
    return values.get(code);
  }

  @Override
  public @Nullable Object write(Object value) {
    return codes.get(value);
  }

  @Override
  public String form() {
    return "one of " + values.size() + " codes";
  }
}
