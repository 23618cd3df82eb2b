package dev.unisono.engine.source;

import dev.unisono.engine.EngineStatus.State;
import dev.unisono.engine.state.StateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Since when systems are not followed, so that callers can be told how old what they get may be.
 * The time at which each was followed last is that of a file in the system's folder: it outlives a
 * kill, and costs no transaction. Safe for threads.
 */
public final class AwaySystems implements AutoCloseable {
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Map<String, SourceRunner> sources;
  private final StateFolder folder;
  private final InstantSource clock;
  private final Map<String, Instant> followed = new ConcurrentHashMap<>();
  private @Nullable Thread thread;

  public AwaySystems(List<SourceRunner> sources, StateFolder folder, InstantSource clock) {
    this.sources =
        sources.stream().collect(Collectors.toMap(SourceRunner::system, source -> source));
    this.folder = folder;
    this.clock = clock;
  }

  /** Begins to look, each second. */
  public void start() {
    Instant now = clock.instant();
    // Of a system that was never followed nothing is held that could be older.
    sources.keySet().forEach(system -> followed.put(system, read(file(system)).orElse(now)));
    thread =
        Thread.ofVirtual()
            .name("away-systems")
            .start(() -> {
              try {
                while (true) {
                  sources.values().forEach(this::look);
                  Thread.sleep(LOOK);
                }
              } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private void look(SourceRunner source) {
    if (source.status().state() == State.RUNNING) {
      Instant now = clock.instant();
      followed.put(source.system(), now);
      try {
        write(file(source.system()), now);
      } catch (IOException unwritable) {
        // After a restart it is told as older than it is. What cannot be written otherwise is told
        // by the state.
      }
    }
  }

  private Path file(String system) {
    return folder.systemFolder(system).resolve("followed");
  }

  private static Optional<Instant> read(Path file) {
    try {
      return Optional.of(Files.getLastModifiedTime(file).toInstant());
    } catch (IOException notThere) {
      return Optional.empty();
    }
  }

  private static void write(Path file, Instant now) throws IOException {
    if (!Files.exists(file)) {
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Files.createFile(file);
    }
    Files.setLastModifiedTime(file, FileTime.from(now));
  }

  /** When a system was followed last; empty where it is followed now, or is never read. */
  public Optional<Instant> since(String system) {
    SourceRunner source = sources.get(system);
    return source == null || source.status().state() == State.RUNNING
        ? Optional.empty()
        : Optional.ofNullable(followed.get(system));
  }

  @Override
  public void close() {
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
  }
}
