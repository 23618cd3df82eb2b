package dev.unisono.engine.standardize;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A time as ISO 8601 has it in UTC. Immutable; safe for threads.
 *
 * @param formats how it may be written beside ISO 8601 and RFC 1123
 * @param zone of times that do not say their own; null where such a time is left as it is
 */
record DateTimeStep(List<WrittenTime> formats, @Nullable ZoneId zone) implements Step {
  private static final int MOST_LETTERS = 100;

  /** ISO 8601 as systems write it: a blank for the T, an offset with or without its colon. */
  private static final DateTimeFormatter ISO =
      new DateTimeFormatterBuilder()
          .parseCaseInsensitive()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendPattern("['T'][' ']")
          .append(DateTimeFormatter.ISO_LOCAL_TIME)
          .appendPattern("[' ']")
          .optionalStart()
          .appendOffset("+HH:MM", "Z")
          .optionalEnd()
          .optionalStart()
          .appendOffset("+HHmm", "Z")
          .optionalEnd()
          .appendPattern("['['VV']']")
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  /** As mail and HTTP have it; no day is made of one that does not exist. */
  private static final DateTimeFormatter RFC_1123 =
      DateTimeFormatter.RFC_1123_DATE_TIME.withResolverStyle(ResolverStyle.STRICT);

  DateTimeStep {
    formats = List.copyOf(formats);
  }

  @Override
  public String apply(String text) {
    String trimmed = Spaces.trimmed(text);
    if (trimmed.length() > MOST_LETTERS) {
      return text;
    }
    Instant time = instant(read(ISO, trimmed), 0);
    time = time == null ? instant(read(RFC_1123, trimmed), 0) : time;
    for (int i = 0; time == null && i < formats.size(); i++) {
      TemporalAccessor read = formats.get(i).read(trimmed);
      time = read == null ? null : instant(read, formats.get(i).yearsTooMany(read));
    }
    return time == null ? text : time.toString();
  }

  private static @Nullable TemporalAccessor read(DateTimeFormatter format, String text) {
    try {
      return text.isEmpty() ? null : format.parse(text);
    } catch (DateTimeException other) {
      return null;
    }
  }

  private @Nullable Instant instant(@Nullable TemporalAccessor read, int yearsTooMany) {
    try {
      if (read == null) {
        return null;
      }
      if (yearsTooMany == 0 && read.isSupported(ChronoField.INSTANT_SECONDS)) {
        return Instant.from(read);
      }
      ZoneId said = read.query(TemporalQueries.zone());
      ZoneId in = said == null ? zone : said;
      LocalDateTime local = LocalDateTime.from(read).minusYears(yearsTooMany);
      return in == null ? null : ZonedDateTime.of(local, in).toInstant();
    } catch (DateTimeException incomplete) {
      return null;
    }
  }
}
