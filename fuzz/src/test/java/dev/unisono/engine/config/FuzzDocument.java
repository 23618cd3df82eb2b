package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.validate.SchemaComparison;
import dev.unisono.fuzz.Seeds;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The schemas of an entity, one behind the first line end of the other: written down, compared. */
public final class FuzzDocument {
  private static final String PLAIN =
      "{ \"properties\": { \"id\": { \"type\": \"integer\" }, \"a\": { \"type\": \"string\" } } }";

  private FuzzDocument() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        PLAIN
            + "\n{ \"properties\": { \"id\": { \"type\": [\"integer\", \"null\"] } }, \"required\": [\"id\"] }",
        "{ \"properties\": { \"id\": { \"type\": \"integer\" }, \"a\": { \"enum\": [1, \"b\"], \"type\": \"string\","
            + " \"maxLength\": 3, \"minimum\": 1e99 } }, \"allOf\": [ { \"$ref\": \"#/$defs/x\" } ],"
            + " \"$defs\": { \"x\": { \"minProperties\": 1 } } }\n"
            + PLAIN);
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    int end = Math.max(0, text.indexOf('\n'));
    String before = document(text.substring(0, end));
    String after = document(text.substring(end));
    if (before != null && after != null) {
      SchemaComparison.compare(before, after);
      SchemaComparison.same(before, after);
    }
  }

  private static @Nullable String document(String schema) {
    Config config =
        new ConfigReader(List.of(), _ -> null)
            .read(
                "systems: {}\nsyncs: {}\nentities:\n  e:\n    key: id\n    schema: "
                    + schema.replace("\n", " ")
                    + "\n",
                Path.of("/nonexistent"))
            .draft();
    EntityConfig entity = config == null ? null : config.entities().get("e");
    return entity == null ? null : EntityDocument.of(entity);
  }
}
