package dev.unisono.engine.config;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.util.List;

/** A connector that connects to nothing, with an option of every type. Safe for threads. */
final class FakeConnector implements Connector {
  @Override
  public String kind() {
    return "postgres";
  }

  @Override
  public String description() {
    return "A system that is not there.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        Option.required("url", Option.Type.TEXT, "Where it is."),
        Option.required("user", Option.Type.TEXT, "The role."),
        Option.secret("password", "Its password."),
        Option.optional("lanes", Option.Type.INTEGER, "4", "How many."),
        Option.optional("heartbeat", Option.Type.DURATION, "10s", "How often."),
        Option.optional("buffer", Option.Type.BYTES, "1MiB", "How much."),
        Option.optional("eager", Option.Type.BOOLEAN, "false", "Whether."),
        Option.optional("mode", Option.Type.TEXT, "fast", "How.").oneOf("fast", "careful"));
  }

  @Override
  public List<Problem> validate(Settings settings) {
    return settings.text("url").startsWith("jdbc:")
        ? List.of()
        : List.of(new Problem("bad-url", ProblemType.USER, "It is no url.", "url", "Write one."));
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    throw new UnsupportedOperationException("reading a config connects to nothing");
  }
}
