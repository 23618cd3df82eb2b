package dev.unisono.engine.config;

import java.net.InetAddress;
import java.util.Optional;

/**
 * Addresses of the internet protocol that begin alike, as RFC 4632 and RFC 4291 write them: {@code
 * 10.0.0.0/8}. Immutable.
 *
 * @param first any of them
 * @param bits how many of the first bits count
 */
public record AddressRange(InetAddress first, int bits) {
  /** Reads a range, or one address; never asks for a name. Empty where it is neither. */
  public static Optional<AddressRange> parse(String text) {
    int slash = text.indexOf('/');
    try {
      InetAddress first = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
      int most = first.getAddress().length * 8;
      int bits = slash < 0 ? most : Integer.parseInt(text.substring(slash + 1));
      return bits < 0 || bits > most
          ? Optional.empty()
          : Optional.of(new AddressRange(first, bits));
    } catch (IllegalArgumentException neither) {
      return Optional.empty();
    }
  }

  /** Whether an address is one of them; one of the other version never is. */
  public boolean contains(InetAddress address) {
    byte[] these = first.getAddress();
    byte[] those = address.getAddress();
    if (these.length != those.length) {
      return false;
    }
    int whole = bits / 8;
    for (int i = 0; i < whole; i++) {
      if (these[i] != those[i]) {
        return false;
      }
    }
    int rest = bits % 8;
    return rest == 0 || ((these[whole] ^ those[whole]) & (0xFF << (8 - rest)) & 0xFF) == 0;
  }

  @Override
  public String toString() {
    return first.getHostAddress() + "/" + bits;
  }
}
