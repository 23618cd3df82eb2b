package dev.unisono.engine.expose;

import dev.unisono.spi.Connector;
import dev.unisono.spi.Settings;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** Knows the tables of systems that a config exposes. May block. */
@FunctionalInterface
public interface Exposure {
  /** For who needs nothing of a config that depends on them, and is to connect nowhere. */
  Exposure NONE = (_, _, _) -> List.of();

  /** A system as the config has it. */
  record Exposed(String name, Connector connector, Settings settings) {}

  /**
   * How the tables of a system are defined.
   *
   * @param wanted which tables, by the names that the system gives them
   * @param state the folder of the state, which may not be there yet
   * @throws UnisonoException where it cannot be told
   */
  List<SurveyedTable> tables(Exposed system, Predicate<String> wanted, Path state);
}
