package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.validate.FieldSchema;
import dev.unisono.engine.validate.Validator;
import dev.unisono.spi.Row;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** What is compiled of random schemas gives the verdict of an independent judge, by random rows. */
final class CompiledSchemaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String[] TEXTS = {
    "", "a", "ab", "abc", "b1", "\uD83D\uDE00", "a\uD83D\uDE00"
  };
  private static final String[] PATTERNS = {"a", "^a", "b$", "[0-9]", "^.{2}$"};

  @Property(tries = 400)
  void compiledIsWhatTheJudgeSays(@ForAll Random random) throws Exception {
    ObjectNode schema = JSON.createObjectNode();
    ObjectNode properties = schema.putObject("properties");
    properties.putObject("id").put("type", "integer");
    text(properties.putObject("text").put("type", "string"), random);
    number(properties.putObject("whole").put("type", "integer"), random, false);
    number(properties.putObject("part").put("type", "number"), random, true);
    list(properties.putObject("list").put("type", "array"), random);
    if (random.nextBoolean()) {
      schema.putArray("required").add("text").add("part");
    }
    EntityConfig entity = read(schema);
    entity
        .rules()
        .forEach(rules ->
            assertEquals(
                0,
                rules.constraints().checks().stream()
                    .filter(FieldSchema.class::isInstance)
                    .count()));
    Validator validator = new Validator(entity);
    var judge =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(schema.toString(), InputFormat.JSON);
    for (int i = 0; i < 25; i++) {
      ObjectNode tree = JSON.createObjectNode().put("id", 1);
      @Nullable Object[] values = {1L, null, null, null, null};
      if (random.nextInt(5) > 0) {
        values[1] = TEXTS[random.nextInt(TEXTS.length)];
        tree.put("text", (String) values[1]);
      }
      if (random.nextInt(5) > 0) {
        values[2] = (long) random.nextInt(-6, 7);
        tree.put("whole", (Long) values[2]);
      }
      if (random.nextInt(5) > 0) {
        values[3] = BigDecimal.valueOf(random.nextInt(-12, 13), 1);
        tree.put("part", (BigDecimal) values[3]);
      }
      if (random.nextInt(5) > 0) {
        Object[] list = new Object[random.nextInt(4)];
        var array = tree.putArray("list");
        for (int at = 0; at < list.length; at++) {
          list[at] = (long) random.nextInt(4);
          array.add((Long) list[at]);
        }
        values[4] = list;
      }
      assertEquals(
          judge.validate(tree.toString(), InputFormat.JSON).isEmpty(),
          validator.validate(new Row(entity.schema(), values)).isEmpty(),
          () -> schema + " " + tree);
    }
  }

  private static EntityConfig read(ObjectNode schema) {
    List<ConfigProblem> problems = new ArrayList<>();
    String text = "{\"e\": {\"key\": \"id\", \"schema\": " + schema + "}}";
    var read =
        new EntityReader(Path.of("."))
            .read(
                new YamlMap(
                    "entities",
                    new Yaml(new LoaderOptions()).compose(new StringReader(text)),
                    problems));
    assertEquals(List.of(), problems);
    return Objects.requireNonNull(read.get("e"));
  }

  private static void text(ObjectNode field, Random random) {
    if (random.nextBoolean()) {
      field.put("minLength", random.nextInt(3));
    }
    if (random.nextBoolean()) {
      field.put("maxLength", random.nextInt(4));
    }
    if (random.nextInt(3) == 0) {
      field.put("pattern", PATTERNS[random.nextInt(PATTERNS.length)]);
    }
    if (random.nextInt(4) == 0) {
      field.putArray("enum").add("a").add("ab").add("\uD83D\uDE00");
    }
  }

  private static void number(ObjectNode field, Random random, boolean parts) {
    for (String bound : List.of("minimum", "exclusiveMinimum")) {
      if (random.nextInt(3) == 0) {
        field.put(bound, random.nextInt(-5, 2));
      }
    }
    for (String bound : List.of("maximum", "exclusiveMaximum")) {
      if (random.nextInt(3) == 0) {
        field.put(bound, random.nextInt(-1, 6));
      }
    }
    if (random.nextInt(3) == 0) {
      field.put("multipleOf", parts ? new BigDecimal("0.3") : new BigDecimal("2"));
    }
    if (random.nextInt(4) == 0) {
      field.put("const", random.nextInt(-1, 2));
    }
  }

  private static void list(ObjectNode field, Random random) {
    number(field.putObject("items").put("type", "integer"), random, false);
    if (random.nextBoolean()) {
      field.put("minItems", random.nextInt(2));
    }
    if (random.nextBoolean()) {
      field.put("maxItems", random.nextInt(1, 4));
    }
    field.put("uniqueItems", random.nextBoolean());
  }
}
