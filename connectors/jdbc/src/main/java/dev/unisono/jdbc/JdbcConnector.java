package dev.unisono.jdbc;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Any database with a JDBC driver, read by queries. Has no state. */
public final class JdbcConnector implements Connector {
  static final String KIND = "jdbc";
  private static final String PREFIX = "jdbc:";
  private static final long MOST_OVERLAP_COUNT = 1_000_000_000L;

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "Any database with a JDBC driver, read by queries: what has changed by a cursor column or by reading"
        + " again, what was deleted by comparison of keys. It is not written.";
  }

  @Override
  public boolean readsByQuery() {
    return true;
  }

  @Override
  public List<Option> options() {
    return List.of(
        Option.required(
            "url",
            Option.Type.TEXT,
            "Where it is, as its driver takes it: jdbc:postgresql://host/database,"
                + " jdbc:sqlserver://host;databaseName=name, jdbc:oracle:thin:@//host/service."),
        Option.optional("user", Option.Type.TEXT, null, "The user to connect as."),
        Option.secret("password", "That user's password."),
        Option.optional(
            "driver-jar",
            Option.Type.TEXT,
            null,
            "The path of a jar with the driver and all it needs. Those of PostgreSQL, MariaDB, SQLite and"
                + " H2 are there already."),
        Option.optional(
            "poll",
            Option.Type.DURATION,
            "1s",
            "How often tables with a cursor column are asked what has changed, 10ms to 1h."),
        Option.optional(
            "overlap",
            Option.Type.DURATION,
            "10s",
            "How far behind the highest time in the cursor column each poll begins, 0s to 24h: longer than"
                + " any transaction lasts that writes the table."),
        Option.optional(
            "overlap-count",
            Option.Type.INTEGER,
            "1000",
            "The same for numbers: how many numbers behind the highest one, 0 to "
                + MOST_OVERLAP_COUNT
                + "."),
        Option.optional(
            "deletes-every",
            Option.Type.DURATION,
            "1m",
            "How long after the keys of a table with a cursor column were compared they are compared again,"
                + " to find what was deleted, 100ms to 24h; 0s for never."),
        ReadOptions.SNAPSHOT_CHUNK,
        ReadOptions.SNAPSHOT_RATE,
        Option.optional(
            "read-batch",
            Option.Type.INTEGER,
            "1000",
            "Rows that a poll reads at once, 1 to 100000."),
        Option.optional(
            "answer-timeout",
            Option.Type.DURATION,
            "5m",
            "How long an answer of the database is waited for, where its driver can be told that, 1s to 24h."));
  }

  @Override
  public List<Problem> validate(Settings settings) {
    List<Problem> problems = new ArrayList<>();
    if (!settings.text("url").startsWith(PREFIX)) {
      problems.add(
          new Problem(
              "bad-url",
              ProblemType.USER,
              "The url does not begin with jdbc:.",
              "url",
              "Write it as the driver's documentation says."));
    }
    duration(problems, settings, "poll", Duration.ofMillis(10), Duration.ofHours(1));
    duration(problems, settings, "overlap", Duration.ZERO, Duration.ofHours(24));
    duration(problems, settings, "answer-timeout", Duration.ofSeconds(1), Duration.ofHours(24));
    if (!settings.duration("deletes-every").isZero()) {
      duration(problems, settings, "deletes-every", Duration.ofMillis(100), Duration.ofHours(24));
    }
    ReadOptions.range(problems, settings, "overlap-count", 0, MOST_OVERLAP_COUNT);
    ReadOptions.range(problems, settings, "snapshot-chunk", 100, 100_000);
    ReadOptions.range(problems, settings, "snapshot-rate", 10, 10_000_000);
    ReadOptions.range(problems, settings, "read-batch", 1, 100_000);
    return problems;
  }

  private static void duration(
      List<Problem> problems, Settings settings, String option, Duration least, Duration most) {
    Duration value = settings.duration(option);
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      ReadOptions.add(
          problems,
          option + " is not from " + shown(least) + " to " + shown(most) + ".",
          option,
          "Choose a length between them.");
    }
  }

  private static String shown(Duration length) {
    return length.toHours() > 0
        ? length.toHours() + "h"
        : length.toMillis() % 1000 == 0 ? length.toSeconds() + "s" : length.toMillis() + "ms";
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    Settings settings = context.settings();
    DriverSearch drivers =
        new DriverSearch(settings.optionalText("driver-jar").map(Path::of).orElse(null));
    QueryDatabase database =
        new QueryDatabase(
            context.name(),
            settings.text("url"),
            settings.optionalText("user").orElse(null),
            settings.optionalText("password").orElse(null),
            drivers,
            settings.duration("answer-timeout"));
    return new QuerySystem(database, context.reads(), context.writes(), QueryLimits.of(settings));
  }
}
