package dev.unisono.bench;

import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import java.util.Map;
import org.apache.kafka.connect.source.SourceRecord;

/** Reads a slot by the Debezium engine and counts. Has no state. */
final class DebeziumReader {
  private DebeziumReader() {}

  static Map<String, Number> read(Parameters parameters, DebeziumTuning tuning)
      throws InterruptedException {
    Meter meter = new Meter(parameters.number("changes"));
    DebeziumEngine<RecordChangeEvent<SourceRecord>> engine =
        DebeziumRun.engine(
            parameters,
            tuning,
            (records, committer) -> {
              meter.count(records.size());
              for (RecordChangeEvent<SourceRecord> record : records) {
                committer.markProcessed(record);
              }
              committer.markBatchFinished();
            });
    Thread.ofPlatform().name("debezium").daemon().start(engine);
    return meter.await();
  }
}
