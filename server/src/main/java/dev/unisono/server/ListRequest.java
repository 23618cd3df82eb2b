package dev.unisono.server;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.RecordQuery;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import io.vertx.core.MultiMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A list as a caller asks for it: filters, order, page. Immutable.
 *
 * @param sortText the order as it was written
 */
record ListRequest(Entity entity, RecordQuery query, String sortText) {
  private static final int DEFAULT_LIMIT = 50;
  private static final int MOST = 1_000;
  private static final List<String> PARAMETERS = List.of("limit", "sort", "after");

  static ListRequest parse(Entity entity, MultiMap parameters) {
    List<RecordQuery.Filter> filters = new ArrayList<>();
    for (var parameter : parameters.entries()) {
      String name = parameter.getKey();
      if (!PARAMETERS.contains(name)) {
        EntityField field = field(entity, name);
        indexed(entity, name);
        filters.add(new RecordQuery.Filter(name, value(field, parameter.getValue())));
      }
    }
    String sortText = Objects.requireNonNullElse(parameters.get("sort"), "");
    List<RecordQuery.Sort> sort = sort(entity, sortText);
    String after = parameters.get("after");
    return new ListRequest(
        entity,
        new RecordQuery(
            filters,
            sort,
            after == null ? null : page(entity, sort, sortText, after),
            limit(parameters.get("limit"))),
        sortText);
  }

  private static EntityField field(Entity entity, String name) {
    return entity.fields().stream()
        .filter(field -> field.name().equals(name))
        .findAny()
        .orElseThrow(() -> {
          List<String> known =
              new ArrayList<>(entity.fields().stream().map(EntityField::name).toList());
          known.addAll(PARAMETERS);
          return new Refusal(
              400,
              "unknown-field",
              entity.plural() + " have no field '" + name + "'" + Nearest.question(name, known),
              name);
        });
  }

  private static void indexed(Entity entity, String name) {
    if (!entity.indexed().contains(name)) {
      throw new Refusal(
          400,
          "not-indexed",
          "'"
              + name
              + "' is not indexed. Name it under entities."
              + entity.name()
              + ".index, or use one of "
              + entity.indexed().stream().sorted().toList()
              + ".",
          name);
    }
  }

  private static Object value(EntityField field, String text) {
    try {
      return EntityJson.parse(field, text);
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(400, "bad-value", String.valueOf(unfit.getMessage()), field.name());
    }
  }

  private static int limit(@Nullable String text) {
    if (text == null) {
      return DEFAULT_LIMIT;
    }
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MOST) {
        return limit;
      }
    } catch (NumberFormatException notWhole) {
      // Said below, like a number out of range.
    }
    throw new Refusal(400, "bad-limit", "limit is a number from 1 to " + MOST + ".", "limit");
  }

  private static List<RecordQuery.Sort> sort(Entity entity, String text) {
    List<RecordQuery.Sort> sort = new ArrayList<>();
    for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      boolean descending = part.startsWith("-");
      String name = descending ? part.substring(1) : part;
      field(entity, name);
      indexed(entity, name);
      if (sort.stream().anyMatch(earlier -> earlier.field().equals(name))) {
        throw new Refusal(400, "bad-sort", "'" + name + "' stands in sort twice.", "sort");
      }
      sort.add(new RecordQuery.Sort(name, descending));
    }
    return sort;
  }

  /** The text that stands for the page after a record. */
  String next(EntityRecord last) {
    byte[] json =
        Answers.bytes(out -> {
          out.writeStartObject();
          out.writeStringField("s", sortText);
          out.writeArrayFieldStart("v");
          Row row = Objects.requireNonNull(last.row());
          for (RecordQuery.Sort sort : query.sort()) {
            Object value = row.value(sort.field());
            if (value == null) {
              out.writeNull();
            } else {
              out.writeString(EntityJson.text(value));
            }
          }
          out.writeEndArray();
          out.writeArrayFieldStart("k");
          for (int i = 0; i < last.key().size(); i++) {
            out.writeString(EntityJson.text(last.key().part(i)));
          }
          out.writeEndArray();
          out.writeEndObject();
        });
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json);
  }

  private static RecordQuery.After page(
      Entity entity, List<RecordQuery.Sort> sort, String sortText, String text) {
    Refusal broken =
        new Refusal(
            400, "bad-page", "This 'after' does not belong to a page of this list.", "after");
    List<@Nullable String> values = new ArrayList<>();
    List<@Nullable String> key = new ArrayList<>();
    String sorted = null;
    try (JsonParser json =
        EntityJson.FACTORY.createParser(
            new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8))) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw broken;
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        switch (name) {
          case "s" -> sorted = json.getText();
          case "v" -> texts(json, values);
          case "k" -> texts(json, key);
          default -> throw broken;
        }
      }
    } catch (IOException | IllegalArgumentException unreadable) {
      throw broken;
    }
    if (!sortText.equals(sorted)
        || values.size() != sort.size()
        || key.size() != entity.schema().keySize()) {
      throw broken;
    }
    List<@Nullable Object> sortValues = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      String value = values.get(i);
      sortValues.add(value == null ? null : value(field(entity, sort.get(i).field()), value));
    }
    return new RecordQuery.After(sortValues, key(entity, key, broken));
  }

  private static Key key(Entity entity, List<@Nullable String> texts, Refusal broken) {
    Object[] parts = new Object[texts.size()];
    for (int i = 0; i < parts.length; i++) {
      String text = texts.get(i);
      if (text == null) {
        throw broken;
      }
      parts[i] = value(entity.fields().get(entity.schema().keyPosition(i)), text);
    }
    return new Key(parts);
  }

  private static void texts(JsonParser json, List<@Nullable String> into) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new IOException("no array");
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      into.add(json.currentToken() == JsonToken.VALUE_NULL ? null : json.getText());
    }
  }
}
