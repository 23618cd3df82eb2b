package dev.unisono.engine.validate;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of an array: how many elements it has, that they differ, and what each must be; an
 * array in it is another dimension. Immutable; safe for threads.
 */
public record ArrayCheck(int least, int most, boolean unique, List<ValueCheck> items)
    implements ValueCheck {
  public ArrayCheck {
    items = List.copyOf(items);
  }

  @Override
  public boolean holds(Object value) {
    if (!(value instanceof Object[] array)) {
      return true;
    }
    return array.length >= least
        && array.length <= most
        && (!unique || differ(array))
        && elementsHold(array);
  }

  private boolean elementsHold(@Nullable Object[] array) {
    for (Object element : array) {
      if (element instanceof Object[] inner) {
        if (!elementsHold(inner)) {
          return false;
        }
      } else if (element != null) {
        for (int i = 0; i < items.size(); i++) {
          if (!items.get(i).holds(element)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private static boolean differ(@Nullable Object[] array) {
    Set<@Nullable Object> seen = new HashSet<>();
    for (Object element : array) {
      if (!seen.add(element == null ? null : Numbers.comparable(element))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void explain(Place place, Object value, List<Finding> findings) {
    @Nullable Object[] array = (Object[]) value;
    if (array.length < least) {
      findings.add(
          Finding.of(place, "too-few-items", value, "must have at least " + least + " elements"));
    }
    if (array.length > most) {
      findings.add(
          Finding.of(place, "too-many-items", value, "must have at most " + most + " elements"));
    }
    if (unique && !differ(array)) {
      findings.add(Finding.of(place, "not-unique", value, "must not have an element twice"));
    }
    explainElements(place, array, findings);
  }

  /** The first element that is not as it must be stands for all. */
  private void explainElements(Place place, @Nullable Object[] array, List<Finding> findings) {
    for (int at = 0; at < array.length; at++) {
      Place there = place.element(at);
      int before = findings.size();
      switch (array[at]) {
        case null -> {
          // An element that is null is asked nothing, like a field.
        }
        case Object[] inner -> explainElements(there, inner, findings);
        case Object element -> {
          for (ValueCheck check : items) {
            if (!check.holds(element)) {
              check.explain(there, element, findings);
            }
          }
        }
      }
      if (findings.size() > before) {
        return;
      }
    }
  }
}
