package dev.unisono.server.soap;

import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Texts as XML 1.0 can have them. Has no state. */
final class XmlText {
  private XmlText() {}

  /** Whether XML has a form for all of it. */
  static boolean representable(String text) {
    return text.codePoints().allMatch(XmlText::representable);
  }

  private static boolean representable(int letter) {
    return letter == '\t'
        || letter == '\n'
        || letter == '\r'
        || (letter >= ' ' && letter <= 0xD7FF)
        || (letter >= 0xE000 && letter <= 0xFFFD)
        || letter >= 0x10000;
  }

  /** For people: with a sign in the place of what has no form. */
  static String of(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(letter -> out.appendCodePoint(representable(letter) ? letter : 0xFFFD));
    return out.toString();
  }

  /** Writes a text that is representable, so that readers get every line end as it is. */
  static void write(XMLStreamWriter xml, String text) throws XMLStreamException {
    int start = 0;
    for (int end = text.indexOf('\r'); end >= 0; end = text.indexOf('\r', start)) {
      xml.writeCharacters(text.substring(start, end));
      xml.writeEntityRef("#13");
      start = end + 1;
    }
    xml.writeCharacters(text.substring(start));
  }
}
