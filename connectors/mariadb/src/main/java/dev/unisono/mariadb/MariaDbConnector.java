package dev.unisono.mariadb;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The connector {@code mariadb}: MariaDB 10.6 and later. Has no state; safe for threads. */
public final class MariaDbConnector implements Connector {
  static final String KIND = "mariadb";

  private static final long LEAST_BATCH_BYTES = 1L << 10;
  private static final long MOST_BATCH_BYTES = 64L << 20;
  private static final long MOST_SERVER_ID = 0xFFFF_FFFFL;

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "MariaDB 10.6 and later: read by its binlog through the Debezium engine, beside which its"
        + " tables are read in chunks; written by upserts, and through to on behalf of callers.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        Option.required("url", Option.Type.TEXT, "Where it is: jdbc:mariadb://host:port/database."),
        Option.required("user", Option.Type.TEXT, "The user to connect as."),
        Option.secret("password", "That user's password."),
        Option.optional(
                "tls",
                Option.Type.TEXT,
                "off",
                "Whether connections are encrypted: off, or trust (any certificate).")
            .oneOf("off", "trust"),
        Option.optional(
            "server-id",
            Option.Type.INTEGER,
            null,
            "The number by which we read the binlog, as a replica would: no replica and no other"
                + " reader of that server may have it. 1 to 4294967295; by default one made of this"
                + " installation and the system's name."),
        Option.optional(
            "heartbeat",
            Option.Type.DURATION,
            "10s",
            "How often the place in the binlog is kept while nothing of ours is written to it."),
        Option.optional(
            "snapshot-chunk",
            Option.Type.INTEGER,
            "5000",
            "Rows read at once while a table's snapshot is taken, 100 to 100000."),
        Option.optional(
            "snapshot-rate",
            Option.Type.INTEGER,
            null,
            "Rows a second that snapshots and comparisons may read here at most, 10 to 10000000;"
                + " without it as many as can be."),
        Option.optional(
            "read-batch",
            Option.Type.INTEGER,
            "1000",
            "Changes of the binlog that are handed over at once at most, 1 to 100000."),
        Option.optional(
            "read-batch-bytes",
            Option.Type.BYTES,
            "1MiB",
            "No more changes are handed over at once beyond so many bytes of memory, 1KiB to"
                + " 64MiB."),
        Option.optional(
                "on-log-loss",
                Option.Type.TEXT,
                "repair",
                "When the binlog does not reach back to where it was read, or is another one: repair"
                    + " reads every table again and compares what others hold; stop stops the"
                    + " source.")
            .oneOf("repair", "stop"),
        Option.optional(
            "lanes",
            Option.Type.INTEGER,
            "4",
            "Of a target: connections that write in parallel, 1 to 64. Where it is changed, all that"
                + " is in line is written by the earlier ones first."),
        Option.optional(
            "answer-timeout",
            Option.Type.DURATION,
            "5m",
            "How long a target may take for one statement; then the connection is made anew and the"
                + " write is repeated. 1s to 24h."));
  }

  @Override
  public List<Problem> validate(Settings settings) {
    List<Problem> problems = new ArrayList<>();
    if (Address.parse(settings.text("url")).isEmpty()) {
      problems.add(
          problem(
              "bad-url",
              "The url is not of the form jdbc:mariadb://host:port/database.",
              "url",
              "Write it like jdbc:mariadb://localhost:3306/shop: one host, and the database that the"
                  + " tables are in; what the driver can be told besides has options here."));
    }
    Duration heartbeat = settings.duration("heartbeat");
    if (heartbeat.toMillis() < 100 || heartbeat.toHours() > 24) {
      problems.add(
          problem(
              "out-of-range",
              "heartbeat is not from 100ms to 24h.",
              "heartbeat",
              "Choose a length such as 10s."));
    }
    Duration answer = settings.duration("answer-timeout");
    if (answer.toMillis() < 1_000 || answer.toHours() > 24) {
      problems.add(
          problem(
              "out-of-range",
              "answer-timeout is not from 1s to 24h.",
              "answer-timeout",
              "Choose a length such as 5m."));
    }
    range(problems, settings, "lanes", 1, 64);
    range(problems, settings, "server-id", 1, MOST_SERVER_ID);
    range(problems, settings, "snapshot-chunk", 100, 100_000);
    range(problems, settings, "snapshot-rate", 10, 10_000_000);
    range(problems, settings, "read-batch", 1, 100_000);
    long batchBytes = settings.number("read-batch-bytes");
    if (batchBytes < LEAST_BATCH_BYTES || batchBytes > MOST_BATCH_BYTES) {
      problems.add(
          problem(
              "out-of-range",
              "read-batch-bytes is not from 1KiB to 64MiB.",
              "read-batch-bytes",
              "Choose one such as 1MiB."));
    }
    return problems;
  }

  private static void range(
      List<Problem> problems, Settings settings, String option, long least, long most) {
    settings
        .optionalNumber(option)
        .filter(value -> value < least || value > most)
        .ifPresent(value ->
            problems.add(
                problem(
                    "out-of-range",
                    option + " is " + value + ".",
                    option,
                    "Choose a number from " + least + " to " + most + ".")));
  }

  private static Problem problem(String code, String message, String option, String remedy) {
    return new Problem(code, ProblemType.USER, message, option, remedy);
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    return new MariaDbSystem(context);
  }
}
