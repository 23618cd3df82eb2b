package dev.unisono.bench;

import java.util.Map;

/** How the Debezium engine is set up beyond what it must be told. Has no state. */
enum DebeziumTuning {
  /** As it comes. */
  DEFAULT,

  /** Larger batches, a queue that holds several, and no half second between two looks at it. */
  TUNED;

  Map<String, String> settings() {
    return switch (this) {
      case DEFAULT -> Map.of();
      case TUNED ->
          Map.of(
              "max.batch.size", "8192",
              "max.queue.size", "32768",
              "poll.interval.ms", "1");
    };
  }
}
