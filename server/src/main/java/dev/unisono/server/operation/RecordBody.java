package dev.unisono.server.operation;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads records, and merge patches of records, that callers send. Has no state. */
public final class RecordBody {
  private RecordBody() {}

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

  /** A whole record; what is not given is UNCHANGED. */
  public static Row row(Entity entity, byte[] body) {
    return new Row(entity.schema(), values(entity, body));
  }

  /**
   * What becomes of the record of a key, which may be repeated in it.
   *
   * @throws Refusal 422 key-immutable where it names another key
   */
  public static Row row(Entity entity, Key key, byte[] body) {
    return of(entity, key, row(entity, body));
  }

  /**
   * The same of a record that was read from another form.
   *
   * @throws Refusal 422 key-immutable where it names another key
   */
  public static Row of(Entity entity, Key key, Row row) {
    @Nullable Object[] values = row.copyValues();
    for (int part = 0; part < key.size(); part++) {
      int position = entity.schema().keyPosition(part);
      Object value = values[position];
      if (value == Unchanged.UNCHANGED) {
        continue;
      }
      if (value == null || !new Key(value).equals(new Key(key.part(part)))) {
        String field = entity.fields().get(position).name();
        throw new Refusal(422, "key-immutable", "The key cannot be changed here.", field);
      }
      values[position] = Unchanged.UNCHANGED;
    }
    return new Row(entity.schema(), values);
  }

  /** The same of a patch, which changes something. */
  public static Row patch(Entity entity, Key key, byte[] body) {
    return something(row(entity, key, body));
  }

  /**
   * A patch that changes something.
   *
   * @throws Refusal 422 empty-patch
   */
  public static Row something(Row patch) {
    if (patch.nothing()) {
      throw empty();
    }
    return patch;
  }

  /** What a record says beside its key. */
  public static Row withoutKey(Row row) {
    @Nullable Object[] values = row.copyValues();
    for (int part = 0; part < row.schema().keySize(); part++) {
      values[row.schema().keyPosition(part)] = Unchanged.UNCHANGED;
    }
    return new Row(row.schema(), values);
  }

  /**
   * The key that a record names in its own fields.
   *
   * @throws Refusal 422 key-missing
   */
  public static Key key(Row row) {
    @Nullable Object[] parts = new @Nullable Object[row.schema().keySize()];
    for (int part = 0; part < parts.length; part++) {
      int position = row.schema().keyPosition(part);
      Object value = row.value(position);
      if (value == null || value == Unchanged.UNCHANGED) {
        String field = row.schema().field(position).name();
        throw new Refusal(422, "key-missing", "The record does not say its " + field + ".", field);
      }
      parts[part] = value;
    }
    return row.schema().key(row);
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
