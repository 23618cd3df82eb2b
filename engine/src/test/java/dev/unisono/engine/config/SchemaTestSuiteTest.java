package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.validate.Validator;
import dev.unisono.spi.Json;
import dev.unisono.spi.Row;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * The public JSON Schema test suite, draft 2020-12, required part: each schema is one of a field in
 * a config, and each instance a row.
 */
final class SchemaTestSuiteTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ANY =
      "[\"object\", \"array\", \"string\", \"number\", \"boolean\", \"null\"]";

  /** Why a case cannot be asked, and how many there are. */
  private final Map<String, Integer> notAsked = new TreeMap<>();

  private final List<String> wrong = new ArrayList<>();
  private int asked;

  @Test
  void givesTheVerdictOfEachRequiredCase() throws IOException {
    forEachGroup((name, group) -> {
      EntityConfig entity =
          reason(group).isEmpty() ? entity(inDocument(group.get("schema"))) : null;
      for (JsonNode test : group.get("tests")) {
        String reason = reason(group) + annotation(test);
        if (entity == null || !reason.isEmpty()) {
          notAsked.merge(reason.isEmpty() ? "refused: " + name : reason, 1, Integer::sum);
          continue;
        }
        ask(name, group, test, entity, new Json(test.get("data").toString()));
      }
    });
    assertEquals(List.of(), wrong);
    assertEquals(
        Map.of("formats are asserted", 20, "refers to other documents", 29),
        notAsked,
        "cases that cannot be asked, by their reason");
    assertEquals(973, asked);
  }

  @Test
  void givesItForCompiledFieldsOfTextsAndNumbersToo() throws IOException {
    forEachGroup((name, group) -> {
      for (JsonNode test : group.get("tests")) {
        JsonNode data = test.get("data");
        boolean fits = data.isTextual() || data.isNumber();
        if (!fits || !(group.get("schema") instanceof ObjectNode schema)) {
          continue;
        }
        ObjectNode field = schema.deepCopy();
        field.remove("$schema");
        if (field.has("type") || !reason(group).isEmpty()) {
          continue;
        }
        boolean common = true;
        for (String keyword : (Iterable<String>) field::fieldNames) {
          common &=
              keyword.matches("(exclusive)?(min|max)imum|m..Length|pattern|multipleOf")
                  || keyword.equals("exclusiveMinimum")
                  || keyword.equals("exclusiveMaximum");
        }
        if (!common) {
          continue;
        }
        field.put("type", data.isTextual() ? "string" : "number");
        EntityConfig entity = Objects.requireNonNull(entity(field.toString()));
        ask(
            name,
            group,
            test,
            entity,
            data.isTextual() ? data.asText() : new BigDecimal(data.asText()));
      }
    });
    assertEquals(List.of(), wrong);
    assertEquals(50, asked);
  }

  private interface Group {
    void take(String name, JsonNode group) throws IOException;
  }

  private static void forEachGroup(Group each) throws IOException {
    try (InputStream suite =
        SchemaTestSuiteTest.class.getResourceAsStream("/test-suite-tck.json")) {
      for (JsonNode part : JSON.readTree(Objects.requireNonNull(suite)).get("suites")) {
        String name = part.get("name").asText();
        if (part.get("draft").asText().equals("2020-12") && !name.contains("/optional/")) {
          for (JsonNode group : part.get("value")) {
            each.take(name, group);
          }
        }
      }
    }
  }

  /** The suite takes formats for remarks where nobody says otherwise. */
  private static String annotation(JsonNode test) {
    String description = test.get("description").asText();
    return description.endsWith("is only an annotation by default")
            || description.contains("/issues/131")
        ? "formats are asserted"
        : "";
  }

  private static String reason(JsonNode group) {
    String schema = group.get("schema").toString();
    if (schema.contains("localhost:1234") || schema.contains("json-schema.org/draft/2019-09")) {
      return "refers to other documents";
    }
    return "";
  }

  /** The schema as a part of a document of any kind; references to itself stay right. */
  private static String inDocument(JsonNode schema) {
    if (schema instanceof ObjectNode object && !object.has("$id")) {
      object.put("$id", "urn:unisono:case");
    }
    return "{ \"type\": " + ANY + ", \"allOf\": [ " + schema + " ] }";
  }

  private static @Nullable EntityConfig entity(String field) {
    String text =
        "{ \"e\": { \"key\": \"id\", \"schema\": { \"properties\": { \"id\": { \"type\":"
            + " \"integer\" }, \"value\": "
            + field
            + " } } } }";
    LoaderOptions options = new LoaderOptions();
    List<ConfigProblem> problems = new ArrayList<>();
    Map<String, EntityConfig> read =
        new EntityReader(java.nio.file.Path.of("."))
            .read(
                new YamlMap(
                    "entities",
                    new Yaml(options).compose(new java.io.StringReader(text)),
                    problems));
    return problems.isEmpty() ? read.get("e") : null;
  }

  private void ask(String name, JsonNode group, JsonNode test, EntityConfig entity, Object value) {
    asked++;
    boolean valid =
        new Validator(entity)
            .validate(new Row(entity.schema(), new Object[] {1L, value}))
            .isEmpty();
    if (valid != test.get("valid").asBoolean()) {
      wrong.add(
          name
              + ": "
              + group.get("description").asText()
              + ": "
              + test.get("description").asText());
    }
  }
}
