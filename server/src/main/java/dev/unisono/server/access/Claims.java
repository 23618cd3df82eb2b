package dev.unisono.server.access;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.entity.EntityJson;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/** What is known of a caller, names and texts, as it is kept. Has no state. */
public final class Claims {
  private Claims() {}

  public static String write(Map<String, String> claims) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(text)) {
      json.writeStartObject();
      for (Map.Entry<String, String> claim : new TreeMap<>(claims).entrySet()) {
        json.writeStringField(claim.getKey(), claim.getValue());
      }
      json.writeEndObject();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return text.toString();
  }

  public static Map<String, String> read(String text) {
    Map<String, String> claims = new TreeMap<>();
    try (JsonParser json = EntityJson.FACTORY.createParser(text)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        claims.put(name, json.getText());
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    return claims;
  }
}
