package dev.unisono.mariadb;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.stream.Collectors;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * A Debezium engine that reads the binlog from one place on, in its own records, and nothing else:
 * no snapshot, no files, no second try. What it reads goes into a queue; so does why it ended. Runs
 * on threads of its own.
 */
final class LogEngine implements AutoCloseable {
  /**
   * What the names of the engines begin with. Each has one of its own: one by the name of another
   * that still lives, or ended badly, would wait for a minute before it reads.
   */
  private static final String NAME = "unisono-";

  /** How often a server that has nothing to send shows that it is there. */
  static final int SERVER_BEAT_MILLIS = 400;

  private final Database database;
  private final BlockingQueue<Incoming> incoming;
  private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param serverId the number by which the binlog is read
   * @param definitions how the tables are made at the place, as statements
   * @param incoming takes what is read; bounded, so that reading waits where nobody takes it
   */
  LogEngine(
      Database database,
      long serverId,
      StreamState from,
      Collection<Table.Name> tables,
      Collection<String> definitions,
      BlockingQueue<Incoming> incoming) {
    this.database = database;
    this.incoming = incoming;
    this.engine =
        DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
            .using(properties(database, serverId, from, tables, definitions))
            .using(this::ended)
            .notifying(this::take)
            .build();
    this.thread =
        Thread.ofPlatform()
            .name("source-" + database.system() + "-engine")
            .daemon()
            .unstarted(engine);
  }

  void start() {
    thread.start();
  }

  /** Nothing is marked as processed: where reading goes on is not the engine's to know. */
  private void take(
      List<RecordChangeEvent<SourceRecord>> events,
      DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> unused)
      throws InterruptedException {
    List<SourceRecord> records = new ArrayList<>(events.size());
    for (RecordChangeEvent<SourceRecord> event : events) {
      records.add(event.record());
    }
    incoming.put(new Incoming.Records(records));
  }

  private void ended(boolean success, String message, @Nullable Throwable cause) {
    if (closed) {
      return;
    }
    try {
      incoming.put(new Incoming.Ended(EngineFailure.of(database, message, cause)));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Properties properties(
      Database database,
      long serverId,
      StreamState from,
      Collection<Table.Name> tables,
      Collection<String> definitions) {
    Properties properties = new Properties();
    String own = NAME + UUID.randomUUID();
    properties.put("name", own);
    properties.put("connector.class", "io.debezium.connector.mariadb.MariaDbConnector");
    properties.put("topic.prefix", own);
    properties.put("tasks.max", "1");
    properties.put("database.hostname", database.address().host());
    properties.put("database.port", Integer.toString(database.address().port()));
    properties.put("database.user", database.user());
    properties.put("database.password", database.password());
    properties.put("database.ssl.mode", database.encrypted() ? "trust" : "disable");
    properties.put("database.server.id", Long.toString(serverId));
    properties.put(
        "database.include.list",
        tables.stream()
            .map(Table.Name::database)
            .distinct()
            .map(LogEngine::exactly)
            .collect(Collectors.joining(",")));
    properties.put(
        "table.include.list",
        tables.stream()
            .map(name -> exactly(name.database()) + "\\." + exactly(name.table()))
            .collect(Collectors.joining(",")));
    setBehaviour(properties, tables);
    properties.put("offset.storage", HeldOffset.class.getName());
    properties.put("offset.flush.interval.ms", "3600000");
    properties.put(HeldOffset.SETTING, place(from));
    properties.put("schema.history.internal", HeldTables.class.getName());
    properties.put(HeldTables.SETTING, HeldTables.setting(own, from.place(), definitions));
    return properties;
  }

  private static void setBehaviour(Properties properties, Collection<Table.Name> tables) {
    properties.put("snapshot.mode", "no_data");
    properties.put("snapshot.locking.mode", "none");
    // What cannot be understood ends the engine: nothing is left out.
    properties.put("event.processing.failure.handling.mode", "fail");
    properties.put("event.converting.failure.handling.mode", "fail");
    properties.put("inconsistent.schema.handling.mode", "fail");
    properties.put("schema.history.internal.skip.unparseable.ddl", "false");
    properties.put("schema.history.internal.store.only.captured.tables.ddl", "true");
    properties.put("internal.schema.history.internal.ddl.filter", unlike(tables));
    properties.put("include.schema.changes", "true");
    properties.put("provide.transaction.metadata", "true");
    properties.put("skipped.operations", "none");
    properties.put("tombstones.on.delete", "false");
    // Values as they are.
    properties.put("decimal.handling.mode", "precise");
    properties.put("bigint.unsigned.handling.mode", "precise");
    properties.put("binary.handling.mode", "bytes");
    properties.put("time.precision.mode", "adaptive_time_microseconds");
    properties.put("enable.time.adjuster", "false");
    properties.put("converters", "exact");
    properties.put("exact.type", ExactValues.class.getName());
    // A lost connection ends the engine: the next one asks first what the server is.
    properties.put("connect.keep.alive", "false");
    properties.put("internal.task.management.timeout.ms", "8000");
    properties.put("errors.max.retries", "0");
    // The server's own beat is four fifths of it; each one comes on, since ours is shorter.
    properties.put("connect.keep.alive.interval.ms", Integer.toString(SERVER_BEAT_MILLIS * 5 / 4));
    properties.put("heartbeat.interval.ms", "1");
    properties.put("poll.interval.ms", "1");
    properties.put("max.batch.size", "2048");
    properties.put("max.queue.size", "8192");
    properties.put("max.queue.size.in.bytes", Integer.toString(32 << 20));
  }

  private static String place(StreamState from) {
    String gtids = from.gtids().isEmpty() ? "" : ",\"gtids\":\"" + from.gtids() + "\"";
    return "{\"file\":\""
        + from.place().file()
        + "\",\"pos\":"
        + from.place().position()
        + gtids
        + "}";
  }

  /** As a regular expression that may stand in a list. */
  private static String exactly(String name) {
    return name.replaceAll("[^A-Za-z0-9_]", "\\\\$0");
  }

  /**
   * Statements that name none of these tables, and not their databases: the engine's parser need
   * not understand them, and may not end the engine for them.
   */
  private static String unlike(Collection<Table.Name> tables) {
    String names =
        tables.stream()
            .flatMap(name -> List.of(name.database(), name.table()).stream())
            .distinct()
            .map(name -> exactly(name.toLowerCase(Locale.ROOT)))
            .collect(Collectors.joining("|"));
    return "(?!.*(" + names + ")).*";
  }

  @Override
  public void close() {
    closed = true;
    // Whoever waits to put what was read must not keep the engine from ending.
    Thread emptying =
        Thread.ofVirtual()
            .name("source-" + database.system() + "-ending")
            .start(() -> {
              while (!Thread.currentThread().isInterrupted()) {
                try {
                  incoming.take();
                } catch (InterruptedException ended) {
                  Thread.currentThread().interrupt();
                }
              }
            });
    try {
      engine.close();
    } catch (IOException | IllegalStateException notRunning) {
      // It has ended by itself.
    } finally {
      emptying.interrupt();
    }
  }
}
