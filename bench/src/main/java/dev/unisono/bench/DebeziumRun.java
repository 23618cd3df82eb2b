package dev.unisono.bench;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.util.Properties;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * The Debezium engine over one slot, in its fastest format (Connect's records, nothing serialized),
 * from where the slot stands, without a snapshot. Has no state.
 */
final class DebeziumRun {
  private DebeziumRun() {}

  /** Makes the engine; whoever runs it blocks a thread with it. */
  static DebeziumEngine<RecordChangeEvent<SourceRecord>> engine(
      Parameters parameters,
      DebeziumTuning tuning,
      DebeziumEngine.ChangeConsumer<RecordChangeEvent<SourceRecord>> consumer) {
    return DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
        .using(properties(parameters, tuning))
        .using(DebeziumRun::completed)
        .notifying(consumer)
        .build();
  }

  /** An engine never ends by itself while all is well; then the contender has failed. */
  private static void completed(boolean success, String message, @Nullable Throwable cause) {
    System.err.println("the engine has ended: " + message);
    if (cause != null) {
      cause.printStackTrace();
    }
    Runtime.getRuntime().halt(1);
  }

  private static Properties properties(Parameters parameters, DebeziumTuning tuning) {
    Properties properties = new Properties();
    properties.put("name", "bench");
    properties.put("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
    properties.put("topic.prefix", "bench");
    properties.put("database.hostname", "127.0.0.1");
    properties.put("database.port", parameters.text("port"));
    properties.put("database.user", parameters.text("user"));
    properties.put("database.password", parameters.text("password"));
    properties.put("database.dbname", parameters.text("database"));
    properties.put("plugin.name", "pgoutput");
    properties.put("slot.name", parameters.text("slot"));
    properties.put("publication.name", parameters.text("publication"));
    properties.put("publication.autocreate.mode", "disabled");
    properties.put("table.include.list", ItemTable.NAME);
    properties.put("snapshot.mode", "no_data");
    properties.put("tombstones.on.delete", "false");
    // Logical messages are not counted; ours would be in the log of whoever reads after us.
    properties.put("message.prefix.exclude.list", "unisono.*");
    properties.put("offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
    properties.put("offset.storage.file.filename", parameters.text("offsets"));
    properties.putAll(tuning.settings());
    return properties;
  }
}
