package dev.unisono.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/** What a connector says of itself and of its settings, without connecting. */
interface DescriptionContract extends ContractPart {
  @Test
  default void saysWhatItIsAndIsFound() {
    Connector connector = trial().system().connector();
    assertTrue(connector.kind().matches("[a-z][a-z0-9-]*"), connector.kind());
    assertTrue(connector.description().endsWith("."), connector.description());
    assertTrue(
        ServiceLoader.load(Connector.class).stream()
            .anyMatch(found -> found.type().equals(connector.getClass())),
        "it stands in META-INF/services");
  }

  @Test
  default void eachSettingIsDescribed() {
    List<Option> options = trial().system().connector().options();
    for (Option option : options) {
      assertTrue(option.name().matches("[a-z][a-z0-9-]*"), option.name());
      assertTrue(option.description().endsWith("."), option.description());
      assertFalse(option.required() && option.defaultValue() != null, option.name());
      String value = option.defaultValue();
      if (value != null && !option.allowed().isEmpty()) {
        assertTrue(option.allowed().contains(value), option.name());
      }
    }
    assertEquals(options.size(), options.stream().map(Option::name).distinct().count());
  }

  @Test
  default void aSettingThatCannotBeIsNamed() {
    ContractTrial trial = trial();
    Connector connector = trial.system().connector();
    assertEquals(List.of(), connector.validate(trial.settings(Map.of())));
    Map<String, Object> invalid = trial.system().invalid();
    invalid.forEach((name, value) -> {
      List<Problem> problems = connector.validate(trial.settings(Map.of(name, value)));
      assertEquals(List.of(name), problems.stream().map(Problem::configPath).toList());
      problems.forEach(ContractTrial::assertTold);
    });
    assertEquals(invalid.size(), connector.validate(trial.settings(invalid)).size(), "all at once");
  }
}
