package dev.unisono.bench;

import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import java.time.InstantSource;
import java.util.Map;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/** Times changes from their commit to the Debezium engine's handler. For one thread. */
final class DebeziumListener {
  private final Parameters parameters;
  private final InstantSource clock;
  private final Runnable ready;

  DebeziumListener(Parameters parameters, InstantSource clock, Runnable ready) {
    this.parameters = parameters;
    this.clock = clock;
    this.ready = ready;
  }

  Map<String, Number> listen(DebeziumTuning tuning) throws InterruptedException {
    Arrivals arrivals = Arrivals.of(parameters, clock);
    DebeziumEngine<RecordChangeEvent<SourceRecord>> engine =
        DebeziumRun.engine(
            parameters,
            tuning,
            (records, committer) -> {
              for (RecordChangeEvent<SourceRecord> event : records) {
                Struct row = ((Struct) event.record().value()).getStruct("after");
                arrivals.arrived(row.getInt64("id"), row.getInt64("due"));
              }
              for (RecordChangeEvent<SourceRecord> event : records) {
                committer.markProcessed(event);
              }
              committer.markBatchFinished();
            });
    Thread.ofPlatform().name("debezium").daemon().start(engine);
    ready.run();
    return arrivals.await();
  }
}
