package dev.unisono.postgres;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The connector {@code postgres}: PostgreSQL 14 and later. Has no state; safe for threads. */
public final class PostgresConnector implements Connector {
  static final String KIND = "postgres";

  /** What PostgreSQL allows in the name of a slot; used for publications alike. */
  private static final Pattern SLOT_NAME = Pattern.compile("[a-z0-9_]{1,63}");

  private static final long LEAST_BUDGET_BYTES = 16L << 20;
  private static final long LEAST_BATCH_BYTES = 1L << 10;
  private static final long MOST_BATCH_BYTES = 64L << 20;
  private static final long LEAST_SPOOL_BYTES = 1L << 20;

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "PostgreSQL 14 and later: read by its log (logical replication, pgoutput), written by"
        + " upserts, and written through to on behalf of callers.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        Option.required(
            "url", Option.Type.TEXT, "Where it is: jdbc:postgresql://host:port/database."),
        Option.required("user", Option.Type.TEXT, "The role to connect as."),
        Option.secret("password", "That role's password."),
        Option.optional(
            UnixSocket.OPTION,
            Option.Type.TEXT,
            null,
            "Where the server is on this machine: the folder of its Unix socket, such as"
                + " /var/run/postgresql, or the socket itself. All connections go through it, and"
                + " of the url count the port and the database."),
        Option.optional(
            "slot",
            Option.Type.TEXT,
            null,
            "The replication slot to read by; made where it is not there. By default unisono_ and"
                + " the system's name."),
        Option.optional(
            "publication",
            Option.Type.TEXT,
            null,
            "The publication to read; made where it is not there and the role may. By default"
                + " unisono_ and the system's name."),
        Option.optional(
                PublicationOptions.COLUMNS,
                Option.Type.TEXT,
                "all",
                "Which columns the publication shows: all, or of each table the named ones alone,"
                    + " so that a column that no field of the config has stays in its database"
                    + " (PostgreSQL 15 and later). named needs tables without REPLICA IDENTITY FULL,"
                    + " and syncs without schema-change: evolve.")
            .oneOf("all", "named"),
        Option.optional(
            "heartbeat",
            Option.Type.DURATION,
            "10s",
            "How often a small message is written to an idle log, so that the slot moves on."),
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
            "Changes of the log that are handed over at once at most, 1 to 100000."),
        Option.optional(
            "read-batch-bytes",
            Option.Type.BYTES,
            "1MiB",
            "No more changes are handed over at once beyond so many bytes of memory, 1KiB to"
                + " 64MiB."),
        Option.optional(
                "on-slot-loss",
                Option.Type.TEXT,
                "repair",
                "When the slot is gone, was given up or does not fit the state: repair makes it anew,"
                    + " reads every table again and compares what others hold; stop stops the"
                    + " source.")
            .oneOf("repair", "stop"),
        Option.optional(
            "log-budget",
            Option.Type.BYTES,
            null,
            "How much log the server may have to keep for the slot, 16MiB at least: from half of it"
                + " on there are warnings; beyond it the slot is let go and everything is repaired"
                + " by comparison. Without it there is no limit."),
        Option.optional(
                "streaming",
                Option.Type.TEXT,
                "on",
                "Whether the server sends a transaction that is too large for its"
                    + " logical_decoding_work_mem before it commits; else it keeps it on its own"
                    + " disk until then.")
            .oneOf("on", "off"),
        Option.optional(
            "spool",
            Option.Type.BYTES,
            "20GiB",
            "How much disk such transactions may take, under the state folder, until they end; at"
                + " least 1MiB."),
        Option.optional(
                "origin",
                Option.Type.TEXT,
                "any",
                "none leaves out what replication from elsewhere wrote into the server (PostgreSQL"
                    + " 16 and later).")
            .oneOf("any", "none"),
        Option.optional(
            "failover",
            Option.Type.BOOLEAN,
            "false",
            "Whether standbys keep the slot, too, so that reading goes on at one that is promoted"
                + " (PostgreSQL 17 and later)."),
        Option.optional(
            "lanes",
            Option.Type.INTEGER,
            "4",
            "Connections that write in parallel, 1 to 64. Where it is changed, all that is in line is"
                + " written by the earlier ones first."),
        Option.optional(
                "transactions",
                Option.Type.TEXT,
                "split",
                "Of a target: split writes by all lanes in parallel, so that a transaction of the"
                    + " source is seen in parts for a moment; keep writes by one connection, and"
                    + " whole transactions are seen or nothing of them.")
            .oneOf("split", "keep"),
        Option.optional(
            "answer-timeout",
            Option.Type.DURATION,
            "5m",
            "How long a target may take for one statement; then it is cancelled, the connection is"
                + " made anew and the write is repeated. 1s to 24h."));
  }

  @Override
  public List<Problem> validate(Settings settings) {
    List<Problem> problems = new ArrayList<>();
    if (!settings.text("url").startsWith("jdbc:postgresql://")) {
      problems.add(
          problem(
              "bad-url",
              "The url does not begin with jdbc:postgresql://.",
              "url",
              "Write it like jdbc:postgresql://localhost:5432/database."));
    }
    problems.addAll(UnixSocket.validate(settings));
    for (String name : List.of("slot", "publication")) {
      settings
          .optionalText(name)
          .filter(value -> !SLOT_NAME.matcher(value).matches())
          .ifPresent(value ->
              problems.add(
                  problem(
                      "bad-name",
                      "'" + value + "' cannot be the name of a " + name + ".",
                      name,
                      "Use lower-case letters, digits and underscores, 63 at most.")));
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
    range(problems, settings, "snapshot-chunk", 100, 100_000);
    range(problems, settings, "lanes", 1, 64);
    range(problems, settings, "read-batch", 1, 100_000);
    if (settings.optionalNumber("snapshot-rate").isPresent()) {
      range(problems, settings, "snapshot-rate", 10, 10_000_000);
    }
    long batchBytes = settings.number("read-batch-bytes");
    if (batchBytes < LEAST_BATCH_BYTES || batchBytes > MOST_BATCH_BYTES) {
      problems.add(
          problem(
              "out-of-range",
              "read-batch-bytes is not from 1KiB to 64MiB.",
              "read-batch-bytes",
              "Choose one such as 1MiB."));
    }
    settings
        .optionalNumber("log-budget")
        .filter(bytes -> bytes < LEAST_BUDGET_BYTES)
        .ifPresent(bytes ->
            problems.add(
                problem(
                    "out-of-range",
                    "log-budget is " + bytes + " bytes.",
                    "log-budget",
                    "Allow 16MiB or more; the log is kept in files of that size.")));
    if (settings.number("spool") < LEAST_SPOOL_BYTES) {
      problems.add(
          problem(
              "out-of-range", "spool is less than 1MiB.", "spool", "Choose one such as 20GiB."));
    }
    return problems;
  }

  private static void range(
      List<Problem> problems, Settings settings, String option, long least, long most) {
    long value = settings.number(option);
    if (value < least || value > most) {
      problems.add(
          problem(
              "out-of-range",
              option + " is " + value + ".",
              option,
              "Choose a number from " + least + " to " + most + "."));
    }
  }

  private static Problem problem(String code, String message, String option, String remedy) {
    return new Problem(code, ProblemType.USER, message, option, remedy);
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    return new PostgresSystem(context);
  }
}
