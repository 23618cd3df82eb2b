package dev.unisono.engine.clean;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.Direction;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.engine.standardize.Step;
import dev.unisono.engine.standardize.StepKind;
import dev.unisono.engine.standardize.Steps;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CleanerTest {
  private static final Schema SCHEMA =
      new Schema(
          "person",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("name", ValueType.STRING, false),
              new Field("city", ValueType.STRING, false)),
          List.of("id"));
  private static final FieldConstraints FREE = new FieldConstraints(false, List.of());

  private static EntityConfig entity(Step name) {
    return new EntityConfig(
        "people",
        SCHEMA,
        List.of(),
        List.of(
            new FieldRules(List.of(), FREE),
            new FieldRules(List.of(name), FREE),
            new FieldRules(List.of(), FREE)),
        Set.of(),
        true);
  }

  private static MemberConfig member(
      Map<String, List<Step>> collect, Map<String, List<Step>> deliver) {
    return new MemberConfig(
        "crm",
        new Binding("people", SCHEMA, "person", List.of("id", "name", "city"), "syncs.people"),
        Direction.BOTH,
        RefusalRules.standard(),
        collect,
        deliver);
  }

  @Test
  void theStepsOfTheMemberComeBeforeThoseOfTheEntity() {
    EntityConfig entity = entity(Steps.plain(StepKind.NAME));
    // Large letters alone are written as names are; with the entity's step first they would stay.
    MemberConfig member =
        member(Map.of("name", List.of(Steps.plain(StepKind.UPPER_CASE))), Map.of());
    Row shown = new Row(SCHEMA, new Object[] {1L, "adA loveLACE", "x"});
    assertEquals("Ada Lovelace", Cleaner.of(entity, member).standardize(shown).value(1));
    assertEquals("adA loveLACE", new Cleaner(entity).standardize(shown).value(1));
  }

  @Test
  void aFieldThatIsWrittenInAnotherFormMayDifferInTheMember() {
    EntityConfig entity = entity(Steps.plain(StepKind.TRIM));
    MemberConfig member =
        member(Map.of(), Map.of("city", List.of(Steps.plain(StepKind.UPPER_CASE))));
    Cleaner cleaner = Cleaner.of(entity, member);
    assertFalse(cleaner.standardizes(0));
    assertTrue(cleaner.standardizes(1));
    assertTrue(cleaner.standardizes(2));
    assertFalse(new Cleaner(entity).standardizes(2));
    Row shown = new Row(SCHEMA, new Object[] {1L, "a", "Berlin"});
    assertEquals("Berlin", cleaner.standardize(shown).value(2));
  }
}
