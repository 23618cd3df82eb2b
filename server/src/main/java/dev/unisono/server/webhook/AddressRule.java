package dev.unisono.server.webhook;

import dev.unisono.engine.config.AddressRange;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which addresses a caller may have this server write to: those of the internet, and those that the
 * config names. Everything else would let a caller reach what only this machine does. Has no state.
 */
final class AddressRule {
  /** What the registries of IANA have for special purposes (RFC 6890 and its successors). */
  private static final List<AddressRange> SPECIAL =
      Stream.of(
              "0.0.0.0/8",
              "10.0.0.0/8",
              "100.64.0.0/10",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "172.16.0.0/12",
              "192.0.0.0/24",
              "192.0.2.0/24",
              "192.88.99.0/24",
              "192.168.0.0/16",
              "198.18.0.0/15",
              "198.51.100.0/24",
              "203.0.113.0/24",
              "224.0.0.0/4",
              "240.0.0.0/4",
              "2001::/23",
              "2001:db8::/32",
              "2002::/16",
              "3fff::/20")
          .map(AddressRule::range)
          .toList();

  /** All that is given out of version 6; whatever wraps one of version 4 is outside or special. */
  private static final AddressRange GLOBAL = range("2000::/3");

  private AddressRule() {}

  private static AddressRange range(String text) {
    return AddressRange.parse(text).orElseThrow();
  }

  static boolean permits(InetAddress address, List<AddressRange> allowed) {
    return named(address, allowed) || global(address);
  }

  /** Whether the config names it. */
  static boolean named(InetAddress address, List<AddressRange> allowed) {
    return allowed.stream().anyMatch(range -> range.contains(address));
  }

  private static boolean global(InetAddress address) {
    if (SPECIAL.stream().anyMatch(range -> range.contains(address))) {
      return false;
    }
    return address.getAddress().length == 4 || GLOBAL.contains(address);
  }
}
