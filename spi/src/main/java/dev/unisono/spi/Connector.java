package dev.unisono.spi;

import java.util.List;
import java.util.Map;

/**
 * A kind of system that Unisono can connect to; found by {@link java.util.ServiceLoader}. Has no
 * state of its own; safe for threads.
 */
public interface Connector {
  /** The word in {@code connector:} of the config, such as {@code postgres}. */
  String kind();

  /** One or two sentences for the reference page. */
  String description();

  /** Every setting the connector has. */
  List<Option> options();

  /**
   * Problems of the settings themselves that a type cannot tell, found without connecting. Paths
   * are relative: the option's name.
   */
  List<Problem> validate(Settings settings);

  /**
   * True where tables are read by queries alone: each member that is read may name a cursor column,
   * and one that does not is read again only by {@link SnapshotCommand.Action#REFRESH}.
   */
  default boolean readsByQuery() {
    return false;
  }

  /**
   * True where a source of it tells rows again by itself ({@link Operation#REFRESH}): then the
   * engine keeps what was last told of each of its records, so that only what differs goes on.
   */
  default boolean tellsAgain() {
    return readsByQuery();
  }

  /** Makes the system's handle; connects to nothing yet. */
  ConnectedSystem connect(SystemContext context);

  /**
   * What a connector is told of the system.
   *
   * @param name the system's name in the config
   * @param settings its settings
   * @param reads the bindings that are read from it
   * @param writes the bindings that are written to it
   * @param parameters facts of this installation that a connector may need in names and messages;
   *     {@code installation} is an identifier of this data folder, stable over restarts; {@code
   *     folder} the path of a folder for this system alone, not made yet, for what need not outlive
   *     the process
   */
  record SystemContext(
      String name,
      Settings settings,
      List<Binding> reads,
      List<Binding> writes,
      Map<String, String> parameters) {}
}
