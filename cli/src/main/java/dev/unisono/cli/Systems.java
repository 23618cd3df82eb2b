package dev.unisono.cli;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.Direction;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import java.util.List;
import java.util.Map;

/** Makes the systems of a config, for commands that ask them. Has no state. */
final class Systems {
  private Systems() {}

  static ConnectedSystem connect(Config config, SystemConfig system) {
    return system
        .connector()
        .connect(
            new SystemContext(
                system.name(),
                system.settings(),
                bindings(config, system.name(), Direction.READ),
                bindings(config, system.name(), Direction.WRITE),
                Map.of()));
  }

  private static List<Binding> bindings(Config config, String system, Direction direction) {
    return config.syncs().stream()
        .flatMap(sync -> sync.members().stream())
        .filter(member -> member.system().equals(system) && member.direction() == direction)
        .map(MemberConfig::binding)
        .toList();
  }
}
