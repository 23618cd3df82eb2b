package dev.unisono.server.soap;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.spi.ValueType;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * The description of an entity's operations: WSDL 1.1, document/literal wrapped, bound to SOAP 1.1
 * and 1.2, with a typed schema. For one thread.
 */
final class Wsdl {
  private static final String WSDL = "http://schemas.xmlsoap.org/wsdl/";
  private static final String XSD = "http://www.w3.org/2001/XMLSchema";
  private static final String HTTP = "http://schemas.xmlsoap.org/soap/http";
  private static final String NAMESPACES = "https://unisono.dev/soap/v1/";
  static final XMLOutputFactory FACTORY = XMLOutputFactory.newDefaultFactory();

  private final XMLStreamWriter xml;
  private final Entity entity;
  private final String address;
  private final String one;

  private Wsdl(XMLStreamWriter xml, Entity entity, String address) {
    this.xml = xml;
    this.entity = entity;
    this.address = address;
    this.one = XmlNames.of(entity.name());
  }

  /** What a WSDL's names, and the elements of messages, belong to. */
  static String namespace(String plural) {
    return NAMESPACES + plural;
  }

  /**
   * Writes it.
   *
   * @param address where requests go
   */
  static byte[] of(Entity entity, String address) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      XMLStreamWriter xml = FACTORY.createXMLStreamWriter(out, StandardCharsets.UTF_8.name());
      xml.writeStartDocument("UTF-8", "1.0");
      new Wsdl(xml, entity, address).write();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException("it is written to memory", impossible);
    }
    return out.toByteArray();
  }

  /** Something that is written inside an element. */
  private interface Content {
    void write() throws XMLStreamException;
  }

  /** An element with attributes, each its name and then its value. */
  private void element(String name, Content content, String... attributes)
      throws XMLStreamException {
    xml.writeStartElement(name);
    for (int i = 0; i < attributes.length; i += 2) {
      xml.writeAttribute(attributes[i], attributes[i + 1]);
    }
    content.write();
    xml.writeEndElement();
  }

  private void empty(String name, String... attributes) throws XMLStreamException {
    element(name, () -> {}, attributes);
  }

  private void write() throws XMLStreamException {
    xml.writeStartElement("wsdl:definitions");
    xml.writeNamespace("wsdl", WSDL);
    xml.writeNamespace("soap", "http://schemas.xmlsoap.org/wsdl/soap/");
    xml.writeNamespace("soap12", "http://schemas.xmlsoap.org/wsdl/soap12/");
    xml.writeNamespace("xs", XSD);
    xml.writeNamespace("tns", namespace(entity.plural()));
    xml.writeAttribute("targetNamespace", namespace(entity.plural()));
    xml.writeAttribute("name", XmlNames.capital(entity.plural()));
    element("wsdl:types", this::schema);
    List<String> names = new ArrayList<>();
    for (SoapOperation operation : SoapOperation.values()) {
      names.add(operation.of(entity));
    }
    for (String name : names) {
      message(name, name);
      message(name + "Response", name + "Response");
    }
    message("Problem", "problem");
    element(
        "wsdl:portType",
        () -> {
          for (String name : names) {
            element(
                "wsdl:operation",
                () -> {
                  empty("wsdl:input", "message", "tns:" + name);
                  empty("wsdl:output", "message", "tns:" + name + "Response");
                  empty("wsdl:fault", "name", "problem", "message", "tns:Problem");
                },
                "name",
                name);
          }
        },
        "name",
        "Records");
    binding("Soap11", "soap", names);
    binding("Soap12", "soap12", names);
    element(
        "wsdl:service",
        () -> {
          port("Soap11", "soap");
          port("Soap12", "soap12");
        },
        "name",
        XmlNames.capital(entity.plural()));
    xml.writeEndElement();
  }

  private void message(String name, String element) throws XMLStreamException {
    element(
        "wsdl:message",
        () -> empty("wsdl:part", "name", "parameters", "element", "tns:" + element),
        "name",
        name);
  }

  private void binding(String name, String prefix, List<String> operations)
      throws XMLStreamException {
    element(
        "wsdl:binding",
        () -> {
          empty(prefix + ":binding", "style", "document", "transport", HTTP);
          for (String operation : operations) {
            element(
                "wsdl:operation",
                () -> {
                  empty(
                      prefix + ":operation",
                      "soapAction",
                      namespace(entity.plural()) + "/" + operation,
                      "style",
                      "document");
                  element("wsdl:input", () -> empty(prefix + ":body", "use", "literal"));
                  element("wsdl:output", () -> empty(prefix + ":body", "use", "literal"));
                  element(
                      "wsdl:fault",
                      () -> empty(prefix + ":fault", "name", "problem", "use", "literal"),
                      "name",
                      "problem");
                },
                "name",
                operation);
          }
        },
        "name",
        name,
        "type",
        "tns:Records");
  }

  private void port(String binding, String prefix) throws XMLStreamException {
    element(
        "wsdl:port",
        () -> empty(prefix + ":address", "location", address),
        "name",
        binding,
        "binding",
        "tns:" + binding);
  }

  private void schema() throws XMLStreamException {
    element(
        "xs:schema",
        () -> {
          record();
          problem();
          for (SoapOperation operation : SoapOperation.values()) {
            String name = operation.of(entity);
            sequence(name, () -> request(operation));
            sequence(name + "Response", () -> response(operation));
          }
        },
        "targetNamespace",
        namespace(entity.plural()),
        "elementFormDefault",
        "qualified");
  }

  /** An element with others in it, in this order. */
  private void sequence(String name, Content content) throws XMLStreamException {
    element(
        "xs:element",
        () -> element("xs:complexType", () -> element("xs:sequence", content)),
        "name",
        name);
  }

  private void record() throws XMLStreamException {
    element(
        "xs:complexType",
        () ->
            element(
                "xs:sequence",
                () -> {
                  for (EntityField field : entity.fields()) {
                    field(field, true);
                  }
                }),
        "name",
        one);
  }

  private void field(EntityField field, boolean optional) throws XMLStreamException {
    List<String> attributes = new ArrayList<>(List.of("name", XmlNames.of(field.name())));
    if (optional) {
      attributes.addAll(List.of("minOccurs", "0", "nillable", "true"));
    }
    if (field.type() == ValueType.ARRAY) {
      ValueType items = Objects.requireNonNull(field.items()).type();
      element(
          "xs:element",
          () ->
              element(
                  "xs:complexType",
                  () ->
                      element(
                          "xs:sequence",
                          () ->
                              empty(
                                  "xs:element",
                                  "name",
                                  "item",
                                  "type",
                                  "xs:" + XmlValues.type(items),
                                  "minOccurs",
                                  "0",
                                  "maxOccurs",
                                  "unbounded",
                                  "nillable",
                                  "true"))),
          attributes.toArray(String[]::new));
    } else {
      attributes.addAll(List.of("type", "xs:" + XmlValues.type(field.type())));
      empty("xs:element", attributes.toArray(String[]::new));
    }
  }

  private void problem() throws XMLStreamException {
    sequence(
        "problem",
        () -> {
          simple("code", "string", false);
          simple("status", "int", false);
          simple("detail", "string", false);
          simple("field", "string", true);
          simple("instance", "string", false);
        });
  }

  private void simple(String name, String type, boolean optional) throws XMLStreamException {
    if (optional) {
      empty("xs:element", "name", name, "type", "xs:" + type, "minOccurs", "0");
    } else {
      empty("xs:element", "name", name, "type", "xs:" + type);
    }
  }

  private void key() throws XMLStreamException {
    for (int part = 0; part < entity.schema().keySize(); part++) {
      field(entity.fields().get(entity.schema().keyPosition(part)), false);
    }
  }

  private void request(SoapOperation operation) throws XMLStreamException {
    switch (operation) {
      case GET -> key();
      case LIST -> {
        simple("filter", "string", true);
        simple("sort", "string", true);
        simple("limit", "int", true);
        simple("after", "string", true);
      }
      case CREATE -> empty("xs:element", "name", SoapOperation.RECORD, "type", "tns:" + one);
      case REPLACE, UPDATE -> {
        key();
        empty("xs:element", "name", SoapOperation.RECORD, "type", "tns:" + one);
        simple("ifVersion", "long", true);
      }
      case DELETE -> {
        key();
        simple("ifVersion", "long", true);
      }
    }
  }

  private void response(SoapOperation operation) throws XMLStreamException {
    if (operation == SoapOperation.LIST) {
      empty(
          "xs:element",
          "name",
          SoapOperation.RECORD,
          "type",
          "tns:" + one,
          "minOccurs",
          "0",
          "maxOccurs",
          "unbounded");
      simple("next", "string", true);
    } else {
      if (operation != SoapOperation.DELETE) {
        empty("xs:element", "name", SoapOperation.RECORD, "type", "tns:" + one);
      }
      simple("version", "long", false);
    }
    simple("cursor", "string", false);
  }
}
