package dev.unisono.engine.validate;

import java.util.List;
import java.util.Set;

/**
 * The values that {@code enum} or {@code const} allow; numbers are compared by value. Immutable;
 * safe for threads.
 */
public record Allowed(Set<Object> values) implements ValueCheck {
  public Allowed {
    values = Set.copyOf(values);
  }

  @Override
  public boolean holds(Object value) {
    return values.contains(Numbers.comparable(value));
  }

  @Override
  public void explain(Place place, Object value, List<Finding> findings) {
    List<String> sorted = values.stream().map(Object::toString).sorted().toList();
    findings.add(Finding.of(place, "not-allowed", value, "must be one of " + sorted));
  }
}
