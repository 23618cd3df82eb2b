package dev.unisono.bench;

import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * The Debezium engine, tuned, and what one writes behind it to keep a second PostgreSQL: upserts in
 * JDBC batches of a thousand that the driver rewrites to statements of many rows. For one thread.
 */
final class DebeziumApplier {
  private static final int BATCH_ROWS = 1_000;

  private final Parameters parameters;

  DebeziumApplier(Parameters parameters) {
    this.parameters = parameters;
  }

  /** Runs until the process ends. */
  void run() throws SQLException {
    try (Connection target =
            DriverManager.getConnection(
                parameters.text("target") + "?reWriteBatchedInserts=true",
                parameters.text("user"),
                parameters.text("password"));
        PreparedStatement upsert =
            target.prepareStatement(
                "INSERT INTO public.item (id, name, email, country, balance, updated_at)"
                    + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                    + " name = excluded.name, email = excluded.email, country = excluded.country,"
                    + " balance = excluded.balance, updated_at = excluded.updated_at");
        PreparedStatement delete =
            target.prepareStatement("DELETE FROM public.item WHERE id = ?")) {
      target.setAutoCommit(false);
      DebeziumRun.engine(
              parameters,
              DebeziumTuning.TUNED,
              (records, committer) -> apply(records, committer, upsert, delete))
          .run();
    }
  }

  private static void apply(
      List<RecordChangeEvent<SourceRecord>> records,
      RecordCommitter<RecordChangeEvent<SourceRecord>> committer,
      PreparedStatement upsert,
      PreparedStatement delete)
      throws InterruptedException {
    try {
      // One statement must not meet a key twice: the last image of each is taken.
      Map<Long, @Nullable Struct> rows = new LinkedHashMap<>();
      for (RecordChangeEvent<SourceRecord> event : records) {
        Struct key = (Struct) event.record().key();
        Struct value = (Struct) event.record().value();
        rows.put(key.getInt64("id"), value.getStruct("after"));
        if (rows.size() == BATCH_ROWS) {
          write(rows, upsert, delete);
        }
      }
      write(rows, upsert, delete);
      for (RecordChangeEvent<SourceRecord> event : records) {
        committer.markProcessed(event);
      }
      committer.markBatchFinished();
    } catch (SQLException failed) {
      throw new BenchFailure("the target refuses a batch", failed);
    }
  }

  private static void write(
      Map<Long, @Nullable Struct> rows, PreparedStatement upsert, PreparedStatement delete)
      throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    boolean deletes = false;
    for (Map.Entry<Long, @Nullable Struct> each : rows.entrySet()) {
      Struct row = each.getValue();
      if (row == null) {
        delete.setLong(1, each.getKey());
        delete.addBatch();
        deletes = true;
      } else {
        upsert.setLong(1, each.getKey());
        upsert.setString(2, row.getString("name"));
        upsert.setString(3, row.getString("email"));
        upsert.setString(4, row.getString("country"));
        upsert.setObject(5, row.get("balance"));
        String time = row.getString("updated_at");
        upsert.setObject(6, time == null ? null : OffsetDateTime.parse(time));
        upsert.addBatch();
      }
    }
    upsert.executeBatch();
    if (deletes) {
      delete.executeBatch();
    }
    upsert.getConnection().commit();
    rows.clear();
  }
}
