package dev.unisono.server.webhook;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.operation.Refusal;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint as a caller describes it. Immutable.
 *
 * @param after the cursor to begin behind; null where none is given
 */
record EndpointBody(EndpointSettings settings, boolean enabled, @Nullable String after) {
  private static final List<String> MEMBERS =
      List.of("url", "entities", "filter", "payload", "format", "description", "enabled", "after");
  private static final int MOST_ENTITIES = 1_000;

  /**
   * Reads a new endpoint, or a merge patch (RFC 7396) of one that there is.
   *
   * @param before null for a new one
   */
  static EndpointBody read(byte[] body, @Nullable Endpoint before) {
    Reader reader = new Reader(before);
    try (JsonParser json = EntityJson.FACTORY.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new Refusal(400, "bad-body", "The body is a JSON object.");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        reader.take(name, json);
      }
      if (json.nextToken() != null) {
        throw new Refusal(400, "bad-body", "The body is one JSON object.");
      }
    } catch (IOException broken) {
      throw new Refusal(400, "bad-body", "The body is not JSON.");
    }
    return reader.made();
  }

  private static final class Reader {
    private final boolean patches;
    private @Nullable URI url;
    private List<String> entities = List.of();
    private @Nullable String filter;
    private @Nullable String payload;
    private @Nullable String format;
    private String description = "";
    private boolean enabled = true;
    private @Nullable String after;

    Reader(@Nullable Endpoint before) {
      this.patches = before != null;
      if (before != null) {
        EndpointSettings settings = before.settings();
        url = settings.url();
        entities = settings.entities();
        filter = settings.filter();
        payload = settings.payload();
        format = settings.format();
        description = settings.description();
        enabled = before.enabled();
      }
    }

    void take(String name, JsonParser json) throws IOException {
      switch (name) {
        case "url" -> {
          String text = text(json, name);
          url = text == null ? null : EndpointSettings.url(text);
        }
        case "entities" -> entities = names(json);
        case "filter" -> filter = text(json, name);
        case "payload" -> payload = text(json, name);
        case "format" -> format = text(json, name);
        case "description" -> {
          String text = text(json, name);
          description = text == null ? "" : text;
          if (description.length() > EndpointSettings.LONGEST_DESCRIPTION) {
            throw wrong(
                name, "has at most " + EndpointSettings.LONGEST_DESCRIPTION + " characters");
          }
        }
        case "enabled" -> enabled = flag(json);
        case "after" -> {
          if (patches) {
            throw new Refusal(
                422, "invalid-value", "Where it goes on is set by its replay.", "after");
          }
          after = text(json, name);
        }
        default ->
            throw new Refusal(
                400,
                "unknown-field",
                "A webhook endpoint has no '" + name + "'" + Nearest.question(name, MEMBERS),
                name);
      }
    }

    EndpointBody made() {
      URI to = url;
      if (to == null) {
        throw new Refusal(422, "invalid-value", "url is where messages are sent to.", "url");
      }
      return new EndpointBody(
          new EndpointSettings(to, entities, filter, payload, format, description), enabled, after);
    }

    private static Refusal wrong(String name, String what) {
      return new Refusal(422, "invalid-value", name + " " + what + ".", name);
    }

    private static @Nullable String text(JsonParser json, String name) throws IOException {
      return switch (json.currentToken()) {
        case VALUE_STRING -> json.getText();
        case VALUE_NULL -> null;
        default -> throw wrong(name, "is a text");
      };
    }

    private static boolean flag(JsonParser json) {
      return switch (json.currentToken()) {
        case VALUE_TRUE, VALUE_NULL -> true;
        case VALUE_FALSE -> false;
        default -> throw wrong("enabled", "is true or false");
      };
    }

    private static List<String> names(JsonParser json) throws IOException {
      if (json.currentToken() == JsonToken.VALUE_NULL) {
        return List.of();
      }
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw wrong("entities", "is a list of names");
      }
      List<String> names = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (json.currentToken() != JsonToken.VALUE_STRING || names.size() == MOST_ENTITIES) {
          throw wrong("entities", "is a list of names");
        }
        names.add(json.getText());
      }
      return names;
    }
  }
}
