package dev.unisono.server.soap;

import com.fasterxml.jackson.core.JsonParser;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.http.Answers;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.jspecify.annotations.Nullable;

/** Records and their values as XML, by the types of XML Schema 1.0. Has no state. */
final class XmlValues {
  static final String NIL_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance";
  private static final String ITEM = "item";

  private XmlValues() {}

  /** The type of XML Schema that single values are of. */
  static String type(ValueType type) {
    return switch (type) {
      case BOOLEAN -> "boolean";
      case LONG -> "long";
      case DECIMAL -> "decimal";
      case DOUBLE -> "double";
      case BYTES -> "base64Binary";
      case DATE -> "date";
      case TIME -> "time";
      case TIMESTAMP -> "dateTime";
      // A document is its JSON text; of an array this is said of its elements.
      case STRING, UUID, JSON, ARRAY -> "string";
    };
  }

  /** Writes the fields of a record, each an element; what is not known is left out. */
  static void writeFields(XMLStreamWriter xml, Entity entity, Row row) throws XMLStreamException {
    for (int i = 0; i < entity.fields().size(); i++) {
      EntityField field = entity.fields().get(i);
      Object value = row.value(i);
      if (value != Unchanged.UNCHANGED) {
        write(xml, XmlNames.of(field.name()), field, value);
      }
    }
  }

  private static void write(
      XMLStreamWriter xml, String name, EntityField field, @Nullable Object value)
      throws XMLStreamException {
    if (value == null) {
      xml.writeEmptyElement(name);
      xml.writeAttribute("xsi", NIL_NAMESPACE, "nil", "true");
      return;
    }
    xml.writeStartElement(name);
    if (field.type() == ValueType.ARRAY) {
      for (Object item : (@Nullable Object[]) value) {
        if (item instanceof Object[]) {
          throw new Refusal(
              422,
              "not-representable",
              field.name() + " is an array of arrays; read it by another door.",
              field.name());
        }
        write(xml, ITEM, Objects.requireNonNull(field.items()), item);
      }
    } else {
      XmlText.write(xml, checked(field, text(field, value)));
    }
    xml.writeEndElement();
  }

  private static String text(EntityField field, Object value) {
    return switch (field.type()) {
      case JSON -> {
        byte[] json = Answers.bytes(out -> EntityJson.writeValue(out, field, value));
        yield new String(json, StandardCharsets.UTF_8);
      }
      case DOUBLE, DECIMAL ->
          switch (EntityJson.text(value)) {
            case "Infinity" -> "INF";
            case "-Infinity" -> "-INF";
            case String number -> number;
          };
      default -> EntityJson.text(value);
    };
  }

  /**
   * XML 1.0 has no form for some characters.
   *
   * @throws Refusal 422 not-representable
   */
  private static String checked(EntityField field, String text) {
    if (!XmlText.representable(text)) {
      throw new Refusal(
          422,
          "not-representable",
          field.name() + " has a character that XML has no form for; read it by another door.",
          field.name());
    }
    return text;
  }

  /** A record as a request has it: what is not there is UNCHANGED. */
  static Row row(Entity entity, Element record) {
    @Nullable Object[] values = new @Nullable Object[entity.schema().size()];
    Arrays.fill(values, Unchanged.UNCHANGED);
    for (Element element : record.children()) {
      int position = position(entity, element.name());
      if (values[position] != Unchanged.UNCHANGED) {
        throw new Refusal(
            400, "bad-body", "'" + element.name() + "' stands there twice.", element.name());
      }
      values[position] = read(entity.fields().get(position), element);
    }
    return new Row(entity.schema(), values);
  }

  private static int position(Entity entity, String element) {
    for (int i = 0; i < entity.fields().size(); i++) {
      if (XmlNames.of(entity.fields().get(i).name()).equals(element)) {
        return i;
      }
    }
    throw new Refusal(
        400, "unknown-field", entity.plural() + " have no field '" + element + "'.", element);
  }

  /** The key that stands among the elements of a request. */
  static Key key(Entity entity, Element request) {
    Object[] parts = new Object[entity.schema().keySize()];
    for (int part = 0; part < parts.length; part++) {
      EntityField field = entity.fields().get(entity.schema().keyPosition(part));
      Object value = read(field, request.needed(XmlNames.of(field.name())));
      if (value == null) {
        throw new Refusal(400, "bad-key", "A key has no empty part.", field.name());
      }
      parts[part] = value;
    }
    return new Key(parts);
  }

  private static @Nullable Object read(EntityField field, Element element) {
    if (element.nil()) {
      return null;
    }
    try {
      if (field.type() == ValueType.ARRAY) {
        List<@Nullable Object> items = new ArrayList<>();
        for (Element item : element.children()) {
          items.add(read(Objects.requireNonNull(field.items()), item));
        }
        return items.toArray();
      }
      return read(field, element.text());
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(422, "invalid-value", String.valueOf(unfit.getMessage()), field.name());
    }
  }

  private static @Nullable Object read(EntityField field, String text)
      throws EntityJson.UnfitValue {
    return switch (field.type()) {
      case STRING -> EntityJson.parse(field, text);
      case BOOLEAN ->
          EntityJson.parse(
              field,
              text.strip().equals("1")
                  ? "true"
                  : text.strip().equals("0") ? "false" : text.strip());
      case DOUBLE, DECIMAL ->
          EntityJson.parse(
              field,
              switch (text.strip()) {
                case "INF" -> "Infinity";
                case "-INF" -> "-Infinity";
                case String number -> number;
              });
      case JSON -> {
        try (JsonParser json = EntityJson.FACTORY.createParser(text)) {
          json.nextToken();
          Object value = EntityJson.read(json, field);
          if (json.nextToken() != null) {
            throw new Refusal(
                422, "invalid-value", field.name() + " is one JSON value.", field.name());
          }
          yield value;
        } catch (IOException broken) {
          throw new Refusal(422, "invalid-value", field.name() + " is not JSON.", field.name());
        }
      }
      default -> EntityJson.parse(field, text.strip());
    };
  }
}
