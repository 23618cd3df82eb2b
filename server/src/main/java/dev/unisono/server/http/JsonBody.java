package dev.unisono.server.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.Amounts;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A body that is one JSON object with a few members, each asked for by its name. An empty body is
 * one without members. Immutable.
 */
public final class JsonBody {
  private static final int MOST_ITEMS = 1_000;

  private final Map<String, @Nullable Object> members;

  private JsonBody(Map<String, @Nullable Object> members) {
    this.members = members;
  }

  /**
   * Reads one.
   *
   * @param what it describes, such as {@code a key}
   * @param known the members that it may have
   * @throws Refusal 400 bad-body, unknown-field; 422 invalid-value
   */
  public static JsonBody read(Buffer body, String what, List<String> known) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    if (body.length() == 0) {
      return new JsonBody(members);
    }
    try (JsonParser json = EntityJson.FACTORY.createParser(body.getBytes())) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new Refusal(400, "bad-body", "The body is a JSON object.");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        if (!known.contains(name)) {
          throw new Refusal(
              400,
              "unknown-field",
              what + " has no '" + name + "'" + Nearest.question(name, known),
              name);
        }
        json.nextToken();
        members.put(name, value(json, name));
      }
      if (json.nextToken() != null) {
        throw new Refusal(400, "bad-body", "The body is one JSON object.");
      }
    } catch (IOException broken) {
      throw new Refusal(400, "bad-body", "The body is not JSON.");
    }
    return new JsonBody(members);
  }

  private static @Nullable Object value(JsonParser json, String name) throws IOException {
    return switch (json.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_STRING -> json.getText();
      case START_ARRAY -> {
        List<String> texts = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          if (json.currentToken() != JsonToken.VALUE_STRING || texts.size() == MOST_ITEMS) {
            throw wrong(name, "is a list of texts");
          }
          texts.add(json.getText());
        }
        yield texts;
      }
      case START_OBJECT -> {
        Map<String, String> texts = new TreeMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
          String member = json.currentName();
          if (json.nextToken() != JsonToken.VALUE_STRING || texts.size() == MOST_ITEMS) {
            throw wrong(name, "is an object whose members are texts");
          }
          texts.put(member, json.getText());
        }
        yield texts;
      }
      default -> throw wrong(name, "is not of its form");
    };
  }

  private static Refusal wrong(String name, String what) {
    return new Refusal(422, "invalid-value", name + " " + what + ".", name);
  }

  /** Whether it is there, also as null. */
  public boolean has(String name) {
    return members.containsKey(name);
  }

  /** A text; null where there is none. */
  public @Nullable String text(String name) {
    Object value = members.get(name);
    if (value != null && !(value instanceof String)) {
      throw wrong(name, "is a text");
    }
    return (String) value;
  }

  /** A text that must be there. */
  public String required(String name) {
    String text = text(name);
    if (text == null || text.isEmpty()) {
      throw wrong(name, "is missing");
    }
    return text;
  }

  /** A list of texts; null where there is none. */
  public @Nullable List<String> texts(String name) {
    Object value = members.get(name);
    if (value == null) {
      return null;
    }
    if (!(value instanceof List<?> list)) {
      throw wrong(name, "is a list of texts");
    }
    return list.stream().map(String::valueOf).toList();
  }

  /** Names and texts; none where there are none. */
  public Map<String, String> map(String name) {
    Object value = members.get(name);
    if (value != null && !(value instanceof Map<?, ?>)) {
      throw wrong(name, "is an object whose members are texts");
    }
    Map<String, String> map = new TreeMap<>();
    if (value instanceof Map<?, ?> texts) {
      texts.forEach((member, text) -> map.put(String.valueOf(member), String.valueOf(text)));
    }
    return map;
  }

  /** True or false; false where there is neither. */
  public boolean flag(String name) {
    Object value = members.get(name);
    if (value != null && !(value instanceof Boolean)) {
      throw wrong(name, "is true or false");
    }
    return Boolean.TRUE.equals(value);
  }

  /** A length of time such as {@code 24h}; null where there is none. */
  public @Nullable Duration duration(String name) {
    String text = text(name);
    Duration duration = text == null ? null : Amounts.duration(text);
    if (text != null && duration == null) {
      throw wrong(name, "is a length of time, such as 24h");
    }
    return duration;
  }

  /** A time, or how long it is until then; null where there is none. */
  public @Nullable Instant moment(String name, Instant now) {
    String text = text(name);
    if (text == null) {
      return null;
    }
    Duration from = Amounts.duration(text);
    try {
      return from == null ? OffsetDateTime.parse(text).toInstant() : now.plus(from);
    } catch (DateTimeException notOne) {
      throw wrong(name, "is a time, such as 2027-01-31T12:00:00Z, or how long it is, such as 90d");
    }
  }
}
