package dev.unisono.engine.clean;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Json;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A record as a caller sends it: read or refused, then cleaned and judged by its schema. */
public final class FuzzRecord {
  private static final EntityConfig ENTITY = entity();
  private static final Cleaner CLEANER = new Cleaner(ENTITY);

  private FuzzRecord() {}

  private static EntityConfig entity() {
    Config config =
        new ConfigReader(List.of(), _ -> null)
            .read(
                """
                systems: {}
                syncs: {}
                entities:
                  e:
                    key: id
                    schema:
                      properties:
                        id: { type: integer, multipleOf: 2 }
                        n: { type: number, multipleOf: 0.5, maximum: 100, enum: [1, 2.5, 1e3] }
                        f: { type: number, format: double, exclusiveMinimum: 0 }
                        s: { type: string, minLength: 1, maxLength: 20, pattern: "^([a-z]+)+$" }
                        m: { type: string, format: email }
                        d: { type: string, format: date }
                        t: { type: string, format: date-time }
                        b: { type: string, contentEncoding: base64 }
                        u: { type: string, format: uuid }
                        a: { type: array, items: { type: number }, uniqueItems: true, maxItems: 5 }
                        j:
                          type: object
                          properties:
                            x: { type: number, multipleOf: 0.1, minimum: 1 }
                            y: { enum: [1, "a", null, { z: 1.0 }] }
                            z: { type: array, uniqueItems: true, contains: { const: 3 } }
                          patternProperties: { "^p+$": { type: [integer, "null"] } }
                          additionalProperties: { anyOf: [ { minLength: 2 }, { "not": { type: string } } ] }
                      required: [id]
                      if: { properties: { n: { const: 1 } } }
                      then: { required: [s] }
                    standardize: { s: [trim, lowercase] }
                    rules: [ { code: r, check: "this.s != 'x' && this.f < 10.0" } ]
                """,
                Path.of("/nonexistent"))
            .draft();
    return Objects.requireNonNull(config == null ? null : config.entities().get("e"));
  }

  public static List<byte[]> seeds() {
    return Seeds.of(
        """
        {"id":2,"n":2.5,"f":0.1,"s":" Abc ","m":"a@b.de","d":"2026-01-31","t":"2026-01-31T13:45:00Z",
        "b":"AAEC","u":"00000000-0000-0000-0000-000000000000","a":[1,2.0,1e3],
        "j":{"x":1.3,"y":{"z":1},"z":[1,1.0,3],"pp":null,"q":"aa"}}\
        """,
        "{\"id\":4,\"j\":{\"x\":1e999999999}}",
        "{\"id\":4,\"j\":{\"x\":1e-999999999}}",
        "{\"id\":4,\"j\":{\"pp\":1e999999999,\"z\":[1e999999999,1e-999999999]}}",
        "{\"n\":1e19999,\"f\":-0.0,\"a\":[[1],[]]}");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    judge(values -> values[ENTITY.schema().position("j")] = new Json(Seeds.text(input)));
    @Nullable Object[] sent = sent(input);
    if (sent != null) {
      judge(values -> System.arraycopy(sent, 0, values, 0, values.length));
    }
  }

  /** Null where it is refused. */
  private static @Nullable Object @Nullable [] sent(byte[] input) {
    @Nullable Object[] values = new @Nullable Object[ENTITY.schema().size()];
    Arrays.fill(values, Unchanged.UNCHANGED);
    try (JsonParser json = EntityJson.FACTORY.createParser(input)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        Integer position = ENTITY.schema().find(json.currentName());
        json.nextToken();
        if (position == null) {
          return null;
        }
        EntityField field = ENTITY.fields().get(position);
        values[position] = EntityJson.read(json, field);
      }
    } catch (IOException | EntityJson.UnfitValue refused) {
      return null;
    }
    return values;
  }

  private static void judge(Consumer<@Nullable Object[]> given) {
    @Nullable Object[] values = new @Nullable Object[ENTITY.schema().size()];
    Arrays.fill(values, Unchanged.UNCHANGED);
    given.accept(values);
    Row row = CLEANER.standardize(new Row(ENTITY.schema(), values));
    CLEANER.validate(row);
    CLEANER.doubts(row);
    CLEANER.warnings(row);
  }
}
