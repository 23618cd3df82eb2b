package dev.unisono.engine.standardize;

import java.net.IDN;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Names of hosts, in ASCII and in small letters. Has no state. */
final class HostName {
  /**
   * Letters which the older of two standards for names that are not ASCII makes others of, and the
   * newer keeps: no one can say which name is meant.
   */
  private static final Set<Integer> DEVIATING = Set.of(0xDF, 0x1E9E, 0x3C2, 0x200C, 0x200D);

  private HostName() {}

  /** Null where it is no name of a host. */
  static @Nullable String ascii(String name) {
    if (name.isEmpty() || name.length() > 255 || name.codePoints().anyMatch(DEVIATING::contains)) {
      return null;
    }
    try {
      String ascii = IDN.toASCII(name, IDN.USE_STD3_ASCII_RULES).toLowerCase(Locale.ROOT);
      return ascii.isEmpty() || ascii.startsWith(".") ? null : ascii;
    } catch (IllegalArgumentException | IndexOutOfBoundsException none) {
      return null;
    }
  }
}
