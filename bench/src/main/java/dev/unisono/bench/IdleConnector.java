package dev.unisono.bench;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Settings;
import java.util.List;

/** A kind of system for configs that nothing is run by. Has no state. */
final class IdleConnector implements Connector {
  @Override
  public String kind() {
    return "idle";
  }

  @Override
  public String description() {
    return "Nothing.";
  }

  @Override
  public List<Option> options() {
    return List.of();
  }

  @Override
  public List<Problem> validate(Settings settings) {
    return List.of();
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    throw new IllegalStateException("nothing is run by this config");
  }
}
