package dev.unisono.server.operation;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Unchanged;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads merge patches of records. Has no state. */
public final class PatchBody {
  private PatchBody() {}

  /** By position what the fields shall be; UNCHANGED for those that stay. */
  public static @Nullable Object[] values(Entity entity, byte[] body) {
    @Nullable Object[] values = new @Nullable Object[entity.schema().size()];
    Arrays.fill(values, Unchanged.UNCHANGED);
    try (JsonParser json = EntityJson.FACTORY.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new Refusal(400, "bad-body", "The body is a JSON object.");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        int position = position(entity, name);
        values[position] = read(json, entity.fields().get(position));
      }
      if (json.nextToken() != null) {
        throw new Refusal(400, "bad-body", "The body is one JSON object.");
      }
    } catch (IOException broken) {
      throw new Refusal(400, "bad-body", "The body is not JSON.");
    }
    return values;
  }

  /** The refusal of a patch in which nothing is given. */
  public static Refusal empty() {
    return new Refusal(422, "empty-patch", "The patch changes nothing.");
  }

  private static @Nullable Object read(JsonParser json, EntityField field) throws IOException {
    try {
      return EntityJson.read(json, field);
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(422, "invalid-value", String.valueOf(unfit.getMessage()), field.name());
    }
  }

  private static int position(Entity entity, String name) {
    Integer position = entity.schema().find(name);
    if (position == null) {
      List<String> known =
          new ArrayList<>(entity.fields().stream().map(EntityField::name).toList());
      throw new Refusal(
          400,
          "unknown-field",
          entity.plural() + " have no field '" + name + "'" + Nearest.question(name, known),
          name);
    }
    return position;
  }
}
