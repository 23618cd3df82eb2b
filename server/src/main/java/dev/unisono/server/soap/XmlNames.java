package dev.unisono.server.soap;

/**
 * Names as XML may have them (NCName): what a name may not have is written as its code, as ISO
 * 9075-14 has it, {@code _x0020_} for a blank. Has no state.
 */
final class XmlNames {
  private XmlNames() {}

  static String of(String name) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < name.length(); ) {
      int letter = name.codePointAt(i);
      boolean escape = name.startsWith("_x", i);
      if (!escape && (start(letter) || (i > 0 && within(letter)))) {
        out.appendCodePoint(letter);
      } else {
        out.append(String.format(letter > 0xFFFF ? "_x%08X_" : "_x%04X_", letter));
      }
      i += Character.charCount(letter);
    }
    return out.toString();
  }

  /** With a capital, as operations are named. */
  static String capital(String name) {
    String plain = of(name);
    return plain.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + plain.substring(1);
  }

  private static boolean start(int letter) {
    return letter == '_'
        || (letter >= 'A' && letter <= 'Z')
        || (letter >= 'a' && letter <= 'z')
        || (letter >= 0xC0 && letter <= 0xD6)
        || (letter >= 0xD8 && letter <= 0xF6)
        || (letter >= 0xF8 && letter <= 0x2FF)
        || (letter >= 0x370 && letter <= 0x37D)
        || (letter >= 0x37F && letter <= 0x1FFF)
        || (letter >= 0x3001 && letter <= 0xD7FF);
  }

  private static boolean within(int letter) {
    return start(letter) || letter == '-' || letter == '.' || (letter >= '0' && letter <= '9');
  }
}
