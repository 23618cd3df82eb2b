package dev.unisono.engine.standardize;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A date as ISO 8601 has it. What is ISO 8601 already is taken as that, whatever the formats say.
 * Immutable; safe for threads.
 */
record DateStep(List<WrittenTime> formats) implements Step {
  DateStep {
    formats = List.copyOf(formats);
  }

  @Override
  public String apply(String text) {
    String trimmed = Spaces.trimmed(text);
    LocalDate iso = iso(trimmed);
    if (iso != null) {
      return iso.toString();
    }
    for (WrittenTime format : formats) {
      TemporalAccessor read = format.read(trimmed);
      if (read != null) {
        try {
          return LocalDate.from(read).minusYears(format.yearsTooMany(read)).toString();
        } catch (DateTimeException incomplete) {
          // Another format may say all of a date.
        }
      }
    }
    return text;
  }

  private static @Nullable LocalDate iso(String text) {
    int length = text.length();
    if (length < 8 || length > 20) {
      return null;
    }
    try {
      return LocalDate.parse(
          text, length == 8 ? DateTimeFormatter.BASIC_ISO_DATE : DateTimeFormatter.ISO_LOCAL_DATE);
    } catch (DateTimeException other) {
      return null;
    }
  }
}
