package dev.unisono.engine.entity;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.entity.EntityJson.UnfitValue;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What callers send of records: values of every type, keys of paths, cursors. */
public final class FuzzBody {
  private static final List<EntityField> FIELDS = fields();

  private FuzzBody() {}

  private static List<EntityField> fields() {
    List<EntityField> fields = new ArrayList<>();
    for (ValueType type : ValueType.values()) {
      if (type != ValueType.ARRAY) {
        EntityField single = new EntityField("f" + fields.size(), type, false, true, "{}");
        fields.add(single);
        fields.add(
            new EntityField("f" + fields.size(), ValueType.ARRAY, single, false, false, "{}"));
      }
    }
    return List.copyOf(fields);
  }

  public static List<byte[]> seeds() {
    return Seeds.of(
        "[true,[[true],null],7,[7],1.5,[-2e9],0.1,[\"NaN\"],\"x\",[\"\\ud83d\\ude00\"],\"AAEC\",[\"\"],"
            + "\"2026-01-31\",[\"infinity\"],\"13:45:00.5\",[null],\"2026-01-31T13:45:00Z\",[],"
            + "\"00000000-0000-0000-0000-000000000000\",[],{\"a\":[1,{}]},[{}]]",
        new Cursor(7, 9).text(),
        "[\"1e999999999\"]");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    Cursor.parse(text);
    for (EntityField field : FIELDS) {
      try {
        EntityJson.text(EntityJson.parse(field, text));
      } catch (UnfitValue refused) {
        // As it should be.
      }
    }
    try (JsonParser json = EntityJson.FACTORY.createParser(text)) {
      if (json.nextToken() == JsonToken.START_ARRAY) {
        for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
          if (json.currentToken() == null) {
            return;
          }
          EntityJson.read(json, FIELDS.get(i % FIELDS.size()));
        }
      }
    } catch (IOException | UnfitValue refused) {
      // As it should be.
    }
  }
}
