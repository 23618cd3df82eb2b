package dev.unisono.mariadb;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Where the Debezium engine begins: a place that it is told, and that it never writes. What was
 * handed over is kept with the source's state instead (invariant 2). Made by the engine, by name.
 * Safe for threads.
 */
public final class HeldOffset implements OffsetBackingStore {
  /** The setting of the engine that holds the place, as the engine's own JSON. */
  static final String SETTING = "offset.storage.unisono.place";

  private volatile String place = "";

  @Override
  public void configure(WorkerConfig config) {
    place = String.valueOf(config.originals().get(SETTING));
  }

  @Override
  public void start() {
    // There is nothing to open.
  }

  @Override
  public void stop() {
    // There is nothing to close.
  }

  @Override
  public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
    Map<ByteBuffer, ByteBuffer> places = new HashMap<>();
    for (ByteBuffer key : keys) {
      places.put(key, ByteBuffer.wrap(place.getBytes(StandardCharsets.UTF_8)));
    }
    return CompletableFuture.completedFuture(places);
  }

  @Override
  public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, @Nullable Callback<Void> callback) {
    if (callback != null) {
      callback.onCompletion(null, null);
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public Set<Map<String, Object>> connectorPartitions(String connector) {
    return Set.of();
  }
}
