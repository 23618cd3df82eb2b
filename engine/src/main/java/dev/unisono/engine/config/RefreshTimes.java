package dev.unisono.engine.config;

import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/** When something is done again and again. Immutable. */
public sealed interface RefreshTimes {
  /** The next time after one; null where there never is one. */
  @Nullable Instant next(Instant after, ZoneId zone);

  /** So long after each other. */
  record Every(Duration pause) implements RefreshTimes {
    @Override
    public Instant next(Instant after, ZoneId zone) {
      return after.plus(pause);
    }
  }

  /** At certain times of the clock. */
  record At(Cron cron) implements RefreshTimes {
    @Override
    public @Nullable Instant next(Instant after, ZoneId zone) {
      return ExecutionTime.forCron(cron)
          .nextExecution(after.atZone(zone))
          .map(ZonedDateTime::toInstant)
          .orElse(null);
    }
  }

  /**
   * Times as a config writes them: a length of time, or the five fields of crontab.
   *
   * @throws IllegalArgumentException with what is wrong, for people
   */
  static RefreshTimes parse(String text) {
    Duration pause = Amounts.duration(text);
    if (pause != null) {
      return new Every(pause);
    }
    try {
      return new At(
          new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX)).parse(text));
    } catch (IllegalArgumentException refused) {
      throw refused;
    } catch (RuntimeException fault) {
      // Of the parser's own, which some texts have it make: "|" is one.
      throw new IllegalArgumentException("it has not five fields", fault);
    }
  }
}
