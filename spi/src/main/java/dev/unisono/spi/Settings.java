package dev.unisono.spi;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The values of a system's declared {@link Option}s: checked, defaults filled in, references
 * resolved. Values are Strings, Longs, Booleans or Durations as the option's type says. Its text
 * form shows no value. Immutable.
 */
public final class Settings {
  private final Map<String, Object> values;

  public Settings(Map<String, Object> values) {
    this.values = Map.copyOf(values);
  }

  public String text(String option) {
    return value(option, String.class);
  }

  public Optional<String> optionalText(String option) {
    return Optional.ofNullable((String) values.get(option));
  }

  public Optional<Long> optionalNumber(String option) {
    return Optional.ofNullable((Long) values.get(option));
  }

  public long number(String option) {
    return value(option, Long.class);
  }

  public boolean flag(String option) {
    return value(option, Boolean.class);
  }

  public Duration duration(String option) {
    return value(option, Duration.class);
  }

  /** Whether an option has the same value there, without a word of what it is. */
  public boolean same(String option, Settings there) {
    return Objects.equals(values.get(option), there.values.get(option));
  }

  private <T> T value(String option, Class<T> type) {
    Object value = values.get(option);
    if (value == null) {
      throw new IllegalArgumentException("no value and no default: " + option);
    }
    return type.cast(value);
  }

  @Override
  public String toString() {
    return "Settings" + values.keySet();
  }
}
