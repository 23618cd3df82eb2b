package dev.unisono.bench;

import dev.unisono.spi.Batch;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Option;
import dev.unisono.spi.Settings;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/**
 * Reads a slot by the connector's source as the engine runs it, with rows decoded, and counts. For
 * one thread.
 */
final class UnisonoReader {
  private final Parameters parameters;

  UnisonoReader(Parameters parameters) {
    this.parameters = parameters;
  }

  Map<String, Number> read() throws InterruptedException {
    Connector connector =
        ServiceLoader.load(Connector.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(each -> each.kind().equals("postgres"))
            .findAny()
            .orElseThrow(() -> new BenchFailure("the connector is not on the class path"));
    Meter meter = new Meter(parameters.number("changes"));
    SystemContext context =
        new SystemContext(
            "bench",
            settings(connector),
            List.of(ItemTable.binding()),
            List.of(),
            Map.of("installation", "bench"));
    try (ConnectedSystem system = connector.connect(context);
        Source source = system.source()) {
      Thread reading =
          Thread.ofPlatform()
              .name("source")
              .daemon()
              .start(() -> run(source, new Counter(source, meter)));
      Map<String, Number> measured = meter.await();
      reading.interrupt();
      return measured;
    }
  }

  private void run(Source source, ChangeSink sink) {
    try {
      // As if everything up to the slot's start had been handed over, the snapshot included.
      source.run(
          Map.of(
              "stream", parameters.text("from") + " 0/0 0", "snapshot/" + ItemTable.SYNC, "done"),
          sink);
    } catch (InterruptedException end) {
      Thread.currentThread().interrupt();
    }
  }

  private Settings settings(Connector connector) {
    Map<String, Object> values = new HashMap<>();
    for (Option option : connector.options()) {
      String text = option.defaultValue();
      if (text != null) {
        values.put(option.name(), value(option, text));
      }
    }
    values.put("url", parameters.jdbcUrl());
    for (String name : List.of("user", "password", "slot", "publication")) {
      values.put(name, parameters.text(name));
    }
    parameters.optionalText("socket").ifPresent(folder -> values.put("socket", folder));
    return new Settings(values);
  }

  private static Object value(Option option, String text) {
    return switch (option.type()) {
      case TEXT -> text;
      case INTEGER -> Long.valueOf(text);
      case BYTES -> bytes(text);
      case BOOLEAN -> Boolean.valueOf(text);
      case DURATION -> Duration.parse("PT" + text);
    };
  }

  private static long bytes(String text) {
    long number = Long.parseLong(text.substring(0, text.length() - 3));
    return switch (text.substring(text.length() - 3)) {
      case "KiB" -> number << 10;
      case "MiB" -> number << 20;
      case "GiB" -> number << 30;
      default -> throw new IllegalArgumentException("no unit of bytes: " + text);
    };
  }

  /** Counts, and calls each batch durable at once. */
  private record Counter(Source source, Meter meter) implements ChangeSink {
    @Override
    public void accept(Batch batch) {
      meter.count(batch.changes().size());
      source.durable(batch.mark());
    }

    @Override
    public void progress(SourceProgress progress) {
      // Nobody asks.
    }

    @Override
    public KnownKeys knownKeys() {
      return KnownKeys.NONE;
    }
  }
}
