package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.state.LearnedField;
import dev.unisono.engine.validate.TextLength;
import dev.unisono.spi.Schema;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LearnedConfigTest {
  private static final LearnedField PHONE =
      new LearnedField("people", "phone", "phone", "phone", "{ type: string }");

  private static Config config(String policy, String moreFields, String readFields) {
    String text =
        """
        systems:
          crm: { connector: postgres, url: "jdbc:x", user: u }
          billing: { connector: postgres, url: "jdbc:x", user: u }
        entities:
          person:
            plural: people
            key: id
            schema:
              properties:
                id: { type: integer }
                name: { type: string }%s
        syncs:
          people:
            entity: person%s
            members:
              - { system: crm, table: person, direction: read%s }
              - { system: billing, table: client, direction: write, fields: { name: full_name }, alter-table: true }
        """
            .formatted(moreFields, policy, readFields);
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(new FakeConnector()), _ -> null).read(text, Path.of("."));
    assertEquals(List.of(), outcome.problems());
    return Objects.requireNonNull(outcome.config());
  }

  private static Config evolving(String moreFields, String readFields) {
    return config("\n    schema-change: evolve", moreFields, readFields);
  }

  private static EntityConfig person(Config config) {
    return Objects.requireNonNull(config.entities().get("person"));
  }

  private static MemberConfig reader(Config config) {
    return config.syncs().getFirst().members().getFirst();
  }

  private static List<@Nullable String> columns(Config config, int member) {
    return config.syncs().getFirst().members().get(member).binding().columns();
  }

  @Test
  void aLearnedFieldIsTheEntitysLastAndEveryMembers() {
    Config over = LearnedConfig.over(evolving("", ""), List.of(PHONE));
    Schema schema = person(over).schema();
    assertEquals(2, schema.position("phone"));
    assertEquals(ValueType.STRING, schema.field(2).type());
    assertEquals(
        new EntityField("phone", ValueType.STRING, false, false, "{\"type\":\"string\"}"),
        person(over).fields().get(2));
    assertEquals(3, person(over).rules().size());
    assertEquals(List.of("id", "name", "phone"), columns(over, 0));
    assertEquals(List.of("id", "full_name", "phone"), columns(over, 1));
    assertSame(schema, reader(over).binding().schema());
    assertEquals(SchemaChange.EVOLVE, reader(over).binding().policy().schemaChange());
    assertTrue(over.syncs().getFirst().members().getLast().binding().policy().alters());
  }

  @Test
  void aRenamedColumnIsFollowedWhereItIsReadAlone() {
    LearnedField renamed = new LearnedField("people", "name", "name", "label", null);
    LearnedField mobile =
        new LearnedField("people", "phone", "phone", "mobile", "{ type: string }");
    Config over = LearnedConfig.over(evolving("", ""), List.of(renamed, mobile));
    assertEquals(List.of("id", "label", "mobile"), columns(over, 0));
    assertEquals(List.of("id", "full_name", "phone"), columns(over, 1));
  }

  @Test
  void aLearnedFieldIsInTheTargetsConvention() {
    Config config =
        config(
            "\n    schema-change: evolve",
            "\n        lastSeen: { type: string }",
            ", fields: { \"*\": snake_case }");
    String field = reader(config).binding().policy().fieldNames().apply("phone_number");
    assertEquals("phoneNumber", field);
    LearnedField learned =
        new LearnedField("people", field, "phone_number", "phone_number", "{ type: string }");
    Config over = LearnedConfig.over(config, List.of(learned));
    assertEquals(List.of("id", "name", "last_seen", "phone_number"), columns(over, 0));
    assertEquals(List.of("id", "full_name", "lastSeen", "phoneNumber"), columns(over, 1));
    assertEquals(
        "phoneNumber",
        over.syncs().getFirst().members().getFirst().binding().schema().field(3).name());
  }

  @Test
  void whatTheConfigSaysGoesFirst() {
    LearnedField renamed = new LearnedField("people", "name", "name", "label", null);
    Config edited = evolving("", ", fields: { name: title }");
    assertEquals(List.of("id", "title"), columns(LearnedConfig.over(edited, List.of(renamed)), 0));
    // The field is there by now, and its column was renamed since.
    LearnedField mobile =
        new LearnedField("people", "phone", "phone", "mobile", "{ type: string }");
    Config withPhone = evolving("\n        phone: { type: string, maxLength: 9 }", "");
    Config over = LearnedConfig.over(withPhone, List.of(mobile));
    assertEquals(List.of("id", "name", "mobile"), columns(over, 0));
    assertEquals(List.of(new TextLength(0, 9)), person(over).rules().get(2).constraints().checks());
    // The column is another field's.
    Config other = evolving("\n        tel: { type: string }", ", fields: { tel: phone }");
    assertEquals(
        List.of("id", "name", "phone"), columns(LearnedConfig.over(other, List.of(PHONE)), 0));
  }

  @Test
  void withoutEvolveNothingIsLaidOver() {
    for (String policy : Arrays.asList("", "\n    schema-change: stop")) {
      Config config = config(policy, "", "");
      assertEquals(List.of("id", "name"), columns(LearnedConfig.over(config, List.of(PHONE)), 0));
    }
    Config plain = evolving("", "");
    assertEquals(plain.syncs(), LearnedConfig.over(plain, List.of()).syncs());
    assertFalse(person(LearnedConfig.over(plain, List.of())).schema().find("phone") != null);
  }

  @Test
  void aFieldOfAnotherTypeThanWasLearnedIsRefused() {
    Config config = evolving("\n        phone: { type: integer }", "");
    UnisonoException refused =
        assertThrows(UnisonoException.class, () -> LearnedConfig.over(config, List.of(PHONE)));
    assertEquals("learned-field-differs", refused.problem().code());
  }
}
