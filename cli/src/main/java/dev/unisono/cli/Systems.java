package dev.unisono.cli;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.engine.config.SystemBindings;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The systems of a config, for commands that ask them; each is made when it is first asked for. For
 * one thread.
 */
final class Systems implements AutoCloseable {
  private final Config config;
  private final Map<String, ConnectedSystem> made = new HashMap<>();

  Systems(Config config) {
    this.config = config;
  }

  ConnectedSystem system(String name) {
    ConnectedSystem known = made.get(name);
    if (known != null) {
      return known;
    }
    SystemConfig system = Objects.requireNonNull(config.systems().get(name));
    ConnectedSystem connected =
        system
            .connector()
            .connect(
                new SystemContext(
                    name,
                    system.settings(),
                    SystemBindings.read(config, name),
                    SystemBindings.written(config, name, this::system),
                    Map.of()));
    made.put(name, connected);
    return connected;
  }

  @Override
  public void close() {
    made.values().forEach(ConnectedSystem::close);
  }
}
