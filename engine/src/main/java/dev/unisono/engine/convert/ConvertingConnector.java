package dev.unisono.engine.convert;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Settings;
import java.util.List;
import java.util.Map;

/**
 * A connector of a system of which some columns are in a form of their own: it stands between the
 * engine, which has entities in one form, and the connector, which has each column as it is. So
 * whatever reads or writes is converted, and nothing else has to know. Safe for threads.
 */
public final class ConvertingConnector implements Connector {
  private final Connector connector;
  private final Map<String, Map<String, Conversion>> conversions;

  /**
   * @param conversions by sync and field
   */
  public ConvertingConnector(
      Connector connector, Map<String, Map<String, Conversion>> conversions) {
    this.connector = connector;
    this.conversions = Map.copyOf(conversions);
  }

  @Override
  public String kind() {
    return connector.kind();
  }

  @Override
  public String description() {
    return connector.description();
  }

  @Override
  public List<Option> options() {
    return connector.options();
  }

  @Override
  public List<Problem> validate(Settings settings) {
    return connector.validate(settings);
  }

  @Override
  public boolean readsByQuery() {
    return connector.readsByQuery();
  }

  @Override
  public boolean tellsAgain() {
    return connector.tellsAgain();
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    MemberForms forms = new MemberForms(conversions);
    SystemContext converted =
        new SystemContext(
            context.name(),
            context.settings(),
            forms.members(context.reads()),
            forms.members(context.writes()),
            context.parameters());
    return new ConvertingSystem(context.name(), connector.connect(converted), forms);
  }
}
