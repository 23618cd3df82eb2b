package dev.unisono.webhook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON as maps, lists, texts, decimals, booleans and nulls. Has no state.
 *
 * <p>What nests too deeply, or has a number too long, is refused as it is read.
 */
final class Tree {
  private static final int DEEPEST = 100;
  private static final int LONGEST_NUMBER = 400;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxNumberLength(LONGEST_NUMBER)
                  .build())
          .build();

  private Tree() {}

  /**
   * Reads one document.
   *
   * @throws dev.unisono.spi.UnisonoException bad-delivery
   */
  static @Nullable Object parse(byte[] body) {
    try (JsonParser json = FACTORY.createParser(body)) {
      if (json.nextToken() == null) {
        throw Problems.badDelivery("it has no body");
      }
      Object value = read(json);
      if (json.nextToken() != null) {
        throw Problems.badDelivery("its body is more than one JSON value");
      }
      return value;
    } catch (StreamConstraintsException beyond) {
      throw Problems.badDelivery("its body nests too deeply, or has a number that is too long");
    } catch (IOException broken) {
      throw Problems.badDelivery("its body is not JSON");
    }
  }

  private static @Nullable Object read(JsonParser json) throws IOException {
    return switch (json.currentToken()) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
          String name = json.currentName();
          json.nextToken();
          members.put(name, read(json));
        }
        yield members;
      }
      case START_ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          items.add(read(json));
        }
        yield items;
      }
      case VALUE_STRING -> json.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.getDecimalValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw Problems.badDelivery("its body is not JSON");
    };
  }

  /** What stands at a place; {@link Missing} where nothing does. */
  static @Nullable Object at(@Nullable Object value, List<String> steps) {
    Object here = value;
    for (String step : steps) {
      if (here instanceof Map<?, ?> members) {
        if (!members.containsKey(step)) {
          return Missing.MISSING;
        }
        here = members.get(step);
      } else if (here instanceof List<?> items
          && step.matches("[0-9]{1,6}")
          && Integer.parseInt(step) < items.size()) {
        here = items.get(Integer.parseInt(step));
      } else {
        return Missing.MISSING;
      }
    }
    return here;
  }

  /** The text of a value. */
  static String text(@Nullable Object value) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(text)) {
      write(json, value);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Map<?, ?> members -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> member : members.entrySet()) {
          json.writeFieldName(String.valueOf(member.getKey()));
          write(json, member.getValue());
        }
        json.writeEndObject();
      }
      case List<?> items -> {
        json.writeStartArray();
        for (Object item : items) {
          write(json, item);
        }
        json.writeEndArray();
      }
      case BigDecimal number -> json.writeNumber(number);
      case Boolean flag -> json.writeBoolean(flag);
      default -> json.writeString(value.toString());
    }
  }
}
