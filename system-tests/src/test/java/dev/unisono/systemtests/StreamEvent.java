package dev.unisono.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * One event as a live client receives it. Not changed by anyone once it is made.
 *
 * @param cursor the position after it; null for what cannot be resumed from: a record of a
 *     snapshot, and the first half of a key that moves
 * @param kind created, updated, deleted, truncated or gap
 * @param data what the event says beside
 */
record StreamEvent(@Nullable String cursor, String kind, JsonNode data) {
  String entity() {
    return data.path("entity").asText();
  }

  long key() {
    return data.path("key").path("id").asLong();
  }

  /** Grows with each change of a record. */
  long version() {
    return data.path("version").asLong();
  }

  @Nullable Long previousKey() {
    JsonNode key = data.get("previousKey");
    return key == null ? null : Long.valueOf(key.path("id").asLong());
  }

  ObjectNode record() {
    if (data.get("record") instanceof ObjectNode record) {
      return record;
    }
    throw new AssertionError("an event without a record: " + this);
  }
}
