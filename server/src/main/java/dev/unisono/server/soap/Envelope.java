package dev.unisono.server.soap;

import dev.unisono.server.operation.Refusal;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * A request in its envelope. Immutable.
 *
 * @param operation the one element of the body
 */
record Envelope(Version version, Element operation) {
  private static final String NIL_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance";
  private static final int DEEPEST = 20;
  private static final int MOST_ELEMENTS = 100_000;

  /** Neither a DTD nor anything from elsewhere is read: so no entity can grow, or fetch. */
  private static final XMLInputFactory FACTORY = factory();

  /** Of SOAP. */
  enum Version {
    V11("http://schemas.xmlsoap.org/soap/envelope/", "text/xml"),
    V12("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml");

    private final String namespace;
    private final String type;

    Version(String namespace, String type) {
      this.namespace = namespace;
      this.type = type;
    }

    String namespace() {
      return namespace;
    }

    String type() {
      return type;
    }
  }

  /** An envelope that is none of ours to take up: SOAP has names of its own for why. */
  static final class Unfit extends Exception {
    private static final long serialVersionUID = 1L;

    private final Version version;
    private final String code;

    Unfit(Version version, String code, String why) {
      super(why);
      this.version = version;
      this.code = code;
    }

    Version version() {
      return version;
    }

    /** As the version of SOAP has it: VersionMismatch or MustUnderstand. */
    String code() {
      return code;
    }
  }

  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_NAMESPACE_AWARE, true);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    return factory;
  }

  /**
   * Reads one.
   *
   * @throws Refusal 400 bad-body where it is no envelope
   * @throws Unfit where it is one that nobody here understands
   */
  static Envelope parse(byte[] body) throws Unfit {
    try {
      XMLStreamReader xml = FACTORY.createXMLStreamReader(new ByteArrayInputStream(body));
      try {
        return new Reader(xml).read();
      } finally {
        xml.close();
      }
    } catch (XMLStreamException broken) {
      throw bad("The body is not well-formed XML without a document type.");
    }
  }

  private static Refusal bad(String why) {
    return new Refusal(400, "bad-body", why);
  }

  private static final class Reader {
    private final XMLStreamReader xml;
    private int elements;

    Reader(XMLStreamReader xml) {
      this.xml = xml;
    }

    Envelope read() throws XMLStreamException, Unfit {
      next();
      if (!xml.isStartElement() || !xml.getLocalName().equals("Envelope")) {
        throw bad("The body is a SOAP envelope.");
      }
      Version version = version(xml.getNamespaceURI());
      Element operation = null;
      while (next() == XMLStreamConstants.START_ELEMENT) {
        if (!version.namespace().equals(xml.getNamespaceURI())) {
          throw bad("An envelope has a header and a body.");
        }
        switch (xml.getLocalName()) {
          case "Header" -> header(version);
          case "Body" -> operation = body();
          default -> throw bad("An envelope has a header and a body.");
        }
      }
      if (operation == null) {
        throw bad("The envelope has no body.");
      }
      // Read to its end, so that what is behind the envelope is found where it must not be.
      while (xml.hasNext()) {
        xml.next();
      }
      return new Envelope(version, operation);
    }

    private static Version version(@Nullable String namespace) throws Unfit {
      for (Version version : Version.values()) {
        if (version.namespace().equals(namespace)) {
          return version;
        }
      }
      throw new Unfit(
          Version.V11, "VersionMismatch", "The envelope is neither of SOAP 1.1 nor of SOAP 1.2.");
    }

    /** To the next begin or end of an element. */
    private int next() throws XMLStreamException {
      while (xml.hasNext()) {
        int event = xml.next();
        switch (event) {
          case XMLStreamConstants.START_ELEMENT, XMLStreamConstants.END_ELEMENT -> {
            return event;
          }
          case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
              throw bad("A message has no document type.");
          default -> {
            // Blanks, comments and instructions say nothing.
          }
        }
      }
      return XMLStreamConstants.END_DOCUMENT;
    }

    private void header(Version version) throws XMLStreamException, Unfit {
      while (next() == XMLStreamConstants.START_ELEMENT) {
        String needed = xml.getAttributeValue(version.namespace(), "mustUnderstand");
        if (needed != null && (needed.equals("1") || needed.equals("true"))) {
          throw new Unfit(
              version,
              "MustUnderstand",
              "The header " + xml.getLocalName() + " is not understood here.");
        }
        element(0);
      }
    }

    private Element body() throws XMLStreamException {
      if (next() != XMLStreamConstants.START_ELEMENT) {
        throw bad("The body has no operation.");
      }
      Element operation = element(0);
      if (next() != XMLStreamConstants.END_ELEMENT) {
        throw bad("The body has one operation.");
      }
      return operation;
    }

    /** The element that has just begun, to its end. */
    private Element element(int depth) throws XMLStreamException {
      if (depth == DEEPEST || ++elements > MOST_ELEMENTS) {
        throw bad("The message is too deep or has too many elements.");
      }
      String namespace = xml.getNamespaceURI() == null ? "" : xml.getNamespaceURI();
      String name = xml.getLocalName();
      String nil = xml.getAttributeValue(NIL_NAMESPACE, "nil");
      StringBuilder text = new StringBuilder();
      List<Element> children = new ArrayList<>();
      while (true) {
        switch (xml.next()) {
          case XMLStreamConstants.START_ELEMENT -> children.add(element(depth + 1));
          case XMLStreamConstants.END_ELEMENT -> {
            boolean none = nil != null && (nil.equals("true") || nil.equals("1"));
            return new Element(namespace, name, none, text.toString(), children);
          }
          case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE ->
              text.append(xml.getText());
          case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
              throw bad("A message has no document type.");
          default -> {
            // Comments and instructions say nothing.
          }
        }
      }
    }
  }
}
